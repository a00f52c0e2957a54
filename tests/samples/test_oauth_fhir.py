"""The whole sandbox: a token from the authorization server at the door of the FHIR server."""

from __future__ import annotations

import pytest

from samples.server import create_app
from samples.settings import SandboxSettings
from tests.samples.oauth_world import EHR, World


class WholeSandbox(World):
    """The practice as `python -m samples` starts it, with the whole cast."""

    def __post_init__(self):
        settings = SandboxSettings(state_dir=self.state_dir)
        self.app = create_app(settings, now=self.clock)
        self.sandbox = self.app.extensions["sandbox"]
        self.browser = self.app.test_client()

    def fhir(self, address, token, **request):
        headers = {"Authorization": f"Bearer {token}"}
        return self.browser.open(f"/fhir/{address}", base_url=EHR, headers=headers, **request)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return WholeSandbox(tmp_path_factory.mktemp("ehr"))


def task(patient):
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": f"Patient/{patient}"},
    }


def test_a_token_reads_and_writes_its_own_patients_chart_and_no_other(world):
    launch = world.launch(patient="gloria-reyes")
    token = world.tokens(launch=launch)["access_token"]
    assert world.fhir("Patient/gloria-reyes", token).status_code == 200
    assert world.fhir("Condition?patient=gloria-reyes", token).json["total"] > 0
    assert world.fhir("Task", token, method="POST", json=task("gloria-reyes")).status_code == 201
    assert world.fhir("Patient/harold-pike", token).status_code == 403
    assert world.fhir("Task", token, method="POST", json=task("harold-pike")).status_code == 403


def test_the_manager_reads_and_cannot_write(world):
    launch = world.launch(patient="gloria-reyes", user="manager")
    token = world.tokens(launch=launch)["access_token"]
    assert world.fhir("Condition?patient=gloria-reyes", token).status_code == 200
    assert world.fhir("Task", token, method="POST", json=task("gloria-reyes")).status_code == 403


def test_the_assistant_files_a_task_and_no_goal(world):
    token = world.tokens(launch=world.launch(patient="gloria-reyes", user="assistant"))["access_token"]
    goal = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "Walk"},
            "subject": {"reference": "Patient/gloria-reyes"}}  # fmt: skip
    assert world.fhir("Task", token, method="POST", json=task("gloria-reyes")).status_code == 201
    assert world.fhir("Goal", token, method="POST", json=goal).status_code == 403


def test_a_revoked_an_expired_and_a_made_up_token_open_nothing(world):
    tokens = world.tokens(launch=world.launch(patient="gloria-reyes"))
    world.as_client("/oauth/revoke", client_id="chartside", token=tokens["refresh_token"])
    assert world.fhir("Patient/gloria-reyes", tokens["access_token"]).status_code == 401
    assert world.fhir("Patient/gloria-reyes", "made-up").status_code == 401
    late = world.tokens(launch=world.launch(patient="gloria-reyes"))
    world.clock.forward(3600)
    assert world.fhir("Patient/gloria-reyes", late["access_token"]).status_code == 401


def test_the_configuration_stands_beside_the_fhir_server_and_needs_no_token(world):
    assert world.get("/fhir/.well-known/smart-configuration").status_code == 200
    assert world.get("/fhir/metadata").status_code == 200
