"""Reconciling medicines, from the EHR's lists and its documents to what the EHR then holds, and back to the page."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samples.sandbox import sandbox_of
from tests.app.every_ehr import playing
from tests.journeys.enrolling import filed
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

WALTER, NOBODY = "walter-boone", "robin-ashby"
DOCUMENT = "walter-boone-hospital-document"


@pytest.fixture
def kept(running: Practice) -> Iterator[dict[str, Any]]:
    """The hospital's DocumentReference; whatever a test loads in its place is taken back."""
    (resource,) = [each for each in running.held("DocumentReference", WALTER) if each["id"] == DOCUMENT]
    yield copy.deepcopy(resource)
    sandbox_of(running.ehr.app).store.load([resource])


def throw_away(nurse: Visitor, page: Seen) -> None:
    """What a test left unfiled, so that the next one opens a fresh form."""
    nurse.post(f"/l/{page.launch_id}/draft/medication-reconciliation/discard", page.form_frame())


def form_of(nurse: Visitor, patient: str = WALTER, more: str = "") -> Seen:
    today = nurse.launch(patient)
    return nurse.get(f"/l/{today.launch_id}/medicines/reconcile{more}")


def field_of(page: Seen, name: str, prefix: str = "answer") -> str:
    """The field of the line of this medicine."""
    found = page.document.xpath(f"//li[.//h2[normalize-space()='{name}']]//fieldset[@data-medicine]/@id")
    return str(found[0]).replace("answer:", f"{prefix}:")


def tasks(running: Practice, code: str) -> list[dict[str, Any]]:
    return [
        each
        for each in running.held("Task", WALTER)
        if code in {coding["code"] for coding in each["code"]["coding"]}
    ]


@pytest.mark.requirement("domain@97", "domain@98")
def test_lists_are_reconciled_in_one_save_that_the_ehr_holds_and_the_page_reads_back(
    running: Practice, nurse: Visitor
) -> None:
    form = form_of(nurse)
    assert "The EHR’s list beside the discharge summary of" in form.words
    assert "Eight or more medicines: 8 listed, 7 different ingredients." in form.words
    assert "1 entry of Discharge medications could not be read: it names no medicine." in form.words
    said = {
        "atorvastatin 40 MG Oral Tablet": "cannot-afford",
        "furosemide 20 MG Oral Tablet": "not-taking",
        "warfarin sodium 5 MG Oral Tablet": "taking",
        "lisinopril 10 MG Oral Tablet": "differently",
    }
    answers: dict[str, Any] = {field_of(form, name): [answer] for name, answer in said.items()}
    answers[field_of(form, "lisinopril 10 MG Oral Tablet", "how")] = ["half a tablet, as the hospital said"]
    more = {"rest": ["yes"], "added": ["Magnesium, when his legs cramp"], "minutes": ["6"]}
    fields = form.form() | answers | more
    receipt = filed(nurse.post(form.url, fields))
    filed(nurse.post(form.url, fields))
    assert "Medication reconciliation" in receipt.words
    (done,) = tasks(running, "medication-reconciliation")
    counts = {
        each["type"]["coding"][0]["code"]: each["valueInteger"]
        for each in done["output"]
        if "valueInteger" in each
    }
    assert counts == {"med-count": 9, "med-asked": 9, "med-discrepancy": 5}
    assert done["status"] == "completed"
    assert [item["linkId"] for item in done["contained"][0]["item"]] == ["medicine"] * 9
    (question,) = tasks(running, "sbar-question")
    (assessed,) = [
        each["valueString"] for each in question["input"] if each["type"]["coding"][0]["code"] == "assessment"
    ]
    assert "warfarin sodium 5 MG Oral Tablet: In the EHR the order says stopped" in assessed
    assert "Magnesium: when his legs cramp: taken, on no list" in assessed
    (contact,) = tasks(running, "contact")
    assert "Minutes: 6" in contact["note"][0]["text"]

    page = nurse.get(f"/l/{form.launch_id}/medicines")
    assert "5 discrepancies" in page.words
    assert "Dana Whitfield, RN" in page.words
    assert "9 medicines, 9 asked about · compared with the discharge summary of" in page.words
    assert (
        "lisinopril 10 MG Oral Tablet taking differently: half a tablet, as the hospital said" in page.words
    )


def test_a_refusal_shows_everything_as_it_was_typed(nurse: Visitor) -> None:
    form = form_of(nurse)
    how = field_of(form, "lisinopril 10 MG Oral Tablet", "how")
    answers = {field_of(form, "lisinopril 10 MG Oral Tablet"): ["differently"], "added": ["<b>Ginkgo</b>"]}
    back = nurse.post(form.url, form.form() | answers | {how: [""], "minutes": ["-3"]})
    assert back.status == 422
    assert "Write how it is taken." in back.words
    assert "Give whole minutes from 1 to 480" in back.words
    shown = back.form()
    assert (shown["added"], shown["minutes"]) == (["<b>Ginkgo</b>"], ["-3"])
    assert shown[field_of(back, "lisinopril 10 MG Oral Tablet")] == ["differently"]
    throw_away(nurse, back)


