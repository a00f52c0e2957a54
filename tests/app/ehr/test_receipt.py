"""A receipt: what was filed, kept as JSON without anything clinical in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.ehr.receipt import Filed, ReadBack, Receipt, SignOff
from mappings.kept import Bearing, Dropped

AT = datetime(2026, 11, 21, 9, 14, 30, tzinfo=ZoneInfo("America/New_York"))
TASK = Filed("Task/812", "1", "contact")
NEXT = Filed("Task/813", "1", "next task")
GOAL = Filed("Goal/4", "2", "goal update", updated=True)
PLAN = Filed("CarePlan/2", "1", "care plan")


@pytest.mark.parametrize(
    ("filed", "words"),
    [
        ((TASK,), "Task"),
        ((TASK, NEXT), "Task"),
        ((TASK, GOAL, NEXT), "Goal and Task"),
        ((TASK, GOAL, PLAN), "CarePlan, Goal and Task"),
        ((), ""),
    ],
)
def test_a_receipt_says_in_which_form_it_was_filed(filed, words):
    assert Receipt(filed, AT).form == words


@pytest.mark.parametrize("again", [True, False])
def test_a_receipt_survives_the_store_as_json(again):
    receipt = Receipt((TASK, GOAL), AT, again=again)
    assert Receipt.from_json(json.loads(json.dumps(receipt.to_json()))) == receipt


def test_a_kept_receipt_has_its_moment_with_the_zone_of_the_ehr():
    kept = Receipt.from_json(Receipt((TASK,), AT).to_json())
    assert kept.at.isoformat() == "2026-11-21T09:14:30-05:00"


def test_a_kept_receipt_holds_ids_versions_kinds_and_the_names_of_what_was_dropped_alone():
    ruler = Dropped(
        "Goal.extension:ruler", "the patient's importance and confidence (1 to 10)", Bearing.IN_NOTE
    )
    filed = replace(GOAL, read_back=ReadBack.LOST, dropped=(ruler,), sign_off=SignOff.POSSIBLE)
    receipt = Receipt((filed,), AT)
    kept = json.loads(json.dumps(receipt.to_json()))
    assert kept == {
        "filed": [
            {
                "reference": "Goal/4",
                "version_id": "2",
                "kind": "goal update",
                "updated": True,
                "rung": "record",
                "read_back": "lost",
                "dropped": [
                    {
                        "path": "Goal.extension:ruler",
                        "what": "the patient's importance and confidence (1 to 10)",
                        "bearing": "in-note",
                        "changed": False,
                    }
                ],
                "shown_again": True,
                "sign_off": "possible",
                "record": "",
            }
        ],
        "at": "2026-11-21T09:14:30-05:00",
        "again": False,
    }
    assert Receipt.from_json(kept) == receipt


def test_a_receipt_of_an_earlier_version_is_still_read():
    told = {
        "reference": "Goal/4",
        "version_id": "2",
        "kind": "goal update",
        "updated": True,
        "rung": "record",
    }
    old = {"filed": [told], "at": AT.isoformat(), "again": False}
    (filed,) = Receipt.from_json(old).filed
    assert filed == GOAL
    assert (filed.grave_sentences, filed.quiet_sentences) == ((), ())
    assert (filed.differs, filed.shown_again) == (False, True)


MINUTES = Dropped("Task:contact.output:minutes", "the minutes", Bearing.LOST)
RESULT = Dropped("Task:contact.output:result", "how the contact ended", Bearing.LOST)


@pytest.mark.parametrize(
    ("filed", "sentences", "differs"),
    [
        (replace(TASK, read_back=ReadBack.KEPT), ("The EHR kept all of it.",), False),
        (
            replace(TASK, read_back=ReadBack.UNSEEN),
            ("Filed; what the EHR kept could not be looked at just now.",),
            False,
        ),
        (replace(TASK, shown_again=False), ("Filed, but this EHR will not show it to us again.",), False),
        (
            replace(TASK, read_back=ReadBack.LOST, dropped=(MINUTES, RESULT)),
            ("The EHR did not keep: the minutes; how the contact ended.",),
            True,
        ),
        (
            replace(
                TASK,
                read_back=ReadBack.LOST,
                dropped=(
                    replace(MINUTES, bearing=Bearing.MINOR),
                    replace(RESULT, changed=True),
                    replace(MINUTES, what="the result", bearing=Bearing.IN_NOTE),
                ),
            ),
            (
                "The EHR holds this otherwise than it was sent, so look at it there: how the contact ended.",
                "Kept in the words of the note, from which Chartside reads it: the result.",
                "Left out or reworded by the EHR, and nothing is shown differently for it: the minutes.",
            ),
            True,
        ),
        (
            replace(TASK, read_back=ReadBack.LOST, dropped=(replace(MINUTES, bearing=Bearing.IN_NOTE),)),
            ("Kept in the words of the note, from which Chartside reads it: the minutes.",),
            False,
        ),
        (
            replace(TASK, read_back=ReadBack.LOST, dropped=(replace(MINUTES, bearing=Bearing.IN_TEXT),)),
            ("Only the record's own text in the EHR says this now: the minutes.",),
            True,
        ),
    ],
)
def test_what_the_ehr_kept_is_said_in_words(filed, sentences, differs):
    assert (*filed.grave_sentences, *filed.quiet_sentences) == sentences
    assert bool(filed.grave_sentences) is differs
    assert filed.differs is differs
    assert bool(Receipt((filed,), AT).differs) is differs


@pytest.mark.parametrize(
    ("filed", "remark"),
    [
        (TASK, ""),
        (replace(TASK, read_back=ReadBack.UNSEEN), ""),
        (replace(TASK, read_back=ReadBack.LOST, dropped=(MINUTES,)), "Not all of it kept"),
        (replace(TASK, dropped=(replace(MINUTES, bearing=Bearing.IN_NOTE),)), ""),
        (replace(TASK, sign_off=SignOff.AWAITED), "Awaiting sign-off"),
        (replace(TASK, sign_off=SignOff.POSSIBLE), ""),
        (replace(TASK, shown_again=False, sign_off=SignOff.AWAITED), "Not shown again by this EHR"),
    ],
)
def test_a_list_of_receipts_says_what_needs_a_look(filed, remark):
    assert filed.remark == remark


@pytest.mark.parametrize(
    ("rung", "reference", "form", "words", "version"),
    [
        ("record", "Task/812", "Task", "a record of its own", "3"),
        ("document", "DocumentReference/7", "a note (DocumentReference)", "a note", "note 3"),
        (
            "questionnaire-response",
            "QuestionnaireResponse/7",
            "answers to a questionnaire (QuestionnaireResponse)",
            "answers to a questionnaire",
            "note 3",
        ),
        ("copy-ready", "", "text copied by hand", "text copied by hand", "note 3"),
    ],
)
def test_each_rung_has_its_words(rung, reference, form, words, version):
    filed = Filed(reference, "3", "contact", rung=rung)
    assert (filed.form, filed.form_words, filed.version_words) == (form, words, version)
    assert replace(filed, version_id="").version_words == "not told"


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        ((SignOff.NONE_KNOWN, SignOff.NONE_KNOWN), SignOff.NONE_KNOWN),
        ((SignOff.NONE_KNOWN, SignOff.POSSIBLE), SignOff.POSSIBLE),
        ((SignOff.POSSIBLE, SignOff.AWAITED), SignOff.AWAITED),
    ],
)
def test_one_record_that_waits_for_a_signature_makes_the_receipt_say_so(found, whole):
    filed = tuple(replace(TASK, sign_off=each) for each in found)
    assert Receipt(filed, AT).sign_off is whole
