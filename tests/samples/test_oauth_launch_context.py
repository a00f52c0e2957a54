"""What a launch carries to the token: every parameter of SMART's table, in each form that EHRs send."""

from __future__ import annotations

import orjson
import pytest

from samples.oauth.ledger import Ledger
from tests.samples.oauth_world import EHR, STANDALONE_SCOPE, World, query_of

CONTEXT = [
    {"reference": "Encounter/visit", "role": "https://riverbend.example/role/discharge"},
    {"reference": "Task/t1"},
    {"identifier": {"system": "urn:x", "value": "1"}, "type": "ServiceRequest"},
    {"canonical": "https://forms.example/Questionnaire/1|2", "type": "Questionnaire"},
]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One practice for all tests: each registers, launches or asks anew."""
    return World(tmp_path_factory.mktemp("ehr"))


def launched(world, **query):
    return world.tokens(launch=world.launch(**query))


@pytest.mark.parametrize("context", [CONTEXT, ["Task/t1", "List/at-home"], [], [{"reference": "Task/é"}]])
def test_fhir_context_arrives_as_it_was_given(world, context):
    tokens = launched(world, fhirContext=orjson.dumps(context).decode())
    assert tokens.get("fhirContext", []) == context
    refreshed = world.refresh(tokens["refresh_token"]).json
    assert refreshed.get("fhirContext", []) == context


def test_hostile_context_is_carried_too_so_that_apps_can_be_shown_it(world):
    context = [{"reference": "https://evil.example/Patient/1"}, 7, None, {"reference": {"a": 1}}, {}]
    assert launched(world, fhirContext=orjson.dumps(context).decode())["fhirContext"] == context


@pytest.mark.parametrize("text", ["{}", "7", '"Task/1"', "[", "Task/1", "[" + "1," * 9000 + "1]"])
def test_a_fhir_context_that_is_no_array_is_a_page_that_says_so(world, text):
    answer = world.get("/launch/chartside", patient="ada", fhirContext=text)
    assert answer.status_code == 404
    assert "fhirContext" in answer.text
    assert answer.location is None


def test_banner_tenant_intent_encounter_and_app_context_arrive(world):
    tokens = launched(
        world,
        encounter="visit",
        intent="reconcile-medications",
        tenant="north-clinic",
        need_patient_banner="false",
        appContext='{"card": "one"}',
    )
    assert tokens["patient"] == "ada"
    assert tokens["encounter"] == "visit"
    assert tokens["intent"] == "reconcile-medications"
    assert tokens["tenant"] == "north-clinic"
    assert tokens["need_patient_banner"] is False
    assert tokens["appContext"] == '{"card": "one"}'


def test_a_plain_launch_carries_no_more_than_it_has(world):
    tokens = launched(world)
    assert not {"encounter", "intent", "fhirContext", "appContext"} & tokens.keys()
    assert tokens["need_patient_banner"] is True
    assert tokens["tenant"] == "riverbend"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (None, f"{EHR}/smart-style.json"),
        ("https://styles.example/a.json", "https://styles.example/a.json"),
        ("none", None),
    ],
)
def test_the_style_is_the_sandboxs_own_another_or_none(world, asked, told):
    tokens = launched(world, **({"smart_style_url": asked} if asked else {}))
    assert tokens.get("smart_style_url") == told


def test_what_stands_in_the_launch_is_not_in_the_address_of_the_app(world):
    answer = world.get("/launch/chartside", patient="ada", appContext="secret-thing", tenant="north")
    assert "secret-thing" not in answer.location
    assert "north" not in answer.location


def test_an_app_cannot_write_its_own_context_into_its_request(world):
    launch = world.launch()
    asked = {
        **world.request_parameters(),
        "launch": launch,
        "fhirContext": '["Task/1"]',
        "tenant": "x",
        "patient": "ben",
    }
    answer = world.get("/oauth/authorize", **asked)
    tokens = world.exchange(query_of(answer)["code"]).json
    assert tokens["patient"] == "ada"
    assert tokens["tenant"] == "riverbend"
    assert "fhirContext" not in tokens


def test_introspection_tells_the_same_context(world):
    tokens = launched(world, encounter="visit", fhirContext='["Task/t1"]', intent="contact")
    told = world.as_client("/oauth/introspect", client_id="chartside", token=tokens["access_token"]).json
    assert (told["patient"], told["encounter"], told["intent"]) == ("ada", "visit", "contact")
    assert told["fhirContext"] == ["Task/t1"]


def test_a_launch_kept_before_an_update_of_the_sandbox_still_opens(world):
    kept = {"user": "nurse", "patient": "ada", "encounter": None, "intent": None, "from_ehr": True}
    ledger = Ledger(world.state_dir / "oauth.sqlite", now=lambda: float(world.clock.seconds))
    launch = ledger.keep("launch", kept, owner="chartside")
    assert world.tokens(launch=launch)["patient"] == "ada"


def standalone(world, scope, patient=""):
    """A standalone launch through its pages, down to the token response."""
    page = world.authorize(launch=None, scope=scope)
    answer = world.post(page.location, user="nurse")
    if patient:
        answer = world.post(answer.location, patient=patient)
    return world.exchange(query_of(answer)["code"]).json


def test_standalone_without_a_patient_gives_the_practices_view(world):
    tokens = standalone(world, "openid fhirUser online_access user/Patient.rs user/Task.rs patient/Task.rs")
    assert "patient" not in tokens
    assert tokens["scope"] == "openid fhirUser online_access user/Patient.rs user/Task.rs"
    assert "id_token" in tokens
    access = world.sandbox.access_for_token(tokens["access_token"])
    assert (access.patient, access.user) == (None, "Practitioner/nurse")
    assert access.allows("Patient", "s")
    assert not access.allows("Condition", "r")


def test_standalone_with_a_patient_gives_that_patient(world):
    assert standalone(world, STANDALONE_SCOPE, "ben")["patient"] == "ben"
