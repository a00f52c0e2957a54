"""Our StructureDefinitions, CodeSystems and ValueSets are sound FHIR, and what they name exists."""

from __future__ import annotations

import re
from functools import cache

import fhirkit
import pytest

from fhir_profiles import canonical, definitions
from fhir_profiles.elements import resource_model
from fhir_profiles.package import structures
from fhir_profiles.structure import structure_problems
from fhir_profiles.terminology import members

ALL = tuple(definitions.by_url().values())
STRUCTURES = definitions.of_kind("StructureDefinition")
NAMED = re.compile(rf"{re.escape(canonical.BASE)}/(?:StructureDefinition|CodeSystem|ValueSet)/[a-z-]+")


def name(definition):
    return f"{definition['resourceType']}-{definition['id']}"


def names_of(definition):
    """Every canonical URL of ours anywhere in a definition."""
    return set(NAMED.findall(str(definition)))


@pytest.mark.parametrize("definition", ALL, ids=name)
def test_a_definition_is_valid_fhir_with_our_publisher_and_its_own_url(definition):
    errors = [each for each in fhirkit.validate(definition) if each.severity == "error"]

    assert errors == []
    assert structure_problems(definition) == ()
    assert definition["url"] == f"{canonical.BASE}/{definition['resourceType']}/{definition['id']}"
    assert (definition["publisher"], definition["experimental"]) == ("Chartside", False)
    assert definition["status"] in {"active", "draft"}
    assert definition["description"].endswith(".")


@pytest.mark.parametrize("definition", ALL, ids=name)
def test_everything_of_ours_that_a_definition_names_exists(definition):
    assert names_of(definition) <= set(definitions.by_url())


@pytest.mark.parametrize("structure", STRUCTURES, ids=name)
def test_the_path_of_each_element_is_its_id_without_slices(structure):
    for element in structure["differential"]["element"]:
        assert element["path"] == re.sub(r":[^.]+", "", element["id"])
        assert element.get("sliceName", "") == (element["id"].rpartition(".")[2].partition(":")[2])


@pytest.mark.parametrize("structure", STRUCTURES, ids=name)
def test_the_elements_of_a_differential_stand_in_the_order_of_r4(structure, r4_definitions):
    order = base_order(r4_definitions, structure["type"])
    paths = [element["path"] for element in structure["differential"]["element"]]
    first_level = [order.index(path) for path in paths if path.count(".") == 1]

    assert first_level == sorted(first_level)


@cache
def base_structures(folder):
    """R4's StructureDefinitions by url, read once."""
    return structures(
        (folder / name).read_bytes() for name in ("profiles-types.json", "profiles-resources.json")
    )


def base_order(folder, type_name):
    base = base_structures(folder)[f"http://hl7.org/fhir/StructureDefinition/{type_name}"]
    return [element["path"] for element in base["snapshot"]["element"]]


@pytest.mark.parametrize("value_set", definitions.of_kind("ValueSet"), ids=name)
def test_a_value_set_has_members(value_set):
    assert members(value_set["url"])


def test_codes_of_r4_in_our_value_sets_are_codes_of_r4(r4_definitions):
    import json

    systems = {
        each["resource"]["url"]: each["resource"]
        for each in json.loads((r4_definitions / "valuesets.json").read_bytes())["entry"]
        if each["resource"]["resourceType"] == "CodeSystem"
    }
    for value_set in definitions.of_kind("ValueSet"):
        for system, code in members(value_set["url"]):
            if system.startswith("http://hl7.org/fhir/"):
                assert code in all_codes(systems[system]), (value_set["id"], code)


def all_codes(code_system):
    found, waiting = set(), list(code_system["concept"])
    while waiting:
        concept = waiting.pop()
        found.add(concept["code"])
        waiting += concept.get("concept", [])
    return found


def test_profiles_of_us_core_types_derive_from_us_core():
    bases = {each["type"]: each["baseDefinition"] for each in STRUCTURES}

    assert bases["CarePlan"].endswith("/us-core-careplan")
    assert bases["Goal"].endswith("/us-core-goal")
    assert bases["DocumentReference"].endswith("/us-core-documentreference")


def test_a_definition_is_found_with_and_without_a_version_and_not_when_foreign():
    url = canonical.profile("goal")

    assert definitions.definition(f"{url}|9.9") is definitions.definition(url)
    assert definitions.definition("http://hl7.org/fhir/StructureDefinition/Goal") is None


def test_the_models_know_resources_and_nothing_else():
    assert resource_model("Task") is not None
    assert [resource_model(each) for each in ("Period", "GoalTarget", "task", "", "Nope")] == [None] * 5


@pytest.mark.parametrize("structure", [each for each in STRUCTURES if each["kind"] == "resource"], ids=name)
def test_each_code_that_r4_binds_is_bound_by_our_profile(structure, r4_definitions):
    """The models of R4 know no value sets, so what R4 requires of a code must stand in the profile."""
    elements = base_structures(r4_definitions)[
        f"http://hl7.org/fhir/StructureDefinition/{structure['type']}"
    ]["snapshot"]["element"]
    required = {each["id"] for each in elements if each.get("binding", {}).get("strength") == "required"}
    ours = structure["differential"]["element"]
    stated = {
        each["id"] for each in ours if "binding" in each or any(key.startswith("pattern") for key in each)
    }
    absent = {each["id"] for each in ours if each.get("max") == "0"}

    assert {
        each for each in required - stated if not any(each.startswith(f"{part}.") for part in absent)
    } <= {"Consent.provision.data.meaning"}  # No consent of ours names single records.
