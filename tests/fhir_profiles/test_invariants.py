"""The quick look at a value never lets through what FHIRPath, the rule itself, would refuse."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles.invariants import BASE, Invariant, _check
from fhir_profiles.walk import Place

REFERENCE = st.sampled_from([{"reference": "#a"}, {"reference": "#"}, {"reference": "Task/1"}])
CONTAINED = st.fixed_dictionaries(
    {"resourceType": st.just("Patient"), "id": st.sampled_from(["a", "b"])},
    optional={
        "contained": st.just([{"resourceType": "Patient", "id": "c"}]),
        "meta": st.sampled_from(
            [{"versionId": "1"}, {"lastUpdated": "2026-01-01T00:00:00Z"}, {"security": [{}]}]
        ),
        "managingOrganization": REFERENCE,
    },
)
CONCEPT = st.sampled_from([{"text": "x"}, {"coding": [{"code": "x"}]}])
PARTS = st.sampled_from([[{"url": "x", "valueCode": "y"}]])
VALUES = {
    "DomainResource": st.fixed_dictionaries(
        {"resourceType": st.just("Task"), "status": st.just("completed")},
        optional={"contained": st.lists(CONTAINED, min_size=1, max_size=2), "focus": REFERENCE},
    ),
    "CarePlan.activity": st.fixed_dictionaries(
        {}, optional={"reference": REFERENCE, "detail": st.just({"status": "not-started"}), "id": st.just("1")}
    ),
    "Goal.target": st.fixed_dictionaries(
        {}, optional={"measure": CONCEPT, "detailQuantity": st.just({"value": 1}), "detailString": st.just("x"),
                      "_detailString": PARTS.map(lambda each: {"extension": each}), "dueDate": st.just("2027")}
    ),
    "Consent": st.fixed_dictionaries(
        {"resourceType": st.just("Consent")},
        optional={"policy": st.just([{"uri": "urn:x"}]), "policyRule": CONCEPT},
    ),
    "Extension": st.fixed_dictionaries(
        {"url": st.just("x")},
        optional={"valueString": st.just("y"), "_valueString": PARTS.map(lambda each: {"extension": each}),
                  "valueBoolean": st.just(False), "extension": PARTS, "id": st.just("1")},
    ),
    "Quantity": st.fixed_dictionaries(
        {"value": st.just(1)}, optional={"code": st.just("h"), "system": st.just("http://unitsofmeasure.org")}
    ),
}  # fmt: skip


def place(invariant: Invariant, value: dict[str, object]) -> Place:
    name = str(value.get("resourceType", invariant.place))
    element = name if "resourceType" in value else f"Any.{name}"
    return Place(element, element, name, value, (), inner=False)


@pytest.mark.parametrize("invariant", BASE, ids=lambda each: each.key)
@given(st.data())
def test_with_and_without_the_quick_look_the_verdict_is_the_same(invariant, data):
    at = place(invariant, data.draw(VALUES[invariant.place]))

    assert _check(invariant, at) == _check(dataclasses.replace(invariant, kept=lambda _: False), at)
