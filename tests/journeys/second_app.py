"""Another SMART app at the same EHR, written for the journeys: it shares no code with Chartside.

What Chartside filed is there only when somebody else can read it, so this one signs in standalone, as a SMART client
does, and asks over FHIR. https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from tests.running import Practice

SCOPE = "launch/patient openid fhirUser patient/*.rs"
SECONDS = 20


class SecondApp:
    """Reads one patient's chart over FHIR with its own token."""

    def __init__(self, running: Practice, patient_id: str, *, user: str = "physician") -> None:
        self._base = f"{running.ehr_url}/fhir"
        self._patient_id = patient_id
        self._http = requests.Session()
        self._http.trust_env = False
        self._token = self._signed_in(f"{running.app_url}/callback", user)

    def search(self, resource_type: str) -> list[dict[str, Any]]:
        """Every record of this type in the patient's chart, oldest first, over all pages."""
        found: list[dict[str, Any]] = []
        bundle = self._get(f"{self._base}/{resource_type}", patient=self._patient_id, _count="100")
        while True:
            found += [entry["resource"] for entry in bundle.get("entry", [])]
            following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
            if not following:
                return sorted(found, key=lambda resource: str(resource["meta"]["lastUpdated"]))
            bundle = self._get(following[0])

    def close(self) -> None:
        self._http.close()

    def _get(self, address: str, **parameters: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/fhir+json"}
        answer = self._http.get(address, params=parameters, headers=headers, timeout=SECONDS)
        assert answer.status_code == 200, (answer.status_code, address.split("?", maxsplit=1)[0])
        body: dict[str, Any] = answer.json()
        return body

    def _signed_in(self, redirect_uri: str, user: str) -> str:
        configuration = self._http.get(
            f"{self._base}/.well-known/smart-configuration", timeout=SECONDS
        ).json()
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": "chartside",
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "aud": self._base,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        login = self._sent_on(configuration["authorization_endpoint"], asked, method="GET")
        picker = self._sent_on(login, {"user": user})
        answered = parse_qs(urlsplit(self._sent_on(picker, {"patient": self._patient_id})).query)
        assert answered["state"] == [state]
        exchange = {
            "grant_type": "authorization_code",
            "code": answered["code"][0],
            "redirect_uri": redirect_uri,
            "client_id": "chartside",
            "code_verifier": verifier,
        }
        grant = self._http.post(configuration["token_endpoint"], data=exchange, timeout=SECONDS).json()
        assert grant["patient"] == self._patient_id
        return str(grant["access_token"])

    def _sent_on(self, address: str, fields: dict[str, str], *, method: str = "POST") -> str:
        """Where this step's answer sends the browser."""
        content = {"params" if method == "GET" else "data": fields}
        answer = self._http.request(method, address, timeout=SECONDS, allow_redirects=False, **content)
        assert answer.is_redirect, answer.status_code
        return urljoin(address, answer.headers["Location"])
