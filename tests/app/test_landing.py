"""On which page a launch lands: known words lead somewhere, all else lands on Today, and no other server is asked."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from tests.app.fake_ehr import ISS, FakeEhr

STAY = {
    "class": {"code": "IMP"},
    "status": "finished",
    "period": {"start": "2026-11-01", "end": "2026-11-02"},
}
TAG_SYSTEM = "https://chartside.example/fhir"


def encounter(patient: str = "margery", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "subject": {"reference": f"Patient/{patient}"},
        **STAY,
        **more,
    }


def task(patient: str | None = "margery", **more: Any) -> dict[str, Any]:
    whose = {} if patient is None else {"for": {"reference": f"Patient/{patient}"}}
    return {"resourceType": "Task", "id": "t1", "status": "requested", "intent": "order", **whose, **more}


def landed(browser: FlaskClient, ehr: FakeEhr, **context: Any) -> tuple[str, dict[str, str]]:
    """The page's name and the parameters of its address."""
    answer = ehr.launch(browser, **context)
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.location)
    assert (parts.scheme, parts.netloc) == ("", "")
    _, start, _, *page = parts.path.split("/")
    assert start == "l"
    return "/".join(page), {name: values[0] for name, values in parse_qs(parts.query).items()}


@pytest.mark.requirement("client@22")
@pytest.mark.parametrize("reference", ["Encounter/e1", f"{ISS}/Encounter/e1", "Encounter/e1/_history/3"])
def test_a_discharge_opens_its_clocks(browser: FlaskClient, ehr: FakeEhr, reference: str) -> None:
    ehr.resources["Encounter/e1"] = encounter()
    page = landed(browser, ehr, fhirContext=[{"reference": "ImagingStudy/7"}, {"reference": reference}])
    assert page == ("transition", {"visit": "e1"})


@pytest.mark.requirement("client@22")
@pytest.mark.parametrize(
    "changes",
    [
        {"class": {"code": "AMB"}},
        {"period": {"start": "2026-11-01"}},
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"subject": {"reference": "Patient/somebody-else"}},
        {"subject": {}},
        {"resourceType": "Observation"},
    ],
    ids=[
        "an office visit",
        "still there",
        "cancelled",
        "in error",
        "another patient's",
        "nobody's",
        "no visit",
    ],
)
def test_a_visit_that_is_no_discharge_of_this_patient_opens_plain_today(
    browser: FlaskClient, ehr: FakeEhr, changes: dict[str, Any]
) -> None:
    ehr.resources["Encounter/e1"] = encounter(**changes)
    assert landed(browser, ehr, fhirContext=[{"reference": "Encounter/e1"}]) == ("today", {})


@pytest.mark.requirement("client@22")
def test_an_emergency_visit_that_ended_counts_and_so_does_a_disposition_alone(
    browser: FlaskClient, ehr: FakeEhr
) -> None:
    for changes in (
        {"class": {"code": "EMER"}},
        {"period": {}, "hospitalization": {"dischargeDisposition": {"text": "Home"}}},
    ):
        ehr.resources["Encounter/e1"] = encounter(**changes)
        page = landed(browser, ehr, fhirContext=[{"reference": "Encounter/e1"}])
        assert page == ("transition", {"visit": "e1"})


@pytest.mark.requirement("client@22")
@pytest.mark.parametrize(
    ("role", "parameters"),
    [
        ("https://hl7.org/fhir/smart/med-list-at-home", {"at": "medicines"}),
        ("at-hospital", {"at": "medicines"}),
        ("https://example.org/allergy-list", {}),
        ("launch", {}),
    ],
)
def test_the_lists_of_medicines_at_home_and_at_hospital_open_the_medicines(
    browser: FlaskClient, ehr: FakeEhr, role: str, parameters: dict[str, str]
) -> None:
    assert landed(browser, ehr, fhirContext=[{"reference": "List/1", "role": role}]) == ("today", parameters)


@pytest.mark.requirement("client@22")
@pytest.mark.requirement("client@15")
@pytest.mark.parametrize(
    "context",
    [
        [{"reference": "https://evil.example/fhir/Encounter/e1"}],
        [{"reference": "https://fhir.ehr.example.evil.example/r4/Encounter/e1"}],
        [{"reference": f"{ISS}@evil.example/Encounter/e1"}],
        [{"reference": f"{ISS}/../Encounter/e1"}],
        [{"reference": "//evil.example/Encounter/e1"}],
        [{"reference": "Encounter/e1?_include=*"}],
        [{"reference": "Encounter/e1/$everything"}],
        [{"reference": "Encounter/../Patient/x"}],
        [{"reference": "Encounter/e1\n"}],
        [{"reference": "#e1"}, {"reference": ["Encounter/e1"]}, {"reference": 7}, {}, None, [], 3],
        [{"reference": "Encounter/e1", "role": "https://example.org/something-unknown"}],
        {"reference": "Encounter/e1"},
        "Encounter/e1",
    ],
)  # fmt: skip
def test_what_is_not_known_or_is_elsewhere_is_never_read(
    browser: FlaskClient, ehr: FakeEhr, context: Any
) -> None:
    ehr.resources["Encounter/e1"] = encounter()
    assert landed(browser, ehr, fhirContext=context) == ("today", {})
    read = [url for method, url, _ in ehr.received if method == "GET" and "Encounter" in url]
    assert read == []
    assert {urlsplit(url).hostname for _, url, _ in ehr.received} <= {"fhir.ehr.example", "login.ehr.example"}


