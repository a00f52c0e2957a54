"""Any JSON at all makes a chart that can be shown: no mapping raises, and no row is empty.

Two kinds of hostile charts: arbitrary JSON, and real-looking resources in which any element was replaced by something
else, which reaches deeper.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mappings.allergy import allergies
from mappings.chart import Chart
from mappings.condition import problems
from mappings.encounter import visits
from mappings.medication import medications
from mappings.observation import latest_readings
from mappings.panel import Panel
from mappings.patient import patient_banner
from mappings.practitioner import actor_name
from mappings.reading import Reading, ReadStatus, withholds
from mappings.terminology import all_words_of, codings, status_code, words_of
from tests.mappings.charts import NOW
from tests.mappings.test_dates import PARTIAL_DATES

TYPES = (
    "Condition",
    "MedicationStatement",
    "MedicationRequest",
    "AllergyIntolerance",
    "Encounter",
    "Observation",
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    PARTIAL_DATES,
    st.sampled_from(TYPES),
)
ELEMENTS = st.sampled_from(
    [
        "resourceType",
        "id",
        "status",
        "code",
        "coding",
        "system",
        "text",
        "display",
        "reference",
        "contained",
        "value",
    ]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(ELEMENTS, st.text()), inner, max_size=4)
    ),
    max_leaves=12,
)

CODE = {
    "text": "Thing",
    "coding": [{"system": "http://snomed.info/sct", "code": "44054006", "display": "Diabetes"}],
}
A1C = {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]}
PRESSURE = {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}
SYSTOLIC = {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}
EXAMPLES: tuple[dict[str, Any], ...] = (
    {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"use": "official", "family": "Gibson", "given": ["Margery"], "period": {"end": "2020"}}],
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "1", "period": {"end": "2020-01"}}],
        "telecom": [{"system": "phone", "value": "555-0100", "rank": 1, "use": "home"}],
        "communication": [{"language": CODE, "preferred": True}],
        "extension": [
            {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "F"}
        ],
        "birthDate": "1959-03",
        "deceasedDateTime": "2020-01-01T00:00:00Z",
        "gender": "female",
        "generalPractitioner": [{"reference": "Practitioner/d"}],
        "link": [{"other": {"reference": "Patient/p0"}}],
    },
    {
        "resourceType": "Condition",
        "id": "c",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "category": [{"coding": [{"code": "problem-list-item"}]}],
        "code": CODE,
        "subject": {"reference": "Patient/p1"},
        "onsetAge": {"value": 45, "unit": "a"},
        "onsetPeriod": {"start": "2019"},
        "recordedDate": "2020-01-01",
        "recorder": {"reference": "#d"},
        "contained": [{"resourceType": "Practitioner", "id": "d", "name": [{"text": "Luis"}]}],
    },
    {
        "resourceType": "MedicationRequest",
        "id": "o",
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "#m"},
        "contained": [
            {
                "resourceType": "Medication",
                "id": "m",
                "code": CODE,
                "ingredient": [{"itemCodeableConcept": CODE}],
            }
        ],
        "category": [{"coding": [{"code": "inpatient"}]}],
        "encounter": {"reference": "Encounter/e"},
        "authoredOn": "2020-01-01",
        "dosageInstruction": [
            {
                "doseAndRate": [{"doseRange": {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2}}}],
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "asNeededCodeableConcept": CODE,
            }
        ],
    },
    {
        "resourceType": "MedicationStatement",
        "id": "s",
        "status": "stopped",
        "medicationCodeableConcept": CODE,
        "effectivePeriod": {"start": "2020"},
        "informationSource": {"reference": "Patient/p1"},
    },
    {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "code": CODE,
        "criticality": "high",
        "reaction": [{"manifestation": [CODE], "severity": "severe", "substance": CODE}],
        "recordedDate": "2020",
    },
    {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "class": {"code": "IMP"},
        "type": [CODE],
        "period": {"start": "2026-11-17T15:00:00Z", "end": "2026-11-20"},
        "participant": [{"type": [CODE], "individual": {"reference": "Practitioner/d", "display": "Luis"}}],
        "hospitalization": {"dischargeDisposition": CODE},
        "diagnosis": [{"condition": {"reference": "Condition/c"}}],
    },
    {
        "resourceType": "Observation",
        "id": "r",
        "status": "final",
        "code": A1C,
        "effectiveDateTime": "2026-11-03",
        "valueQuantity": {"value": 8.6, "unit": "%", "code": "%", "system": "http://unitsofmeasure.org"},
    },
    {
        "resourceType": "Observation",
        "id": "b",
        "status": "final",
        "code": PRESSURE,
        "effectivePeriod": {"end": "2026-11-03"},
        "component": [{"code": SYSTOLIC, "valueQuantity": {"value": 148, "unit": "mmHg"}}],
    },
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, item in inner for path in paths(item, (*at, key)))]


PLACES = [(index, path) for index, example in enumerate(EXAMPLES) for path in paths(example) if path]


def replaced(index: int, path: tuple[Any, ...], value: Any) -> list[dict[str, Any]]:
    """The examples with one element of one of them replaced."""
    resources = copy.deepcopy(list(EXAMPLES))
    holder: Any = resources[index]
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return resources


def panels_of(patient: Any, resources: list[Any]) -> list[Panel[Any]]:
    """Every panel of a chart in which each type's read brought all of these resources."""
    chart = Chart(patient, {kind: Reading(kind, ReadStatus.READ, tuple(resources)) for kind in TYPES})
    banner = patient_banner(chart, today=NOW.date())
    assert banner.name
    assert banner.birth_date_words
    return [
        problems(chart, now=NOW),
        medications(chart, now=NOW),
        allergies(chart, now=NOW),
        visits(chart, now=NOW),
        latest_readings(chart, now=NOW),
    ]


def assert_can_be_shown(panels: list[Panel[Any]]) -> None:
    for shown in panels:
        assert bool(shown.rows) is not bool(shown.sentence)
        for row in shown.rows:
            text = (
                getattr(row, "text", "") or getattr(row, "kind_words", "") or getattr(row, "value_words", "")
            )
            assert text.strip()
            text.encode("utf-8")


@given(JSON, st.lists(JSON, max_size=4))
@example(None, [[{"resourceType": kind}] for kind in TYPES])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_arbitrary_json_makes_panels(patient, resources):
    assert_can_be_shown(panels_of(patient, resources))


@given(st.sampled_from(PLACES), JSON)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_element_may_be_anything(place, value):
    resources = replaced(*place, value)
    assert_can_be_shown(panels_of(resources[0], resources))


@pytest.mark.requirement("client@36")
def test_every_element_may_be_missing_a_list_or_another_type():
    for index, path in PLACES:
        for value in (None, "", "text", 7, True, [], {}, [[]], [None], {"a": [1]}, "2026-99", -1e308):
            resources = replaced(index, path, value)
            assert_can_be_shown(panels_of(resources[0], resources))


@given(JSON)
@settings(max_examples=80, deadline=None)
def test_every_accessor_takes_anything(value):
    assert isinstance(words_of(value), str)
    assert isinstance(all_words_of(value), str)
    assert isinstance(status_code(value), str)
    assert isinstance(codings(value), tuple)
    assert withholds(value) in {True, False}
    assert isinstance(actor_name(Chart({}, {}), value, value), str)
