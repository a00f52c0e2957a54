"""Documents from elsewhere, from the EHR's store to the page: what is compared, what is refused, and what says so."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

from samples.sandbox import sandbox_of
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

WALTER, NOAH = "walter-boone", "noah-park"
REFERENCE = "walter-boone-hospital-document"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("documents")) as running:
        yield running


@pytest.fixture
def nurse(sandbox: Practice) -> Iterator[Visitor]:
    with Visitor(sandbox) as visitor:
        yield visitor


@pytest.fixture
def kept(sandbox: Practice) -> Iterator[dict[str, Any]]:
    """The hospital's DocumentReference; whatever a test loads in its place is taken back."""
    (resource,) = [item for item in sandbox.held("DocumentReference", WALTER) if item["id"] == REFERENCE]
    yield copy.deepcopy(resource)
    sandbox_of(sandbox.ehr.app).store.load([resource])


def listed(nurse: Visitor, patient: str = WALTER) -> Seen:
    today = nurse.launch(patient)
    return nurse.get(f"/l/{today.launch_id}/documents")


def opened(nurse: Visitor, title: str = "Discharge summary") -> Seen:
    page = listed(nurse)
    (address,) = [link.get("href") for link in page.document.xpath("//main//a") if link.text == title]
    return nurse.get(address)


def with_attachment(kept: dict[str, Any], **attachment: str) -> dict[str, Any]:
    found = copy.deepcopy(kept)
    old = found["content"][0]["attachment"]
    found["content"][0]["attachment"] = {"contentType": old["contentType"], **attachment}
    return found


def text_of(kept: dict[str, Any]) -> str:
    return base64.b64decode(kept["content"][0]["attachment"]["data"]).decode()


def compared(page: Seen) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for row in page.document.xpath("//li[contains(@class, 'compared__row')]"):
        verdict = row.xpath("string(strong)")
        rows.setdefault(verdict, []).append(" ".join(row.xpath("string(.)").split()))
    return rows


def test_what_the_hospital_says_stands_beside_the_chart(nurse: Visitor) -> None:
    page = opened(nurse)
    assert page.status == 200
    assert "What the discharge summary says" in page.words
    assert "Millstone General Hospital · Piotr Kowalczyk" in page.words
    assert "afterwards: Home with wife" in page.words
    rows = compared(page)
    assert [row.split(" · ")[0] for row in rows["Only in the document"]] == [
        "Only in the document Document atorvastatin 40 MG Oral Tablet 1 tablet at bedtime"
    ]
    assert len(rows["Not taken, says the document"]) == 2
    assert {"warfarin", "furosemide"} == {
        name
        for name in ("warfarin", "furosemide", "apixaban")
        for row in rows["Not taken, says the document"]
        if name in row
    }
    assert "lisinopril" in rows["Dose or its wording differs"][0]
    assert len(rows["Same"]) == 4


def test_what_could_not_be_read_is_said_and_shown_in_its_author_s_words(nurse: Visitor) -> None:
    page = opened(nurse)
    assert "1 entry of Discharge medications could not be read: it names no medicine." in page.words
    assert "Magnesium, his own, over the counter - when his legs cramp" in page.words


def test_an_allergy_that_the_chart_does_not_have_stands_beside_none_known(nurse: Visitor) -> None:
    page = opened(nurse)
    assert "Codeine" in page.words
    assert "Nausea" in page.words
    assert "No known allergy" in page.words


def test_a_file_that_is_kept_apart_is_fetched(nurse: Visitor, sandbox: Practice) -> None:
    page = opened(nurse, "Consult note")
    assert "What the consultation note says" in page.words
    assert [got.path for got in sandbox.line.received if "/Binary/" in got.path][-1].endswith(
        "cardiology-file"
    )


@pytest.mark.requirement("client@45")
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<family>Boone</family>", "<family>Bohne</family>", "family name is Bohne"),
        ('<birthTime value="19480730"/>', '<birthTime value="19480703"/>', "birth date is 3 Jul 1948"),
        ('<birthTime value="19480730"/>', "", "gives no full birth date"),
    ],
)
def test_a_document_of_another_patient_is_shown_as_such_and_nothing_of_it_is_used(
    nurse: Visitor, sandbox: Practice, kept: dict[str, Any], old: str, new: str, reason: str
) -> None:
    told = text_of(kept)
    assert old in told
    changed = base64.b64encode(told.replace(old, new).encode()).decode()
    sandbox_of(sandbox.ehr.app).store.load([with_attachment(kept, data=changed)])
    page = opened(nurse)
    assert "This document may be another patient’s" in page.words
    assert reason in page.words
    for word in ("atorvastatin", "Codeine", "warfarin", "Kowalczyk", "Magnesium"):
        assert word not in page.words
    assert page.document.xpath("//*[@role='alert']")


