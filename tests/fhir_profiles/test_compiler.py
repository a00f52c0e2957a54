"""A definition is compiled to what it states; what the compiler does not know it refuses instead of passing over."""

from __future__ import annotations

import copy

import pytest

from fhir_profiles import canonical
from fhir_profiles.compiler import compile_profile, compiled
from fhir_profiles.definitions import definition, of_kind
from fhir_profiles.errors import UnsupportedDefinitionError
from fhir_profiles.keywords import includes
from fhir_profiles.schema_rules import schema_problems


def structure(*elements, type_name="Task"):
    """A profile with these differential elements, their paths made from their ids."""
    listed = [{"id": type_name, "path": type_name}, *elements]
    return {"type": type_name, "url": "urn:test", "kind": "resource", "differential": {"element": listed}}


def problems(structure, resource):
    validator = compile_profile(structure).validator
    return [(each.path, each.rule) for each in schema_problems(validator, structure["type"], resource)]


@pytest.mark.parametrize(
    "url", [each["url"] for each in of_kind("StructureDefinition") if each["kind"] == "resource"]
)
def test_each_profile_of_ours_compiles_once_and_leaves_its_definition_alone(url):
    before = copy.deepcopy(definition(url))

    assert compiled(url) is compiled(url)
    assert definition(url) == before


def test_an_extension_or_a_foreign_url_is_no_profile():
    assert compiled(canonical.extension("ruler")) is None
    assert compiled("http://hl7.org/fhir/StructureDefinition/Task") is None


OUTPUT_BY_TEXT = {
    "id": "Task.output",
    "slicing": {"discriminator": [{"type": "value", "path": "type.text"}], "rules": "open"},
}
NOTE = {"id": "Task.output:note", "sliceName": "note", "min": 1, "max": "1"}
NOTE_TEXT = {"id": "Task.output:note.type.text", "fixedString": "note"}
NOTE_VALUE = {"id": "Task.output:note.valueString", "min": 1, "short": "What was noted"}


@pytest.mark.parametrize(
    ("elements", "resource", "found"),
    [
        ([{"id": "Task.note", "max": "0"}], {"note": [{"text": "x"}]}, [("Task.note", "cardinality")]),
        (
            [{"id": "Task.description", "max": "0"}],
            {"_description": {}},
            [("Task.description", "cardinality")],
        ),
        ([{"id": "Task.note", "max": "1"}], {"note": [{}, {}]}, [("Task.note", "cardinality")]),
        ([{"id": "Task.note", "min": 2}], {"note": [{}]}, [("Task.note", "cardinality")]),
        (
            [{"id": "Task.note.time", "min": 1}],
            {"note": [{"time": "x"}, {}]},
            [("Task.note[1].time", "cardinality")],
        ),
        ([{"id": "Task.intent", "fixedCode": "order"}], {"intent": "plan"}, [("Task.intent", "fixed")]),
        (
            [{"id": "Task.code", "patternCodeableConcept": {"coding": [{"code": "b"}]}}],
            {"code": {"coding": [{"code": "a"}, {"code": "b", "display": "B"}], "text": "t"}},
            [],
        ),
        (
            [OUTPUT_BY_TEXT, NOTE, NOTE_TEXT],
            {"output": [{"type": {"text": "other"}}]},
            [("Task.output", "slice")],
        ),
        (
            [OUTPUT_BY_TEXT, NOTE, NOTE_TEXT, NOTE_VALUE],
            {"output": [{"type": {"text": "other"}}, {"type": {"text": "note"}}]},
            [("Task.output[1].valueString", "cardinality")],
        ),
        (
            [{"id": "Task.output.value[x]", "max": "0"}],
            {"output": [{"valueString": "x"}]},
            [("Task.output[0].value[x]", "cardinality")],
        ),
        (
            [{"id": "Task.focus", "type": [{"code": "Reference", "targetProfile": ["http://x/CarePlan"]}]}],
            {"focus": {"reference": "https://ehr.example/fhir/Goal/1/_history/2"}},
            [("Task.focus.reference", "reference")],
        ),
        (
            [{"id": "Task.focus", "type": [{"code": "Reference", "targetProfile": ["http://x/CarePlan"]}]}],
            {"focus": {"reference": "urn:uuid:6f0c2a52-7f0e-4b52-9c1c-3c5b8a1d9e10"}},
            [],
        ),
        (
            [{"id": "Task.focus", "type": [{"code": "Reference", "targetProfile": ["http://x/CarePlan"]}]}],
            {"focus": {"type": "Goal", "identifier": {"value": "x"}}},
            [("Task.focus.reference", "reference")],
        ),
    ],
)
def test_a_rule_finds_what_it_says_and_nothing_else(elements, resource, found):
    assert problems(structure(*elements), resource) == found


def test_an_element_that_only_its_slices_ask_for_is_required():
    assert problems(structure(OUTPUT_BY_TEXT, NOTE, NOTE_TEXT), {}) == [("Task.output", "cardinality")]


def sliced(rules, discriminator):
    return {"id": "Task.output", "slicing": {"discriminator": [discriminator], "rules": rules}}


def bound(element, value_set):
    return {"id": element, "binding": {"strength": "required", "valueSet": canonical.value_set(value_set)}}


FOREIGN_EXTENSION = {"id": "Task.extension:x", "type": [{"code": "Extension", "profile": ["urn:none"]}]}


@pytest.mark.parametrize(
    "elements",
    [
        [{"id": "Task.urgency", "min": 1}],
        [{"id": "Goal.target", "min": 1}],
        [{"id": "Task.output.worth[x]", "min": 1}],
        [{"id": "Task.output.value[x]", "type": [{"code": "Narrative"}]}],
        [{"id": "Task.status.deeper", "min": 1}],
        [{"id": "Task.description", "maxLength": 5}],
        [{"id": "Task.output.value[x]:valueString", "sliceName": "valueString", "min": 1}],
        [{"id": "Task.output:note/inner", "sliceName": "note/inner"}],
        [NOTE, NOTE_TEXT],
        [OUTPUT_BY_TEXT, NOTE],
        [sliced("closed", {"type": "value", "path": "type.text"}), NOTE, NOTE_TEXT],
        [sliced("open", {"type": "exists", "path": "value"}), NOTE, NOTE_TEXT],
        [OUTPUT_BY_TEXT, {**NOTE, "constraint": [{"key": "x", "severity": "error"}]}, NOTE_TEXT],
        [bound("Task.status", "none")],
        [bound("Task.note", "priority")],
        [FOREIGN_EXTENSION],
    ],
)
def test_what_is_not_compiled_is_refused(elements):
    with pytest.raises(UnsupportedDefinitionError):
        compile_profile(structure(*elements))


def test_a_profile_of_no_resource_is_refused():
    with pytest.raises(UnsupportedDefinitionError):
        compile_profile(structure(type_name="Period"))


def test_a_binding_to_a_value_set_that_is_not_ours_is_left_to_others():
    foreign = {"strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/task-status"}

    assert problems(structure({"id": "Task.status", "binding": foreign}), {"status": "x"}) == []


@pytest.mark.parametrize(
    ("value", "pattern", "answer"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([{"c": "x"}, {"c": "y"}], [{"c": "y"}], True),
        (1, True, False),
        ("x", {"a": 1}, False),
        ({"a": 1}, [], False),
    ],
)
def test_a_pattern_is_what_the_value_holds_at_least(value, pattern, answer):
    assert includes(value, pattern) is answer
