"""An EHR in the same process: SMART discovery, token endpoint with PKCE, signed id_token, revocation, three reads.

It is mounted on the app's one sender, so everything between the app and the wire is the real thing, and it keeps what
it received, because what matters is what an EHR gets to see.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask.testing import FlaskClient
from joserfc import jwt
from requests.adapters import BaseAdapter
from werkzeug.test import TestResponse

from smart_launch.keys import make_key, public_jwks

ISS = "https://fhir.ehr.example/r4"
NURSE = {"resourceType": "Practitioner", "id": "nurse", "name": [{"family": "Whitfield", "given": ["Dana"]}]}
Answer = tuple[int, Any]
_KEY = make_key("ES384", kid="ehr-1")


class FakeEhr(BaseAdapter):
    """`failures` maps an address's ending to what is answered there instead; an exception is raised."""

    def __init__(
        self, now: Callable[[], float], *, iss: str = ISS, login: str = "https://login.ehr.example"
    ) -> None:
        super().__init__()
        self._iss = iss
        self._login = login
        self._now = now
        self._codes: dict[str, dict[str, Any]] = {}
        self.received: list[tuple[str, str, dict[str, str]]] = []
        self.failures: dict[str, Answer | Exception] = {}
        self.secrets: list[str] = []
        self.revoked: list[str] = []
        self.issued: list[list[str]] = []
        self.renewed_context: dict[str, Any] = {"patient": "margery"}
        self.refreshes = 0
        self.lifetime = 3600
        self.user = "nurse"
        self.resources: dict[str, dict[str, Any]] = {"Practitioner/nurse": NURSE}

    # What a browser sees of it.

    def begin(self, browser: FlaskClient, path: str = f"/launch?iss={ISS}&launch=xyz") -> dict[str, str]:
        """Follows our redirect to its authorization endpoint and gives the parameters that came."""
        answer = browser.get(path)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.location)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://login.ehr.example/authorize"
        return {name: values[0] for name, values in parse_qs(parts.query).items()}

    def code_for(self, asked: dict[str, str], **context: Any) -> str:
        """A code for what was asked, as after a login. `patient`, `intent` ... become the launch context."""
        code = self._secret()
        self._codes[code] = {"asked": asked, "context": {"patient": "margery", **context}}
        return code

    def launch(self, browser: FlaskClient, **context: Any) -> TestResponse:
        """A whole launch from the chart: the answer to the callback."""
        asked = self.begin(browser)
        code = self.code_for(asked, **context)
        self.secrets += [asked["state"], asked["nonce"]]
        return browser.get(f"/callback?state={asked['state']}&code={code}")

    # What the app's sender sees of it.

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        url, body = str(request.url), request.body or b""
        form = parse_qs(body.decode() if isinstance(body, bytes) else body)
        self.received.append((str(request.method), url, {name: values[0] for name, values in form.items()}))
        for ending, failure in self.failures.items():
            if url.endswith(ending):
                if isinstance(failure, Exception):
                    raise failure
                return self._response(request, *failure)
        return self._response(request, *self._answer(url, self.received[-1][2]))

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, url: str, form: dict[str, str]) -> Answer:
        if url.endswith("/.well-known/smart-configuration"):
            return 200, {
                "issuer": self._iss,
                "jwks_uri": f"{self._login}/jwks",
                "authorization_endpoint": f"{self._login}/authorize",
                "token_endpoint": f"{self._login}/token",
                "revocation_endpoint": f"{self._login}/revoke",
                "code_challenge_methods_supported": ["S256"],
            }
        if url.endswith("/jwks"):
            return 200, public_jwks([_KEY])
        if url.endswith("/token"):
            return self._token(form)
        if url.endswith("/revoke"):
            self.revoked.append(form["token"])
            return 200, {}
        resource = self.resources.get(url.removeprefix(f"{self._iss}/"))
        return (200, resource) if resource else (404, {"resourceType": "OperationOutcome", "issue": []})

    def _token(self, form: dict[str, str]) -> Answer:
        if form["grant_type"] == "refresh_token":
            self.refreshes += 1
            return 200, self._tokens(self.renewed_context)
        launch = self._codes.pop(form["code"], None)
        if launch is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != launch["asked"]["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        claims = {
            "iss": self._iss,
            "sub": self.user,
            "aud": form["client_id"],
            "exp": int(self._now()) + 300,
            "iat": int(self._now()),
            "nonce": launch["asked"]["nonce"],
            "fhirUser": f"{self._iss}/Practitioner/{self.user}",
        }
        header = {"alg": "ES384", "kid": "ehr-1", "typ": "JWT"}
        id_token = jwt.encode(header, claims, _KEY, algorithms=["ES384"])
        self.secrets.append(id_token)
        return 200, {
            **self._tokens(launch["context"]),
            "scope": launch["asked"]["scope"],
            "id_token": id_token,
        }

    def _tokens(self, context: dict[str, Any]) -> dict[str, Any]:
        self.issued.append([self._secret(), self._secret()])
        access, renewal = self.issued[-1]
        return {
            "access_token": access,
            "refresh_token": renewal,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            **context,
        }

    def _secret(self) -> str:
        self.secrets.append(secrets.token_urlsafe(24))
        return self.secrets[-1]

    @staticmethod
    def _response(request: requests.PreparedRequest, status: int, body: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = status
        response.request = request
        response.url = str(request.url)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response.headers["Content-Type"] = "text/html" if isinstance(body, bytes) else "application/json"
        response.raw = io.BytesIO(content)
        return response
