"""What the EHR kept of a save: from its answer, else read; and what is filed stays filed whatever comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.ehr import read_back
from app.ehr.receipt import Filed, ReadBack, Receipt, SignOff
from app.ehr.record import complete, save
from mappings.kept import Bearing
from mappings.vendor import vendor
from tests.app.ehr import forms
from tests.app.ehr.chart_server import (
    HTML_PAGE,
    SILENCE,
    TRUNCATED,
    Answer,
    ChartServer,
    Received,
    metadata,
    refusal,
)
from tests.app.ehr.conftest import gateway_to
from tests.app.ehr.saves import held
from tests.app.ehr.test_document_rung import FORM, notes_only
from tests.mappings.charts import NOW

KEPT, LOST, UNSEEN = ReadBack.KEPT, ReadBack.LOST, ReadBack.UNSEEN


def found(receipt: Receipt) -> list[ReadBack]:
    return [line.read_back for line in receipt.filed]


def reads_of_one(ehr: ChartServer) -> list[str]:
    """The records that were read by their place."""
    return [item.path for item in ehr.received if item.method == "GET" and "/" in item.path]


def forgetful(ehr: ChartServer, *names: str) -> Callable[[Received], Answer]:
    """What the EHR answers to a transaction of which it keeps all but these elements; it gives back what it kept."""

    def answer(got: Received) -> Answer:
        for entry in got.body["entry"]:
            entry["resource"] = {
                name: value for name, value in entry["resource"].items() if name not in names
            }
        filed = ehr.file(got.body)
        for entry, kept in zip(filed.body["entry"], ehr.held[-len(got.body["entry"]) :], strict=True):
            entry["resource"] = kept
        return filed

    return answer


@pytest.mark.requirement("client@41")
def test_an_answer_that_holds_the_records_is_compared_without_asking_again(ehr, gateway, contact):
    ehr.reply("POST", forgetful(ehr))
    receipt = save(gateway, contact.resources, now=NOW)
    assert set(found(receipt)) == {KEPT}
    assert reads_of_one(ehr) == []
    (sent,) = ehr.got("POST")
    assert sent.headers["prefer"] == "return=representation"


def test_what_the_answer_lacks_is_named(ehr, gateway, contact):
    ehr.reply("POST", forgetful(ehr, "extension", "output"))
    receipt = save(gateway, contact.resources, now=NOW)
    lines = {line.kind: line for line in receipt.filed}
    assert {item.what for item in lines["contact"].dropped} >= {"the minutes", "how the contact ended"}
    assert {item.bearing for item in lines["contact"].dropped} == {Bearing.IN_NOTE}
    assert "importance and confidence" in lines["goal update"].dropped[0].what
    assert lines["next task"].read_back is KEPT
    assert receipt.differs == ()


@pytest.mark.parametrize("system", [("transaction",), ()])
def test_an_answer_that_names_places_alone_is_looked_at_once_for_each_record(ehr, gateway, contact, system):
    ehr.metadata = metadata(system=system)
    before = len(reads_of_one(ehr))
    receipt = save(gateway, contact.resources, now=NOW)
    assert set(found(receipt)) == {KEPT}
    after = [line.reference for line in receipt.filed]
    assert sorted(reads_of_one(ehr)[-len(after) :]) == sorted(after)
    assert before == 0


def test_every_write_by_itself_asks_for_the_record_back(ehr, contact):
    for interactions in (
        ("read", "search-type", "create", "update"),
        ("read", "search-type", "create", "patch"),
    ):
        ehr.metadata = metadata(system=(), interactions=interactions)
        save(gateway_to(ehr), contact.resources[:2], now=NOW)
        ehr.held = [*contact.chart]
    writes = [item for item in ehr.received if item.method != "GET"]
    assert {item.method for item in writes} == {"POST", "PUT", "PATCH"}
    assert {item.headers.get("prefer") for item in writes} == {"return=representation"}


@pytest.mark.parametrize(
    "failure",
    [
        refusal(401, "login"),
        refusal(403, "forbidden"),
        refusal(404),
        refusal(500),
        HTML_PAGE,
        TRUNCATED,
        SILENCE,
    ],
)
@pytest.mark.requirement("client@43", "client@44")
def test_a_save_is_filed_although_nobody_can_look_at_it(ehr, gateway, contact, failure):
    real = ehr.answer

    def answer(method: str, url: str, headers: Any, content: bytes) -> Answer:
        told = real(method, url, headers, content)
        return failure if method == "GET" and "/new-" in url else told

    ehr.answer = answer
    receipt = save(gateway, contact.resources, now=NOW)
    assert len(receipt.filed) == len(contact.resources)
    news = [line for line in receipt.filed if "/new-" in line.reference]
    assert news
    assert {line.read_back for line in news} == {UNSEEN}
    assert news[0].quiet_sentences == ("Filed; what the EHR kept could not be looked at just now.",)


def test_the_record_of_another_patient_in_its_place_is_never_compared(ehr, gateway, contact):
    real = ehr.answer

    def answer(method: str, url: str, headers: Any, content: bytes) -> Answer:
        told = real(method, url, headers, content)
        if method == "GET" and "Task/new-" in url:
            return Answer(body={**told.body, "for": {"reference": "Patient/other"}, "description": "Zx"})
        return told

    ehr.answer = answer
    receipt = save(gateway, contact.resources, now=NOW)
    tasks = [line for line in receipt.filed if "Task/new-" in line.reference]
    assert {line.read_back for line in tasks} == {UNSEEN}


def test_one_that_comes_too_late_is_told_as_unseen(on_live_ehr, live_ehr, monkeypatch):
    monkeypatch.setattr(read_back, "DEADLINE_SECONDS", 0.2)
    filing = held(live_ehr, forms.contact())
    (new,) = filing.resources[:1]

    def late(got: Received) -> Answer:
        live_ehr.released.wait(10)
        return Answer(body=live_ehr.held[-1])

    live_ehr.reply(f"GET Task/new-{len(live_ehr.held)}-0", late)
    receipt = save(on_live_ehr(), [new], now=NOW)
    assert found(receipt) == [UNSEEN]


def test_an_answer_that_was_lost_is_compared_with_what_is_found(ehr, gateway, contact):
    ehr.metadata = metadata(system=())
    ehr.lost = SILENCE
    receipt = save(gateway, contact.resources[:1], now=NOW)
    assert (receipt.again, found(receipt)) == (True, [KEPT])
    assert reads_of_one(ehr) == []


def test_what_an_earlier_try_filed_is_not_read_a_second_time(ehr, gateway, contact):
    ehr.metadata = metadata(system=())
    save(gateway, contact.resources, now=NOW)
    asked = len(reads_of_one(ehr))
    receipt = complete(gateway, contact.resources, now=NOW)
    changes = sum("id" in resource for resource in contact.resources)
    assert receipt.again
    assert len(reads_of_one(ehr)) - asked == changes


@pytest.mark.parametrize(
    ("at", "software", "sign_off"),
    [
        ("generic", "Anything", SignOff.NONE_KNOWN),
        ("epic", "Epic", SignOff.NONE_KNOWN),
        ("athena", "athenaFlow 22", SignOff.AWAITED),
        ("athena", "AthenaPractice", SignOff.AWAITED),
        ("athena", "athenaOne", SignOff.POSSIBLE),
        ("athena", "", SignOff.POSSIBLE),
    ],
)
def test_an_ehr_that_holds_what_is_filed_for_a_signature_is_known_by_its_software(
    ehr, contact, at, software, sign_off
):
    ehr.metadata = {**metadata(), "software": {"name": software}}
    receipt = save(gateway_to(ehr, at=at), contact.resources, now=NOW)
    assert receipt.sign_off is sign_off
    assert bool(vendor(at).sign_off.products) is (sign_off is not SignOff.NONE_KNOWN)


def test_a_document_that_the_ehr_holds_as_preliminary_waits_for_a_signature():
    line = Filed("DocumentReference/7", "1", "contact", rung="document")
    assert read_back.signed_off(line, {"docStatus": "preliminary"}).sign_off is SignOff.AWAITED
    for document in ({"docStatus": "final"}, {}, {"docStatus": 7}):
        assert read_back.signed_off(line, document) == line


def test_what_ended_in_a_note_or_is_never_shown_again_is_not_asked_for(ehr, gateway, contact):
    noted = Filed("DocumentReference/7", "1", "contact", rung="document")
    unseen = replace(noted, shown_again=False)
    lines = (noted, unseen, Filed("Task/gone", "1", "contact"))
    receipt = read_back.look_back(gateway, contact.resources[:3], Receipt(lines, NOW))
    assert found(receipt) == [ReadBack.NOT_COMPARED, ReadBack.NOT_COMPARED, UNSEEN]
    assert reads_of_one(ehr) == ["Task/gone"]


def test_lines_that_are_not_those_of_the_records_are_left_as_they_are(ehr, gateway, contact):
    receipt = Receipt((Filed("Task/812", "1", "contact"),), NOW)
    assert read_back.look_back(gateway, contact.resources, receipt) == receipt
    assert reads_of_one(ehr) == []


def preliminary(ehr: ChartServer) -> Callable[[Received], Answer]:
    """What an EHR answers that keeps a new document until a clinician signs it."""

    def answer(got: Received) -> Answer:
        ehr.held.append({**got.body, "id": "note-1", "docStatus": "preliminary"})
        return Answer(201, ehr.held[-1], {"Content-Type": "application/fhir+json"})

    return answer


@pytest.mark.parametrize("waits", [False, True])
def test_what_stands_in_a_note_is_compared_with_what_its_block_holds(ehr, waits):
    ehr.metadata = notes_only()
    if waits:
        ehr.reply("POST DocumentReference", preliminary(ehr))
    receipt = save(gateway_to(ehr, at="epic"), forms.consent().resources, now=NOW, form=FORM)
    assert set(found(receipt)) == {KEPT}
    assert receipt.sign_off is (SignOff.AWAITED if waits else SignOff.NONE_KNOWN)


def test_a_note_that_a_first_try_filed_with_other_words_is_not_called_kept(ehr):
    ehr.metadata = notes_only()
    gateway = gateway_to(ehr, at="epic")
    (first,) = forms.contact().resources[:1]
    save(gateway, [first], now=NOW, form=FORM)
    other = {**first, "description": "Other words"}
    again = save(gateway, [other], now=NOW, form=FORM)
    assert again.again
    assert [item.path for item in again.filed[0].dropped] == ["Task:contact.description"]
