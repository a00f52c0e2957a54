"""Where an EHR takes no transaction one record is filed by itself, under the same promises; several are not."""

from __future__ import annotations

from typing import Any

import pytest

from app.ehr import errors
from app.ehr.capabilities import CACHE_SECONDS, CapabilityCache
from app.ehr.record import not_accepted, save
from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.identity import identifier_value
from smart_launch.errors import SessionEnded
from tests.app.ehr import forms
from tests.app.ehr.chart_server import (
    HTML_PAGE,
    SILENCE,
    Answer,
    ChartServer,
    metadata,
    outcome,
    refusal,
)
from tests.app.ehr.conftest import gateway_to
from tests.app.ehr.forms import Filing
from tests.app.ehr.saves import held, not_filed
from tests.mappings.charts import NOW

BY_PATCH = ("read", "search-type", "create", "patch")
UNSUPPORTED = [refusal(405, "not-supported"), refusal(501, "not-supported"), refusal(404, "not-supported")]


@pytest.fixture
def alone(ehr: ChartServer) -> ChartServer:
    """An EHR that takes one record at a time."""
    ehr.metadata = metadata(system=())
    return ehr


def written(ehr: ChartServer) -> list[tuple[str, str]]:
    return [(item.method, item.path) for item in ehr.received if item.method != "GET"]


@pytest.fixture
def new(contact: Filing) -> Filing:
    """The contact alone, new."""
    return Filing(contact.resources[:1], contact.chart)


@pytest.fixture
def changed(contact: Filing) -> Filing:
    """The goal's progress alone, a change."""
    return Filing(contact.resources[1:2], contact.chart)


# A new record


@pytest.mark.parametrize("system", [(), ("batch",)])
@pytest.mark.requirement("client@41", "client@44")
def test_a_new_record_is_created_by_itself(ehr, gateway, new, system):
    ehr.metadata = metadata(system=system)
    receipt = save(gateway, new.resources, now=NOW)
    (got,) = [item for item in ehr.received if item.method != "GET"]
    assert (got.method, got.path, got.body) == ("POST", "Task", new.resources[0])
    assert "if-none-exist" not in got.headers
    (filed,) = receipt.filed
    kept = ehr.held[-1]
    assert (filed.reference, filed.version_id, filed.kind) == (f"Task/{kept['id']}", "1", "contact")
    assert (receipt.again, filed.updated) == (False, False)


@pytest.mark.requirement("client@43")
def test_a_conditional_create_finds_the_first_try(ehr, gateway, new):
    ehr.metadata = metadata(system=(), conditional=("Task",))
    first = save(gateway, new.resources, now=NOW)
    again = save(gateway, new.resources, now=NOW)
    condition = f"identifier={IDENTIFIER_SYSTEM}|{identifier_value(new.resources[0])}"
    assert [item.headers["if-none-exist"] for item in ehr.got("POST Task")] == [condition, condition]
    assert again.again
    assert [item.reference for item in again.filed] == [item.reference for item in first.filed]
    assert len(ehr.held) == len(new.chart) + 1


@pytest.mark.parametrize(
    "lost", [SILENCE, HTML_PAGE, refusal(500), Answer(201, b"", {}), refusal(409, "conflict")]
)
@pytest.mark.requirement("client@43")
def test_a_create_whose_answer_was_lost_is_looked_up(alone, gateway, new, lost):
    alone.lost = lost
    receipt = save(gateway, new.resources, now=NOW)
    assert receipt.again
    assert [item.reference for item in receipt.filed] == [f"Task/{alone.held[-1]['id']}"]
    assert written(alone) == [("POST", "Task")]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (SILENCE, errors.NoAnswer),
        (HTML_PAGE, errors.NoAnswer),
        (refusal(500), errors.Refused),
        (refusal(422, "invalid"), errors.Refused),
    ],
)
def test_a_create_that_did_not_arrive_is_told_so(alone, gateway, new, answer, error):
    alone.reply("POST Task", answer)
    assert isinstance(not_filed(gateway, new), error)
    assert alone.held == list(new.chart)


@pytest.mark.requirement("client@43")
def test_epics_duplicate_is_our_own_first_try(alone, new):
    gateway = gateway_to(alone, at="epic")
    first = save(gateway, new.resources, now=NOW)
    alone.reply("POST Task", Answer(400, outcome("duplicate", detail="59141")))
    again = save(gateway, new.resources, now=NOW)
    assert again.again
    assert [item.reference for item in again.filed] == [item.reference for item in first.filed]


