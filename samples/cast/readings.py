"""Measurements and answers, as US Core 6.1.0 Observations: laboratory, vital signs, questionnaires, smoking.

A reading that the app shows as a trend is written oldest first, so `-1` is always the oldest and the ids do not move
from day to day. https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-observation-lab.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from samples.cast import staff
from samples.cast.chart import Chart, Resource
from samples.cast.codes import HL7, LOINC, SNOMED, UCUM, US_CORE_CATEGORY, coding, concept, hl7, profile

LABORATORY = hl7("observation-category", "laboratory", "Laboratory")
VITAL_SIGNS = hl7("observation-category", "vital-signs", "Vital Signs")
SURVEY = hl7("observation-category", "survey", "Survey")
SOCIAL_HISTORY = hl7("observation-category", "social-history", "Social History")
SDOH = concept("SDOH", coding(US_CORE_CATEGORY, "sdoh", "SDOH"))


@dataclass(frozen=True)
class Measure:
    """What is measured: LOINC, the chart's word, unit (shown and UCUM), profile, and the usual range."""

    loinc: str
    words: str
    unit: str
    ucum: str
    profile: str = "observation-lab"
    low: float | None = None
    high: float | None = None


A1C = Measure("4548-4", "Hemoglobin A1c", "%", "%", low=4.0, high=5.6)
LDL = Measure("13457-7", "LDL cholesterol (calculated)", "mg/dL", "mg/dL", high=99)
EGFR = Measure("98979-8", "eGFR (CKD-EPI 2021)", "mL/min/1.73 m2", "mL/min/{1.73_m2}", low=60)
URINE_ALBUMIN = Measure("9318-7", "Urine albumin/creatinine ratio", "mg/g", "mg/g", high=29)
CREATININE = Measure("2160-0", "Creatinine", "mg/dL", "mg/dL", low=0.6, high=1.2)
POTASSIUM = Measure("2823-3", "Potassium", "mmol/L", "mmol/L", low=3.5, high=5.1)
NT_PROBNP = Measure("33762-6", "NT-proBNP", "pg/mL", "pg/mL", high=450)
TSH = Measure("3016-3", "TSH", "mIU/L", "m[IU]/L", low=0.4, high=4.5)
EJECTION_FRACTION = Measure(
    "10230-1", "Left ventricular ejection fraction", "%", "%", "observation-clinical-result", low=50
)
FEV1 = Measure("19926-5", "FEV1/FVC", "%", "%", "observation-clinical-result", low=70)
WEIGHT = Measure("29463-7", "Body weight", "kg", "kg", "body-weight")
HEIGHT = Measure("8302-2", "Body height", "cm", "cm", "body-height")
BMI = Measure("39156-5", "Body mass index", "kg/m2", "kg/m2", "bmi")
PHQ9 = Measure("44261-6", "PHQ-9 total score", "{score}", "{score}", "observation-screening-assessment")
GAD7 = Measure("70274-6", "GAD-7 total score", "{score}", "{score}", "observation-screening-assessment")

CATEGORY = {
    "observation-lab": LABORATORY,
    "observation-clinical-result": hl7("observation-category", "exam", "Exam"),
    "observation-screening-assessment": SURVEY,
}


def readings(
    chart: Chart, slug: str, measure: Measure, *values: tuple[int, float], any_day: bool = False
) -> Iterator[Resource]:
    """One Observation for each (days ago, value), oldest first: ids `slug-1`, `slug-2`, ...

    Taken at the practice, so never on a weekend, unless `any_day` says that it was in the hospital or at home.
    """
    for number, (ago, value) in enumerate(values, start=1):
        when = chart.moment(ago if any_day else chart.office(ago), "10:10")
        yield reading(chart, f"{slug}-{number}", measure, when, value)


def reading(
    chart: Chart, slug: str, measure: Measure, when: str, value: float | None, **more: Any
) -> Resource:
    """One measurement at a dateTime; `value` None leaves it out, for a story that says why in `more`."""
    return (
        _observation(chart, slug, measure.profile, CATEGORY.get(measure.profile, VITAL_SIGNS), when)
        | {"code": concept(measure.words, coding(LOINC, measure.loinc))}
        | ({} if value is None else _value(measure, value))
        | more
    )


