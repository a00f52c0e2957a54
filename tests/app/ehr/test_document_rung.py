"""What an EHR takes in no record is filed in one note: read back as records, changed by a later note, never doubled."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.ehr import errors
from app.ehr.chart import open_chart
from app.ehr.gateway import Gateway
from app.ehr.record import anything_filed, complete, not_accepted, save
from app.ehr.rungs.carrier import Form
from app.ehr.rungs.ladder import CARRIERS
from mappings.identity import identifier_value
from mappings.reading import ReadStatus
from mappings.rung import Rung
from tests.app.ehr import forms
from tests.app.ehr.chart_server import (
    ALL_TYPES,
    RESET,
    Answer,
    ChartServer,
    Received,
    metadata,
    outcome,
    refusal,
)
from tests.app.ehr.conftest import gateway_to
from tests.app.ehr.saves import held, tells_nothing
from tests.mappings.charts import NOW
from tests.mappings.shelf import author

TYPES = ("CarePlan", "Goal", "Task", "Consent")
FORM = Form(forms.FORM_ID, author())


def notes_only(*natively: str, shown: bool = True) -> dict[str, Any]:
    """An EHR that takes documents, and of Chartside's own types only these as records; others cannot even be read."""
    found = metadata(*ALL_TYPES, "DocumentReference")
    kept = []
    for resource in found["rest"][0]["resource"]:
        if resource["type"] in TYPES and resource["type"] not in natively:
            codes = ("read", "search-type") if shown else ()
            resource["interaction"] = [{"code": code} for code in codes]
        kept.append(resource)
    found["rest"][0]["resource"] = kept
    found["rest"][0]["interaction"] = []
    return found


@pytest.fixture(params=[True, False], ids=["shown", "not-served"])
def epic(ehr: ChartServer, request: pytest.FixtureRequest) -> Gateway:
    """A launch at an EHR that holds what Chartside writes in documents alone."""
    ehr.metadata = notes_only(shown=request.param)
    return gateway_to(ehr, at="epic")


def documents(ehr: ChartServer) -> list[dict[str, Any]]:
    return [item for item in ehr.held if item["resourceType"] == "DocumentReference"]


def filed(gateway: Gateway, form: Form = FORM, resources: Any = None) -> Any:
    return save(gateway, resources or forms.consent().resources, now=NOW, form=form)


@pytest.mark.requirement("client@41", "client@44")
def test_a_save_is_one_note_and_is_read_back_as_records(ehr, epic):
    receipt = filed(epic)
    (note,) = documents(ehr)
    assert {line.reference for line in receipt.filed} == {f"DocumentReference/{note['id']}"}
    assert {line.rung for line in receipt.filed} == {"document"}
    assert [line.kind for line in receipt.filed] == ["consent", "care plan", "enrollment step"]
    assert receipt.form == "a note (DocumentReference)"
    chart = open_chart(epic, types=TYPES)
    assert {kind: chart.reading(kind).status for kind in TYPES} == dict.fromkeys(TYPES, ReadStatus.READ)
    (plan,), (consent,) = chart.resources("CarePlan"), chart.resources("Consent")
    (step,) = chart.resources("Task")
    assert plan["id"] == identifier_value(plan)
    assert {"reference": f"CarePlan/{plan['id']}"}.items() <= step["basedOn"][0].items()
    assert consent["meta"]["source"] == f"DocumentReference/{note['id']}"


@pytest.mark.requirement("client@45", "client@46")
def test_the_same_form_again_is_found_and_not_filed_twice(ehr, epic):
    filed(epic)
    again = filed(epic)
    assert again.again
    assert len(documents(ehr)) == 1
    assert len(ehr.got("POST DocumentReference")) == 1


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.requirement("client@45", "client@46")
def test_a_note_whose_answer_is_lost_is_looked_for(ehr, epic, arrived):
    def broken(got: Received) -> Answer:
        if arrived:
            ehr._kept({"resource": got.body}, 0)
        return RESET

    ehr.reply("POST DocumentReference", broken)
    if arrived:
        assert len(filed(epic).filed) == 3
    else:
        with pytest.raises(errors.NoAnswer) as raised:
            filed(epic)
        tells_nothing(raised.value)
        resources = forms.consent().resources
        assert not anything_filed(epic, resources, form=FORM)
        ehr.replies.clear()
        assert complete(epic, resources, now=NOW, form=FORM).filed
    assert anything_filed(epic, forms.consent().resources, form=FORM)
    assert len(documents(ehr)) == 1


