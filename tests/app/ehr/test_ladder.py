"""Which form each EHR takes, stepping down in the same save, and forms that the EHR never shows again."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.ehr import errors
from app.ehr.chart import open_chart
from app.ehr.gateway import Gateway
from app.ehr.record import anything_filed, complete, not_accepted, save
from app.ehr.rungs.carrier import Form
from app.ehr.rungs.ladder import rung_of
from mappings.identity import identifier_value, task_kind
from mappings.reading import ReadStatus
from mappings.rung import Rung
from tests.app.ehr import forms
from tests.app.ehr.chart_server import ALL_TYPES, RESET, Answer, ChartServer, Received, metadata, refusal
from tests.app.ehr.conftest import gateway_to
from tests.app.ehr.saves import tells_nothing
from tests.mappings.charts import NOW
from tests.mappings.shelf import author

TYPES = ("CarePlan", "Goal", "Task", "Consent")
FORM = Form(forms.FORM_ID, author())
ANSWERS, DOCUMENT = "QuestionnaireResponse", "DocumentReference"
READ = ("read", "search-type")
WRITE = ("create", *READ)


def lists(**codes: tuple[str, ...]) -> dict[str, Any]:
    """Metadata in which the named types offer these interactions and Chartside's others are read alone."""
    found = metadata(*ALL_TYPES, ANSWERS, DOCUMENT)
    for resource in found["rest"][0]["resource"]:
        offered = codes.get(resource["type"], READ if resource["type"] in (*TYPES, DOCUMENT) else ())
        if resource["type"] in (*TYPES, ANSWERS, DOCUMENT):
            resource["interaction"] = [{"code": code} for code in offered]
    found["rest"][0]["interaction"] = []
    return found


ECW = lists(QuestionnaireResponse=WRITE)
CANVAS = lists(QuestionnaireResponse=WRITE, Task=(*WRITE, "update"), Consent=WRITE)
ATHENA = lists(QuestionnaireResponse=("create",))
READ_ONLY = lists()
BOTH = lists(QuestionnaireResponse=WRITE, DocumentReference=WRITE)


def at(ehr: ChartServer, offered: dict[str, Any], vendor: str, **more: Any) -> Gateway:
    ehr.metadata = offered
    return gateway_to(ehr, at=vendor, **more)


def of(ehr: ChartServer, kind: str) -> list[dict[str, Any]]:
    return [item for item in ehr.held if item["resourceType"] == kind]


def filed(gateway: Gateway, resources: Any = None, form: Form = FORM) -> Any:
    return save(gateway, resources or forms.consent().resources, now=NOW, form=form)


@pytest.mark.parametrize(
    ("offered", "vendor", "expected"),
    [
        (ECW, "ecw", dict.fromkeys(TYPES, Rung.QUESTIONNAIRE_RESPONSE)),
        (
            CANVAS,
            "canvas",
            {
                "CarePlan": Rung.QUESTIONNAIRE_RESPONSE,
                "Goal": Rung.QUESTIONNAIRE_RESPONSE,
                "Task": Rung.NATIVE,
                "Consent": Rung.NATIVE,
            },
        ),
        (ATHENA, "athena", dict.fromkeys(TYPES, Rung.QUESTIONNAIRE_RESPONSE)),
        (BOTH, "epic", dict.fromkeys(TYPES, Rung.DOCUMENT)),
        (BOTH, "generic", dict.fromkeys(TYPES, Rung.QUESTIONNAIRE_RESPONSE)),
        (READ_ONLY, "generic", dict.fromkeys(TYPES, Rung.COPY_READY)),
        # A document that could be filed and is a PDF there is no rung of ours.
        (lists(DocumentReference=WRITE), "canvas", dict.fromkeys(TYPES, Rung.COPY_READY)),
        # A rung counts only if it can be read back; one that cannot is still better than text to paste.
        (
            lists(QuestionnaireResponse=("create",), DocumentReference=WRITE),
            "generic",
            dict.fromkeys(TYPES, Rung.DOCUMENT),
        ),
        (
            lists(Task=("create",), QuestionnaireResponse=WRITE),
            "generic",
            dict.fromkeys(TYPES, Rung.QUESTIONNAIRE_RESPONSE),
        ),
    ],
)
@pytest.mark.requirement("client@41")
def test_the_rung_is_the_first_that_is_taken_and_shown_again(ehr, offered, vendor, expected):
    gateway = at(ehr, offered, vendor)
    assert {kind: rung_of(gateway, kind, "create") for kind in TYPES} == expected


