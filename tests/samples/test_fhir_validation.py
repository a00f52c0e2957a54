"""R4's rules at the door: what is refused, with the element at fault named and no value repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samples.fhir.errors import InvalidResource
from samples.fhir.resource_validation import _required_codes, validate
from tests.samples.conftest import FhirCaller, issue, observation, patient, task

SUBJECT = {"subject": {"reference": "Patient/ada"}}
PLAN: dict[str, Any] = {
    "resourceType": "CarePlan",
    "id": "p",
    "status": "active",
    "intent": "plan",
    **SUBJECT,
}
GOAL: dict[str, Any] = {
    "resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "description": {"text": "Walk"}, **SUBJECT,
}  # fmt: skip
CONSENT: dict[str, Any] = {
    "resourceType": "Consent", "id": "c", "status": "active", "scope": {"text": "treatment"},
    "category": [{"text": "care management"}], "patient": {"reference": "Patient/ada"},
    "policyRule": {"text": "practice policy"},
}  # fmt: skip
CONTAINED = {"resourceType": "Observation", "id": "in", "status": "final", "code": {"text": "t"}}

FINE = {
    "task": task("a"),
    "plan": {
        **PLAN,
        "activity": [{"detail": {"status": "scheduled"}}, {"reference": {"reference": "Task/a"}}],
    },
    "goal": {**GOAL, "target": [{"measure": {"text": "steps"}, "detailString": "more"}, {"dueDate": "2027"}]},
    "consent": CONSENT,
    "contained": task("a", contained=[CONTAINED], focus={"reference": "#in"}),
    "extension only": {**task("a"), "_authoredOn": {"extension": [{"url": "urn:x", "valueCode": "unknown"}]}},
    "partial dates": task("a", authoredOn="2026", lastModified="2026-11-21"),
}
BROKEN = {
    "unknown element": (task("a", colour="red"), "structure", "Task.colour"),
    "python spelling": (task("a", for_fhir={"reference": "Patient/bob"}), "structure", "Task.for_fhir"),
    "wrong data type": (task("a", note={"text": "x"}), "structure", "Task.note"),
    "bad date": (task("a", executionPeriod={"start": "soon"}), "structure", "Task.executionPeriod.start"),
    "nested": (task("a", note=[{"text": "x"}, {"texts": "x"}]), "structure", "Task.note[1].texts"),
    "two values": (
        task("a", input=[{"type": {}, "valueString": "x", "valueInteger": 1}]), "structure", "Task.input[0]",
    ),
    "missing status": ({k: v for k, v in task("a").items() if k != "status"}, "structure", "Task"),
    "unknown status": (task("a", status="banana"), "code-invalid", "Task.status"),
    "unknown priority": (task("a", priority="now"), "code-invalid", "Task.priority"),
    "unknown activity status": (
        {**PLAN, "activity": [{"detail": {"status": "busy"}}]}, "code-invalid", "CarePlan.activity.detail.status",
    ),
    "cpl-3": (
        {**PLAN, "activity": [{"detail": {"status": "scheduled"}, "reference": {"reference": "Task/a"}}]},
        "invariant", "CarePlan",
    ),
    "gol-1": ({**GOAL, "target": [{"detailString": "more"}]}, "invariant", "Goal"),
    "ppc-1": ({k: v for k, v in CONSENT.items() if k != "policyRule"}, "invariant", "Consent"),
    "inv-1": (task("a", authoredOn="2026-11-21", lastModified="2026-11-20"), "invariant", "Task"),
    "dom-2": (
        task("a", contained=[{**CONTAINED, "contained": [CONTAINED]}], focus={"reference": "#in"}), "invariant", "Task",
    ),
    "dom-3": (task("a", contained=[CONTAINED]), "invariant", "Task.contained[0]"),
    "dom-4": (
        task("a", contained=[{**CONTAINED, "meta": {"versionId": "1"}}], focus={"reference": "#in"}),
        "invariant", "Task",
    ),
    "unknown contained type": (task("a", contained=[{"resourceType": "Nope"}]), "structure", "Task.contained"),
}  # fmt: skip


@pytest.mark.parametrize("name", FINE)
def test_a_good_resource_passes_and_is_not_touched(name: str) -> None:
    before = json.dumps(FINE[name])
    validate(FINE[name])
    assert json.dumps(FINE[name]) == before


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_resource_is_refused_at_its_element(ehr: FhirCaller, name: str) -> None:
    resource, code, expression = BROKEN[name]
    answer = ehr.put(f"/{resource['resourceType']}/{resource['id']}", resource)
    assert answer.status_code == 422, answer.text
    found = [(i["code"], i.get("expression", [""])[0]) for i in answer.get_json(force=True)["issue"]]
    assert any(c == code and (e == expression or e.startswith(f"{expression}.")) for c, e in found), found


def test_every_broken_element_is_named_at_once() -> None:
    with pytest.raises(InvalidResource) as refusal:
        validate(task("a", colour="red", note="x"))
    assert {i.expression.split("[")[0] for i in refusal.value.issues} >= {"Task.colour", "Task.note"}


def test_a_refusal_repeats_no_value(ehr: FhirCaller) -> None:
    secret = "Lovelace-1815"
    for broken in (
        task("a", status=secret), task("a", note=secret), task("a", authoredOn=secret),
        observation("a", valueString="x", valueQuantity={"value": secret}),
        patient("a", birthDate=secret, gender=secret, contained=[{"resourceType": secret}]),
    ):  # fmt: skip
        answer = ehr.put(f"/{broken['resourceType']}/a", broken)
        assert answer.status_code == 422
        assert secret not in answer.text
        assert issue(answer)["diagnostics"]


@pytest.fixture(scope="module")
def base(r4_definitions: Path) -> dict[str, dict[str, Any]]:
    def load(name: str) -> Iterator[dict[str, Any]]:
        content = json.loads((r4_definitions / name).read_text(encoding="utf-8"))
        yield from (e["resource"] for e in content["entry"])

    profiles = {
        r["id"]: r for r in load("profiles-resources.json") if r["resourceType"] == "StructureDefinition"
    }
    terms = {r["url"]: r for r in load("valuesets.json") if r["resourceType"] == "ValueSet"}
    systems = {r["url"]: r for r in load("valuesets.json") if r["resourceType"] == "CodeSystem"}
    return {"profiles": profiles, "value_sets": terms, "systems": systems}


def concepts(listed: list[dict[str, Any]]) -> set[str]:
    found = {c["code"] for c in listed}
    return found.union(*(concepts(c.get("concept", [])) for c in listed))


def codes_of(base: dict[str, dict[str, Any]], url: str) -> set[str]:
    found: set[str] = set()
    for part in base["value_sets"][url.split("|", maxsplit=1)[0]]["compose"]["include"]:
        if "concept" in part:
            found |= {c["code"] for c in part["concept"]}
        elif "system" in part:
            found |= concepts(base["systems"][part["system"]]["concept"])
        found = found.union(*(codes_of(base, inner) for inner in part.get("valueSet", [])))
    return found


def test_the_required_codes_are_r4s(base: dict[str, dict[str, Any]]) -> None:
    for resource_type, elements in _required_codes().items():
        bindings = {
            e["path"]: e.get("binding", {}) for e in base["profiles"][resource_type]["snapshot"]["element"]
        }
        for path, codes in elements.items():
            binding = bindings[f"{resource_type}.{path}"]
            assert binding["strength"] == "required"
            assert codes == codes_of(base, binding["valueSet"]), (resource_type, path)
