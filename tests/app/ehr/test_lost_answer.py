"""An answer that never came is looked for and not hoped for, and a second press of Save is known as the first one's."""

from __future__ import annotations

from typing import Any

import pytest

from app.ehr import errors
from app.ehr.chart import open_chart
from app.ehr.gateway import Gateway
from app.ehr.receipt import Receipt
from app.ehr.record import filed_before, save
from smart_launch.errors import SessionEnded, SmartError, Unauthorized
from tests.app.ehr import forms
from tests.app.ehr.chart_server import (
    HTML_PAGE,
    RESET,
    SILENCE,
    TRUNCATED,
    Answer,
    ChartServer,
    metadata,
    refusal,
    searchset,
)
from tests.app.ehr.conftest import TOKEN_URL, gateway_to
from tests.app.ehr.forms import FORM_ID, Filing
from tests.app.ehr.saves import held, new, not_filed, posted, tells_nothing
from tests.mappings.charts import NOW

CONTACT_FILED = ("contact", "next task", "enrollment step")


LOST = {
    "500": refusal(500, "exception", "Gibson"),
    "502": Answer(502, b"<html>Bad gateway</html>"),
    "503": refusal(503),
    "html": HTML_PAGE,
    "truncated": TRUNCATED,
    "cut": Answer(wire="cut"),
    "redirect": Answer(302, b"", {"Location": "https://login.example/"}),
    "silence": SILENCE,
    "reset": RESET,
    "not a bundle": Answer(body={"resourceType": "Patient", "id": "p1"}),
    "empty": Answer(body={"resourceType": "Bundle", "type": "transaction-response"}),
    "failed entries": Answer(
        body={"resourceType": "Bundle", "entry": [{"response": {"status": "500", "location": "Task/1"}}] * 4}
    ),
}
REFUSED = ("500", "502", "503")


@pytest.fixture
def on_wire(live_ehr: ChartServer, on_live_ehr: Any) -> tuple[ChartServer, Gateway, Filing]:
    """The same contact on a real server, with little patience."""
    return live_ehr, on_live_ehr(read_timeout=1.0), held(live_ehr, forms.contact())


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.requirement("client@43")
def test_an_answer_that_was_lost_is_looked_up_and_found(on_wire, fault):
    ehr, gateway, filing = on_wire
    ehr.lost = LOST[fault]
    receipt = save(gateway, filing.resources, now=NOW)
    assert receipt.again
    assert [item.kind for item in receipt.filed] == list(CONTACT_FILED)
    there = {f"{item['resourceType']}/{item['id']}" for item in ehr.held}
    assert {item.reference for item in receipt.filed} <= there
    assert len(posted(ehr)) == 1


@pytest.mark.parametrize("fault", LOST)
def test_an_answer_that_was_lost_with_nothing_filed_is_told_so(on_wire, fault):
    ehr, gateway, filing = on_wire
    ehr.reply("POST", LOST[fault])
    error = not_filed(gateway, filing)
    assert isinstance(error, errors.Refused if fault in REFUSED else errors.NoAnswer)
    assert len(posted(ehr)) == 1
    assert len(ehr.got("GET Task")) == len(new(filing))


@pytest.mark.parametrize(
    "lookup",
    [refusal(500), refusal(403), refusal(401), HTML_PAGE, TRUNCATED, RESET],
    ids=lambda each: str(each.status),
)
@pytest.mark.parametrize(
    ("fault", "error"),
    [(HTML_PAGE, errors.NoAnswer), (refusal(500), errors.Refused), (refusal(412), errors.ChangedMeanwhile)],
)
def test_where_looking_fails_as_well_the_first_reason_stands(on_wire, fault, error, lookup):
    ehr, gateway, filing = on_wire
    ehr.reply("POST", fault)
    ehr.reply("GET Task", lookup)
    assert isinstance(not_filed(gateway, filing), error)