SECTION = "2.16.840.1.113883.10.20.22.2.11.1"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"<family>Boone</family>": "<family>Bohne</family>"}, "it does not name this patient"),
        ({"</ClinicalDocument>": ""}, "the document is damaged"),
        ({"10183-2": "10184-0", SECTION: "2.999"}, "it has no list of medicines"),
    ],
)
def test_a_document_that_is_of_no_use_is_passed_over_and_said_to_be(
    running: Practice, nurse: Visitor, kept: dict[str, Any], changes: dict[str, str], words: str
) -> None:
    attachment = kept["content"][0]["attachment"]
    told = base64.b64decode(attachment["data"]).decode()
    for old, new in changes.items():
        assert old in told
        told = told.replace(old, new)
    attachment["data"] = base64.b64encode(told.encode()).decode()
    sandbox_of(running.ehr.app).store.load([kept])
    form = form_of(nurse)
    assert words in form.words
    assert "The EHR’s list beside the consultation note of" in form.words
    assert "atorvastatin" not in form.words


def test_a_document_that_goes_away_before_the_save_stops_it_and_nothing_is_lost(
    running: Practice, nurse: Visitor, kept: dict[str, Any]
) -> None:
    before = len(tasks(running, "medication-reconciliation"))
    form = form_of(nurse)
    answers = {field_of(form, "atorvastatin 40 MG Oral Tablet"): ["taking"]}
    kept["content"][0]["attachment"]["data"] = base64.b64encode(b"<broken").decode()
    sandbox_of(running.ehr.app).store.load([kept])
    back = nurse.post(form.url, form.form() | answers)
    assert back.status == 422
    assert "the document is damaged" in back.words
    throw_away(nurse, back)
    assert len(tasks(running, "medication-reconciliation")) == before


def test_another_document_can_stand_beside_the_list_or_none(nurse: Visitor) -> None:
    form = form_of(nurse)
    (other,) = form.document.xpath("//main//a[starts-with(normalize-space(), 'Consult note')]/@href")
    assert "The EHR’s list beside the consultation note of" in nurse.get(other).words
    assert "No document stands beside it." in form_of(nurse, more="?document=").words


def test_a_chart_without_any_list_takes_what_the_patient_says(nurse: Visitor) -> None:
    form = form_of(nurse, NOBODY)
    assert "No medicine is listed." in form.words
    filed(nurse.send(form, rest="yes"))
    page = nurse.get(f"/l/{form.launch_id}/medicines")
    assert "no discrepancy" in page.words


NAMES = ("apixaban 5 MG Oral Tablet", "lisinopril 10 MG Oral Tablet")


def reconciled(nurse: Visitor) -> Seen:
    """Two answers, the rest as listed, and the form that they were sent in."""
    form = form_of(nurse)
    apixaban, lisinopril = (field_of(form, name) for name in NAMES)
    how = {lisinopril.replace("answer:", "how:"): ["half a tablet; “dizzy”"]}
    answers = {apixaban: ["not-taking"], lisinopril: ["differently"], "rest": ["yes"], "minutes": ["6"]}
    sent = nurse.post(form.url, form.form() | answers | how)
    assert sent.status == 200, sent.words
    return sent


@pytest.mark.requirement("domain@98")
@pytest.mark.parametrize(
    "persona",
    [
        "ecw",
        *(
            pytest.param(name, marks=pytest.mark.soak)
            for name in ("epic", "oracle", "canvas", "patched", "one after the other")
        ),
    ],
)
def test_it_is_read_back_from_whatever_form_it_was_filed_in(tmp_path: Path, persona: str) -> None:
    with playing(persona, tmp_path) as made:
        with Visitor(made) as nurse:
            reconciled(nurse)
        with Visitor(made) as again:
            today = again.launch(WALTER)
            page = again.get(f"/l/{today.launch_id}/medicines")
            asked = again.get(f"/l/{today.launch_id}/tasks")
    for said in (
        "discrepancies",
        "Dana Whitfield",
        "taking differently: half a tablet, “dizzy”",
        "apixaban 5 MG Oral Tablet not taking",
    ):
        assert said in page.words, (persona, said, page.words)
    assert "Medicines reconciled with the EHR’s list" in asked.words


@pytest.mark.soak
def test_where_nothing_is_shown_again_the_page_says_so(tmp_path: Path) -> None:
    with practice(tmp_path, persona="athena", ehr={"authorize": "get"}) as made, Visitor(made) as nurse:
        sent = reconciled(nurse)
        page = nurse.get(f"/l/{sent.launch_id}/medicines")
        assert "Not shown again by this EHR: look in the chart" in page.words
        assert "Not reconciled yet" not in page.words
