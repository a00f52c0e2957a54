"""Each rule that we rely on has a resource that breaks it, and the validator names the place and the rule."""

from __future__ import annotations

import pytest

from fhir_profiles import problem
from fhir_profiles.compiler import compiled, compiled_extension
from fhir_profiles.definitions import of_kind
from fhir_profiles.invariants import BASE, DATE_ORDER
from fhir_profiles.validator import validate
from tests.fhir_profiles.broken_cases import BROKEN
from tests.fhir_profiles.examples import example

CASES = [
    pytest.param(name, change, path, rule, id=title)
    for name, cases in BROKEN.items()
    for title, change, path, rule in cases
]


@pytest.mark.parametrize(("name", "change", "path", "rule"), CASES)
def test_a_broken_resource_is_refused_with_its_path_and_rule(name, change, path, rule):
    resource = example(name)
    change(resource)

    problems = validate(resource)

    assert (path, rule) in {(each.path, each.rule) for each in problems}, "\n".join(map(str, problems))


@pytest.mark.parametrize(("name", "change", "path", "rule"), CASES)
def test_a_message_says_something_and_repeats_nothing_that_was_typed(name, change, path, rule):
    resource = example(name)
    resource["note"] = [{"text": "Zebrafinch-4711"}]
    change(resource)

    problems = validate(resource)

    assert all(each.message for each in problems)
    said = " ".join(map(str, problems))
    assert not [word for word in ("Zebrafinch", "steal", "pigeon", "the nurse") if word in said]


def test_each_invariant_that_we_state_or_rely_on_has_a_broken_case():
    structures = of_kind("StructureDefinition")
    profiles = [compiled(each["url"]) or compiled_extension(each["url"]) for each in structures]
    stated = {each.key for profile in profiles for each in profile.invariants}
    written = {
        rule["key"]
        for each in structures
        for element in each["differential"]["element"]
        for rule in element.get("constraint", ())
    }
    relied_on = {each.key for each in BASE} | {each[0] for each in DATE_ORDER.values()}

    assert {"gol-1", "cpl-3", "ppc-1", "dom-3", "per-1"} <= relied_on
    assert stated == written
    assert written | relied_on | {"txt-2", "ref-1", "ele-1"} <= {case.values[3] for case in CASES}


def test_each_kind_of_rule_has_a_broken_case_and_there_are_many():
    kinds = {value for name, value in vars(problem).items() if name.isupper() and isinstance(value, str)}

    assert kinds - {problem.NOT_FHIR, problem.FIXED} <= {case.values[3] for case in CASES}
    assert len(CASES) > 120
