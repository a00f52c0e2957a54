"""A contact filed wrongly, taken back at every EHR that can hold it: what its own store then says, and *Today*."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import Any

import pytest

from fhir_profiles.validator import validate
from tests.app.every_ehr import (
    CARRIERS,
    NATIVE,
    OTHERS,
    carried,
    is_noted,
    playing,
    records,
    whole,
)
from tests.journeys.enrolling import AGREES, enrol_with_plan, filed, in_days, plan
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Seen, Visitor
from tests.running import WRITTEN_TYPES, Practice

NOTE = "Meant for somebody else."


EVERY = pytest.mark.parametrize("running", [*NATIVE, *OTHERS], indirect=True, scope="module")
ONE_OF_EACH = pytest.mark.parametrize(
    "running", ["open", "one after the other", "epic", "canvas"], indirect=True, scope="module"
)
"""All or nothing; one by one; in notes alone; in both."""


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with playing(request.param, tmp_path_factory.mktemp("practice")) as made:
        yield made


@pytest.fixture(scope="module")
def gloria(running: Practice) -> str:
    """Consented yesterday, with a plan; what is taken back leaves her as she was before it."""
    patient = newcomer(running)
    with Visitor(running) as nurse:
        today = nurse.launch(patient)
        filed(nurse.send(nurse.get(f"/l/{today.launch_id}/consent"), **AGREES, date=in_days(-1)))
        filed(nurse.send(nurse.get(f"/l/{today.launch_id}/care-plan"), **plan()))
    return patient


@dataclass(frozen=True)
class Asked:
    """The page that asks whether a contact was filed wrongly; `contact`, its `following` task and the `closed` one."""

    today: Seen
    page: Seen
    contact: str
    following: str
    closed: str


def asked(running: Practice, nurse: Visitor, patient: str) -> Asked:
    """A contact of 12 minutes that answers her task and says "better", and the page to which *Today* leads from it."""
    # What is written in one second cannot be told apart by its time.
    running.clock.ahead += 2
    today = nurse.launch(patient)
    form = nurse.get(f"/l/{today.launch_id}/contact")
    (better,) = form.document.xpath("//input[starts-with(@name, 'progress.') and @value='better']/@name")
    (field,) = form.document.xpath("//label[contains(., 'Call about the first walk')]/@for")
    (task,) = form.document.xpath(f"//input[@name='answers'][@id='{field}']/@value")
    said = {"answers": [task], better: "better", "minutes": "12", "note": NOTE, "next_date": in_days(20)}
    filed(nurse.post(form.url, form.form() | said))
    today = nurse.get(today.url)
    (link,) = today.document.xpath("//a[starts-with(@aria-label, 'Filed wrongly? Contact of')]/@href")
    place = str(link).partition("/take-back/")[2]
    page = nurse.get(f"/l/{today.launch_id}/take-back/{place}")
    assert page.status == 200, page.words
    # The next task, and the step to regular follow-up that the first contact under a plan takes.
    following, _step = page.document.xpath("//input[@name='also']/@value")
    (closed,) = page.document.xpath("//input[@name='reopen']/@value")
    return Asked(today, page, place, following, closed)


def standing(running: Practice, patient: str) -> dict[str, dict[str, Any]]:
    """Our records by their place, as the EHR's own store holds them."""
    return {f"{each['resourceType']}/{each['id']}": each for each in records(running, patient)}


def statuses(running: Practice, patient: str, at: Asked) -> tuple[str, str, str]:
    """How the contact, its following task and the one that it closed stand now."""
    held = standing(running, patient)
    return held[at.contact]["status"], held[at.following]["status"], held[at.closed]["status"]


AS_BEFORE = ("entered-in-error", "entered-in-error", "requested")


@EVERY
@pytest.mark.requirement("client@42", "client@44")
def test_a_contact_is_taken_back_and_everything_stands_as_before_it(running: Practice, gloria: str) -> None:
    with Visitor(running) as nurse:
        at = asked(running, nurse, gloria)
        assert "12 of 20 min" in at.today.words
        assert "Goal: Walks 20 minutes on five days a week: Progress: better" in at.page.words
        notes = len(carried(running, gloria))
        receipt = nurse.send(at.page, reason="wrong-patient", words="Meant for Walter")
        assert "Marked as filed wrongly" in receipt.words, receipt.words
        assert "there as well" not in receipt.words
        assert statuses(running, gloria, at) == AS_BEFORE
        contact = standing(running, gloria)[at.contact]
        assert contact["statusReason"]["text"] == "Wrong patient: Meant for Walter"
        for said in ("Filed wrongly: not to be used", "Dana Whitfield", NOTE):
            assert said in contact["text"]["div"]
        assert validate(contact) == ()
        (goal,) = [each for place, each in standing(running, gloria).items() if place.startswith("Goal/")]
        assert goal["achievementStatus"]["text"] == "better"
        assert len(carried(running, gloria)) == notes + is_noted(running, gloria)
        # A clinician who reads the EHR alone.
        told = _readable(running, gloria)
        assert "Filed wrongly: not to be used" in told
        assert "Wrong patient: Meant for Walter" in told
        after = nurse.get(at.today.url)
        assert ("0 of 20 min" in after.words, NOTE in after.words) == (True, False)
        assert "Call about the first walk" in after.words

        # The same press again, as from another tab, finds it marked and writes nothing.
        before = _everything(running, gloria)
        again = nurse.send(at.page, reason="wrong-patient", words="Meant for Walter")
        assert "It counts nowhere any more" in again.words, again.words
        assert _everything(running, gloria) == before
    running.forget_the_app()
    with Visitor(running) as nurse:
        assert nurse.launch(gloria).words == after.words


