"""One chart in each EHR that the sandbox can play: read whole, asked as that EHR demands, honest where it has none."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from tests.journeys.enrolling import filed
from tests.journeys.steps import contacts_of, notes
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

GLORIA, EARL, DENISE = "gloria-reyes", "earl-whitcomb", "denise-whitaker"
PANELS = {"problems": 5, "medications": 4, "visits": 4, "readings": 5}
"""What Gloria's chart holds, wherever it is."""
UNREAD = ("could not be read", "too busy", "Still loading")


@pytest.fixture(scope="module", params=["epic", "oracle", "athena", "ecw", "canvas"])
def playing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice whose EHR is played, and configured by that vendor's facts."""
    name: str = request.param
    with practice(tmp_path_factory.mktemp(name), persona=name, ehr={"authorize": "get"}) as running:
        yield running


@pytest.fixture(scope="module")
def epic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("epic"), persona="epic", ehr={"authorize": "get"}) as running:
        yield running


def opened(running: Practice, patient: str = GLORIA) -> Seen:
    with Visitor(running) as nurse:
        return nurse.launch(patient)


def asked(running: Practice, kind: str) -> list[dict[str, list[str]]]:
    """The parameters of each search of a type that the EHR received."""
    return [parse_qs(got.query) for got in running.line.received if got.path == f"/fhir/{kind}"]


@pytest.mark.requirement("client@28", "client@29", "client@31", "client@33", "client@35")
def test_the_chart_is_read_whole_in_every_ehr(playing: Practice) -> None:
    today = opened(playing)
    assert {name: today.count_of(name) for name in PANELS} == PANELS
    for sentence in UNREAD:
        assert sentence not in today.words
    vendor = playing.settings.ehrs[0].vendor
    category = ["assess-plan"] if vendor in ("epic", "oracle", "ecw") else None
    assert [query.get("category") for query in asked(playing, "CarePlan")] == [category]
    intent = ["order,plan"] if vendor == "athena" else None
    assert [query.get("intent") for query in asked(playing, "MedicationRequest")] == [intent]
    # What an EHR serves in no record is read from the notes or answers that Chartside files there.
    assert "Not available from this EHR" not in today.words
    assert ("Not shown again by this EHR" in today.words) is (vendor == "athena")


@pytest.mark.requirement("client@63")
def test_a_chart_behind_the_glass_is_one_page_that_says_so(epic: Practice) -> None:
    page = opened(epic, DENISE)
    assert page.status == 403
    assert "The EHR protects this chart and asks for a reason before anybody opens it." in page.words
    assert "Break the glass in the EHR first, then open Chartside again." in page.words
    assert epic.line.count("GET", f"/fhir/Patient/{DENISE}") == 1
    for name in ("Denise", "Whitaker"):
        assert name not in page.text


@pytest.mark.requirement("client@30")
def test_epic_says_nothing_found_without_alarm_and_more_to_see_with_one(epic: Practice) -> None:
    assert "left out some" not in opened(epic).words
    assert "left out some" in opened(epic, EARL).words


@pytest.mark.requirement("client@41", "client@44", "client@46")
def test_a_contact_and_its_next_step_go_one_after_the_other_where_no_transaction_is_taken(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("canvas")
    with practice(folder, persona="canvas", ehr={"authorize": "get"}) as running, Visitor(running) as nurse:
        today = nurse.launch(GLORIA)
        form = nurse.get(f"/l/{today.launch_id}/contact")
        receipt = filed(nurse.send(form, minutes="7", note="Walks to church now."))
        again = nurse.send(form, minutes="7", note="Walks to church now.")
        (contact,) = contacts_of(running, GLORIA)
        assert "Walks to church now." in notes(contact)
        assert f"Task/{contact['id']}" in receipt.words
        assert f"Task/{contact['id']}" in again.words
        assert running.line.count("POST", "/fhir/Task") == 2
        assert running.line.count("POST", "/fhir") == 0
        assert "Walks to church now." in nurse.get(f"/l/{today.launch_id}/today").words


@pytest.mark.requirement("client@45", "client@46")
def test_half_a_save_is_told_survives_a_restart_and_is_completed_by_the_next_press(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("canvas")
    with practice(folder, persona="canvas", ehr={"authorize": "get"}) as running, Visitor(running) as nurse:
        today = nurse.launch(GLORIA)
        form = nurse.get(f"/l/{today.launch_id}/contact")
        with running.line.drops_after("/fhir/Task", 1):
            half = nurse.send(form, minutes="7", note="Walks to church now.")
        assert "Only a part is in the chart so far: contact." in half.words
        assert len(running.held("Task", GLORIA)) == 1
        running.restart_the_app()
        again = nurse.get(f"/l/{today.launch_id}/contact")
        assert "Walks to church now." in again.text
        filed(nurse.send(again))
        held = running.held("Task", GLORIA)
        assert len(held) == 2
        assert {task["meta"]["versionId"] for task in held} == {"1"}
        filed(nurse.send(again))
        assert len(running.held("Task", GLORIA)) == 2
