"""A snapshot is the base and the differential in one; made by us it says what HL7's own publisher says."""

from __future__ import annotations

import copy

import pytest

from fhir_profiles import definitions
from fhir_profiles.errors import UnsupportedDefinitionError
from fhir_profiles.package import structures, structures_of_package
from fhir_profiles.snapshot import with_snapshot
from tests.outside_validators import fhirkit_problems

R4 = "http://hl7.org/fhir/StructureDefinition/"
STRUCTURES = definitions.of_kind("StructureDefinition")
PUBLISHED = (
    "careplan",
    "goal",
    "documentreference",
    "condition-problems-health-concerns",
    "patient",
    "careteam",
)
COMPARED = ("min", "max", "mustSupport", "sliceName", "fixedUri", "patternCodeableConcept")


@pytest.fixture(scope="module")
def r4(r4_definitions):
    names = ("profiles-types.json", "profiles-resources.json")
    return structures((r4_definitions / name).read_bytes() for name in names)


@pytest.fixture(scope="module")
def us_core(shared_igs):
    return structures_of_package((shared_igs / "us_core_610.tgz").read_bytes())


@pytest.fixture(scope="module")
def complete(r4, us_core):
    return {each["id"]: with_snapshot(each, {**r4, **us_core}) for each in STRUCTURES}


def elements(structure):
    return {each["id"]: each for each in structure["snapshot"]["element"]}


@pytest.mark.parametrize("name", PUBLISHED)
def test_of_a_profile_of_us_core_it_is_what_the_publisher_made(name, r4, us_core):
    published = us_core[f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{name}"]
    ours, theirs = elements(with_snapshot(published, r4)), elements(published)

    assert list(ours) == list(theirs)
    for element_id, element in theirs.items():
        assert {key: ours[element_id].get(key) for key in COMPARED} == {
            key: element.get(key) for key in COMPARED
        }
        assert [each["code"] for each in ours[element_id].get("type", ())] == [
            each["code"] for each in element.get("type", ())
        ]
        keys = {each["key"] for each in element.get("constraint", ())}
        assert {each["key"] for each in ours[element_id].get("constraint", ())} == keys


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda each: each["id"])
def test_everything_that_our_differential_says_stands_in_the_snapshot(structure, complete):
    found = elements(complete[structure["id"]])

    for change in structure["differential"]["element"]:
        element = found[change["id"]]
        keys = {each["key"] for each in element.get("constraint", ())}
        assert {each["key"] for each in change.get("constraint", ())} <= keys
        assert {**change, "constraint": 0} == {**{key: element[key] for key in change}, "constraint": 0}
    assert all({"path", "min", "max", "definition", "base"} <= set(each) for each in found.values())
    assert fhirkit_problems(complete[structure["id"]]) == []


def test_the_definition_and_the_base_stay_as_they_were(r4):
    structure = definitions.definition("https://chartside.example/fhir/StructureDefinition/task-contact")
    before, base = copy.deepcopy(structure), copy.deepcopy(r4[f"{R4}Task"])

    made = with_snapshot(structure, r4)

    made["snapshot"]["element"][0]["short"] = made["differential"]["element"][0]["short"] = "changed"
    assert (structure, r4[f"{R4}Task"]) == (before, base)


@pytest.mark.parametrize(
    ("base", "element_id", "said"),
    [
        ("Task", "Task.urgency", "no such element"),
        ("Task", "Task.output.value[x].unit", "one type"),
        ("Nope", "Task.status", "no snapshot"),
    ],
)
def test_what_the_base_does_not_have_is_refused(base, element_id, said, r4):
    structure = {
        "url": "urn:x",
        "baseDefinition": f"{R4}{base}",
        "differential": {"element": [{"id": element_id, "min": 1}]},
    }
    with pytest.raises(UnsupportedDefinitionError, match=said):
        with_snapshot(structure, r4)
