"""The validator answers for anything that it is given, in Bundles, too, and judges dates by the clock."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_profiles.date_order import in_order
from fhir_profiles.problem import Problem, distinct
from fhir_profiles.validator import validate
from tests.fhir_profiles.examples import CONTACT, NAMES, TO_DO, drop, example

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "nothing",
    [None, 5, "Task", [], {}, {"resourceType": 5}, {"resourceType": "Nope"}, {"resourceType": "Period"}],
)
def test_what_is_no_resource_is_one_problem(nothing):
    assert [each.rule for each in validate(nothing)] == ["structure"]


@settings(deadline=None)  # The first call loads the models, which takes longer than any other.
@given(
    JSON,
    st.sampled_from(["Task", "CarePlan", "Goal", "Consent", "Bundle", "Patient", "Observation"]),
    st.data(),
)
def test_arbitrary_json_in_the_place_of_an_element_is_answered_and_never_raised(value, resource_type, data):
    resource = {"resourceType": resource_type}
    names = [
        "text",
        "contained",
        "meta",
        "identifier",
        "extension",
        "subject",
        "for",
        "output",
        "entry",
        "status",
    ]
    for name in data.draw(st.sets(st.sampled_from(names))):
        resource[name] = value

    assert all(isinstance(each, Problem) for each in validate(resource))


@settings(deadline=None)  # The first call loads the models, which takes longer than any other.
@given(st.sampled_from(NAMES), JSON, st.data())
def test_an_example_with_something_else_anywhere_in_it_is_answered_and_never_raised(name, value, data):
    resource = example(name)
    place = resource
    for _ in range(data.draw(st.integers(1, 5))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key]:
            break
        place, before = place[key], (place, key)
        if data.draw(st.booleans()):
            before[0][before[1]] = value
            break

    assert all(isinstance(each, Problem) for each in validate(resource))


def test_nesting_without_end_is_refused_and_not_followed():
    resource = inner = {"resourceType": "Task"}
    for _ in range(50_000):
        inner["extension"] = [{}]
        inner = inner["extension"][0]

    assert [each.rule for each in validate(resource)] == ["structure"]


@pytest.mark.parametrize(
    "contained", [{"resourceType": "Nope"}, {"resourceType": 5}, {}, {"resourceType": None}]
)
def test_a_contained_resource_of_no_known_type_is_named(contained):
    task = example(CONTACT)
    task["contained"] = [contained]

    assert "Task.contained[0].resourceType" in {each.path for each in validate(task)}


def test_each_entry_of_a_bundle_is_judged_by_itself_and_named_by_its_place():
    broken = example(CONTACT)
    drop("for")(broken)
    request = {"method": "POST", "url": "Task"}
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": example(CONTACT), "request": request},
            {"resource": broken, "request": request},
            {"resource": {"resourceType": "Nope"}, "request": request},
            {"resource": example(CONTACT), "request": {"method": "POST"}},
        ],
    }

    found = {(each.path, each.rule) for each in validate(bundle)}

    assert found == {
        ("Bundle.entry[1].resource:Task.for", "cardinality"),
        ("Bundle.entry[2].resource:resourceType", "structure"),
        ("Bundle.entry[3].request.url", "cardinality"),
    }


@pytest.mark.parametrize("entry", [None, 5, "x", {}, [[]], [None], [5]])
def test_a_bundle_with_broken_entries_is_answered(entry):
    assert validate({"resourceType": "Bundle", "type": "transaction", "entry": entry}) != ()


def test_a_resource_that_claims_no_profile_of_ours_is_judged_by_r4_alone():
    task = {"resourceType": "Task", "status": "requested", "intent": "order"}

    assert validate(task) == ()
    assert validate({**task, "meta": {"profile": ["http://example.org/other"]}}) == ()


def test_a_required_text_that_only_says_why_it_is_absent_is_present():
    task = example(TO_DO)
    del task["description"]
    reason = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
    task["_description"] = {"extension": [reason]}

    assert validate(task) == ()


def test_many_threads_may_validate_at_once_and_nothing_is_changed():
    resources = [example(name) for name in NAMES] * 8
    before = copy.deepcopy(resources)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(validate, resources)) == [()] * len(resources)
    assert resources == before


def test_one_problem_stands_for_each_place_and_rule():
    first, again, other = Problem("a", "r", "1"), Problem("a", "r", "2"), Problem("b", "r", "1")

    assert distinct([first, again, other]) == (first, other)


@pytest.mark.parametrize(
    ("earlier", "later", "answer"),
    [
        ("2026-11-21T10:00:00Z", "2026-11-21T09:00:00-05:00", True),
        ("2026-11-21T15:00:00Z", "2026-11-21T09:00:00-05:00", False),
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00.5Z", True),
        ("2026-11-21", "2026-11-21T00:00:00Z", True),
        ("2026-11-22", "2026-11-21T23:59:59Z", False),
        ("2026-12", "2026-11-30", False),
        ("2026", "2026-01", True),
        ("2026-11-21T10:00:60Z", "2026-11-21T10:00:00Z", None),
        ("2026-11-21T10:00:00", "2026-11-21T10:00:00Z", None),
        (None, "2026", None),
        ("2026", 5, None),
    ],
)
def test_dates_are_in_order_as_far_as_they_can_be_compared(earlier, later, answer):
    assert in_order(earlier, later) is answer


def test_real_charts_are_judged_without_an_exception(shared_data):
    folder = shared_data / "synthea_ndjson"
    judged = 0
    for file in sorted(folder.rglob("*.ndjson")):
        with file.open("rb") as lines:
            for line in islice(lines, 0, 400, 40):
                assert all(isinstance(each, Problem) for each in validate(orjson.loads(line)))
                judged += 1
    assert judged > 50


def test_an_extension_of_ours_is_judged_wherever_it_stands_and_whatever_the_resource_claims():
    ruler = next(each for each in example("Goal-example-goal")["extension"] if "extension" in each)
    measured = [each for each in ruler["extension"] if each["url"] != "date"]
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "Walk"},
        "subject": {"reference": "Patient/1"},
        "extension": [{**ruler, "extension": measured}],
    }
    assert [(each.path, each.rule) for each in validate(goal)] == [("Goal.extension[0].extension", "slice")]

    goal["extension"] = [{**ruler, "extension": [*measured[:1], *measured]}]
    rules = {each.path for each in validate(goal)}
    assert rules == {"Goal.extension[0].extension"}
    del goal["extension"]
    goal["target"] = [{"dueDate": "2027", "extension": [ruler]}]
    assert [(each.path, each.rule) for each in validate(goal)] == [
        ("Goal.target[0].extension[0].url", "context")
    ]
