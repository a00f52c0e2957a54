"""What the chart knows of the answers: each search that a definition may ask, and the values of real charts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from mappings.form import Fields
from mappings.questionnaire.chart_query import bundle_of
from mappings.questionnaire.definition import DefinitionError
from mappings.questionnaire.entry import typed_answers
from mappings.questionnaire.field import form_values
from mappings.questionnaire.form import defaults, render
from mappings.questionnaire.prefill import prefills, prefills_of
from mappings.questionnaire.recorded import own_assessments
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW, chart_of, coded
from tests.mappings.questionnaire.making import filed, named, of, phq
from tests.mappings.test_real_charts import ndjson_charts

LOINC = "http://loinc.org"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
FHIR = "http://hl7.org/fhir/StructureDefinition/"


def result(code: str, value: Any, day: str, **more: Any) -> dict[str, Any]:
    held = {"valueQuantity": {"value": value}} if isinstance(value, int | float) else value
    return {
        "resourceType": "Observation",
        "id": f"{code}-{day}",
        "status": "final",
        "code": coded(LOINC, code),
        "effectiveDateTime": day,
        **held,
        **more,
    }


def variable(name: str, query: str) -> dict[str, Any]:
    said = {"name": name, "language": "application/x-fhir-query", "expression": query}
    return {"url": f"{FHIR}variable", "valueExpression": said}


def asked(link: str, kind: str, initial: str, **more: Any) -> dict[str, Any]:
    said = {"language": "text/fhirpath", "expression": initial}
    return {
        "linkId": link,
        "type": kind,
        "extension": [{"url": f"{SDC}initialExpression", "valueExpression": said}],
        **more,
    }


def last(code: str) -> str:
    return f"Observation?code={LOINC}|{code}&patient={{{{%patient.id}}}}&_sort=-date&_count=1"


TOBACCO = [
    {"valueCoding": {"system": "http://snomed.info/sct", "code": "266919005", "display": "Never smoked"}},
    {"valueCoding": {"system": "http://snomed.info/sct", "code": "8517006", "display": "Used to smoke"}},
]
DIABETES = of(
    asked("a1c", "decimal", "%a1c.entry.resource.value.value"),
    asked("a1c-day", "date", "%a1c.entry.resource.effective"),
    asked(
        "systolic", "decimal", "%bp.entry.resource.component.where(code.coding.code = '8480-6').value.value"
    ),
    asked(
        "diastolic", "integer", "%bp.entry.resource.component.where(code.coding.code = '8462-4').value.value"
    ),
    asked("tobacco", "choice", "%tobacco.entry.resource.value.coding.first()", answerOption=TOBACCO),
    asked("born", "date", "%patient.birthDate"),
    asked("language", "string", "%patient.communication.language.text.first()"),
    asked("has-diabetes", "boolean", "%diabetes.entry.exists()"),
    asked("insulins", "string", "%insulin.entry.resource.medication.text", repeats=True),
    asked("nobody", "string", "%unknown.entry.resource.value"),
    {"linkId": "not-asked", "type": "string"},
    extension=[
        variable("a1c", last("4548-4")),
        variable("bp", last("85354-9,http://loinc.org|55284-4")),
        variable("tobacco", last("72166-2")),
        variable("diabetes", "Condition?code=44054006,E11.9&clinical-status=active&patient={{%patient.id}}"),
        variable("insulin", "MedicationRequest?status=active,on-hold&patient={{%patient.id}}"),
    ],
)
BP = {
    "component": [
        {"code": coded(LOINC, "8480-6"), "valueQuantity": {"value": 148.6666}},
        {"code": coded(LOINC, "8462-4"), "valueQuantity": {"value": 86}},
    ]
}


def test_each_kind_of_answer_is_taken_out_of_the_chart_with_its_source_and_day() -> None:
    chart = chart_of(
        result("4548-4", 9.4, "2026-02-03"),
        result("4548-4", 8.64999, "2026-11-19T10:00:00-05:00"),
        result("85354-9", BP, "2026-11-03"),
        result("72166-2", {"valueCodeableConcept": coded("http://snomed.info/sct", "8517006")}, "2026-01-05"),
        {
            "resourceType": "Condition",
            "id": "c1",
            "code": coded("http://snomed.info/sct", "44054006"),
            "clinicalStatus": coded("x", "active"),
            "recordedDate": "2019-05-04",
        },
        *(
            {
                "resourceType": "MedicationRequest",
                "id": f"m{number}",
                "status": status,
                "medicationCodeableConcept": {"text": text},
                "authoredOn": "2026-10-01",
            }
            for number, (status, text) in enumerate(
                [("active", "Insulin glargine"), ("stopped", "Metformin"), ("on-hold", "Insulin lispro")]
            )
        ),
        patient={"resourceType": "Patient", "id": "p1", "birthDate": "1959-03-12"},
    )
    found = prefills_of(DIABETES, chart, now=NOW)
    said = {link: (each.words, each.source_words, each.date_words) for link, each in found.items()}

    assert said == {
        "a1c": ("8.65", "Result in this EHR", "Thu, 2 days ago"),
        "a1c-day": ("19 Nov 2026", "Result in this EHR", "Thu, 2 days ago"),
        "systolic": ("148.67", "Result in this EHR", "3 Nov 2026"),
        "diastolic": ("86", "Result in this EHR", "3 Nov 2026"),
        "tobacco": ("Used to smoke", "Result in this EHR", "5 Jan 2026"),
        "born": ("12 Mar 1959", "Patient record", ""),
        "has-diabetes": ("Yes", "Problem list", "4 May 2019"),
        "insulins": ("Insulin glargine, Insulin lispro", "Medication orders", "1 Oct 2026"),
    }
    assert found["a1c"].reference == "Observation/4548-4-2026-11-19T10:00:00-05:00"


def test_an_empty_chart_and_one_full_of_junk_prefill_nothing_wrong() -> None:
    junk = chart_of(
        result("4548-4", {"valueString": "high"}, "2026-01-01"),
        result("85354-9", {"component": "x"}, "2026-01-01"),
        result(
            "72166-2", {"valueCodeableConcept": coded("http://snomed.info/sct", "449868002")}, "2026-01-01"
        ),
        {"resourceType": "Condition", "code": 5, "clinicalStatus": None},
        patient={"resourceType": "Patient", "id": "p1", "birthDate": 5, "communication": "x"},
    )

    assert set(prefills_of(DIABETES, chart_of(), now=NOW)) == {"has-diabetes"}
    assert set(prefills_of(DIABETES, junk, now=NOW)) <= {"has-diabetes", "a1c-day"}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Observation?code=http://loinc.org|4548-4&patient={{%patient.id}}&_sort=-date&_count=1", ["new"]),
        ("Observation?code=http://loinc.org|4548-4&_sort=date&_count=1", ["old"]),
        ("Observation?code=4548-4&_sort=-date", ["new", "old"]),
        ("Observation?code=urn:oid:2.16.840.1.113883.6.1|4548-4&_sort=-date", ["new", "old"]),
        ("Observation?code=http://snomed.info/sct|4548-4", []),
        ("Observation?category=vital-signs", ["bp"]),
        ("Observation?status=preliminary", ["bp"]),
        ("Observation?code=4548-4&date=ge{{today() - 30 days}}", ["new"]),
        ("Observation?code=4548-4&date=ge{{today() - 400 days}}&_sort=date", ["old", "new"]),
        ("Condition?clinical-status=active", []),
        ("Procedure?code=1", []),
    ],
)
def test_a_search_is_answered_out_of_the_chart(query: str, ids: list[str]) -> None:
    chart = chart_of(
        result("4548-4", 9, "2026-02-03", id="old"),
        result("4548-4", 8, "2026-11-03", id="new"),
        result("4548-4", 7, "2026-11-04", id="wrong", status="entered-in-error"),
        result(
            "85354-9", BP, "2026-11-03", id="bp", status="preliminary", category=[coded("x", "vital-signs")]
        ),
        {
            "resourceType": "Condition",
            "id": "refuted",
            "clinicalStatus": coded("x", "active"),
            "verificationStatus": coded("x", "entered-in-error"),
        },
        Procedure=ReadStatus.COULD_NOT_READ,
    )

    assert [each["resource"]["id"] for each in bundle_of(query, chart, now=NOW)["entry"]] == ids


@pytest.mark.parametrize(
    "query",
    ["Observation?value-quantity=gt5", "Observation?date=ge2026-01-01", "?code=5", "Observation?_include=x"],
)
def test_a_search_that_is_not_understood_is_a_slip_of_ours(query: str) -> None:
    with pytest.raises(DefinitionError):
        bundle_of(query, chart_of(result("1", 1, "2026-01-01")), now=NOW)


def test_the_phq_9_takes_over_what_was_just_said_in_the_phq_2_and_asks_the_rest() -> None:
    chart = chart_of({**filed("phq-2", phq(2, 1)), "id": "t1"})
    values = defaults(named("phq-9"), chart, now=NOW)
    form = render(named("phq-9"), values, chart=chart, now=NOW)
    first, *others = form.items[0].items

    assert values == phq(2, 1)
    assert (form.from_chart, form.progress_words, form.progress.missing) == (2, "2 of 10 answered", 7)
    assert first.prefill is not None
    assert (first.prefill.words, first.prefill.source_words) == (
        "More than half the days",
        "PHQ-2 in Chartside",
    )
    assert first.prefill.date_words == "today"
    assert [each.prefill is not None for each in others] == [True] + [False] * 7


def test_a_prefilled_answer_that_was_changed_is_the_nurses_own() -> None:
    chart = chart_of({**filed("phq-2", phq(2, 1)), "id": "t1"})
    form = render(named("phq-9"), phq(3, 1), chart=chart, now=NOW)

    assert [each.prefill is not None for each in form.items[0].items[:2]] == [False, True]
    assert form.from_chart == 1


def test_what_was_said_long_ago_is_asked_again() -> None:
    old = filed("phq-2", phq(2, 1))
    old["executionPeriod"] = {"start": "2026-11-01T09:00:00-05:00", "end": "2026-11-01T09:01:00-05:00"}

    assert prefills(named("phq-9"), chart_of({**old, "id": "t1"}), now=NOW) == {}


def test_a_half_done_form_opens_with_its_own_answers_before_those_of_the_chart() -> None:
    began = {**phq(0, None, 2), "note": ("began by phone",)}
    half = {**filed("phq-9", began, partial=True, form_id=UUID(int=2)), "id": "t2"}
    chart = chart_of({**filed("phq-2", phq(2, 1)), "id": "t1"}, half)
    saved = next(view for view in own_assessments(chart, now=NOW) if not view.complete)

    assert defaults(named("phq-9"), chart, now=NOW, saved=saved) == {
        **phq(0, 1, 2),
        "note": ("began by phone",),
    }


def test_the_values_of_every_synthea_patient_are_the_newest_of_the_raw_file(shared_data: Any) -> None:
    """Against a search made another way: the greatest date among the raw lines."""
    compared = 0
    for chart in ndjson_charts(shared_data / "synthea_ndjson"):
        found = prefills_of(DIABETES, chart, now=NOW)
        for link, code in (("a1c", "4548-4"), ("systolic", "55284-4")):
            raw = [o for o in chart.resources("Observation") if o["code"]["coding"][0]["code"] == code]
            assert (link in found) is bool(raw)
            if not raw:
                continue
            newest = max(raw, key=lambda each: each["effectiveDateTime"])
            parts = {part["code"]["coding"][0]["code"]: part for part in newest.get("component", ())}
            held = parts["8480-6"] if link == "systolic" else newest
            assert found[link].values[0]["valueDecimal"] == round(held["valueQuantity"]["value"], 2)
            assert found[link].reference == f"Observation/{newest['id']}"
            compared += 1
        assert found["born"].values == ({"valueDate": chart.patient["birthDate"]},)
    assert compared > 40


def test_every_prefill_of_every_real_chart_could_have_been_typed(shared_data: Any) -> None:
    for folder in ("synthea_ndjson", "clinosim_us"):
        for chart in ndjson_charts(shared_data / folder)[:15]:
            answers = {link: each.values for link, each in prefills_of(DIABETES, chart, now=NOW).items()}
            fields = Fields(form_values(DIABETES.questions, answers))
            assert typed_answers(DIABETES, fields, now=NOW) == answers
            assert fields.errors == {}


def test_the_food_questions_take_over_what_the_ehr_was_told_lately() -> None:
    often = {"valueCodeableConcept": coded(LOINC, "LA28397-0", "Often true")}
    chart = chart_of(result("88122-7", often, "2026-10-02"), result("88123-5", often, "2026-08-02"))
    found = prefills(named("hunger"), chart, now=NOW)

    assert {link: (each.words, each.date_words) for link, each in found.items()} == {
        "88122-7": ("Often true", "2 Oct 2026")
    }
    assert defaults(named("hunger"), chart, now=NOW) == {"q-88122-7": ("LA28397-0",)}