@pytest.mark.requirement("client@41", "client@44")
def test_answers_hold_a_save_and_give_it_back(ehr):
    gateway = at(ehr, ECW, "ecw")
    receipt = filed(gateway)
    (answers,) = of(ehr, ANSWERS)
    assert {line.reference for line in receipt.filed} == {f"{ANSWERS}/{answers['id']}"}
    assert {line.rung for line in receipt.filed} == {"questionnaire-response"}
    assert all(line.shown_again for line in receipt.filed)
    chart = open_chart(gateway, types=TYPES)
    (plan,) = chart.resources("CarePlan")
    assert plan["meta"]["source"] == f"{ANSWERS}/{answers['id']}"
    assert not any(chart.reading(kind).ours_unseen for kind in TYPES)
    assert filed(gateway).again
    assert len(of(ehr, ANSWERS)) == 1


@pytest.mark.requirement("client@41", "client@52")
def test_records_beside_a_note_name_by_our_identifier_what_stands_in_it(ehr):
    gateway = at(ehr, CANVAS, "canvas")
    consent = forms.consent()
    filed(gateway, consent.resources)
    assert [len(of(ehr, kind)) for kind in ("Consent", "Task", ANSWERS, "CarePlan")] == [1, 1, 1, 0]
    (step,) = of(ehr, "Task")
    plan_id = next(identifier_value(each) for each in consent.resources if each["resourceType"] == "CarePlan")
    assert step["basedOn"][0]["identifier"]["value"] == plan_id
    assert "reference" not in step["basedOn"][0]
    (shown,) = open_chart(gateway, types=TYPES).resources("Task")
    assert shown["basedOn"][0]["reference"] == f"CarePlan/{plan_id}"
    # What is filed next to it as a record is built upon the chart as read, and must not name an id that nobody has.
    later = {
        **shown,
        "description": "changed",
        "meta": {"profile": shown["meta"]["profile"], "tag": shown["meta"]["tag"]},
    }
    later = {key: value for key, value in later.items() if key != "id"}
    later["identifier"] = [{**later["identifier"][0], "value": "22222222-2222-4222-8222-222222222222"}]
    filed(gateway, [later])
    newest = of(ehr, "Task")[-1]
    assert newest["basedOn"][0]["identifier"]["value"] == plan_id
    assert "reference" not in newest["basedOn"][0]


@pytest.mark.requirement("client@41")
def test_what_is_filed_and_never_shown_again_reads_unknown(ehr):
    gateway = at(ehr, ATHENA, "athena")
    receipt = filed(gateway)
    assert len(of(ehr, ANSWERS)) == 1
    assert not any(line.shown_again for line in receipt.filed)
    assert ehr.got(f"GET {ANSWERS}") == []
    chart = open_chart(gateway, types=(*TYPES, "Condition"))
    assert all(chart.reading(kind).ours_unseen and chart.reading(kind).withheld for kind in TYPES)
    assert not chart.reading("Condition").ours_unseen


@pytest.mark.requirement("client@45")
def test_a_lost_answer_that_cannot_be_looked_for_is_told_as_such(ehr):
    gateway = at(ehr, ATHENA, "athena")

    def broken(got: Received) -> Answer:
        ehr._kept({"resource": got.body}, 0)
        return RESET

    ehr.reply(f"POST {ANSWERS}", broken)
    with pytest.raises(errors.UnknownFate) as raised:
        filed(gateway)
    tells_nothing(raised.value)
    assert len(ehr.got(f"POST {ANSWERS}")) == 1
    # Pressing Save again is the word of somebody who has looked.
    assert not anything_filed(gateway, forms.consent().resources, form=FORM)


