"""One patient's whole course through the app itself, and every resource of it that an EHR received and holds.

Consent, plan, a contact that changes a goal and answers a task, a conflict that is merged, things taken back, an end:
each pressed in a page of the app, in whichever form the EHR takes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from mappings.filed_answers import read_answers
from mappings.filed_block import FiledBlock
from mappings.filed_document import read_document
from mappings.identity import is_ours
from samples.sandbox import sandbox_of
from tests.journeys.enrolling import AGREES, enrol_with_plan, filed, on_day
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice
from tests.written.sent import Resource, sent_resources

PATIENT, CAREGIVER = "gloria-reyes", "harold-pike"
HELD = ("CarePlan", "Goal", "Task", "Consent", "DocumentReference", "QuestionnaireResponse")


def tell(running: Practice) -> None:
    """The course of one patient until the plan is closed, and a no of another; AssertionError where it stops."""
    with Visitor(running) as nurse:
        today = enrol_with_plan(nurse, PATIENT)
        _contact(nurse, today, note="Walks to church now.", progress="better", minutes="12", **on_day(3))
        _contact(nurse, today, note="Nobody there.", result="no-answer", minutes="1", **on_day(2))
        if _holds_goals(running):
            _merged_conflict(running, nurse, today)
        _taken_back(nurse, today)
        _goal(nurse, today)
        _contact(nurse, today, note="Goes on with it.", minutes="4")
        _closed(nurse, today)
        _declined(nurse)


def _goal_ids(page: Seen) -> list[str]:
    return sorted(set(re.findall(r'name="(?:progress|final)\.([^"]+)"', page.text)))


def _contact(nurse: Visitor, today: Seen, *, progress: str = "", **typed: str) -> None:
    form = nurse.get(f"/l/{today.launch_id}/contact")
    said = {f"progress.{goal}": progress for goal in _goal_ids(form) if progress}
    filed(nurse.post(form.url, form.form() | said | typed))


def _holds_goals(running: Practice) -> bool:
    return any(is_ours(goal) for goal in running.held("Goal", PATIENT))


def _merged_conflict(running: Practice, nurse: Visitor, today: Seen) -> None:
    """Somebody else changed the goal in the EHR meanwhile; the nurse takes her own word for what she said of it."""
    form = nurse.get(f"/l/{today.launch_id}/contact")
    (goal,) = [each for each in running.held("Goal", PATIENT) if is_ours(each)]
    changed = {**goal, "description": {"text": "Walks 30 minutes"}, "statusDate": "2026-11-20"}
    sandbox_of(running.ehr.app).store.update(changed)
    fields = form.form() | {f"progress.{goal['id']}": "same", "minutes": "6", "note": "Rain all week."}
    fields |= on_day(1)
    screen = nurse.post(form.url, fields)
    assert screen.status == 409, screen.words
    chosen = screen.form() | {"settle.way": "merge", f"settle.field.Goal/{goal['id']}.progress": "mine"}
    filed(nurse.post(screen.url, chosen))


def _taken_back(nurse: Visitor, today: Seen) -> None:
    """The first contact that Today lists is marked as filed wrongly, with what was filed with it."""
    page = nurse.get(f"/l/{today.launch_id}/today")
    place, *_ = re.findall(r"/take-back/Task/[0-9A-Za-z.-]+", page.text)
    asked = nurse.get(f"/l/{today.launch_id}{place}")
    marked = nurse.send(asked, reason="wrong-content", words="It was another day")
    assert (marked.status, "marked as filed wrongly" in marked.words.lower()) == (200, True), marked.words


def _goal(nurse: Visitor, today: Seen) -> None:
    """A second goal, scaled and agreed: set, told of, changed and ended."""
    levels = {f"level_{number}": f"{number} dances a week" for number in range(1, 6)}
    form = nurse.get(f"/l/{today.launch_id}/goal/add")
    said = {"goal_words": "Dancing", "goal_text": "Dances at the wedding", "goal_how": "One dance at home"}
    ruled = {"importance": "9", "confidence": "5", "more_confident": "A partner"}
    more = {"measure": "scale", "goal_term": "short-term", "goal_accepted": "agree"}
    filed(nurse.send(form, **levels, **said, **ruled, **more))
    index = nurse.get(f"/l/{today.launch_id}/goals")
    *_, goal = re.findall(r"/goal/end\?goal=([^\"&]+)", index.text)

    def step(name: str, **typed: str) -> None:
        filed(nurse.send(nurse.get(f"/l/{today.launch_id}/goal/{name}?goal={goal}"), **typed))

    step("progress", progress="better", importance="9", confidence="8", level="+1")
    step("change", reason="It went well", goal_text="Dances twice at the wedding", level_5="Every day")
    step("end", ending="met")


def _closed(nurse: Visitor, today: Seen) -> None:
    form = nurse.get(f"/l/{today.launch_id}/care-plan/close")
    finals = {f"final.{goal}": "met" for goal in _goal_ids(form)}
    filed(nurse.post(form.url, form.form() | finals | {"outcome": "graduated", "reason": "goals-met"}))


def _declined(nurse: Visitor) -> None:
    today = nurse.launch(CAREGIVER)
    form = nurse.get(f"/l/{today.launch_id}/consent")
    filed(nurse.send(form, **AGREES | {"decision": "decline", "decline_reason": "cost"}))


def corpus(running: Practice) -> list[Resource]:
    """Everything of ours that was sent or is held, each version of it and each record inside a note, once."""
    found = [*sent_resources(running.line.received), *_versions(running)]
    whole = [*found, *(record for carrier in found for record in _inside(carrier))]
    return [orjson.loads(each) for each in dict.fromkeys(map(orjson.dumps, filter(is_ours, whole)))]


def _versions(running: Practice) -> Iterator[Resource]:
    store = sandbox_of(running.ehr.app).store
    for kind in HELD:
        for patient in (PATIENT, CAREGIVER):
            for held in running.held(kind, patient):
                yield from (each.resource for each in store.versions(kind, held["id"]) if each.body)


def _inside(carrier: Resource) -> Iterator[Any]:
    read = {"DocumentReference": read_document, "QuestionnaireResponse": read_answers}.get(
        carrier["resourceType"], lambda _: ()
    )
    for block in read(carrier):
        if isinstance(block, FiledBlock):
            yield from block.resources
