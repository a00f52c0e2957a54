"""What an EHR did not keep of a record: each thing named once, in words, with what it means to a reader."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from mappings.kept import Bearing, Dropped, dropped
from tests.mappings.shelf import Resource
from tests.mappings.test_written_records import SAVES, called, opened

CONTACT, GOAL = called(opened())[:2]
CONSENT, PLAN, STEP = SAVES["consent"]()
Change = Callable[[Resource], Any]

LOST, IN_TEXT, IN_NOTE, MINOR = Bearing.LOST, Bearing.IN_TEXT, Bearing.IN_NOTE, Bearing.MINOR
RULER = "the patient's importance and confidence (1 to 10)"
CONFIDENCE = "the patient's confidence (1 to 10)"
AGREEMENT = [
    "whether the consent was verbal or written",
    "who took the consent",
    "who discussed the service with the patient",
    "the four things the patient was told",
]


def held(sent: Resource, *changes: Change) -> Resource:
    """The record as an EHR holds it that did these things to it."""
    kept: Resource = {**copy.deepcopy(sent), "id": "812"}
    for change in changes:
        change(kept)
    return kept


def without(*names: str) -> Change:
    return lambda kept: [kept.pop(name) for name in names]


def output_of(kept: Resource, code: str) -> dict[str, Any]:
    return next(each for each in kept["output"] if each["type"]["coding"][0]["code"] == code)


def without_output(code: str) -> Change:
    return lambda kept: kept["output"].remove(output_of(kept, code))


def ruler_part(name: str) -> Change:
    def drop(kept: Resource) -> None:
        inside = kept["extension"][0]["extension"]
        inside.remove(next(part for part in inside if part["url"] == name))

    return drop


def reworded(kept: Resource) -> None:
    for note in kept["note"]:
        note["text"] = note["text"].replace("Importance", "Weight")


def put(**values: Any) -> Change:
    return lambda kept: kept.update(values)


# What was lost or changed: the record, what the EHR did, and what is told of it.

CASES: dict[str, tuple[Resource, list[Change], list[tuple[str, Bearing, bool]]]] = {
    "the ruler dropped": (
        GOAL,
        [without("extension")],
        [
            (RULER, IN_NOTE, False),
            ("the goal in the patient's own words", IN_NOTE, False),
            ("what the patient says to the goal", IN_NOTE, False),
        ],
    ),
    "one number of the ruler dropped": (GOAL, [ruler_part("confidence")], [(CONFIDENCE, IN_NOTE, False)]),
    "one number dropped and its line reworded": (
        GOAL,
        [ruler_part("confidence"), reworded],
        [
            (CONFIDENCE, IN_TEXT, False),
            ("importance and confidence of one day, from which the trend is seen", LOST, True),
        ],
    ),
    "the ruler, its line and the text dropped": (
        GOAL,
        [without("extension", "note", "text")],
        [
            (RULER, LOST, False),
            ("the goal in the patient's own words", LOST, False),
            ("the line that repeats the patient's own words", MINOR, False),
            ("what the patient says to the goal", LOST, False),
            ("what the patient said to the goal on that day", LOST, False),
            ("the line that repeats whose goal it is", MINOR, False),
            ("how the goal is to be reached", LOST, False),
            ("importance and confidence of one day, from which the trend is seen", LOST, False),
            ("the line that says how it went on that day", LOST, False),
            ("the readable text", LOST, False),
        ],
    ),
    "the agreement's extension dropped": (
        CONSENT,
        [without("extension")],
        [(what, IN_NOTE, False) for what in AGREEMENT],
    ),
    "the agreement dropped with its line": (
        CONSENT,
        [without("extension", "policyRule")],
        [
            *((what, IN_TEXT, False) for what in AGREEMENT),
            ("the line that says how the agreement was given", LOST, False),
        ],
    ),
    "who took the consent dropped": (
        CONSENT,
        [lambda kept: kept["extension"][0]["extension"].pop(1)],
        [("who took the consent", IN_NOTE, False)],
    ),
    "the outputs dropped": (
        CONTACT,
        [without("output")],
        [
            ("the minutes", IN_NOTE, False),
            ("how the contact was made (phone, visit, message)", IN_NOTE, False),
            ("with whom the contact was", IN_NOTE, False),
            ("how the contact ended", IN_NOTE, False),
            ("what the time went into", IN_NOTE, False),
            ("whose time it was", IN_NOTE, False),
            ("that the minutes do not count as chronic care", IN_NOTE, False),
            ("the day of the next contact", IN_NOTE, False),
            ("what kind of work it was", IN_NOTE, False),
        ],
    ),
    "the minutes dropped with every note and the text": (
        CONTACT,
        [without_output("minutes"), without("note", "text")],
        [
            ("the readable text", LOST, False),
            ("the line that repeats the contact's facts", MINOR, False),
            ("the written note", LOST, False),
            ("the minutes", LOST, False),
        ],
    ),
    "other minutes": (
        CONTACT,
        [lambda kept: output_of(kept, "minutes").update(valueInteger=1)],
        [("the minutes", LOST, True)],
    ),
    "another status": (CONTACT, [put(status="draft")], [("whether somebody was reached", LOST, True)]),
    "another patient": (
        CONTACT,
        [put(**{"for": {"reference": "Patient/other"}})],
        [("whose record it is", LOST, True)],
    ),
    "another patient of another name": (
        GOAL,
        [put(subject={"reference": "Patient/other", "display": "Somebody Else"})],
        [("whose record it is", LOST, True)],
    ),
    "the nurse's own note dropped": (
        CONTACT,
        [lambda kept: kept["note"].pop(1)],
        [("the written note", IN_TEXT, False)],
    ),
    "the notes in another order": (
        CONTACT,
        [lambda kept: kept["note"].reverse()],
        [("the written note", LOST, True)],
    ),
    "the identifier and the tag dropped": (
        STEP,
        [without("identifier"), lambda kept: kept["meta"].pop("tag")],
        [
            ("the mark that Chartside wrote it", MINOR, False),
            ("Chartside's own number of the record, by which it is found again", LOST, False),
        ],
    ),
    "a narrative of other words": (
        GOAL,
        [lambda kept: kept["text"].update(div='<div xmlns="http://www.w3.org/1999/xhtml">Goal</div>')],
        [("the readable text", LOST, True)],
    ),
    "a due day that is lost": (
        GOAL,
        [lambda kept: kept["target"][0].pop("dueDate")],
        [("the day by which the goal is to be reached", IN_TEXT, False)],
    ),
    "a due day that became the evening before": (
        GOAL,
        [lambda kept: kept["target"][0].update(dueDate=f"{kept['target'][0]['dueDate']}T00:00:00Z")],
        [("the day by which the goal is to be reached", LOST, True)],
    ),
    "a time cut to its day": (
        CONTACT,
        [lambda kept: kept["executionPeriod"].update(start=kept["executionPeriod"]["start"][:10])],
        [("when it began", LOST, True)],
    ),
    "a part that no table names": (
        {**CONTACT, "groupIdentifier": {"system": "urn:x", "value": "g-1"}},
        [without("groupIdentifier")],
        [("the part called “group identifier”", LOST, False)],
    ),
    "what another program had added": (
        {**GOAL, "extension": [*GOAL["extension"], {"url": "https://other.example/x", "valueString": "y"}]},
        [lambda kept: kept["extension"].pop()],
        [("what another program had added to the record", LOST, False)],
    ),
    "an agreed step of the plan dropped": (
        {
            **PLAN,
            "activity": [{"reference": {"reference": "Task/1"}}, {"reference": {"reference": "Task/2"}}],
        },
        [lambda kept: kept["activity"].pop(0)],
        [("which next steps were agreed", IN_TEXT, False)],
    ),
    "the answers inside the record dropped": (
        {**PLAN, "contained": [{"resourceType": "QuestionnaireResponse", "id": "answers"}]},
        [without("contained")],
        [("what was filed inside the record", LOST, False)],
    ),
    "the answers of a template dropped": (
        {**CONTACT, "contained": [{"resourceType": "QuestionnaireResponse", "id": "visit-diabetes"}]},
        [without("contained")],
        [("the answers of a template as a filled-in questionnaire", IN_TEXT, False)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_lost_or_changed_is_named_in_words(case: str) -> None:
    sent, changes, told = CASES[case]
    found = dropped(sent, held(sent, *changes))
    assert sorted((item.what, item.bearing, item.changed) for item in found) == sorted(told)


def test_a_reference_by_our_identifier_may_be_resolved() -> None:
    by_identifier = {**STEP, "focus": {"identifier": {"system": "urn:s", "value": "1"}, "type": "CarePlan"}}
    assert dropped(by_identifier, {**by_identifier, "focus": {"reference": "CarePlan/4"}}) == ()
    (lost,) = dropped(by_identifier, {**by_identifier, "focus": {"type": "CarePlan"}})
    assert lost.what == "what it is done for"


def test_a_thing_that_was_dropped_survives_json() -> None:
    for item in dropped(GOAL, held(GOAL, without("extension", "note"))):
        assert Dropped.from_json(json.loads(json.dumps(vars(item)))) == item
