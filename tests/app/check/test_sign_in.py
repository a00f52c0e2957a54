"""How one signs in: discovery in every shape that EHRs publish it in, PKCE, capabilities, scopes and keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.check.finding import Area, Result, State, result_of
from app.check.report import Run, sections
from app.check.settings_probe import settings_findings
from app.check.subject import Subject
from smart_launch.errors import Unreachable
from smart_launch.key_ring import KeyRing
from smart_launch.keys import make_key, public_jwks
from tests.app.check.site import (
    CAPABILITIES,
    ISS,
    KEYS,
    NOW,
    Site,
    ehr_settings,
    inquiry,
    metadata,
    settings,
    smart_configuration,
)

Findings = Callable[..., dict]
WELL_KNOWN, METADATA = f"{ISS}/.well-known/smart-configuration", f"{ISS}/metadata"
OUR_JWKS = "https://chartside.practice.example/.well-known/jwks.json"
OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


def oauth_uris(**uris: str) -> dict[str, Any]:
    """Metadata as a SMART 1.0 server publishes it."""
    statement = metadata()
    parts = [{"url": name, "valueUri": url} for name, url in uris.items()]
    statement["rest"][0]["security"] = {"extension": [{"url": OAUTH_URIS, "extension": parts}]}
    return statement


@pytest.mark.requirement("client@3")
@pytest.mark.requirement("client@66")
def test_a_server_with_everything_has_nothing_to_remark_on(findings: Findings) -> None:
    told = findings(Area.SIGN_IN)
    assert {finding.state for finding in told.values()} == {State.OK}
    assert told["discovery"].detail["source"] == "/.well-known/smart-configuration"
    assert told["token-endpoint"].detail["url"] == "https://fhir.ehr.example/oauth/token"


def test_an_old_server_that_says_it_in_its_metadata_is_enough(site: Site, findings: Findings) -> None:
    site.answers[WELL_KNOWN] = (404, {})
    site.answers[METADATA] = (
        200,
        oauth_uris(authorize="https://fhir.ehr.example/a", token="https://fhir.ehr.example/t"),
    )
    told = findings(Area.SIGN_IN)
    assert (told["discovery"].state, told["discovery"].detail["source"]) == (State.NOTE, "/metadata")
    assert told["capabilities"].state is State.NOTE
    assert told["token-endpoint"].sentence.endswith("https://fhir.ehr.example/t")


def test_relative_endpoints_and_those_on_another_host_are_named(site: Site, findings: Findings) -> None:
    site.answers[WELL_KNOWN] = (
        200,
        smart_configuration(authorization_endpoint="auth", token_endpoint="https://login.ehr.example/token"),
    )
    told = findings(Area.SIGN_IN)
    assert told["authorization-endpoint"].state is State.NOTE
    assert told["authorization-endpoint"].sentence == (
        f"Where the user signs in: {ISS}/auth (written relative to the FHIR base)"
    )
    assert "on another host, login.ehr.example, which is usual" in told["token-endpoint"].sentence
    assert told["encryption-of-login.ehr.example"].state is State.OK


@pytest.mark.parametrize(
    ("well_known", "meta", "error"),
    [
        ((200, b"<html>Sign in</html>"), (200, b"<html>Sign in</html>"), "DiscoveryError"),
        ((404, {}), (200, {"resourceType": "Conformance", "fhirVersion": "1.0.2"}), "NotFhirR4"),
        ((404, {}), (200, {"resourceType": "CapabilityStatement", "fhirVersion": "3.0.1"}), "NotFhirR4"),
        ((404, {}), (200, metadata()), "NoAuthorization"),
        ((404, {}), (500, {}), "DiscoveryError"),
        ((200, smart_configuration(token_endpoint="http://evil.example/t")), (404, {}), "DiscoveryError"),
        (
            (200, smart_configuration(token_endpoint=None)),
            (200, {"resourceType": "Patient"}),
            "DiscoveryError",
        ),
    ],
)
def test_what_is_no_smart_server_is_told_in_words(
    site: Site, run_of: Callable[..., Run], well_known: Any, meta: Any, error: str
) -> None:
    site.answers |= {WELL_KNOWN: well_known, METADATA: meta}
    done = list(sections(run_of()))
    told = next(part for part in done if part.area is Area.SIGN_IN).findings
    assert [(each.name, each.state, each.detail["error"]) for each in told] == [
        ("discovery", State.FAILED, error)
    ]
    assert result_of(done) is Result.WILL_NOT_WORK
    assert "Sign in<" not in str(done)


@pytest.mark.parametrize("kind", ["timeout", "refused", "reset"])
def test_a_server_that_is_down_was_not_checked(site: Site, run_of: Callable[..., Run], kind: Any) -> None:
    site.answers |= {WELL_KNOWN: Unreachable(kind, sent=False), METADATA: Unreachable(kind, sent=False)}
    assert result_of(list(sections(run_of()))) is Result.NOT_CHECKED


@pytest.mark.requirement("client@6")
def test_pkce_that_is_not_listed_is_used_and_told(site: Site, findings: Findings) -> None:
    site.answers[WELL_KNOWN] = (200, smart_configuration(code_challenge_methods_supported=None))
    pkce = findings(Area.SIGN_IN)["pkce"]
    assert pkce.state is State.NOTE
    assert "uses it all the same" in pkce.sentence


def test_what_is_not_offered_is_told_with_what_happens_instead(site: Site, findings: Findings) -> None:
    site.answers[WELL_KNOWN] = (
        200,
        smart_configuration(
            capabilities=["launch-ehr", "context-ehr-patient", "permission-v2"],
            introspection_endpoint=None,
            revocation_endpoint=None,
        ),
    )
    told = findings(Area.SIGN_IN)
    assert told["smart-app-state"].sentence == "Preferences are not kept; everyone starts with the defaults."
    assert told["revocation-endpoint"].state is State.MISSING
    assert "forgets the tokens" in told["revocation-endpoint"].sentence
    assert told["client-public"].state is State.NOTE
    assert "client-confidential-asymmetric" not in told


@pytest.mark.requirement("client@11")
@pytest.mark.parametrize(
    ("offered", "style", "state"),
    [
        (("v1", "v2"), "v2", State.OK),
        (("v1",), "v2", State.FAILED),
        (("v1",), "v1", State.OK),
        ((), "v2", State.NOTE),
    ],
)
def test_the_spelling_of_scopes_is_advised(
    site: Site, findings: Findings, offered: tuple, style: str, state: State
) -> None:
    listed = [name for name in CAPABILITIES if not name.startswith("permission-v")]
    site.answers[WELL_KNOWN] = (
        200,
        smart_configuration(capabilities=[*listed, *(f"permission-{each}" for each in offered)]),
    )
    told = findings(Area.SCOPES, scope_style=style)["scope-style"]
    assert told.state is state
    assert state is not State.FAILED or 'set scope_style = "v1"' in told.sentence


def test_scopes_that_are_not_listed_are_named_and_broader_ones_count(site: Site, findings: Findings) -> None:
    known = ["openid", "fhirUser", "online_access", "patient/*.read", "patient/Task.write", "user/*.rs"]
    site.answers[WELL_KNOWN] = (200, smart_configuration(scopes_supported=known))
    told = findings(Area.SCOPES)["scopes-supported"]
    assert told.state is State.NOTE
    assert told.detail["not_listed"] == ["patient/CarePlan.crus", "patient/Goal.crus", "patient/Consent.crus"]
    site.answers[WELL_KNOWN] = (200, smart_configuration(scopes_supported=["launch/patient"]))
    sentence = findings(Area.SCOPES)["scopes-supported"].sentence
    assert "Without openid, fhirUser, patient/Patient.rs" in sentence
    assert "no chart opens" in sentence


def test_the_ehrs_keys_are_read(site: Site, findings: Findings) -> None:
    jwks = "https://fhir.ehr.example/oauth/jwks"
    assert (
        findings(Area.KEYS)["ehr-keys"].sentence
        == "The EHR publishes one signing key that Chartside can verify with."
    )
    site.answers[jwks] = (200, {"keys": [{"kty": "oct", "k": "secret"}]})
    assert findings(Area.KEYS)["ehr-keys"].state is State.FAILED
    site.answers[jwks] = (200, b"<html>")
    assert "cannot be read" in findings(Area.KEYS)["ehr-keys"].sentence
    site.answers[jwks] = Unreachable("timeout", sent=True)
    assert findings(Area.KEYS)["ehr-keys"].unanswered


@pytest.mark.requirement("client@10")
def test_our_keys_are_looked_for_where_the_ehr_was_told(
    site: Site, findings: Findings, tmp_path: Path
) -> None:
    def ours(**more: Any) -> dict:
        return findings(Area.KEYS, client_type="asymmetric", **more)

    assert "chartside keys new --algorithm ES384" in ours()["our-keys"].sentence
    ring = KeyRing(tmp_path / "keys")
    made = ring.new("ES384", NOW.timestamp())
    site.answers[OUR_JWKS] = (200, public_jwks(ring.published(NOW.timestamp())))
    told = ours()
    assert told["our-keys"].detail["kid"] == made.kid
    assert told["our-jwks"].state is State.OK
    assert "can only be seen there" in told["our-jwks"].sentence
    site.answers[OUR_JWKS] = (200, KEYS)
    assert ours()["our-jwks"].state is State.FAILED
    site.answers[OUR_JWKS] = Unreachable("refused", sent=False)
    assert (ours()["our-jwks"].state, ours()["our-jwks"].unanswered) == (State.NOTE, False)
    assert ours(public_url="http://127.0.0.1:8080")["our-jwks"].state is State.FAILED


def test_a_key_of_a_file_of_its_own_may_have_been_given_by_hand(site: Site, findings: Findings) -> None:
    site.answers[OUR_JWKS] = (200, KEYS)
    told = findings(Area.KEYS, client_type="asymmetric", signing_key=make_key("ES384", kid="own"))["our-jwks"]
    assert told.state is State.NOTE
    assert "by hand" in told.sentence


def test_an_address_that_is_not_configured_is_told_what_to_paste(tmp_path: Path) -> None:
    other = Subject(f"{ISS}/", None, settings(tmp_path))
    (told,) = settings_findings(other)
    assert told.state is State.FAILED
    assert f"“{ISS}” is configured" in told.sentence
    assert f'iss = "{ISS}/"' in told.detail["toml"]
    (stranger,) = settings_findings(Subject("https://other.example/fhir", vendor_name="epic"))
    assert 'vendor = "epic"' in stranger.detail["toml"]
    assert "but an address must" not in stranger.sentence


def test_the_table_to_paste_is_read_as_settings(tmp_path: Path) -> None:
    """What the check and the registration sheet print is accepted once the marked values are filled in."""
    from cryptography.fernet import Fernet

    from app.check.toml_table import ehr_table
    from app.settings import Settings

    table = ehr_table(ISS, vendor="epic", client_type="public", client_id="abc", label='The "main" one')
    file = tmp_path / "chartside.toml"
    file.write_text(table.replace("https://EHR-SCREENS", "https://screens.ehr.example"))
    loaded = Settings.load(file, {"CHARTSIDE_KEY": Fernet.generate_key().decode()})
    assert (loaded.ehrs[0].iss, loaded.ehrs[0].label, loaded.ehrs[0].vendor) == (
        ISS,
        'The "main" one',
        "epic",
    )


def test_what_is_registered_is_told_for_the_form_at_the_ehr(findings: Findings) -> None:
    told = findings(Area.SETTINGS)
    assert told["our-addresses"].detail == {
        "launch_url": "https://chartside.practice.example/launch",
        "redirect_uri": "https://chartside.practice.example/callback",
    }
    assert findings(Area.SETTINGS, public_url="http://127.0.0.1:8080")["our-addresses"].state is State.FAILED
    assert findings(Area.SETTINGS, admins=())["administrators"].state is State.NOTE


def test_a_secret_in_the_address_is_never_shown() -> None:
    subject = Subject("https://user:secret@ehr.example/r4?access_token=secret#secret")
    assert subject.shown == "https://ehr.example/r4"
    assert "secret" not in str(list(settings_findings(subject)))


def test_the_check_holds_no_secret_of_the_settings(site: Site, tmp_path: Path) -> None:
    ehr = replace(ehr_settings(), client_type="symmetric", client_secret="hush-hush")
    done = list(sections(Run(inquiry(site, Subject(ISS, ehr, settings(tmp_path, ehr))))))
    assert "hush-hush" not in str(done)
    assert all("Authorization" not in headers for _, _, headers in site.received)