def _everything(running: Practice, patient: str) -> list[str]:
    kinds = (*WRITTEN_TYPES, *CARRIERS)
    held = [each for kind in kinds for each in running.held(kind, patient)]
    return [f"{each['id']}/{each['meta'].get('versionId')}" for each in held]


@ONE_OF_EACH
@pytest.mark.requirement("client@45")
def test_a_lost_answer_marks_it_once(running: Practice, gloria: str) -> None:
    with Visitor(running) as nurse:
        at = asked(running, nurse, gloria)
        before = len(_everything(running, gloria))
        with ExitStack() as lost:
            for method, path in _writes(at.contact):
                lost.enter_context(running.line.loses_answer(path, method=method))
            first = nurse.send(at.page, reason="duplicate")
        # It is there, so nobody is told that it is not.
        assert "NOT FILED" not in first.words, first.words
        assert "Marked as filed wrongly" in first.words
        assert statuses(running, gloria, at) == AS_BEFORE
        nurse.send(at.page, reason="duplicate")
        assert len(_everything(running, gloria)) == before + is_noted(running, gloria)
        assert "12 of 20" not in nurse.get(at.today.url).words


def _writes(place: str) -> tuple[tuple[str, str], ...]:
    """Every request by which an EHR may be told of a record at this place, whatever form it takes."""
    notes = tuple(("POST", f"/fhir/{kind}") for kind in CARRIERS)
    return (("POST", "/fhir"), *notes, ("PUT", f"/fhir/{place}"), ("PATCH", f"/fhir/{place}"))


@ONE_OF_EACH
@pytest.mark.requirement("client@45")
def test_a_press_that_breaks_off_is_completed_by_the_next_one(running: Practice, gloria: str) -> None:
    with Visitor(running) as nurse:
        at = asked(running, nurse, gloria)
        with ExitStack() as busy:
            # Only the following task, where they are written one after the other; else all of it.
            for method, path in _writes(at.following):
                busy.enter_context(running.line.answers(path, b"{}", method=method, status="503 Busy"))
            first = nurse.send(at.page, reason="wrong-patient")
        contact, following, _ = statuses(running, gloria, at)
        half = contact == "entered-in-error"
        assert ("Only a part is in the chart so far" in first.words, "NOT FILED" in first.words) == (
            half,
            not half,
        )
        assert following == "requested"
        whole = nurse.send(first)
        assert "open the chart of the patient you meant" in whole.words, whole.words
    assert statuses(running, gloria, at) == AS_BEFORE


@ONE_OF_EACH
@pytest.mark.requirement("client@42")
def test_a_record_that_is_changed_under_way_is_looked_at_again(
    running: Practice, gloria: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.views import take_back

    with Visitor(running) as nurse, Visitor(running) as other:
        at = asked(running, nurse, gloria)
        here = other.launch(gloria)
        theirs = other.get(f"/l/{here.launch_id}/take-back/{at.contact}")
        save = take_back.save

        def late(*given: Any, **more: Any) -> Any:
            """Another person presses between our reading and our writing, without waiting for us."""
            monkeypatch.setattr(take_back, "save", save)
            monkeypatch.setattr(take_back, "filing_lock", nullcontext)
            other.send(theirs, reason="wrong-content", words="It was an hour")
            return save(*given, **more)

        monkeypatch.setattr(take_back, "save", late)
        seen = nurse.send(at.page, reason="duplicate")
        assert "Marked as filed wrongly" not in seen.words
        contact = standing(running, gloria)[at.contact]
        assert contact["statusReason"]["text"] == "Wrong content: It was an hour"
        assert "This is marked as filed wrongly" in seen.words, seen.words


@ONE_OF_EACH
@pytest.mark.requirement("client@42", "client@44")
def test_a_whole_enrollment_of_the_wrong_patient_is_taken_back_from_the_list_of_the_visit(
    running: Practice,
) -> None:
    patient = newcomer(running)
    with Visitor(running) as nurse:
        today = enrol_with_plan(nurse, patient)
        listed = nurse.get(f"/l/{today.launch_id}/filed")
        places = set(re.findall(r"/take-back/[A-Za-z]+/[A-Za-z0-9.\-]+", listed.text))
        pages = {place: nurse.get(f"/l/{today.launch_id}{place}") for place in places}
        assert {each.status for each in pages.values()} == {200}
        assert {place.split("/")[2] for place in places} == set(WRITTEN_TYPES)
        (consent,) = [each for place, each in pages.items() if "/Consent/" in place]
        assert "Filed later, and rests on it" in consent.words
        every = consent.document.xpath("//input[@name='also']/@value")
        seen = nurse.send(consent, reason="wrong-patient", also=every)
        assert "open the chart of the patient you meant" in seen.words, seen.words
        assert "Not enrolled" in nurse.get(today.url).words
    stand = {each.get("status") or each["lifecycleStatus"] for each in records(running, patient)}
    assert stand == {"entered-in-error"}


def _readable(running: Practice, patient: str) -> str:
    """All that a person can read of our notes and of the EHR's own tasks."""
    told = [str(each.get("text", {}).get("div", "")) for each in running.held("Task", patient)]
    for document in running.held("DocumentReference", patient):
        for content in whole(running, document).get("content", ()):
            told.append(base64.b64decode(content["attachment"].get("data", "")).decode(errors="replace"))
    told += [json.dumps(each) for each in running.held("QuestionnaireResponse", patient)]
    return "\n".join(told)