@pytest.mark.requirement("client@23")
def test_a_task_of_ours_opens_the_contact_that_answers_it(browser: FlaskClient, ehr: FakeEhr) -> None:
    ehr.resources["Task/t1"] = task(
        meta={"tag": [{"system": f"{TAG_SYSTEM}/CodeSystem/tag", "code": "chartside"}]},
        code={"coding": [{"system": f"{TAG_SYSTEM}/CodeSystem/task-code", "code": "to-do"}]},
    )
    page, parameters = landed(browser, ehr, fhirContext=[{"reference": "Task/t1"}])
    assert (page, parameters["answers"]) == ("contact", "t1")
    assert len(parameters["form"]) == 36


def test_a_question_opens_where_it_is_answered(browser: FlaskClient, ehr: FakeEhr) -> None:
    """The provider who opens it in the EHR's own list of tasks is one press from the answer."""
    ehr.resources["Task/t1"] = task(
        meta={"tag": [{"system": f"{TAG_SYSTEM}/CodeSystem/tag", "code": "chartside"}]},
        code={"coding": [{"system": f"{TAG_SYSTEM}/CodeSystem/task-code", "code": "to-do"}]},
        note=[{"text": "SBAR. Situation: Dizzy; Recommendation: See her?; About: Symptoms; Answer: needed"}],
    )
    assert landed(browser, ehr, fhirContext=[{"reference": "Task/t1"}]) == ("answer", {"task": "t1"})


@pytest.mark.requirement("client@23")
def test_a_task_of_the_ehr_is_told_on_today(browser: FlaskClient, ehr: FakeEhr) -> None:
    ehr.resources["Task/t1"] = task()
    page = landed(browser, ehr, fhirContext=["Task/t1"])
    assert page == ("today", {"at": "tasks", "task": "t1"})


@pytest.mark.parametrize("patient", ["somebody-else", None])
def test_a_task_that_is_not_this_patients_opens_nothing(
    browser: FlaskClient, ehr: FakeEhr, patient: str | None
) -> None:
    ehr.resources["Task/t1"] = task(patient)
    assert landed(browser, ehr, fhirContext=[{"reference": "Task/t1"}]) == ("today", {})


@pytest.mark.parametrize(
    "failure", [(403, b"no"), (500, b"oops"), (200, b"<html>"), requests.ConnectionError()], ids=str
)
def test_a_context_that_cannot_be_read_stops_no_launch(
    browser: FlaskClient, ehr: FakeEhr, failure: Any
) -> None:
    ehr.failures["/Encounter/e1"] = failure
    assert landed(browser, ehr, fhirContext=[{"reference": "Encounter/e1"}]) == ("today", {})


@pytest.mark.requirement("client@23")
@pytest.mark.requirement("client@56")
@pytest.mark.parametrize(
    ("told", "page"),
    [
        ('{"page": "contact"}', "contact"),
        ({"page": "care-plan"}, "care-plan"),
        (json.dumps({"page": "consent", "more": [1, 2]}), "consent"),
        ('{"page": "https://evil.example/"}', "today"),
        ('{"page": "../../admin"}', "today"),
        ('{"page": ["contact"]}', "today"),
        ('{"page": {"contact": 1}}', "today"),
        ('["contact"]', "today"),
        ("contact", "today"),
        ("<script>alert(1)</script>", "today"),
        ('{"page": "contact"' + " " * 5000 + "}", "today"),
        ("{" * 3000, "today"),
        (None, "today"),
    ],
)
def test_what_a_card_hands_over_chooses_a_known_page_and_is_otherwise_left_alone(
    browser: FlaskClient, ehr: FakeEhr, told: Any, page: str
) -> None:
    assert landed(browser, ehr, appContext=told) == (page, {})


@pytest.mark.requirement("client@21")
def test_the_intent_goes_before_what_else_was_said(browser: FlaskClient, ehr: FakeEhr) -> None:
    ehr.resources["Encounter/e1"] = encounter()
    context = {"appContext": '{"page": "contact"}', "fhirContext": [{"reference": "Encounter/e1"}]}
    assert landed(browser, ehr, intent="consent", **context)[0] == "consent"
    assert landed(browser, ehr, intent="no-such-thing", **context)[0] == "contact"
