"""What the sandbox EHR offers beside a launch, used for real: two readings of each specification must agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from samples.sandbox import sandbox_of
from smart_launch.app_state import AppStateStore, StateCode
from smart_launch.backend_services import SystemClient, system_grant
from smart_launch.discovery import discover
from smart_launch.dynamic_registration import ClientMetadata, register_client
from smart_launch.errors import ClientRefused, Conflict, Forbidden, RegistrationRefused
from smart_launch.fhir_client import SmartClient
from smart_launch.introspection import Introspection, introspect
from smart_launch.key_ring import OVERLAP, REREAD, KeyRing
from smart_launch.keys import load_key
from smart_launch.registration import ClientRegistration
from smart_launch.smart_style import fetch_style
from tests.samples.jwks_host import jwks_host
from tests.smart_launch.test_sandbox import CALLBACK, Practice

SYSTEM = "system/Patient.rs system/Condition.rs"


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    opened = Practice(tmp_path)
    yield opened
    sandbox_of(opened.app).store.close()


def wait(practice: Practice, seconds: float) -> None:
    practice.moment += timedelta(seconds=seconds)


def backend_of(practice: Practice, state_dir: Path) -> ClientRegistration:
    key = load_key(state_dir / "chartside-backend.jwk.json")
    algorithm: Any = key.alg or "ES384"
    return ClientRegistration(
        practice.iss,
        "chartside-backend",
        CALLBACK,
        client_type="asymmetric",
        signing_key=key,
        algorithm=algorithm,
    )


def client_of(practice: Practice, kind: str, *, scope: str) -> SmartClient:
    registration = practice.registration(kind)
    pending, grant = practice.sign_in(registration, scope=scope)
    return SmartClient(registration, pending.configuration, grant, http=practice.http, now=practice.now)


@pytest.mark.requirement("client@26")
def test_a_backend_service_reads_and_may_no_more_than_was_agreed(practice: Practice, tmp_path: Path) -> None:
    registration = backend_of(practice, tmp_path)
    configuration = discover(practice.iss, http=practice.http)
    assert "client_credentials" in configuration.grant_types
    client = SystemClient(
        lambda: registration, configuration, scope=SYSTEM, http=practice.http, now=practice.now
    )
    assert client.grant.is_short_lived
    found = client.get("Patient", {"_count": "3"})
    assert len(found["entry"]) == 3
    assert client.get_capability_statement()["fhirVersion"] == "4.0.1"
    with pytest.raises(Forbidden):
        client.get("Task")
    with pytest.raises(ClientRefused):
        system_grant(
            registration, configuration, scope="system/Task.cud", http=practice.http, now=practice.now
        )


@pytest.mark.requirement("client@26")
def test_a_proof_is_taken_once(practice: Practice, tmp_path: Path) -> None:
    registration = backend_of(practice, tmp_path)
    configuration = discover(practice.iss, http=practice.http)

    def ask() -> object:
        return system_grant(
            registration, configuration, scope=SYSTEM, http=practice.http, now=practice.now, jti="the-same"
        )

    ask()
    with pytest.raises(ClientRefused):
        ask()


@pytest.mark.requirement("client@25")
@pytest.mark.parametrize("kind", ["public", "symmetric", "asymmetric"])
def test_the_ehr_says_what_a_token_is_worth_until_it_ends(practice: Practice, kind: str) -> None:
    client = client_of(practice, kind, scope="openid fhirUser patient/Patient.rs")
    registration, token = practice.registration(kind), client.grant.access_token

    def ask() -> Introspection | None:
        return introspect(registration, client.configuration, token, http=practice.http, now=practice.now)

    found = ask()
    assert found is not None
    assert (found.active, found.client_id) == (True, registration.client_id)
    assert found.context.patient == practice.patient
    assert found.expires_at == pytest.approx(client.grant.expires_at, abs=2)
    assert found.scopes.allows("Patient", "r")
    assert (found.fhir_user or "").endswith("/Practitioner/nurse")
    client.revoke()
    assert ask() == Introspection(active=False)


@pytest.mark.requirement("client@1")
@pytest.mark.parametrize("kind", ["public", "symmetric"])
def test_an_app_that_registers_itself_gets_in(practice: Practice, kind: Any) -> None:
    configuration = discover(practice.iss, http=practice.http)
    metadata = ClientMetadata(
        "Chartside", (CALLBACK,), "launch openid fhirUser patient/Patient.rs", client_type=kind
    )
    made = register_client(configuration, metadata, http=practice.http)
    registration = ClientRegistration(
        practice.iss, made.client_id, CALLBACK, client_type=kind, client_secret=made.client_secret
    )
    pending, grant = practice.sign_in(registration, scope="openid fhirUser patient/Patient.rs")
    client = SmartClient(registration, pending.configuration, grant, http=practice.http, now=practice.now)
    assert client.get(f"Patient/{practice.patient}")["id"] == practice.patient


@pytest.mark.requirement("client@1")
def test_a_redirect_address_in_clear_is_not_registered(practice: Practice) -> None:
    configuration = discover(practice.iss, http=practice.http)
    metadata = ClientMetadata("Chartside", ("http://app.example/callback",), "launch")
    with pytest.raises(RegistrationRefused):
        register_client(configuration, metadata, http=practice.http)


@pytest.mark.requirement("client@10")
@pytest.mark.requirement("client@9")
def test_keys_rotate_while_the_ehr_and_the_app_run(practice: Practice, tmp_path: Path) -> None:
    """The sandbox fetches the JWKS as an EHR does; a key is retired once its successor signs."""
    ring = KeyRing(tmp_path / "ring")
    first = ring.new("ES384", practice.now())
    server = KeyRing(tmp_path / "ring")
    configuration = discover(practice.iss, http=practice.http)
    with jwks_host() as host:
        metadata = ClientMetadata(
            "Chartside", (), SYSTEM, client_type="asymmetric", jwks_uri=host.uri, system=True
        )
        made = register_client(configuration, metadata, http=practice.http)

        def sign_in() -> str | None:
            host.keys = list(KeyRing(tmp_path / "ring").published(practice.now()))
            key = server.signing_key("ES384", practice.now())
            registration = ClientRegistration(
                practice.iss, made.client_id, CALLBACK, client_type="asymmetric", signing_key=key
            )
            system_grant(registration, configuration, scope=SYSTEM, http=practice.http, now=practice.now)
            return key.kid if key else None

        assert sign_in() == first.kid
        second = ring.new("ES384", practice.now())
        wait(practice, REREAD)
        assert sign_in() == first.kid, "the new key is only published yet"
        wait(practice, OVERLAP)
        assert sign_in() == second.kid
        ring.retire(first.kid, practice.now())
        wait(practice, REREAD)
        assert sign_in() == second.kid


@pytest.mark.requirement("client@24")
def test_preferences_are_kept_changed_protected_and_forgotten(practice: Practice) -> None:
    code, url = StateCode("http://127.0.0.1:8080", "preferences"), "http://127.0.0.1:8080/preferences"
    client = client_of(practice, "public", scope="openid fhirUser patient/Patient.rs user/Basic.cuds")
    store = AppStateStore.of(client, code)
    assert store is not None
    assert store.read() is None
    made = store.write({url: '{"text_size": "large"}'}, None)
    assert store.read() == made
    changed = store.write({url: "{}"}, made)
    assert dict(changed.values) == {url: "{}"}
    with pytest.raises(Conflict):
        store.write({url: "late"}, made)
    with pytest.raises(Conflict):
        store.delete(made)
    store.delete(changed)
    assert store.read() is None


@pytest.mark.requirement("client@24")
def test_without_the_scope_there_are_no_preferences_in_the_ehr(practice: Practice) -> None:
    client = client_of(practice, "public", scope="openid fhirUser patient/Patient.rs")
    assert AppStateStore.of(client, StateCode("http://127.0.0.1:8080", "preferences")) is None


@pytest.mark.requirement("client@20")
def test_the_look_of_the_chart_is_read(practice: Practice) -> None:
    client = client_of(practice, "public", scope="openid fhirUser patient/Patient.rs")
    url = client.grant.context.smart_style_url
    assert url is not None
    style = fetch_style(url, http=practice.http)
    assert style is not None
    assert (style.color_highlight, style.dim_spacing_size) == ("#0b5c66", 16.0)
