"""athenaOne takes answers to a questionnaire and never shows them again: nothing is lost, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mappings.fold import carried_blocks, fold
from tests.journeys.enrolling import AGREES, filed, plan
from tests.journeys.visitor import Seen, Visitor
from tests.running import WRITTEN_TYPES, Practice, practice

GLORIA, WALTER = "gloria-reyes", "walter-boone"
WHY = "this EHR does not show again what is documented with Chartside"
BOTH = "This EHR does not show Chartside whether the patient has agreed or whether a care plan is open."
UNSEEN = "After that this EHR will not show it to Chartside again."


@pytest.fixture(scope="module")
def athena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("athena"), persona="athena", ehr={"authorize": "get"}) as running:
        yield running


@pytest.fixture
def nurse(athena: Practice) -> Iterator[Visitor]:
    with Visitor(athena) as visitor:
        yield visitor


def kept(running: Practice, patient: str) -> list[dict[str, Any]]:
    """The records that stand in the answers which the EHR's own store holds."""
    blocks = [
        block for each in running.held("QuestionnaireResponse", patient) for block in carried_blocks(each)
    ]
    folded = fold(blocks, {})
    assert not folded.damaged
    return [item for kind in WRITTEN_TYPES for item in folded.resources.get(kind, ())]


def types_of(records: list[dict[str, Any]]) -> list[str]:
    return sorted(each["resourceType"] for each in records)


def honest(today: Seen) -> None:
    """The page says that it does not know, and claims no absence of what it cannot see."""
    assert f"Enrollment unknown: {WHY}" in today.words
    assert f"Consent is unknown: {WHY}." in today.words
    assert "Minutes this month unknown" in today.words
    for never in ("Not enrolled", "No consent on file", "0 of 20 min", "No next contact"):
        assert never not in today.words
    for panel in ("contacts", "to-dos", "goals"):
        (shown,) = today.document.xpath(f"//*[@id='panel-{panel}']")
        said = shown.text_content()
        assert "ot shown again" in said or "does not show again" in said, panel
        assert "None recorded" not in said
        assert "Try again" not in said


@pytest.mark.requirement("client@41")
def test_everything_is_filed_as_new_with_a_caution_and_today_is_honest_before_and_after(
    athena: Practice, nurse: Visitor
) -> None:
    today = nurse.launch(GLORIA)
    honest(today)
    versions = athena.versions()
    consent = nurse.get(f"/l/{today.launch_id}/consent")
    assert any(BOTH in each for each in consent.all("caution"))
    assert consent.all("before-filing")[0].endswith(UNSEEN)
    receipt = filed(nurse.send(consent, **AGREES))
    assert "this EHR will not show it to us again" in receipt.words
    assert types_of(kept(athena, GLORIA)) == ["Consent", "Task"]
    opening = nurse.get(f"/l/{today.launch_id}/care-plan")
    assert any(BOTH in each for each in opening.all("caution"))
    assert opening.all("before-filing") == []
    filed(nurse.send(opening, **plan()))
    contact = nurse.get(f"/l/{today.launch_id}/contact")
    assert "Last time: unknown at this EHR." in contact.words
    assert any("so none of them is changed here" in each for each in contact.all("caution"))
    assert not [name for name in contact.form() if name.startswith(("progress.", "answers"))]
    filed(nurse.send(contact, minutes="7", note="Walked to church."))
    assert types_of(kept(athena, GLORIA)) == ["CarePlan", "Consent", "Goal", *["Task"] * 6]
    assert len(athena.held("QuestionnaireResponse", GLORIA)) == 3
    assert athena.versions() == versions
    honest(nurse.get(f"/l/{today.launch_id}/today"))


def test_a_no_can_be_filed_as_well(athena: Practice, nurse: Visitor) -> None:
    here = nurse.launch(WALTER).launch_id
    filed(nurse.send(nurse.get(f"/l/{here}/consent"), decision="decline", decline_reason="cost"))
    (consent,) = [each for each in kept(athena, WALTER) if each["resourceType"] == "Consent"]
    assert consent["status"] == "rejected"
    honest(nurse.get(f"/l/{here}/today"))


def test_what_cannot_be_seen_is_not_closed_and_the_page_says_why(athena: Practice, nurse: Visitor) -> None:
    here = nurse.launch(GLORIA).launch_id
    assert "Close the plan" not in nurse.get(f"/l/{here}/today").words
    shut = nurse.get(f"/l/{here}/care-plan/close")
    assert (
        "so they cannot be closed from here. Document in a contact how care management ended." in shut.words
    )
    assert shut.document.xpath("//form[@id='form']") == []


@pytest.mark.parametrize("form", ["consent", "care-plan"])
def test_what_could_not_be_read_just_now_keeps_its_gate_shut_also_here(
    athena: Practice, nurse: Visitor, form: str
) -> None:
    here = nurse.launch("harold-pike").launch_id
    before = len(athena.held("QuestionnaireResponse", "harold-pike"))
    opened = nurse.get(f"/l/{here}/{form}")
    with athena.line.answers("/fhir/CarePlan", b"{}", status="500 Broken"):
        shut = nurse.get(f"/l/{here}/{form}")
        assert (
            "The care plans of this patient could not be seen, so nothing is changed in the dark."
            in shut.words
        )
        sent = nurse.send(opened, **(AGREES if form == "consent" else plan()))
        assert "Filed in the chart" not in sent.words
    assert len(athena.held("QuestionnaireResponse", "harold-pike")) == before


def test_the_ehrs_own_goals_and_plans_are_still_shown(nurse: Visitor) -> None:
    today = nurse.launch("linda-cho")
    assert today.count_of("goals") == 1
    assert "Blood pressure below 130/80" in today.words
    assert "Kidney disease plan" in today.words
    honest(today)


def test_a_goal_is_filed_with_a_caution_and_none_is_changed(athena: Practice, nurse: Visitor) -> None:
    launch = nurse.launch(GLORIA).launch_id
    form = nurse.get(f"/l/{launch}/goal/add")
    assert "does not show Chartside the care plan again" in form.words
    own = {"measure": "own", "own_measure": "Dances in a week", "own_target": "1", "goal_how": "At home"}
    filed(nurse.send(form, goal_words="Dance", goal_text="Dances once a week", **own))
    told = [each["description"]["text"] for each in kept(athena, GLORIA) if each["resourceType"] == "Goal"]
    assert "Dances once a week" in told
    assert "does not show again the goals" in nurse.get(f"/l/{launch}/goal/change?goal=1").words