@pytest.mark.requirement("client@15", "client@45")
@pytest.mark.parametrize(
    ("attachment", "words"),
    [
        ({"url": "http://elsewhere.example/file.xml"}, "lies outside this EHR"),
        ({"url": "Patient/gloria-reyes"}, "lies outside this EHR"),
        ({"url": "Binary/../Patient/gloria-reyes"}, "lies outside this EHR"),
        ({"url": "Binary/nothing-there"}, "does not have the file"),
        ({"url": "Binary/of-another"}, "file of this document"),
        ({"data": base64.b64encode(b"<html>Sign in</html>").decode()}, "no C-CDA document"),
        ({"data": base64.b64encode(b"<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>").decode()}, "for safety"),
        ({}, "has no file"),
    ],
)
def test_a_file_that_cannot_be_had_says_why(
    nurse: Visitor, sandbox: Practice, kept: dict[str, Any], attachment: dict[str, str], words: str
) -> None:
    store = sandbox_of(sandbox.ehr.app).store
    other = {
        "resourceType": "Binary",
        "id": "of-another",
        "contentType": "application/cda+xml",
        "securityContext": {"reference": "Patient/gloria-reyes"},
        "data": kept["content"][0]["attachment"]["data"],
    }
    store.load([other, with_attachment(kept, **attachment)])
    page = opened(nurse)
    assert page.status == 200
    assert words in page.words
    assert "atorvastatin" not in page.words
    assert not [got for got in sandbox.line.received if "elsewhere.example" in str(got)]


def test_another_patient_s_document_cannot_be_opened_from_this_chart(nurse: Visitor) -> None:
    address = opened(nurse).url
    key = re.search(r"/documents/([0-9a-f]{20})$", address)
    assert key is not None
    noah = nurse.launch(NOAH)
    assert nurse.get(f"/l/{noah.launch_id}/documents/{key[1]}").status == 404


def test_a_chart_without_documents_says_none_recorded(nurse: Visitor) -> None:
    page = listed(nurse, NOAH)
    assert "None recorded" in page.words
    assert "/link" not in nurse.launch(NOAH).text


def test_today_leads_from_the_discharge_to_what_the_hospital_says(nurse: Visitor) -> None:
    today = nurse.launch(WALTER)
    (place,) = today.document.xpath("//p[@class='sent-link']")
    part = nurse.get(place.get("hx-get"))
    assert "What the discharge summary says" in part.text
    assert "1 more" in part.text


def test_a_taken_back_document_is_not_listed(nurse: Visitor, sandbox: Practice, kept: dict[str, Any]) -> None:
    sandbox_of(sandbox.ehr.app).store.load([{**kept, "status": "entered-in-error"}])
    assert "Discharge summary" not in listed(nurse).words
    sandbox_of(sandbox.ehr.app).store.load([{**kept, "status": "superseded"}])
    assert "replaced by a newer one" in listed(nurse).words


def test_hostile_words_in_a_document_stay_words(
    nurse: Visitor, sandbox: Practice, kept: dict[str, Any]
) -> None:
    told = text_of(kept).replace("atorvastatin 40 MG Oral Tablet", "&lt;script&gt;alert(1)&lt;/script&gt;")
    changed = base64.b64encode(told.encode()).decode()
    sandbox_of(sandbox.ehr.app).store.load([with_attachment(kept, data=changed)])
    page = opened(nurse)
    assert "<script>alert(1)" in page.words
    assert "<script>alert" not in page.text


def test_a_list_that_was_not_read_makes_no_medicine_stand_alone(
    nurse: Visitor, sandbox: Practice, kept: dict[str, Any]
) -> None:
    assert "one that is only in the chart may be in it too" in opened(nurse).words
    told = re.sub("<entry .*?</entry>", "", text_of(kept), flags=re.DOTALL)
    changed = base64.b64encode(told.encode()).decode()
    sandbox_of(sandbox.ehr.app).store.load([with_attachment(kept, data=changed)])
    page = opened(nurse)
    assert compared(page) == {}
    assert "The document lists no medicine that could be read. So nothing is compared." in page.words
    assert "Magnesium, his own, over the counter" in page.words
