"""The CapabilityStatement, built from what is served: the search table, the interactions, the SMART endpoints.

Nothing is claimed that is not in the table or routed, because clients decide by this document what to ask for.
Spec: https://hl7.org/fhir/R4/capabilitystatement.html, https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from samples.fhir.search_table import SearchParameter, parameters, served_types

_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_INTERACTIONS = ("read", "vread", "update", "patch", "delete", "history-instance", "create", "search-type")


def capability_statement(base_url: str, fhir_base: str, started: datetime) -> dict[str, Any]:
    """This server's CapabilityStatement; `started` dates it."""
    return {
        "resourceType": "CapabilityStatement",
        "id": "sandbox-ehr",
        "url": f"{fhir_base}/metadata",
        "name": "SandboxEHR",
        "title": "Sandbox EHR - not a real record",
        "status": "active",
        "date": started.isoformat(timespec="seconds"),
        "kind": "instance",
        "description": "A FHIR R4 server for trying out SMART apps, with patients who were made up.",
        "software": {"name": "Chartside sandbox EHR"},
        "implementation": {"description": "Sandbox EHR", "url": fhir_base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(base_url),
                "resource": [_resource(resource_type) for resource_type in served_types()],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def _security(base_url: str) -> dict[str, Any]:
    endpoints = ("authorize", "token", "introspect", "revoke")
    return {
        "extension": [
            {
                "url": _OAUTH_URIS,
                "extension": [{"url": name, "valueUri": f"{base_url}/oauth/{name}"} for name in endpoints],
            }
        ],
        "service": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                        "code": "SMART-on-FHIR",
                        "display": "SMART-on-FHIR",
                    }
                ],
                "text": "OAuth2 using SMART-on-FHIR profile",
            }
        ],
        "description": "Every interaction but this one needs a bearer token with a scope that allows it.",
    }


def _resource(resource_type: str) -> dict[str, Any]:
    served = parameters(resource_type)
    return {
        "type": resource_type,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal", "logical", "local"],
        "searchInclude": [
            f"{resource_type}:{code}" for code, parameter in served.items() if parameter.kind == "reference"
        ],
        "searchRevInclude": list(_reverse_includes()),
        "searchParam": [_search_parameter(parameter) for parameter in served.values()],
    }


def _search_parameter(parameter: SearchParameter) -> dict[str, str]:
    return {"name": parameter.code, "definition": parameter.definition, "type": parameter.kind}


@cache
def _reverse_includes() -> tuple[str, ...]:
    """Every reference parameter of every type: R4 lets some of them point at any type."""
    return tuple(
        f"{resource_type}:{code}"
        for resource_type in served_types()
        for code, parameter in parameters(resource_type).items()
        if parameter.kind == "reference"
    )
