"""The CapabilityStatement: true, and valid R4 itself."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from samples.fhir.search_table import parameters, served_types
from tests.samples.conftest import FHIR_BASE, FhirCaller


@pytest.fixture
def statement(ehr: FhirCaller) -> dict[str, Any]:
    ehr.token = None
    answer = ehr.get("/metadata")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json(force=True)
    return found


def test_it_is_a_valid_r4_statement_about_this_server(statement: dict[str, Any]) -> None:
    CapabilityStatement.model_validate(statement)
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")
    assert statement["implementation"]["url"] == FHIR_BASE
    assert "not a real record" in statement["title"]


def test_it_names_the_smart_endpoints(statement: dict[str, Any]) -> None:
    security = statement["rest"][0]["security"]
    uris = {e["url"]: e["valueUri"] for e in security["extension"][0]["extension"]}
    assert uris["authorize"] == "http://localhost:8090/oauth/authorize"
    assert uris["token"] == "http://localhost:8090/oauth/token"
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"


def test_every_search_parameter_it_lists_is_served_strictly(
    ehr: FhirCaller, statement: dict[str, Any]
) -> None:
    values = {"date": "2019", "quantity": "1", "reference": "Patient/x"}
    ehr.token = "everything"
    for resource in statement["rest"][0]["resource"]:
        for listed in resource["searchParam"]:
            query = f"{listed['name']}={values.get(listed['type'], 'x')}"
            answer = ehr.get(f"/{resource['type']}?{query}", {"Prefer": "handling=strict"})
            assert answer.status_code == 200, (resource["type"], listed, answer.text)


def test_every_include_it_lists_is_served(ehr: FhirCaller, statement: dict[str, Any]) -> None:
    ehr.token = "everything"
    for resource in statement["rest"][0]["resource"]:
        for include in resource["searchInclude"]:
            assert ehr.get(f"/{resource['type']}?_include={include}").status_code == 200, include
    for include in statement["rest"][0]["resource"][0]["searchRevInclude"]:
        assert ehr.get(f"/Patient?_revinclude={include}").status_code == 200, include


def test_it_lists_every_type_that_is_kept_and_no_other(ehr: FhirCaller, statement: dict[str, Any]) -> None:
    listed = {r["type"] for r in statement["rest"][0]["resource"]}
    assert listed == set(served_types())
    assert {"Patient", "Condition", "CarePlan", "Goal", "Task", "Consent", "MedicationStatement"} <= listed
    ehr.token = "everything"
    assert ehr.get("/Schedule").status_code == 404
    assert all("_lastUpdated" in parameters(name) for name in listed)


def test_the_interactions_it_lists_are_those_that_answer(ehr: FhirCaller, statement: dict[str, Any]) -> None:
    task = next(r for r in statement["rest"][0]["resource"] if r["type"] == "Task")
    assert {i["code"] for i in task["interaction"]} == {
        "read", "vread", "update", "patch", "delete", "history-instance", "create", "search-type",
    }  # fmt: skip
    assert {i["code"] for i in statement["rest"][0]["interaction"]} == {"transaction", "batch"}
    assert (task["conditionalUpdate"], task["conditionalDelete"]) == (False, "not-supported")
    ehr.token = "everything"
    assert ehr.put("/Task?patient=ada", {"resourceType": "Task"}).status_code == 405
    assert ehr.delete("/Task?patient=ada").status_code == 405