def blood_pressure(chart: Chart, *values: tuple[int, int, int], any_day: bool = False) -> Iterator[Resource]:
    """One blood pressure panel for each (days ago, systolic, diastolic), oldest first."""
    for number, (ago, systolic, diastolic) in enumerate(values, start=1):
        when = chart.moment(ago if any_day else chart.office(ago), "10:05")
        panel = concept("Blood pressure", coding(LOINC, "85354-9", "Blood pressure panel"))
        parts = [
            ("8480-6", "Systolic blood pressure", systolic),
            ("8462-4", "Diastolic blood pressure", diastolic),
        ]
        components = [
            {
                "code": concept(words, coding(LOINC, code, words)),
                "valueQuantity": quantity(value, "mmHg", "mm[Hg]"),
            }
            for code, words, value in parts
        ]
        resource = _observation(chart, f"blood-pressure-{number}", "blood-pressure", VITAL_SIGNS, when)
        yield resource | {"code": panel, "component": components}


def oxygen(chart: Chart, ago: int, percent: int) -> Resource:
    """Pulse oximetry in the office."""
    code = concept(
        "Oxygen saturation",
        coding(LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
        coding(LOINC, "2708-6", "Oxygen saturation in Arterial blood"),
    )
    resource = _observation(
        chart, "oxygen", "pulse-oximetry", VITAL_SIGNS, chart.moment(chart.office(ago), "10:06")
    )
    return resource | {"code": code, "valueQuantity": quantity(percent, "%", "%")}


def answer(
    chart: Chart, slug: str, question: tuple[str, str], said: tuple[str, str], ago: int, **more: Any
) -> Resource:
    """What the patient answered to one screening question: LOINC code and words of both."""
    when = chart.moment(chart.office(ago), "10:15")
    return (
        _observation(chart, slug, "observation-screening-assessment", SURVEY, when)
        | {"code": concept(question[1], coding(LOINC, *question))}
        | {"valueCodeableConcept": concept(said[1], coding(LOINC, *said)), "performer": [chart.subject]}
        | more
    )


def smoking(chart: Chart, snomed: str, words: str, ago: int) -> Resource:
    """Tobacco smoking status, asked that many days ago."""
    resource = _observation(
        chart, "smoking", "smokingstatus", SOCIAL_HISTORY, chart.moment(chart.office(ago), "10:02")
    )
    return resource | {
        "code": concept("Tobacco smoking status", coding(LOINC, "72166-2", "Tobacco smoking status")),
        "valueCodeableConcept": concept(words, coding(SNOMED, snomed, words)),
    }


def quantity(value: float, unit: str, ucum: str) -> dict[str, Any]:
    """A FHIR Quantity in UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": ucum}


def _observation(chart: Chart, slug: str, profile_name: str, category: dict[str, Any], when: str) -> Resource:
    return {
        "resourceType": "Observation",
        "id": chart.id(slug),
        "meta": profile(profile_name),
        "status": "final",
        "category": [category],
        "subject": chart.subject,
        "effectiveDateTime": when,
        "performer": [staff.reference("assistant")],
    }


def _value(measure: Measure, value: float) -> dict[str, Any]:
    """The value, its usual range where the measure has one, and the flag that follows from both."""
    elements: dict[str, Any] = {"valueQuantity": quantity(value, measure.unit, measure.ucum)}
    bounds = {"low": measure.low, "high": measure.high}
    given = {
        name: quantity(bound, measure.unit, measure.ucum)
        for name, bound in bounds.items()
        if bound is not None
    }
    if not given:
        return elements
    too_low = measure.low is not None and value < measure.low
    too_high = measure.high is not None and value > measure.high
    flag = ("L", "Low") if too_low else ("H", "High") if too_high else ("N", "Normal")
    interpretation = concept(flag[1], coding(HL7 + "v3-ObservationInterpretation", *flag))
    return elements | {"referenceRange": [given], "interpretation": [interpretation]}