@pytest.mark.requirement("client@41", "client@52")
def test_what_the_ehr_takes_is_a_record_and_the_rest_one_note(ehr):
    ehr.metadata = notes_only("Task")
    gateway = gateway_to(ehr, at="epic")
    receipt = filed(gateway)
    assert [line.rung for line in receipt.filed] == ["document", "document", "record"]
    (task,) = [item for item in ehr.held if item["resourceType"] == "Task"]
    (pointed,) = task["basedOn"]
    assert "reference" not in pointed
    chart = open_chart(gateway, types=TYPES)
    (plan,) = chart.resources("CarePlan")
    assert pointed["identifier"]["value"] == identifier_value(plan)
    assert chart.resources("Task")[0]["basedOn"][0]["reference"] == f"CarePlan/{plan['id']}"


def test_a_break_between_the_records_and_the_note_is_completed(ehr):
    ehr.metadata = notes_only("Task")
    gateway = gateway_to(ehr, at="epic")
    ehr.reply("POST DocumentReference", refusal(500))
    begun: list[Any] = []
    with pytest.raises(errors.HalfFiled) as raised:
        save(gateway, forms.consent().resources, now=NOW, form=FORM, begin=begun.extend)
    assert [line.kind for line in raised.value.filed] == ["enrollment step"]
    ehr.replies.clear()
    assert len(complete(gateway, begun, now=NOW, form=FORM).filed) == 3
    assert len([item for item in ehr.held if item["resourceType"] == "Task"]) == 1
    assert len(documents(ehr)) == 1


@pytest.mark.requirement("client@42")
def test_a_change_stands_in_a_later_note_and_one_that_somebody_changed_is_refused(ehr, epic):
    filed(epic)
    (plan,) = open_chart(epic, types=TYPES).resources("CarePlan")
    later = FORM.author.now + timedelta(minutes=1)
    mine = {**plan, "title": "Mine"}
    theirs = {**plan, "title": "Theirs"}
    filed(epic, Form(uuid4(), author(now=later)), [theirs])
    (now,) = open_chart(epic, types=TYPES).resources("CarePlan")
    assert (now["title"], now["meta"]["versionId"]) == ("Theirs", "2")
    with pytest.raises(errors.ChangedMeanwhile):
        filed(epic, Form(uuid4(), author(now=later)), [mine])
    assert len(documents(ehr)) == 2


@pytest.mark.requirement("client@41")
def test_a_note_that_the_ehr_changed_is_told_and_no_second_one_is_filed(ehr, epic):
    def mangled(got: Received) -> Answer:
        content = got.body["content"][0]["attachment"]
        text = base64.b64decode(content["data"]).decode()
        content["data"] = base64.b64encode(text.replace("SHA-256", "SHA").encode()).decode()
        kept = ehr._kept({"resource": got.body}, 0)
        return Answer(201, b"", {"Location": f"{ehr.base}/DocumentReference/{kept['id']}"})

    ehr.reply("POST DocumentReference", mangled)
    with pytest.raises(errors.NotKept) as raised:
        filed(epic)
    tells_nothing(raised.value)
    assert not_accepted(epic, [("Task", "create")]) is not None
    with pytest.raises(errors.NotAccepted):
        filed(epic)
    assert len(documents(ehr)) == 1


@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.requirement("client@41")
def test_documents_that_are_listed_and_not_taken_are_known_for_an_hour(ehr, epic, status):
    ehr.reply("POST DocumentReference", refusal(status, "not-supported"))
    with pytest.raises(errors.NoRung):
        filed(epic)
    assert len(ehr.got("POST DocumentReference")) == 1
    assert not_accepted(epic, [("Task", "create")]) is not None


