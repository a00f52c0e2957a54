"""A small practice behind a real authorization server, and an app that talks to it as a careful client would.

The app here shares no code with smart_launch: two sides that were written from one helper would agree on its mistakes.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from werkzeug.test import TestResponse

import samples.cast.staff
import samples.chart
import samples.oauth
from samples.fhir.store import Store
from samples.oauth.clients import BACKEND_KEY_FILE, KEY_FILE
from samples.oauth.clients import FILE as CLIENTS_FILE
from samples.oauth.keys import FILE as KEYS_FILE
from samples.oauth.keys import signing_keys
from samples.sandbox import Sandbox
from samples.settings import SandboxSettings

EHR = "http://localhost:8090"
FHIR = f"{EHR}/fhir"
TOKEN_URL = f"{EHR}/oauth/token"
CALLBACK = "http://127.0.0.1:8080/callback"
VERIFIER = "a-verifier-of-enough-length-to-be-one-0123456789"
SCOPE = "launch openid fhirUser online_access patient/*.cruds user/Practitioner.rs"
STANDALONE_SCOPE = "launch/patient openid fhirUser online_access patient/*.cruds"

PATIENTS: tuple[dict[str, Any], ...] = (
    {
        "resourceType": "Patient",
        "id": "ada",
        "name": [{"use": "official", "family": "Ardmore", "given": ["Ada"]}],
        "birthDate": "1950-02-03",
        "gender": "female",
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "system": "urn:mrn", "value": "RB-1"}],
    },
    {
        "resourceType": "Patient",
        "id": "ben",
        "name": [{"family": "Birch", "given": ["Ben"]}],
        "gender": "male",
    },
    {
        "resourceType": "Encounter",
        "id": "visit",
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [{"text": "Office visit"}],
        "subject": {"reference": "Patient/ada"},
        "period": {"start": "2026-11-02T09:00:00-05:00", "end": "2026-11-02T09:20:00-05:00"},
    },
)


@dataclass
class Clock:
    """The time of the practice, which moves only when a test says so."""

    moment: datetime = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    @property
    def seconds(self) -> int:
        return int(self.moment.timestamp())

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class World:
    """One practice; `browser` is what a person or the app's server sends requests with."""

    state_dir: Path
    clock: Clock = field(default_factory=Clock)
    resources: tuple[dict[str, Any], ...] = PATIENTS
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _spare_the_keys(self.state_dir)
        settings = SandboxSettings(
            state_dir=self.state_dir, **{"app_redirect_uris": (CALLBACK,), **self.settings}
        )
        store = Store(self.state_dir / "ehr.sqlite", fhir_base=settings.fhir_base, now=self.clock)
        if not store.count("Patient"):
            store.load([*samples.cast.staff.resources(), *self.resources])
        self.app = Flask("sandbox")
        self.sandbox = Sandbox(settings, store, now=self.clock)
        samples.chart.register(self.app, self.sandbox)
        samples.oauth.register(self.app, self.sandbox)
        self.browser = self.app.test_client()

    def get(self, address: str, **query: str) -> TestResponse:
        return self.browser.get(address, base_url=EHR, query_string=query or None)

    def post(self, address: str, **form: str) -> TestResponse:
        return self.browser.post(address, base_url=EHR, data=form)

    def launch(self, client_id: str = "chartside", **query: str) -> str:
        """Opens the app from the chart and gives the launch value that the app is handed."""
        answer = self.get(f"/launch/{client_id}", **{"patient": "ada", "user": "nurse", **query})
        assert answer.status_code == 302, answer.text
        return query_of(answer)["launch"]

    def authorize(self, *, method: str = "get", **changes: str | None) -> TestResponse:
        """An authorization request with a fresh launch; a change to None leaves a parameter out."""
        asked = {**self.request_parameters(), **changes}
        if "launch" not in asked:
            asked["launch"] = self.launch(str(asked["client_id"]))
        send = self.get if method == "get" else self.post
        return send("/oauth/authorize", **{name: value for name, value in asked.items() if value is not None})

    def request_parameters(self) -> dict[str, str | None]:
        return {
            "response_type": "code",
            "client_id": "chartside",
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": "a-state",
            "aud": FHIR,
            "nonce": "a-nonce",
            "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256",
        }

    def code(self, **changes: str | None) -> str:
        answer = self.authorize(**changes)
        assert "code" in query_of(answer), answer.location
        return query_of(answer)["code"]

    def exchange(self, code: str, /, *, client_id: str = "chartside", **changes: str | None) -> TestResponse:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self.as_client("/oauth/token", client_id=client_id, **{**form, **changes})

    def refresh(
        self, refresh_token: str, *, client_id: str = "chartside", **changes: str | None
    ) -> TestResponse:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.as_client("/oauth/token", client_id=client_id, **{**form, **changes})

    def as_client(self, address: str, *, client_id: str, **form: str | None) -> TestResponse:
        """A request of the app's server, authenticated in the way of that client."""
        sent = {name: value for name, value in form.items() if value is not None}
        headers = {}
        if client_id == "chartside-symmetric":
            secret = orjson.loads((self.state_dir / CLIENTS_FILE).read_bytes())[client_id]["client_secret"]
            headers["Authorization"] = basic(client_id, secret)
        elif client_id == "chartside-asymmetric":
            sent = {**self.assertion_form(), **sent}
        else:
            sent = {"client_id": client_id, **sent}
        return self.browser.post(address, base_url=EHR, data=sent, headers=headers)

    def tokens(self, *, client_id: str = "chartside", **changes: str | None) -> dict[str, Any]:
        """A whole launch, down to the token response."""
        answer = self.exchange(self.code(client_id=client_id, **changes), client_id=client_id)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def is_active(self, token: str, *, client_id: str = "chartside") -> bool:
        return bool(self.as_client("/oauth/introspect", client_id=client_id, token=token).json["active"])

    def registered_key(self) -> ECKey:
        return ECKey.import_key(orjson.loads((self.state_dir / KEY_FILE).read_bytes()))

    def system_token(self, scope: str | None = "system/*.rs", **claims: Any) -> TestResponse:
        """The token request of the backend service, its assertion changed by `claims`."""
        form = self.assertion_form(self.backend_assertion(**claims))
        asked = {"grant_type": "client_credentials", **form} | ({"scope": scope} if scope is not None else {})
        return self.post("/oauth/token", **asked)

    def backend_assertion(self, *, key: Any = None, **claims: Any) -> str:
        own = ECKey.import_key(orjson.loads((self.state_dir / BACKEND_KEY_FILE).read_bytes()))
        return self.assertion(
            key=key or own, **{"iss": "chartside-backend", "sub": "chartside-backend", **claims}
        )

    def change_client(self, client_id: str, **entry: Any) -> World:
        """The same practice after a restart, with that entry for a client in its file."""
        path = self.state_dir / CLIENTS_FILE
        clients = orjson.loads(path.read_bytes())
        clients[client_id] = {**clients.get(client_id, {}), **entry}
        path.write_bytes(orjson.dumps(clients))
        return World(self.state_dir, self.clock, settings=self.settings)

    def register_key(self, key: RSAKey | ECKey) -> World:
        """The same practice after a restart, with that public key on file for the asymmetric client."""
        path = self.state_dir / CLIENTS_FILE
        clients = orjson.loads(path.read_bytes())
        clients["chartside-asymmetric"] = {"jwks": {"keys": [key.as_dict(private=False)]}}
        path.write_bytes(orjson.dumps(clients))
        return World(self.state_dir, self.clock)

    def assertion_form(self, assertion: str = "") -> dict[str, str]:
        return {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.assertion(),
        }

    def assertion(self, *, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        key = key or self.registered_key()
        head = {"alg": "ES384", "typ": "JWT", "kid": key.kid, **(header or {})}
        said = {
            "iss": "chartside-asymmetric",
            "sub": "chartside-asymmetric",
            "aud": TOKEN_URL,
            "exp": self.clock.seconds + 240,
            "jti": secrets.token_urlsafe(16),
            **claims,
        }
        head, said = (
            {name: value for name, value in part.items() if value is not None} for part in (head, said)
        )
        return jwt.encode(head, said, key, algorithms=[head["alg"]])


@cache
def _made_keys() -> bytes:
    """One set of the sandbox's signing keys for all tests: an RSA key takes longer to make than a test to run."""
    with TemporaryDirectory() as folder:
        signing_keys(Path(folder))
        return (Path(folder) / KEYS_FILE).read_bytes()


def _spare_the_keys(state_dir: Path) -> None:
    path = state_dir / KEYS_FILE
    if not path.exists():
        path.write_bytes(_made_keys())


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def query_of(answer: TestResponse) -> dict[str, str]:
    """The query of the address that an answer redirects to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location or "").query).items()}


def went_to_app(answer: TestResponse) -> bool:
    return (answer.location or "").split("?")[0] == CALLBACK