def test_where_nothing_is_taken_nothing_is_known(ehr):
    gateway = at(ehr, READ_ONLY, "generic")
    with pytest.raises(errors.NoRung):
        filed(gateway)
    assert {got.method for got in ehr.received} <= {"GET"}
    assert all(open_chart(gateway, types=TYPES).reading(kind).ours_unseen for kind in TYPES)


def test_who_may_only_read_sees_what_others_filed(ehr):
    filed(at(ehr, ECW, "ecw"))
    reader = gateway_to(ehr, at="ecw", scopes="launch patient/*.rs")
    chart = open_chart(reader, types=TYPES)
    assert len(chart.resources("CarePlan")) == 1
    assert not any(chart.reading(kind).ours_unseen for kind in TYPES)
    refused = not_accepted(reader, [("Task", "create")])
    assert refused is not None


NOT_SUPPORTED = [
    refusal(404),
    refusal(405),
    refusal(501),
    refusal(400, "not-supported"),
    refusal(422, "not-supported"),
]


@pytest.mark.parametrize("answer", NOT_SUPPORTED, ids=lambda each: str(each.status))
@pytest.mark.requirement("client@41")
def test_a_record_that_is_listed_and_not_taken_goes_into_a_note_in_the_same_save(ehr, answer):
    gateway = at(
        ehr, lists(**dict.fromkeys(TYPES, (*WRITE, "update")), QuestionnaireResponse=WRITE), "generic"
    )
    ehr.reply("POST CarePlan", answer)
    receipt = filed(gateway)
    assert sorted(line.rung for line in receipt.filed) == ["questionnaire-response", "record", "record"]
    assert [len(of(ehr, kind)) for kind in ("Consent", "Task", "CarePlan", ANSWERS)] == [1, 1, 0, 1]
    assert len(ehr.got("POST CarePlan")) == 1
    chart = open_chart(gateway, types=TYPES)
    assert [len(chart.resources(kind)) for kind in ("Consent", "Task", "CarePlan")] == [1, 1, 1]
    assert chart.doubts == ()


@pytest.mark.requirement("client@41", "client@46")
def test_the_second_record_of_a_type_is_refused_and_the_first_is_not_told_twice(ehr):
    gateway = at(
        ehr, lists(**dict.fromkeys(TYPES, (*WRITE, "update")), QuestionnaireResponse=WRITE), "generic"
    )
    first, *_ = [each for each in forms.consent().resources if each["resourceType"] == "Task"]
    second = {
        **first,
        "identifier": [{**first["identifier"][0], "value": "33333333-3333-4333-8333-333333333333"}],
    }
    usual = ehr._alone
    ehr.reply("POST Task", usual, refusal(405))
    receipt = filed(gateway, [first, second])
    assert sorted(line.rung for line in receipt.filed) == ["questionnaire-response", "record"]
    chart = open_chart(gateway, types=TYPES)
    assert sorted(identifier_value(task) for task in chart.resources("Task")) == sorted(
        map(identifier_value, (first, second))
    )
    assert chart.doubts == ()


@pytest.mark.requirement("client@41", "client@44")
def test_a_note_that_the_ehr_mangles_is_filed_in_the_next_form(ehr):
    gateway = at(ehr, BOTH, "epic")

    def mangled(got: Received) -> Answer:
        left = base64.b64encode(b"A note. Some lines were left out.").decode()
        attachment = {**got.body["content"][0]["attachment"], "data": left}
        return ehr._alone(replace(got, body={**got.body, "content": [{"attachment": attachment}]}))

    ehr.reply(f"POST {DOCUMENT}", mangled)
    receipt = filed(gateway)
    assert {line.rung for line in receipt.filed} == {"questionnaire-response"}
    assert [len(of(ehr, kind)) for kind in (DOCUMENT, ANSWERS)] == [1, 1]
    chart = open_chart(gateway, types=TYPES)
    assert [len(chart.resources(kind)) for kind in ("Consent", "Task", "CarePlan")] == [1, 1, 1]
    # It is told again as a whole, so that the damaged one leaves nothing unknown.
    assert chart.damaged == ()
    assert not any(chart.reading(kind).withheld for kind in TYPES)


