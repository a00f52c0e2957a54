"""An EHR as a CDS Hooks client: its key, its tokens, its calls; for the tests and for measuring."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from joserfc import jwt

from app.cds_settings import CdsHooks
from app.ehr_settings import EhrSettings
from smart_launch.caller_token import Caller
from smart_launch.issuer_keys import keys_in
from smart_launch.keys import Key, make_key, public_jwks

ISSUER = "https://hooks.ehr.example"
SERVICE = "/cds-services/care-management"
KEY = make_key("ES384", kid="hooks-1")
Resource = Mapping[str, Any]
TYPES = {
    "conditions": "Condition",
    "encounters": "Encounter",
    "carePlans": "CarePlan",
    "tasks": "Task",
    "consents": "Consent",
}


def with_cards(ehr: EhrSettings, *, issuer: str = ISSUER, key: Key = KEY, **more: Any) -> EhrSettings:
    """The EHR's settings with the service on, its key given."""
    tenant = more.pop("tenant", None)
    caller = Caller(issuer, keys=keys_in(public_jwks([key])) or (), tenant=tenant)
    return replace(ehr, cds_hooks=CdsHooks(caller, **more))


@dataclass
class CdsClient:
    """`app_url` is the app's public address, `now` gives seconds since 1970."""

    app_url: str
    now: Any
    issuer: str = ISSUER
    key: Key = field(default_factory=lambda: KEY, repr=False)

    def token(self, path: str = SERVICE, **changes: Any) -> str:
        """A new token for one call of a path; a change to None leaves a claim out."""
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": f"{self.app_url}{path}",
            "iat": now,
            "exp": now + 300,
            "jti": secrets.token_urlsafe(18),
            **changes,
        }
        header = {"alg": "ES384", "typ": "JWT", "kid": self.key.kid or ""}
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(header, told, self.key, algorithms=["ES384"])

    def headers(self, path: str = SERVICE, **changes: Any) -> dict[str, str]:
        """The Authorization header of one call."""
        return {"Authorization": f"Bearer {self.token(path, **changes)}"}


def bundle(resources: Iterable[Resource]) -> dict[str, Any]:
    """A searchset."""
    found = [{"resource": dict(each)} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": found}


def prefetched(patient: Resource, resources: Iterable[Resource] = ()) -> dict[str, Any]:
    """Everything that is asked for, of one patient: null where there is nothing, as the specification says."""
    held = list(resources)
    by_key = {key: [each for each in held if each["resourceType"] == kind] for key, kind in TYPES.items()}
    return {
        "patient": dict(patient),
        **{key: bundle(found) if found else None for key, found in by_key.items()},
    }


def call(prefetch: Any, *, patient_id: str, **changes: Any) -> dict[str, Any]:
    """The body of a call; a change to None leaves a field out."""
    body = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/physician", "patientId": patient_id},
        "prefetch": prefetch,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


PATIENT = {
    "resourceType": "Patient",
    "id": "margery",
    "birthDate": "1950-02-03",
    "name": [{"family": "Gibson"}],
}
PAGES_OF_THE_EHR = "https://screens.ehr.example"


def problem(number: int, code: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]},
        "subject": {"reference": "Patient/margery"},
    }


CHRONIC = [problem(1, "E11.9"), problem(2, "I50.9"), problem(3, "J44.9")]


def good(**changes: Any) -> dict[str, Any]:
    body = {**call(prefetched(PATIENT, CHRONIC), patient_id="margery"), **changes}
    return {name: value for name, value in body.items() if value is not None}
