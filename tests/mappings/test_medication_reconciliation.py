"""A reconciliation from form to record and back: each answer, each refusal, each thing that an EHR may lose."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from fhir_profiles.terminology import codes
from mappings.chart import Chart
from mappings.contact import contacts
from mappings.medication_list import MANY
from mappings.medication_reconciled import Reconciliation, reconciliations
from mappings.medication_reconciliation import parse_reconciliation, reconciliation_resources
from mappings.medication_reconciliation_form import ANSWER, ANSWERS, MOST_ADDED, NAME, ReconciliationEntry
from mappings.medication_reconciliation_text import in_words
from mappings.reading import ReadStatus
from mappings.to_do import ToDoEntry, to_do_resource
from tests.mappings.charts import NOW
from tests.mappings.reconciling import (
    APIXABAN,
    FUROSEMIDE_40,
    LISINOPRIL,
    WARFARIN,
    chart,
    document,
    lists_of,
    ordered,
    sent,
    sent_in,
    typed,
)
from tests.mappings.shelf import DIABETES, Resource, Shelf, author, entry_of, problems_of

GLORIAS = [ordered(LISINOPRIL), ordered(WARFARIN), ordered("Lasix 40 mg")]
SENT = document(sent(LISINOPRIL), sent(WARFARIN, taken=False), sent(FUROSEMIDE_40), sent(APIXABAN))


def entered(answers: dict[str, str], **more: Any) -> ReconciliationEntry:
    return entry_of(sent_in(chart(*GLORIAS), SENT, answers, **more))


def found(entry: ReconciliationEntry) -> dict[str, tuple[str, ...]]:
    return {row.line.name: row.discrepancies for row in entry.rows if row.discrepancies}


ANSWERED = [
    ("taking", "", ()),
    ("not-taking", "dizzy", ("Not taken: dizzy",)),
    ("not-taking", "", ("Not taken",)),
    ("differently", "half a tablet", ("Taken differently: half a tablet",)),
    ("cannot-afford", "40 dollars", ("The patient cannot afford it: 40 dollars",)),
    ("unknown", "", ()),
    ("", "", ()),
]


@pytest.mark.requirement("domain@97")
@pytest.mark.parametrize(("answer", "how", "discrepancies"), ANSWERED)
def test_each_answer_is_a_discrepancy_or_none(answer, how, discrepancies):
    entry = entered({LISINOPRIL: answer, WARFARIN: "taking"}, how={LISINOPRIL: how})
    row = next(row for row in entry.rows if row.line.name == LISINOPRIL)
    assert (row.answer, row.discrepancies) == (answer or "not-asked", discrepancies)


def test_what_the_lists_disagree_on_is_one_discrepancy_with_what_the_patient_says():
    entry = entered({WARFARIN: "not-taking", APIXABAN: "taking"})
    assert found(entry) == {
        WARFARIN: ("In the document stopped, in the EHR active", "Not taken"),
        APIXABAN: ("Not on the EHR’s list",),
    }


def test_all_others_as_listed_answers_only_what_is_clear():
    entry = entered({APIXABAN: "taking"}, rest="yes")
    said = {row.line.name: row.answer for row in entry.rows}
    assert said == {
        LISINOPRIL: "taking",
        APIXABAN: "taking",
        WARFARIN: "not-asked",
        "Lasix 40 mg": "not-asked",
    }


@pytest.mark.requirement("domain@97")
def test_a_guess_is_kept_as_a_guess_confirmed_or_parted():
    guess = entered({"Lasix 40 mg": "taking"})
    confirmed = entered({"Lasix 40 mg": "taking"}, same={"Lasix 40 mg": "yes"})
    parted = entered({"Lasix 40 mg": "taking"}, same={"Lasix 40 mg": "no"})
    assert [row.confirmed for row in guess.rows if row.line.guessed] == [None]
    assert [row.confirmed for row in confirmed.rows if row.line.guessed] == [True]
    assert {row.line.name for row in parted.rows} == {*(row.line.name for row in guess.rows), FUROSEMIDE_40}
    assert found(parted)[FUROSEMIDE_40] == ("Not on the EHR’s list",)


def test_a_guess_that_was_parted_is_answered_on_both_sides():
    lists = lists_of(chart(*GLORIAS), SENT)
    values = typed(lists, {"Lasix 40 mg": "not-taking"}, same={"Lasix 40 mg": "no"})
    line = next(line for line in lists.lines if line.guessed)
    values[f"{ANSWER}{line.twin}"] = ("taking",)
    entry = entry_of(parse_reconciliation(values, chart=chart(*GLORIAS), now=NOW, document=SENT))
    said = {row.line.name: row.answer for row in entry.rows}
    assert (said["Lasix 40 mg"], said[FUROSEMIDE_40]) == ("not-taking", "taking")


@pytest.mark.requirement("domain@97")
def test_what_the_patient_adds_is_told_with_what_it_may_be():
    entry = entered(
        {LISINOPRIL: "taking"}, added="Vitamin D 1,000 units, one a day\nZestril 10 mg\n\n  ,  \nginkgo"
    )
    assert [(each.name, each.how, each.perhaps) for each in entry.added][:2] == [
        ("Vitamin D 1,000 units", "one a day", ""),
        ("Zestril 10 mg", "", LISINOPRIL),
    ]
    assert "ginkgo: taken, on no list" in entry.discrepancies


def test_what_both_lists_stopped_and_the_patient_takes_is_found():
    stopped = chart(ordered(WARFARIN, status="stopped", authoredOn="2026-10-01"), ordered(LISINOPRIL))
    entry = entry_of(sent_in(stopped, None, {WARFARIN: "taking", LISINOPRIL: "taking"}))
    assert found(entry) == {WARFARIN: ("Stopped on the list, but the patient takes it",)}


def test_a_line_that_has_gone_meanwhile_keeps_its_answer_under_its_name():
    values = typed(lists_of(chart(*GLORIAS)), {WARFARIN: "not-taking", LISINOPRIL: "taking"})
    gone = next(name for name, given in values.items() if given == ("not-taking",))
    values[gone.replace(ANSWER, NAME)] = (WARFARIN,)
    entry = entry_of(parse_reconciliation(values, chart=chart(ordered(LISINOPRIL)), now=NOW))
    assert found(entry) == {WARFARIN: ("No longer on the lists",)}


def test_a_patient_who_takes_nothing_is_documented():
    entry = entry_of(sent_in(chart(), None, {}, rest="yes"))
    assert (entry.rows, entry.added, entry.discrepancies) == ((), (), ())


REFUSED = [
    ({}, {}, "rest"),
    ({LISINOPRIL: "sometimes"}, {}, "answer:"),
    ({LISINOPRIL: "differently"}, {}, "how:"),
    ({LISINOPRIL: "taking"}, {"added": "\n".join(["x"] * (MOST_ADDED + 1))}, "added"),
    ({LISINOPRIL: "taking"}, {"minutes": "0"}, "minutes"),
    ({LISINOPRIL: "taking"}, {"minutes": "-5"}, "minutes"),
    ({LISINOPRIL: "taking"}, {"minutes": "1500"}, "minutes"),
    ({LISINOPRIL: "taking"}, {"mode": "by owl"}, "mode"),
    ({LISINOPRIL: "taking"}, {"how": {LISINOPRIL: "x" * 301}}, "how:"),
]


@pytest.mark.parametrize(("answers", "more", "field"), REFUSED)
def test_a_refusal_stands_at_its_field_and_nothing_is_lost(answers, more, field):
    submitted = sent_in(chart(*GLORIAS), SENT, answers, **more)
    assert submitted.entry is None
    assert [name for name in submitted.errors if name.startswith(field)]
    assert all(submitted.values[name] == given for name, given in submitted.values.items())


def test_a_document_that_is_gone_stops_the_save():
    values = typed(lists_of(chart(*GLORIAS), SENT), {LISINOPRIL: "taking"})
    submitted = parse_reconciliation(
        values, chart=chart(*GLORIAS), now=NOW, unread_document="It could not be read."
    )
    assert submitted.errors == {"document": "It could not be read."}


def shelved() -> Shelf:
    shelf = Shelf(DIABETES, *GLORIAS)
    shelf.consent()
    shelf.plan()
    return shelf


def filed(answers: dict[str, str], *, to: Shelf | None = None, **more: Any) -> tuple[Resource, ...]:
    """What one reconciliation files on a shelf, each record valid to its profile."""
    shelf = to or shelved()
    entry = entered(answers, **more)
    made = reconciliation_resources(entry, shelf.chart(), author(), shelf.form_id())
    assert [problem for resource in made for problem in problems_of(resource)] == []
    shelf.file(made)
    return made


WHOLE = {
    LISINOPRIL: "differently",
    WARFARIN: "not-taking",
    APIXABAN: "taking",
    "Lasix 40 mg": "cannot-afford",
}
MORE = {
    "how": {LISINOPRIL: "half a tablet; dizzy", "Lasix 40 mg": "too dear"},
    "same": {"Lasix 40 mg": "yes"},
    "added": "Magnesium, when her legs cramp",
    "note": "Her wife fills the pill box.\nMedicine. Name: pasted; Patient: taking",
}


def reconciled(on: Chart, form_id: UUID) -> tuple[Resource, ...]:
    """What a form builds on a chart: the reconciliation, its question and its minutes."""
    entry = entered(WHOLE, minutes="7", **MORE)
    return reconciliation_resources(entry, on, author(), form_id)


def back(shelf: Shelf) -> Reconciliation:
    (only,) = reconciliations(shelf.chart(), now=NOW).rows
    return only


@pytest.mark.requirement("domain@98")
@pytest.mark.parametrize(
    "lost",
    [(), ("output",), ("contained",), ("output", "contained"), ("meta", "output", "contained", "input")],
)
def test_it_is_read_back_with_its_counts_whatever_the_ehr_lost(lost):
    shelf = shelved()
    filed(WHOLE, to=shelf, **MORE)
    for task in shelf.chart().resources("Task"):
        for name in lost if task["code"]["coding"][0]["code"] == "medication-reconciliation" else ():
            task.pop(name, None)
    read = back(shelf)
    assert (read.medicines, read.asked, read.discrepancies) == (5, 5, 5)
    assert (read.by, read.compared_with) == ("Dana Whitfield RN", "Discharge summary of 20 Nov 2026")
    assert [(row.name, row.answer) for row in read.rows] == [
        (APIXABAN, "taking"),
        (WARFARIN, "not taking"),
        ("Lasix 40 mg", "cannot afford it"),
        (LISINOPRIL, "taking differently"),
        ("Magnesium", "taking, on no list"),
    ]
    assert read.note == MORE["note"]
    assert read.rows[2].known_by == "brand or other name, confirmed by a person"


def test_it_is_read_back_where_the_note_is_lost_and_the_answers_are_not():
    shelf = shelved()
    filed(WHOLE, to=shelf, **MORE)
    for task in shelf.chart().resources("Task"):
        if task["code"]["coding"][0]["code"] == "medication-reconciliation":
            del task["note"]
    assert [row.answer for row in back(shelf).rows][:2] == ["taking", "not taking"]
    assert back(shelf).discrepancies == 5


def test_it_is_read_back_where_the_ehr_made_one_line_of_the_note():
    shelf = shelved()
    filed(WHOLE, to=shelf, how=MORE["how"])
    for task in shelf.chart().resources("Task"):
        if task["code"]["coding"][0]["code"] == "medication-reconciliation":
            task["note"][0]["text"] = " ".join(task["note"][0]["text"].split())
            del task["contained"]
    assert len(back(shelf).rows) == 4


@pytest.mark.requirement("domain@98")
def test_the_discrepancies_go_to_the_prescriber_in_the_same_save():
    done, question = filed(WHOLE, **MORE)
    said = {each["type"]["coding"][0]["code"]: each for each in question["input"]}
    assert said["topic"]["valueCodeableConcept"]["coding"][0]["code"] == "medicines"
    assert said["situation"]["valueString"].endswith("5 discrepancies")
    assert f"{LISINOPRIL}: Taken differently: half a tablet" in said["assessment"]["valueString"]
    assert "Magnesium: when her legs cramp: taken, on no list" in said["assessment"]["valueString"]
    assert question["owner"]["display"] == "Dr Luis Alvarez"
    assert done["basedOn"] == question["basedOn"]


@pytest.mark.parametrize(
    ("answers", "more"), [(WHOLE, {"tell": ""}), ({LISINOPRIL: "taking"}, {"tell": "yes"})]
)
def test_no_question_is_asked_without_a_discrepancy_or_against_her_will(answers, more):
    of = chart(ordered(LISINOPRIL)) if len(answers) == 1 else chart(*GLORIAS)
    used = {**more, **({"how": MORE["how"]} if len(answers) > 1 else {})}
    entry = entry_of(sent_in(of, SENT if len(answers) > 1 else None, answers, **used))
    shelf = shelved()
    assert len(reconciliation_resources(entry, shelf.chart(), author(), shelf.form_id())) == 1


@pytest.mark.requirement("domain@97")
def test_its_minutes_are_a_contact_with_the_patient_filed_with_it():
    shelf = shelved()
    filed(WHOLE, to=shelf, minutes="7", mode="video", **MORE)
    (contact,) = contacts(shelf.chart(), NOW).rows
    assert (contact.minutes, contact.mode, contact.with_code, contact.result) == (
        7,
        "video",
        "patient",
        "talked",
    )
    values = typed(lists_of(chart(*GLORIAS), SENT), {LISINOPRIL: "taking"}, minutes="7")
    again = parse_reconciliation(values, chart=shelf.chart(), now=NOW, user="Practitioner/nurse")
    assert "documented a contact already" in again.errors["minutes"]


@pytest.mark.parametrize(("closes", "status"), [(True, "completed"), (False, "requested")])
def test_the_task_of_a_discharge_that_asks_for_it_is_done_with_it(closes, status):
    shelf = shelved()
    asked = ToDoEntry("Compare the medicines", NOW.date(), "care-manager", "routine", "discharge-medicines")
    (task,) = shelf.file((to_do_resource(asked, author(), shelf.form_id(), slot="discharge-medicines"),))
    entry = entered({LISINOPRIL: "taking"})
    made = reconciliation_resources(entry, shelf.chart(), author(), shelf.form_id(), closes=closes)
    shelf.file(made)
    assert shelf.kept[f"Task/{task['id']}"]["status"] == status
    assert [problem for resource in made for problem in problems_of(resource)] == []


def test_what_was_typed_is_told_in_words_where_it_cannot_be_filed():
    lists = lists_of(chart(*GLORIAS), SENT)
    values = typed(lists, {LISINOPRIL: "differently", "Lasix 40 mg": "taking"}, **MORE, rest="yes")
    values |= {f"{NAME}{line.key}": (line.name,) for line in lists.lines}
    told = [f"{label}: {each}" for label, items in in_words(values).values() for each in items]
    assert sorted(told) == [
        "All others are taken as listed: yes",
        "Lasix 40 mg, how or why not: too dear",
        "Lasix 40 mg, one medicine on both lists: The same",
        "Lasix 40 mg: Taking",
        f"{LISINOPRIL}, how or why not: half a tablet; dizzy",
        f"{LISINOPRIL}: Taking differently",
    ]
    assert in_words({"note": ("x",), "answer:a": ("taking",)}) == {}


def test_sixty_medicines_with_hostile_names_are_filed_and_read_back():
    names = [f"drug{n} <b>&</b> ; Medicine. Name: {'x' * 60} {n} mg" for n in range(60)]
    of = chart(*(ordered(name) for name in names))
    lists = lists_of(of)
    assert len(lists.lines) == 60
    assert lists.many
    values = typed(lists, dict.fromkeys(names, "taking"), added='<script>alert("x")</script>, often')
    entry = entry_of(parse_reconciliation(values, chart=of, now=NOW))
    shelf = shelved()
    made = reconciliation_resources(entry, shelf.chart(), author(), shelf.form_id())
    assert [problem for resource in made for problem in problems_of(resource)] == []
    shelf.file(made)
    assert len(back(shelf).rows) == 61
    assert len(made[1]["input"][2]["valueString"]) < 4000


def test_the_answers_are_those_of_the_code_system():
    assert {*ANSWERS, "not-asked", "added"} == set(codes("medication-answer"))
    assert MANY == 8


def test_where_tasks_cannot_be_read_nothing_is_reconciled():
    values = typed(lists_of(chart(*GLORIAS)), {LISINOPRIL: "taking"})
    dark = chart(*GLORIAS, Task=ReadStatus.COULD_NOT_READ)
    assert "document" in parse_reconciliation(values, chart=dark, now=NOW).errors