def test_an_ehr_that_is_gone_is_no_answer(on_wire):
    ehr, gateway, filing = on_wire
    assert gateway.capabilities
    ehr.reply("POST", RESET)
    ehr.reply("GET Task", RESET)
    assert isinstance(not_filed(gateway, filing), errors.NoAnswer)


def test_looking_adds_what_the_ehr_requires(ehr, gateway):
    filing = held(ehr, forms.consent())
    ehr.lost = SILENCE
    ehr.reply(
        "GET CarePlan",
        refusal(400, "required"),
        lambda got: Answer(
            body=searchset(*(item for item in ehr.held if item["resourceType"] == "CarePlan"))
        ),
    )
    assert save(gateway, filing.resources, now=NOW).again
    assert [item.values("category") for item in ehr.got("GET CarePlan")] == [[], ["assess-plan"]]


def test_where_identifiers_cannot_be_searched_the_patients_own_records_are_looked_through(
    ehr, gateway, contact
):
    ehr.metadata = metadata(search=("patient",))
    ehr.lost = SILENCE
    assert save(gateway, contact.resources, now=NOW).again
    assert {item.parameters for item in ehr.got("GET Task")} == {(("patient", "p1"),)}


# The launch has ended


@pytest.mark.parametrize("renewable", [True, False])
def test_a_401_ends_the_launch_and_files_nothing(ehr, wire, contact, renewable):
    answered = {"access_token": "access-2", "token_type": "Bearer", "expires_in": 3600, "patient": "p1"}
    wire.add("POST", TOKEN_URL, json=answered)
    ehr.reply("POST", refusal(401, "login", "Gibson"))
    gateway = gateway_to(ehr, refresh_token="refresh-1" if renewable else None)
    with pytest.raises(Unauthorized if renewable else SessionEnded) as raised:
        save(gateway, contact.resources, now=NOW)
    assert isinstance(raised.value, SmartError)
    tells_nothing(raised.value)
    assert ehr.held == list(contact.chart)


def test_a_token_that_ran_out_is_renewed_and_the_save_filed_once(ehr, wire, contact):
    answered = {"access_token": "access-2", "token_type": "Bearer", "expires_in": 3600, "patient": "p1"}
    wire.add("POST", TOKEN_URL, json=answered)
    ehr.reply("POST", refusal(401, "login"), lambda got: ehr.file(got.body))
    receipt = save(gateway_to(ehr, refresh_token="refresh-1"), contact.resources, now=NOW)
    assert not receipt.again
    assert [item.headers["authorization"] for item in ehr.got("POST")] == [
        "Bearer access-1",
        "Bearer access-2",
    ]
    assert len(ehr.held) == len(contact.chart) + len(new(contact))


# The second press of Save


@pytest.mark.parametrize("form", forms.ALL)
def test_a_retry_sends_the_same_identifiers(ehr, gateway, form):
    ehr.metadata = metadata(conditional=("Task", "Goal", "Consent", "CarePlan"))
    for _ in range(2):
        save(gateway, held(ehr, forms.ALL[form]()).resources, now=NOW)
    first, second = posted(ehr)
    assert [entry["request"] for entry in first["entry"]] == [entry["request"] for entry in second["entry"]]
    assert [entry.get("fullUrl") for entry in first["entry"]] == [
        entry.get("fullUrl") for entry in second["entry"]
    ]


@pytest.mark.parametrize("form", forms.ALL)
def test_a_form_that_was_filed_is_known_by_the_chart_alone(ehr, gateway, form):
    filing = held(ehr, forms.ALL[form]())
    assert filed_before(open_chart(gateway), FORM_ID, now=NOW) is None
    first = save(gateway, filing.resources, now=NOW)
    before = filed_before(open_chart(gateway), FORM_ID, now=NOW)
    assert isinstance(before, Receipt)
    assert before.again
    filed_new = {(item.reference, item.version_id, item.kind) for item in first.filed if not item.updated}
    assert {(item.reference, item.version_id, item.kind) for item in before.filed} == filed_new