def test_a_mangled_note_where_no_other_form_is_left_is_told(ehr):
    gateway = at(ehr, lists(DocumentReference=WRITE), "epic")

    def mangled(got: Received) -> Answer:
        return ehr._alone(replace(got, body={**got.body, "content": []}))

    ehr.reply(f"POST {DOCUMENT}", mangled)
    with pytest.raises(errors.NotKept):
        filed(gateway)
    assert len(of(ehr, DOCUMENT)) == 1


@pytest.mark.requirement("client@41", "client@45")
def test_what_no_form_is_left_for_after_a_half_is_told_as_half(ehr):
    gateway = at(ehr, lists(Consent=WRITE, Task=WRITE, CarePlan=WRITE, Goal=WRITE), "generic")
    ehr.reply("POST Task", refusal(405))
    with pytest.raises(errors.HalfFiled) as raised:
        filed(gateway)
    assert isinstance(raised.value.cause, errors.NoRung)
    assert {line.kind for line in raised.value.filed} == {"consent", "care plan"}
    assert anything_filed(gateway, forms.consent().resources, form=FORM)
    (step,) = [each for each in forms.consent().resources if each["resourceType"] == "Task"]
    assert raised.value.left == (identifier_value(step),)
    tells_nothing(raised.value)
    with pytest.raises(errors.HalfFiled):
        complete(gateway, forms.consent().resources, now=NOW, form=FORM)
    assert [len(of(ehr, kind)) for kind in ("Consent", "CarePlan", "Task")] == [1, 1, 0]


def test_a_form_without_a_name_files_no_note(ehr):
    gateway = at(ehr, ECW, "ecw")
    with pytest.raises(errors.NoRung):
        save(gateway, forms.consent().resources, now=NOW)
    assert of(ehr, ANSWERS) == []


@pytest.mark.requirement("client@41")
def test_a_contact_at_an_ehr_of_answers_changes_goals_in_a_later_note(ehr):
    gateway = at(ehr, ECW, "ecw")
    filed(gateway)
    chart = open_chart(gateway, types=TYPES)
    assert {chart.reading(kind).status for kind in TYPES} == {ReadStatus.READ}
    (step,) = chart.resources("Task")
    assert task_kind(step) == "enrolment-state"
    assert chart.resources("CarePlan")[0]["meta"]["versionId"] == "1"


def test_what_no_form_is_left_for_is_called_by_what_a_nurse_documents(ehr):
    """The form of note that the EHR refuses is nothing that she wrote."""
    gateway = at(ehr, ECW, "ecw")
    filed(gateway)
    (plan,) = open_chart(gateway, types=TYPES).resources("CarePlan")
    ehr.reply(f"POST {ANSWERS}", refusal(405))
    with pytest.raises(errors.NoRung) as raised:
        filed(gateway, [plan], Form(UUID("22222222-2222-4222-8222-222222222222"), author()))
    assert raised.value.resource_types == ("CarePlan",)
    assert "questionnaire" not in raised.value.page_reason


def test_a_note_that_is_refused_hides_none_that_was_filed(ehr):
    """Epic: one 405 is remembered for an hour, and the chart must not look empty for as long."""
    gateway = at(ehr, lists(DocumentReference=WRITE), "epic")
    filed(gateway)
    ehr.reply(f"POST {DOCUMENT}", refusal(405))
    with pytest.raises(errors.NoRung):
        filed(gateway, form=Form(UUID("22222222-2222-4222-8222-222222222222"), author()))
    chart = open_chart(gateway, types=TYPES)
    assert [len(chart.resources(kind)) for kind in ("Consent", "Task", "CarePlan")] == [1, 1, 1]
    assert not any(chart.reading(kind).withheld for kind in TYPES)