def test_a_duplicate_that_is_not_ours_is_no_receipt(alone, new):
    alone.reply("POST Task", Answer(400, outcome("duplicate", detail="59141")))
    assert isinstance(not_filed(gateway_to(alone, at="epic"), new), errors.Refused)


@pytest.mark.requirement("client@45")
def test_the_wrong_patients_record_is_not_sent_alone_either(alone, gateway, new):
    wrong = Filing(({**new.resources[0], "for": {"reference": "Patient/p2"}},), new.chart)
    assert isinstance(not_filed(gateway, wrong), errors.WrongPatient)
    assert alone.received == []


def test_the_end_of_the_session_passes_through(alone, gateway, new):
    alone.reply("POST Task", refusal(401, "login"))
    with pytest.raises(SessionEnded):
        save(gateway, new.resources, now=NOW)


# A changed record


@pytest.mark.requirement("client@42")
def test_a_change_is_put_with_the_version_that_was_read(alone, gateway, changed):
    receipt = save(gateway, changed.resources, now=NOW)
    goal = changed.resources[0]
    (got,) = [item for item in alone.received if item.method != "GET"]
    assert (got.method, got.path, got.body) == ("PUT", f"Goal/{goal['id']}", goal)
    assert got.headers["if-match"] == f'W/"{goal["meta"]["versionId"]}"'
    (filed,) = receipt.filed
    assert (filed.reference, filed.updated) == (f"Goal/{goal['id']}", True)
    assert filed.version_id == str(int(goal["meta"]["versionId"]) + 1)


def test_a_change_is_patched_where_only_that_is_listed(ehr, gateway, changed):
    ehr.metadata = metadata(system=(), interactions=BY_PATCH)
    goal = changed.resources[0]
    before = next(item for item in changed.chart if item["id"] == goal["id"])
    save(gateway, changed.resources, now=NOW)
    (got,) = [item for item in ehr.received if item.method != "GET"]
    assert (got.method, got.path) == ("PATCH", f"Goal/{goal['id']}")
    assert got.headers["content-type"] == "application/json-patch+json"
    assert got.headers["if-match"] == f'W/"{goal["meta"]["versionId"]}"'
    assert {item["path"][1:] for item in got.body} == {
        name for name in {*before, *goal} - {"meta"} if before.get(name) != goal.get(name)
    }
    held = next(item for item in ehr.held if item["id"] == goal["id"])
    assert {**held, "meta": None} == {**goal, "meta": None}


@pytest.mark.parametrize("interactions", [BY_PATCH, ("read", "search-type", "create", "update")])
@pytest.mark.parametrize("at", ["generic", "canvas"])
@pytest.mark.requirement("client@42")
def test_somebody_elses_change_is_never_overwritten(ehr, changed, interactions, at):
    ehr.metadata = metadata(system=(), interactions=interactions)
    goal = changed.resources[0]
    theirs = {**goal, "meta": {**goal["meta"], "versionId": "99"}, "description": {"text": "Theirs"}}
    ehr.held = [theirs if item["id"] == goal["id"] else item for item in ehr.held]
    assert isinstance(not_filed(gateway_to(ehr, at=at), changed), errors.ChangedMeanwhile)
    assert theirs in ehr.held


def test_an_ehr_that_ignores_if_match_is_looked_at_first(alone, changed):
    goal = changed.resources[0]
    ignoring = gateway_to(alone, at="openemr")
    assert not ignoring.vendor.if_match
    save(ignoring, changed.resources, now=NOW)
    # The last one looks at what was kept, since this EHR answers a change with a place alone.
    asked = [item.method for item in alone.received if item.path == f"Goal/{goal['id']}"]
    assert asked == ["GET", "PUT", "GET"]


@pytest.mark.parametrize("interactions", [BY_PATCH, ("read", "search-type", "create", "update")])
@pytest.mark.parametrize("lost", [SILENCE, HTML_PAGE, refusal(500), refusal(412, "conflict")])
@pytest.mark.requirement("client@43")
def test_a_change_whose_answer_was_lost_is_known_by_what_is_held(ehr, gateway, changed, lost, interactions):
    ehr.metadata = metadata(system=(), interactions=interactions)
    ehr.lost = lost
    receipt = save(gateway, changed.resources, now=NOW)
    assert receipt.again
    (filed,) = receipt.filed
    assert (filed.reference, filed.updated) == (f"Goal/{changed.resources[0]['id']}", True)
    assert len(written(ehr)) == 1


