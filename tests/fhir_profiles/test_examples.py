"""One example of each profile, valid to us and to two validators that nobody here wrote; and kept by a real server."""

from __future__ import annotations

import copy

import pytest
import requests

from fhir_profiles import canonical
from fhir_profiles.definitions import of_kind
from fhir_profiles.validator import validate
from tests.fhir_profiles.examples import CONTACT, GOAL, NAMES, example, output
from tests.outside_validators import (
    ALARMS_OF_FORMS,
    US_CORE_VERSIONS,
    false_alarms,
    fhirkit_problems,
    pyrofile_problems,
)
from tests.sekmet import sekmet_server

PATIENT = {
    "resourceType": "Patient",
    "id": "gloria-reyes",
    "name": [{"family": "Reyes", "given": ["Gloria"]}],
}


def test_each_profile_has_an_example():
    profiles = {each["url"] for each in of_kind("StructureDefinition") if each["kind"] == "resource"}

    assert profiles == {
        url for name in NAMES for url in example(name)["meta"]["profile"] if canonical.BASE in url
    }


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_to_us_and_left_as_it_was(name):
    resource = example(name)

    assert validate(resource) == ()
    assert resource == example(name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("version", US_CORE_VERSIONS)
def test_an_example_is_valid_to_each_version_of_us_core(name, version):
    assert pyrofile_problems(example(name), version) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_r4_to_an_outside_validator(name):
    assert fhirkit_problems(example(name)) == []


def test_each_named_false_alarm_is_still_raised():
    raised = {alarm.path for name in NAMES for alarm in false_alarms(example(name), ALARMS_OF_FORMS)}

    assert raised == {alarm.path for alarm in ALARMS_OF_FORMS}


def test_the_outside_validators_would_notice():
    goal, contact, plan = example(GOAL), example(CONTACT), example("CarePlan-example-care-plan")
    del goal["description"]
    del output(contact, "minutes")["valueInteger"]
    del plan["category"][0]

    assert any("Goal.description" in each for each in pyrofile_problems(goal))
    assert any("Goal.description" in each for each in fhirkit_problems(goal))
    assert any("cardinality.min" in each for each in pyrofile_problems(contact))
    assert any("AssessPlan" in each for each in pyrofile_problems(plan))


def _entry(resource, urls):
    body = {name: value for name, value in copy.deepcopy(resource).items() if name != "id"}
    return {
        "fullUrl": urls[f"{resource['resourceType']}/{resource['id']}"],
        "resource": _pointing(body, urls),
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def _pointing(value, urls):
    """The same JSON with references to the resources of one transaction by their urn."""
    if isinstance(value, dict):
        moved = {name: _pointing(each, urls) for name, each in value.items()}
        return (
            {**moved, "reference": urls.get(value["reference"], value["reference"])}
            if _literal(value)
            else moved
        )
    return [_pointing(each, urls) for each in value] if isinstance(value, list) else value


def _literal(value):
    return isinstance(value.get("reference"), str)


def _kept(sent, got):
    """What the server gave back, without the id and the version that it added, and with our urns for its ids."""
    rest = {name: value for name, value in got.items() if name != "id"}
    meta = {name: value for name, value in rest["meta"].items() if name not in {"versionId", "lastUpdated"}}
    return (
        {**rest, "meta": meta}
        if "meta" in sent
        else {key: value for key, value in rest.items() if key != "meta"}
    )


def test_an_outside_server_takes_all_examples_in_one_transaction_and_gives_them_back_equal():
    resources = [PATIENT, *(example(name) for name in NAMES)]
    urls = {
        f"{each['resourceType']}/{each['id']}": f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
        for number, each in enumerate(resources)
    }
    entries = [_entry(each, urls) for each in resources]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert validate(bundle) == ()

    with sekmet_server() as base:
        answer = requests.post(
            base, json=bundle, headers={"Content-Type": "application/fhir+json"}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        places = [each["response"]["location"].split("/_history/")[0] for each in answer.json()["entry"]]
        relative = ["/".join(place.split("/")[-2:]) for place in places]
        known = {relative[number]: entries[number]["fullUrl"] for number in range(len(entries))}
        for entry, place in zip(entries, relative, strict=True):
            got = requests.get(f"{base}/{place}", timeout=10).json()
            assert _pointing(_kept(entry["resource"], got), known) == entry["resource"]
