"""A patient's whole course, pressed through the app's own pages: all that an EHR received and holds of it is valid.

To our own profiles, to R4's models, to pyrofile with two versions of US Core and to fhirkit: the records themselves,
each version of them, the notes, and the records that stand inside a note.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from fhir.resources.R4B import get_fhir_model_class

from fhir_profiles.definitions import definition
from fhir_profiles.validator import validate
from mappings.filed_answers import QUESTIONNAIRE
from tests.outside_validators import fhirkit_problems, pyrofile_problems
from tests.running import practice
from tests.written.sent import Resource
from tests.written.story import corpus, tell

CARRIED_IN = {
    "open": "",
    "epic": "DocumentReference",
    "oracle": "DocumentReference",
    "ecw": "QuestionnaireResponse",
    "canvas": "QuestionnaireResponse",
}
"""In what each EHR holds our records; "" where it takes them as they are."""
STATUSES = {
    ("CarePlan", "draft"),
    ("CarePlan", "active"),
    ("CarePlan", "completed"),
    ("Goal", "active"),
    ("Goal", "completed"),
    ("Consent", "active"),
    ("Consent", "rejected"),
    ("Task", "requested"),
    ("Task", "completed"),
    ("Task", "failed"),
    ("Task", "cancelled"),
    ("Task", "entered-in-error"),
}


@pytest.fixture(scope="module", params=CARRIED_IN)
def filed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[Resource]]]:
    """Which EHR it is, and everything of ours that it received and holds."""
    folder = tmp_path_factory.mktemp(request.param)
    with practice(folder, persona=request.param, ehr={"authorize": "get"}) as running:
        tell(running)
        yield request.param, corpus(running)


def test_the_course_holds_every_kind_of_write(filed) -> None:
    ehr, resources = filed
    carrier = CARRIED_IN[ehr]
    seen = Counter(
        (each["resourceType"], each.get("lifecycleStatus") or each["status"]) for each in resources
    )

    assert {
        each for each in seen if each[0] not in ("DocumentReference", "QuestionnaireResponse")
    } == STATUSES
    assert {each["resourceType"] for each in resources} - {kind for kind, _ in STATUSES} == {carrier} - {""}
    notes = [
        each["text"] for goal in resources for each in goal.get("note", ()) if goal["resourceType"] == "Goal"
    ]
    if not carrier:
        # What was merged: the nurse's word for it, on the goal that somebody else had changed.
        assert any("same" in each for each in notes)
        assert "Walks 30 minutes" in {
            each["description"]["text"] for each in resources if "lifecycleStatus" in each
        }


def test_it_is_valid_to_our_validator_and_the_models_of_r4(filed) -> None:
    for resource in filed[1]:
        assert validate(resource) == ()
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


@pytest.mark.requirement("client@46")
@pytest.mark.parametrize("version", ["6.1.0", pytest.param("8.0.0", marks=pytest.mark.soak)])
def test_it_is_valid_to_pyrofile_with_r4_and_us_core(filed, version: str) -> None:
    assert [said for each in filed[1] for said in problems(each, version)] == []


def test_it_is_valid_to_fhirkit(filed) -> None:
    assert [said for each in filed[1] for said in fhirkit_problems(each)] == []


def problems(resource: Resource, version: str) -> list[str]:
    """What pyrofile says; of answers beside our Questionnaire, which it finds only in the same Bundle."""
    if resource["resourceType"] != "QuestionnaireResponse":
        return pyrofile_problems(resource, version)
    entries = [
        {"fullUrl": QUESTIONNAIRE, "resource": definition(QUESTIONNAIRE)},
        {"fullUrl": "urn:uuid:5f6f5c3e-6d1e-4a53-9d4f-2f2b1f0f9a11", "resource": resource},
    ]
    said = pyrofile_problems({"resourceType": "Bundle", "type": "collection", "entry": entries}, version)
    return [each for each in said if not each.startswith("Questionnaire.")]