@pytest.mark.parametrize("answer", [SILENCE, HTML_PAGE])
def test_a_change_that_did_not_arrive_is_no_answer(alone, gateway, changed, answer):
    alone.reply(f"PUT Goal/{changed.resources[0]['id']}", answer)
    assert isinstance(not_filed(gateway, changed), errors.NoAnswer)


# Several records, and what was refused before


def test_a_patched_type_does_not_go_into_a_transaction(ehr, gateway, contact):
    ehr.metadata = metadata(interactions=BY_PATCH)
    assert len(save(gateway, contact.resources, now=NOW).filed) == len(contact.resources)
    assert sorted({method for method, _ in written(ehr)}) == ["PATCH", "POST"]
    assert ("POST", "") not in written(ehr)


@pytest.mark.parametrize("answer", UNSUPPORTED, ids=lambda each: str(each.status))
@pytest.mark.requirement("client@41")
def test_a_write_that_is_not_supported_is_known_for_an_hour(alone, new, answer):
    seconds = [0.0]
    cache = CapabilityCache(clock=lambda: seconds[0])
    gateway = gateway_to(alone, cache=cache)
    alone.reply("POST Task", answer)
    assert isinstance(not_filed(gateway, new), errors.NoRung)
    writes = [("Task", "create")]
    other_launch = gateway_to(alone, cache=cache)
    refused = not_accepted(other_launch, writes)
    assert refused is not None
    assert refused.page_reason == "This EHR does not accept tasks from Chartside."
    assert not_accepted(other_launch, [("Task", "update")]) is None
    assert isinstance(not_filed(other_launch, new), errors.NotAccepted)
    assert len(alone.got("POST Task")) == 1
    seconds[0] = CACHE_SECONDS
    assert not_accepted(other_launch, writes) is None


@pytest.mark.parametrize("answer", UNSUPPORTED, ids=lambda each: str(each.status))
@pytest.mark.requirement("client@41")
def test_a_transaction_that_is_listed_but_not_taken_steps_down(ehr, gateway, new, contact, answer):
    ehr.reply("POST", answer)
    assert [item.kind for item in save(gateway, new.resources, now=NOW).filed] == ["contact"]
    assert written(ehr) == [("POST", ""), ("POST", "Task")]
    held(ehr, contact)
    assert len(save(gateway, contact.resources, now=NOW).filed) == len(contact.resources)
    assert ("POST", "") not in written(ehr)[1:]


def test_the_change_of_a_record_that_is_gone_does_not_condemn_the_type(alone, gateway, changed):
    goal = changed.resources[0]
    alone.held = [item for item in alone.held if item["id"] != goal["id"]]
    assert isinstance(not_filed(gateway, changed), errors.Refused)
    assert not_accepted(gateway, [("Goal", "update")]) is None


def test_what_one_ehr_refused_says_nothing_about_another():
    cache = CapabilityCache(clock=lambda: 0.0)
    cache.refuse("https://one.example/fhir", "Task", "create")
    asked: dict[str, Any] = {"resource_type": "Task", "interaction": "create"}
    assert cache.refused("https://one.example/fhir", **asked)
    assert not cache.refused("https://two.example/fhir", **asked)


# A protected chart, and a busy EHR


@pytest.mark.parametrize("code", ["4130", "4131", "4134"])
@pytest.mark.requirement("client@63")
def test_a_protected_chart_is_told_and_what_was_typed_is_kept(ehr, contact, code):
    ehr.reply("POST", Answer(403, outcome("forbidden", detail=code)))
    error = not_filed(gateway_to(ehr, at="epic"), contact)
    assert isinstance(error, errors.ChartProtected)
    assert "protects this chart" in error.page_reason
    assert "Break the glass" in error.what_to_do
    assert len(ehr.got("POST")) == 1


def test_a_busy_ehr_says_when_to_try_again(ehr, gateway, contact):
    answer = Answer(429, outcome("throttled"), {"Content-Type": "application/fhir+json", "Retry-After": "40"})
    ehr.reply("POST", answer)
    error = not_filed(gateway, contact)
    assert error.what_to_do == "Your entry is kept. Try again in 40 seconds."
    assert forms.NOTE not in str(error)
