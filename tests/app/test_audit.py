"""With `audit = true` the EHR gets an AuditEvent for each chart opened and each save, once; never at anybody's cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from app.audit import AuditTrail
from app.requested_scopes import scope_text
from app.services import EXTENSION
from tests.journeys.enrolling import on_day
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

PATIENT = "gloria-reyes"
DAYS = count(2)
"""Each contact of hers is on a day of its own."""


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("audited")) as running:
        (ehr,) = running.settings.ehrs
        running.settings = replace(running.settings, ehrs=(replace(ehr, audit=True),))
        running.restart_the_app()
        yield running


@pytest.fixture(autouse=True)
def _forget(audited: Practice) -> None:
    """Every test begins with a process that has opened nothing, and an EHR on a good line."""
    audited.restart_the_app()


def events(running: Practice) -> list[dict[str, Any]]:
    """The AuditEvents that the EHR holds, after everything that waits is written."""
    running.app.app.extensions[EXTENSION].audit.close()
    return running.held("AuditEvent", PATIENT)


def entities(event: dict[str, Any]) -> list[str]:
    return [each["what"]["reference"] for each in event["entity"]]


def document(nurse: Visitor, today: Seen, note: str) -> Seen:
    receipt = nurse.send(
        nurse.get(f"/l/{today.launch_id}/contact"), minutes="5", note=note, **on_day(next(DAYS))
    )
    assert "Filed in the chart" in receipt.words
    return receipt


@pytest.mark.requirement("client@62")
def test_a_chart_opened_and_a_save_are_one_event_each(audited: Practice) -> None:
    before = len(events(audited))
    audited.restart_the_app()
    with Visitor(audited) as nurse:
        today = nurse.launch(PATIENT)
        for _ in range(3):
            nurse.get(f"/l/{today.launch_id}/today")
        document(nurse, today, "A note that no audit may hold.")
    opened, filed = events(audited)[before:]
    for event in (opened, filed):
        AuditEvent.model_validate(event)
        assert event["agent"][0]["who"] == {"reference": "Practitioner/nurse"}
        assert "A note that" not in str(event)
    assert (opened["action"], entities(opened)) == ("R", [f"Patient/{PATIENT}"])
    assert (filed["action"], entities(filed)[0]) == ("C", f"Patient/{PATIENT}")
    kinds = {reference.split("/")[0] for reference in entities(filed)[1:]}
    assert kinds == {"Task"}
    for reference in entities(filed)[1:]:
        kind, identity, _, version = reference.split("/")
        held = {(each["id"], each["meta"]["versionId"]) for each in audited.held(kind, PATIENT)}
        assert (identity, version) in held


def test_a_save_that_is_pressed_again_is_no_second_event(audited: Practice) -> None:
    with Visitor(audited) as nurse:
        today = nurse.launch(PATIENT)
        form = nurse.get(f"/l/{today.launch_id}/contact")
        for _ in range(2):
            assert "Filed in the chart" in nurse.send(form, minutes="5", note="Pressed twice.").words
        after = events(audited)
    records = [tuple(sorted(entities(event)[1:])) for event in after if event["action"] == "C"]
    assert len(records) == len(set(records))
    assert sum(event["action"] == "R" for event in after[-2:]) == 1


def test_another_process_that_shows_the_same_launch_adds_nothing(audited: Practice) -> None:
    with Visitor(audited) as nurse:
        today = nurse.launch(PATIENT)
        nurse.get(f"/l/{today.launch_id}/today")
        before = len(events(audited))
        audited.restart_the_app()
        assert nurse.get(f"/l/{today.launch_id}/today").status == 200
        assert len(events(audited)) == before


def test_an_ehr_that_refuses_costs_nobody_anything_and_is_asked_once(
    audited: Practice, monkeypatch: pytest.MonkeyPatch, log_lines
) -> None:
    asked: list[str] = []

    def refuse(self: object, resource: dict[str, Any], *, if_none_exist: str | None) -> None:
        asked.append(resource["resourceType"])
        raise ConnectionError("GET https://ehr/Patient?name=Reyes")

    monkeypatch.setattr("app.ehr.gateway.Gateway.create", refuse)
    with Visitor(audited) as nurse:
        today = nurse.launch(PATIENT)
        document(nurse, today, "Filed all the same.")
    events(audited)
    assert asked == ["AuditEvent", "AuditEvent"]
    written = [line for line in log_lines().splitlines() if '"event":"audit-not-written"' in line]
    assert len(written) == 2
    assert "Reyes" not in log_lines()


def test_what_an_ehr_is_too_slow_for_is_dropped_and_said(
    audited: Practice, monkeypatch: pytest.MonkeyPatch, log_lines
) -> None:
    monkeypatch.setattr(audited.app.app.extensions[EXTENSION].audit._room, "acquire", lambda **_: False)
    before = len(audited.held("AuditEvent", PATIENT))
    with Visitor(audited) as nurse:
        assert nurse.launch(PATIENT).status == 200
    assert '"event":"audit-dropped"' in log_lines()
    assert len(events(audited)) == before


def test_nothing_is_sent_where_it_was_not_asked_for_granted_or_offered(
    audited: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(audited.held("AuditEvent", PATIENT))
    (ehr,) = audited.settings.ehrs
    without_scope = replace(ehr, scopes=scope_text("v2"))
    for changed in (replace(ehr, audit=False), without_scope):
        monkeypatch.setattr(audited, "settings", replace(audited.settings, ehrs=(changed,)))
        audited.restart_the_app()
        with Visitor(audited) as nurse:
            document(nurse, nurse.launch(PATIENT), "No audit of this.")
        assert len(events(audited)) == before


def test_the_scope_is_asked_for_only_with_audit() -> None:
    assert "AuditEvent" not in scope_text("v2")
    assert "patient/AuditEvent.c" in scope_text("v2", audit=True).split()
    assert "patient/AuditEvent.write" in scope_text("v1", audit=True).split()
    assert "AuditEvent.r" not in scope_text("v2", audit=True)


def test_every_process_together_writes_an_event_once(settings, clock) -> None:
    from app.chosen_store import open_store

    trails = [AuditTrail(open_store(settings, now=clock), clock) for _ in range(3)]
    assert [trail._first("filed:x") for trail in trails] == [True, False, False]
    assert trails[0]._first("filed:y")
    for trail in trails:
        trail.close()
