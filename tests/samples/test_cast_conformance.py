"""The cast passes an outside validator with US Core 6.1.0 and the R4 base definitions.

The validator raises some alarms against HL7's own published examples too. Each of those is named below with the
example that proves it; only these are filtered, and only for that profile. What is deliberately wrong is named as well.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyrofile_validator import Validator
from pyrofile_validator.config import ValidatorConfig

from samples import cast
from tests.samples.test_cast import WRONG, patient_of

BASE = ("profiles-resources", "profiles-types", "extension-definitions", "valuesets", "v3-codesystems")

Alarm = tuple[str, str, str]  # rule, how its message begins, the end of the profile's address

SLICE_MIN, SLICE_MAX = "profile.slice.cardinality.min", "profile.slice.cardinality.max"
PROBLEMS, BP = "condition-problems-health-concerns", "blood-pressure"
SUMMARY_TYPE = "Code '1"
"""LOINC's document types are a filter that nobody expands offline: HL7's 18842-5 is refused like our 11488-4."""
VITAL_SIGNS = {
    BP: "blood-pressure",
    "bmi": "bmi",
    "body-weight": "weight",
    "body-height": "height",
    "pulse-oximetry": "oxygen-saturation",
}

FALSE_ALARMS: dict[Alarm, str] = {
    ("profile.element.invariant.unsupported.txt-1", "FHIRPath", "careplan"): "CarePlan-colonoscopy",
    ("profile.element.invariant.unsupported.txt-2", "FHIRPath", "careplan"): "CarePlan-colonoscopy",
    (SLICE_MIN, "Profile slice category:us-core", PROBLEMS): "Condition-health-concern-example",
    ("profile.binding.required", SUMMARY_TYPE, "documentreference"): "DocumentReference-discharge-summary",
    (
        "profile.element.binding.required",
        SUMMARY_TYPE,
        "documentreference",
    ): "DocumentReference-discharge-summary",
    ("profile.pattern", "Profile pattern mismatch for Observation.code", BP): "Observation-blood-pressure",
    (SLICE_MIN, "Profile slice component:systolic", BP): "Observation-blood-pressure",
    (SLICE_MIN, "Profile slice component:diastolic", BP): "Observation-blood-pressure",
}
for _name in ("race", "ethnicity", "birthsex", "sex"):
    FALSE_ALARMS[SLICE_MAX, f"Profile slice extension:{_name} ", "patient"] = "Patient-child-example"
for _name, _example in VITAL_SIGNS.items():
    FALSE_ALARMS["profile.element.invariant.vs-1", "FHIRPath", _name] = f"Observation-{_example}"
    FALSE_ALARMS[SLICE_MIN, "Profile slice category:VSCat", _name] = f"Observation-{_example}"

DELIBERATE = {("Encounter", "bobby-oshea-ends-before", "invariant.per-1")}
"""What the cast gets wrong on purpose and a validator can see: a visit that ends before it begins."""

WITHOUT_US_CORE_PROFILE = {"Appointment", "Binary", "Consent", "MedicationStatement", "Task"}

Errors = Callable[[dict[str, Any]], list[Alarm]]


@pytest.fixture(scope="module")
def us_core(shared_igs: Path) -> Path:
    return shared_igs / "us_core_610.tgz"


@pytest.fixture(scope="module")
def errors(us_core: Path, r4_definitions: Path, tmp_path_factory: pytest.TempPathFactory) -> Errors:
    """What the validator calls an error: it reads single definitions, not HL7's Bundles, so those are laid out."""
    folder = tmp_path_factory.mktemp("r4")
    for name in BASE:
        for entry in json.loads((r4_definitions / f"{name}.json").read_bytes())["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] in ("StructureDefinition", "ValueSet", "CodeSystem"):
                path = folder / f"{resource['resourceType']}-{resource['id']}.json"
                path.write_text(json.dumps(resource), encoding="utf-8")
    validator = Validator(ValidatorConfig(local_package_paths=[str(us_core), str(folder)]))

    def found(resource: dict[str, Any]) -> list[Alarm]:
        issues = validator.validate_resource(resource).errors
        return [(issue.code, issue.message, issue.profile or "") for issue in issues]

    return found


def known(error: Alarm) -> Alarm | None:
    """The false alarm that this error is, if it is one."""
    for rule, message, profile in FALSE_ALARMS:
        if error[0] == rule and error[1].startswith(message) and error[2].endswith(f"/us-core-{profile}"):
            return rule, message, profile
    return None


@pytest.mark.parametrize("today", [date(2026, 11, 21), date(2024, 2, 29)], ids=["a Saturday", "leap day"])
def test_the_cast_is_valid_but_for_what_is_deliberate(errors: Errors, today: date) -> None:
    wrong = {
        (resource["resourceType"], resource["id"], error[0])
        for resource in cast.resources(today)
        for error in errors(resource)
        if known(error) is None
    }
    assert wrong == DELIBERATE


def test_each_false_alarm_is_raised_against_hl7s_own_example_too(errors: Errors, us_core: Path) -> None:
    raised = set()
    with tarfile.open(us_core) as package:
        for example in sorted(set(FALSE_ALARMS.values())):
            member = package.extractfile(f"package/example/{example}.json")
            assert member is not None
            raised |= {known(error) for error in errors(json.load(member))}
    assert set(FALSE_ALARMS) - raised == set()


def test_the_validator_does_refuse_what_breaks_us_core(errors: Errors) -> None:
    told = {(r["resourceType"], r["id"]): r for r in cast.resources(date(2026, 11, 21))}
    nameless = {k: v for k, v in told["Patient", "gloria-reyes"].items() if k != "name"}
    unasked = told["MedicationRequest", "gloria-reyes-metformin"] | {"status": "eaten"}
    for broken in (nameless, unasked):
        assert [error for error in errors(broken) if known(error) is None]


def test_us_core_is_claimed_wherever_there_is_a_profile() -> None:
    unclaimed = {
        resource["resourceType"]
        for resource in cast.resources(date(2026, 11, 21))
        if "profile" not in resource.get("meta", {}) and patient_of(resource) != WRONG
    }
    assert unclaimed == WITHOUT_US_CORE_PROFILE


def test_blood_pressures_have_both_parts_in_millimetres_of_mercury() -> None:
    """Checked here, since the validator's alarm on this profile had to be filtered."""
    for resource in cast.resources(date(2026, 11, 21)):
        if resource.get("meta", {}).get("profile", [""])[0].endswith("us-core-blood-pressure"):
            assert resource["code"]["coding"][0]["code"] == "85354-9"
            parts = {c["code"]["coding"][0]["code"]: c["valueQuantity"] for c in resource["component"]}
            assert set(parts) == {"8480-6", "8462-4"}
            assert {(q["code"], q["system"]) for q in parts.values()} == {
                ("mm[Hg]", "http://unitsofmeasure.org")
            }
            assert parts["8480-6"]["value"] > parts["8462-4"]["value"] > 0
