"""The quick look at R4's structure calls sound only what the models call sound, whatever is done to a record."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_profiles import definitions
from fhir_profiles.elements import resource_model
from fhir_profiles.plainly_sound import plainly_sound
from fhir_profiles.structure import _as_the_models_say, structure_problems
from tests.fhir_profiles.broken_cases import BROKEN
from tests.fhir_profiles.examples import NAMES, example

VALUES = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            1,
            -1,
            1.5,
            10**30,
            "",
            " ",
            "x",
            "5",
            "2026",
            "2026-02-30",
            "2026-13",
            "not a code ",
        ),
        *("2026-10-12T10:44:00", "2026-10-12T10:44:00Z", "urn:x", "#a", "a b", "\x00", "é" * 70),
        *([], [None], ["x"], [1], [{}], {}, {"reference": 5}, {"extension": []}, {"value": "x", "code": 1}),
        *({"resourceType": "Nope"}, {"resourceType": "Patient"}, [{"resourceType": "Patient", "gender": 1}]),
    ]
).map(copy.deepcopy)  # A value that is put in may itself be changed next.
NAMES_TO_ADD = st.sampled_from(
    [
        *(
            "valueString",
            "valueInteger",
            "valueQuantity",
            "_status",
            "_valueString",
            "for_fhir",
            "resource_type",
        ),
        *(
            "fhir_comments",
            "detailString",
            "dueDuration",
            "contained",
            "extension",
            "id",
            "note",
            "resourceType",
        ),
    ]
)


def insides(value):
    """Every object and list inside, itself too."""
    yield value
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            yield from insides(each)


def change(resource, data):
    """One random change somewhere inside."""
    inside = data.draw(st.sampled_from(list(insides(resource))))
    keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
    kind = data.draw(st.sampled_from(["drop", "put", "add"] if keys else ["add"]))
    if kind == "add" and isinstance(inside, dict):
        inside[data.draw(NAMES_TO_ADD)] = data.draw(VALUES)
    elif kind == "add":
        inside.append(data.draw(VALUES))
    elif kind == "put":
        inside[data.draw(st.sampled_from(keys))] = data.draw(VALUES)
    else:
        del inside[data.draw(st.sampled_from(keys))]


def model_of(resource):
    name = resource.get("resourceType")
    return resource_model(name) if isinstance(name, str) else None


@settings(max_examples=400)
@given(st.sampled_from(NAMES), st.data())
def test_what_it_calls_sound_the_models_call_sound(name, data):
    resource = example(name)
    for _ in range(data.draw(st.integers(1, 2))):
        change(resource, data)
    model = model_of(resource)

    if model is not None and plainly_sound(resource, model):
        assert _as_the_models_say(resource, model) == ()


@pytest.mark.parametrize("name", BROKEN)
def test_of_every_broken_case_the_verdict_is_that_of_the_models(name):
    for _, broken, _, _ in BROKEN[name]:
        resource = example(name)
        broken(resource)

        assert structure_problems(resource) == _as_the_models_say(resource, model_of(resource))


def test_it_spares_the_models_every_example_and_every_definition():
    """Or it would be of no use: each of these is found sound without building a model.

    Definitions with translated words are left to the models, as every ``_name`` is; no record of ours has one.
    """
    plain = [each for each in definitions.by_url().values() if "'_" not in str(each)]
    resources = [*(example(name) for name in NAMES), *plain]

    assert len(plain) > 50
    assert [each["id"] for each in resources if not plainly_sound(each, model_of(each))] == []