def test_notes_that_cannot_be_read_are_told_and_nothing_is_numbered_anew(ehr, epic):
    ehr.reply("GET DocumentReference", refusal(500))
    chart = open_chart(epic, types=TYPES)
    assert all(chart.reading(kind).status is not ReadStatus.NOT_AVAILABLE for kind in TYPES)
    assert all(
        chart.reading(kind).incomplete or chart.reading(kind).status is ReadStatus.COULD_NOT_READ
        for kind in TYPES
    )
    with pytest.raises(errors.NoAnswer):
        filed(epic)
    assert documents(ehr) == []


def test_where_every_record_is_taken_and_no_note_may_be_filed_no_document_is_asked_for(ehr):
    ehr.metadata = metadata(*ALL_TYPES, "DocumentReference")
    scopes = " ".join(f"patient/{kind}.cruds" for kind in TYPES)
    gateway = gateway_to(ehr, at="epic", scopes=f"{scopes} patient/DocumentReference.rs")
    open_chart(gateway, types=TYPES)
    filed(gateway)
    assert ehr.got("GET DocumentReference") == []
    assert documents(ehr) == []


def test_without_its_scope_nothing_is_filed_in_notes(ehr):
    ehr.metadata = notes_only()
    gateway = gateway_to(ehr, at="epic", scopes="patient/Task.cruds patient/CarePlan.cruds")
    assert not_accepted(gateway, [("Task", "create")]) is not None


def test_a_record_that_the_ehr_holds_itself_and_lets_nobody_change_is_told_anew_in_a_note(ehr, epic):
    filing = held(ehr, forms.contact())
    (goal,) = [each for each in filing.resources if each["resourceType"] == "Goal"]
    before = next(item for item in ehr.held if item["resourceType"] == "Goal")
    receipt = filed(epic, FORM, filing.resources)
    assert {line.rung for line in receipt.filed} == {"document"}
    assert len(documents(ehr)) == 1
    assert before in ehr.held
    chart = open_chart(epic, types=TYPES)
    if chart.reading("Goal").resources:
        (shown,) = chart.resources("Goal")
        assert shown["achievementStatus"] == goal["achievementStatus"]
        assert shown["meta"]["source"].startswith("DocumentReference/")


def test_a_record_that_was_changed_in_the_ehr_meanwhile_is_not_told_anew(ehr, epic):
    filing = held(ehr, forms.contact())
    ehr.held[:] = [
        {**item, "meta": {**item["meta"], "versionId": "99"}} if item["resourceType"] == "Goal" else item
        for item in ehr.held
    ]
    with pytest.raises(errors.ChangedMeanwhile):
        filed(epic, FORM, filing.resources)
    assert documents(ehr) == []
    assert CARRIERS[Rung.DOCUMENT].read(epic).next_number == 1


def test_where_the_ehr_always_says_that_there_is_more_a_note_is_still_filed(ehr, epic):
    """Epic's 4119 on every search: notes overwrite nothing, so a first try may be filed; a second one is not sure."""
    filed(epic)
    more = {"resource": outcome("incomplete", "warning", detail="4119"), "search": {"mode": "outcome"}}

    def withheld(got: Received) -> Answer:
        answer = ehr._usual(got)
        answer.body["entry"] = [*answer.body.get("entry", []), more]
        return answer

    ehr.reply("GET DocumentReference", withheld)
    other = Form(UUID("44444444-4444-4444-8444-444444444444"), author())
    filed(epic, other)
    numbers = [CARRIERS[Rung.DOCUMENT].read(epic).of_form(form.id)[1].number for form in (FORM, other)]
    assert numbers == [1, 2]
    third = Form(UUID("55555555-5555-4555-8555-555555555555"), author())
    with pytest.raises(errors.LeftOut):
        complete(epic, forms.consent().resources, now=NOW, form=third)
    assert len(documents(ehr)) == 2
