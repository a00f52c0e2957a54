"""Every way in which an id_token can lie, and the one in which it is true."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from typing import Any

import orjson
import pytest
import responses
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import IdTokenError, Unreachable
from smart_launch.id_token import Identity, verify_id_token
from smart_launch.issuer_keys import KEPT_SECONDS, MOST
from smart_launch.keys import Key, make_key, public_jwks
from smart_launch.transport import Http
from tests.smart_launch.conftest import (
    CLIENT_ID,
    CONFIGURATION,
    ISS,
    ISSUER,
    JWKS_URL,
    NONCE,
    NOW,
    id_claims,
    p256_key,
    signed,
)

pytestmark = pytest.mark.requirement("client@13")


def verify(
    token: str,
    http: Http,
    configuration: SmartConfiguration = CONFIGURATION,
    now: float = NOW,
    iss: str = ISS,
) -> Identity:
    return verify_id_token(
        token, iss=iss, configuration=configuration, client_id=CLIENT_ID, nonce=NONCE, http=http, now=now
    )


@pytest.fixture
def published(ehr: responses.RequestsMock, issuer_key: Key) -> responses.RequestsMock:
    ehr.get(JWKS_URL, json=public_jwks([issuer_key]))
    return ehr


def test_a_good_token_names_the_user_of_this_ehr(
    published: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    assert verify(signed(id_claims(), issuer_key), http) == Identity("nurse", "Practitioner/nurse")
    assert "Authorization" not in published.calls[0].request.headers


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": ISSUER + "/"}, "iss"),
        ({"iss": None}, "iss"),
        ({"iss": [ISSUER]}, "iss"),
        ({"aud": "another-app"}, "aud"),
        ({"aud": ["another-app"]}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": {"a": CLIENT_ID}}, "aud"),
        ({"aud": [CLIENT_ID, "another-app"]}, "azp"),
        ({"aud": [CLIENT_ID, "another-app"], "azp": "another-app"}, "azp"),
        ({"azp": "another-app"}, "azp"),
        ({"azp": ""}, "azp"),
        ({"exp": int(NOW) - 61}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": int(NOW) + 120}, "iat"),
        ({"nbf": int(NOW) + 120}, "nbf"),
        ({"nonce": "of another launch"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": ""}, "nonce"),
        ({"nonce": [NONCE]}, "nonce"),
        ({"sub": None}, "sub"),
        ({"sub": 7}, "sub"),
    ],
)
def test_a_wrong_claim_is_named(
    changes: dict[str, Any], detail: str, published: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    with pytest.raises(IdTokenError) as raised:
        verify(signed(id_claims(**changes), issuer_key), http)
    assert raised.value.detail == detail


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another-app"], "azp": CLIENT_ID},
        {"azp": CLIENT_ID},
        {"exp": int(NOW) - 30},
        {"iat": int(NOW) + 30},
        {"iat": None},
    ],
)
def test_what_the_standard_allows_is_taken(
    changes: dict[str, Any], published: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    assert verify(signed(id_claims(**changes), issuer_key), http).subject == "nurse"


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    parts = (base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in (header, claims))
    return ".".join([*parts, signature])


@pytest.mark.parametrize(
    "algorithm",
    ["none", "None", "HS256", "HS384", "PS256", "RS512", "ES512", "EdDSA", "", None, ["RS384"], {"a": 1}, 7],
)
def test_an_algorithm_that_is_not_listed_is_refused_before_a_key_is_fetched(
    algorithm: Any, ehr: responses.RequestsMock, http: Http
) -> None:
    with pytest.raises(IdTokenError):
        verify(unsigned({"alg": algorithm, "kid": "issuer-1"}, id_claims(), "c2ln"), http)
    assert len(ehr.calls) == 0


@pytest.mark.requirement("client@13")
@pytest.mark.parametrize(
    "beside",
    [
        {"kty": "EC", "crv": "brainpoolP256r1", "x": "AA", "y": "AA", "kid": "issuer-2"},
        {"kty": "EC", "crv": ["P-384"], "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "RSA", "n": "AQAB"},
        {"kty": "RSA", "n": 5, "e": {}},
    ],
    ids=lambda item: f"{item['kty']} {item.get('crv', '')}",
)
def test_a_key_that_cannot_be_used_does_not_spoil_those_beside_it(
    beside: dict[str, Any], ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    ehr.get(JWKS_URL, json={"keys": [beside, *public_jwks([issuer_key])["keys"]]})
    assert verify(signed(id_claims(), issuer_key), http).subject == "nurse"


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(http: Http, issuer_key: Key) -> None:
    written = unsigned({"alg": "HS256", "kid": "issuer-1"}, id_claims()).rstrip(".")
    digest = hmac.digest(issuer_key.as_pem(private=False), written.encode(), "sha256")
    token = f"{written}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    with pytest.raises(IdTokenError, match="algorithm"):
        verify(token, http)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c", "a.b.c.d.e", "....", "eyJhbGciOiJSUzM4NCJ9..", "ü.ü.ü", "\x00.\x00.\x00"],
)
def test_what_is_no_token_is_refused(token: str, ehr: responses.RequestsMock, http: Http) -> None:
    with pytest.raises(IdTokenError):
        verify(token, http)
    assert len(ehr.calls) == 0


def test_claims_that_are_no_object_are_refused(http: Http) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"RS384"}').decode().rstrip("=")
    with pytest.raises(IdTokenError):
        verify(f"{header}.{base64.urlsafe_b64encode(b'[1]').decode().rstrip('=')}.c2ln", http)


def test_a_changed_payload_breaks_the_signature(
    published: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    header, _, signature = signed(id_claims(), issuer_key).split(".")
    forged = unsigned({}, id_claims(fhirUser=f"{ISS}/Practitioner/physician")).split(".")[1]
    with pytest.raises(IdTokenError, match="signature"):
        verify(f"{header}.{forged}.{signature}", http)


def test_another_key_under_the_same_kid_breaks_the_signature(
    published: responses.RequestsMock, http: Http
) -> None:
    with pytest.raises(IdTokenError, match="signature"):
        verify(signed(id_claims(), make_key("RS384", kid="issuer-1")), http)


def with_header(header: dict[str, Any], key: Key) -> str:
    registry = jws.JWSRegistry(algorithms=["RS384"], strict_check_header=False)
    registry.max_header_length = 10_000
    return jwt.encode({"alg": "RS384", **header}, id_claims(), key, registry=registry)


def test_a_key_carried_in_the_token_itself_is_never_used(
    published: responses.RequestsMock, http: Http
) -> None:
    own = make_key("RS384", kid="mine")
    carried = {"kid": "mine", "jwk": own.as_dict(private=False), "jku": "https://evil.example/jwks"}
    with pytest.raises(IdTokenError, match="key"):
        verify(with_header(carried, own), http)
    assert {call.request.url for call in published.calls} == {JWKS_URL}


def test_header_parameters_of_real_issuers_are_ignored(
    published: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    header = {"kid": "issuer-1", "pi.atm": "7", "x5t": "abc", "x5c": [base64.b64encode(b"x" * 1500).decode()]}
    assert verify(with_header(header, issuer_key), http).subject == "nurse"


def test_a_critical_header_parameter_that_is_not_understood_is_refused(
    published: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    protected = unsigned(
        {"alg": "RS384", "kid": "issuer-1", "crit": ["exp2"], "exp2": 1}, id_claims()
    ).rstrip(".")
    signature = issuer_key.raw_value.sign(protected.encode(), padding.PKCS1v15(), hashes.SHA384())
    with pytest.raises(IdTokenError, match="not a signed token"):
        verify(f"{protected}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}", http)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "ES256", "ES384"])
def test_the_four_algorithms_are_verified(algorithm: Any, ehr: responses.RequestsMock, http: Http) -> None:
    key: Any = {"ES256": p256_key("k"), "ES384": make_key("ES384", kid="k")}.get(
        algorithm
    ) or RSAKey.generate_key(2048, {"kid": "k"})
    ehr.get(JWKS_URL, json={"keys": [{**key.as_dict(private=False), "use": "sig"}]})
    assert verify(signed(id_claims(), key, algorithm), http).subject == "nurse"


@pytest.mark.parametrize(
    "change", [{"use": "enc"}, {"alg": "RS256"}, {"kid": "other"}, {"kty": "EC"}, {"kty": "oct"}]
)
def test_a_key_for_another_purpose_is_not_used(
    change: dict[str, str], ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    ehr.get(JWKS_URL, json={"keys": [{**issuer_key.as_dict(private=False), **change}]})
    with pytest.raises(IdTokenError, match="key"):
        verify(signed(id_claims(), issuer_key), http)


def test_a_key_of_an_unknown_kind_does_not_spoil_the_others(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    strange = [
        {"kty": "AKP", "alg": "ML-DSA-44"},
        {"kty": "EC", "crv": "P-256"},
        "key",
        None,
        {"kty": ["RSA"]},
    ]
    ehr.get(JWKS_URL, json={"keys": [*strange, *public_jwks([issuer_key])["keys"]]})
    assert verify(signed(id_claims(), issuer_key), http).subject == "nurse"


def test_a_token_without_kid_is_good_only_where_one_key_fits(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    token = signed(id_claims(), issuer_key, kid=None)
    ehr.get(JWKS_URL, json=public_jwks([issuer_key, make_key("ES384", kid="e")]))
    assert verify(token, http).subject == "nurse"
    ehr.replace(responses.GET, JWKS_URL, json=public_jwks([issuer_key, make_key("RS384", kid="second")]))
    with pytest.raises(IdTokenError, match="key"):
        verify(token, Http())


def test_keys_are_kept_and_fetched_again_once_when_a_new_one_signs(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    ehr.get(JWKS_URL, json=public_jwks([issuer_key]))
    verify(signed(id_claims(), issuer_key), http)
    verify(signed(id_claims(), issuer_key), http)
    assert len(ehr.calls) == 1
    rotated = make_key("RS384", kid="issuer-2")
    ehr.replace(responses.GET, JWKS_URL, json=public_jwks([issuer_key, rotated]))
    assert verify(signed(id_claims(), rotated), http).subject == "nurse"
    assert len(ehr.calls) == 2
    with pytest.raises(IdTokenError, match="key"):
        verify(signed(id_claims(), make_key("RS384", kid="issuer-3")), http)
    assert len(ehr.calls) == 3


def test_keys_are_not_kept_for_ever(published: responses.RequestsMock, http: Http, issuer_key: Key) -> None:
    later = NOW + KEPT_SECONDS + 1
    verify(signed(id_claims(), issuer_key), http)
    verify(signed(id_claims(exp=int(later) + 300), issuer_key), http, now=later)
    assert len(published.calls) == 2


def test_an_ehr_that_names_other_keys_each_time_fills_no_memory(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    token = signed(id_claims(), issuer_key)
    for number in range(MOST + 2):
        url = f"{JWKS_URL}/{number}"
        ehr.get(url, json=public_jwks([issuer_key]))
        verify(token, http, replace(CONFIGURATION, jwks_uri=url))
    for number in (MOST + 1, 0):
        verify(token, http, replace(CONFIGURATION, jwks_uri=f"{JWKS_URL}/{number}"))
    assert len(ehr.calls) == MOST + 3, "the newest is still kept, the oldest is fetched again"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404},
        {"body": "<html>"},
        {"json": {"keys": "none"}},
        {"json": []},
        {"status": 302},
        {"body": '{"keys'},
    ],
)
def test_unreadable_keys_verify_nobody(
    answer: dict[str, Any], ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    ehr.get(JWKS_URL, **answer)
    with pytest.raises(IdTokenError, match="keys unreadable"):
        verify(signed(id_claims(), issuer_key), http)


def test_keys_that_cannot_be_reached_are_unreachable(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    with pytest.raises(Unreachable):
        verify(signed(id_claims(), issuer_key), http)


@pytest.mark.parametrize(
    ("changes", "user"),
    [
        ({}, "Practitioner/nurse"),
        ({"fhirUser": "Practitioner/nurse"}, "Practitioner/nurse"),
        (
            {"fhirUser": "https://people.example/fhir/Practitioner/7"},
            "https://people.example/fhir/Practitioner/7",
        ),
        ({"fhirUser": f"{ISS}.evil.example/Practitioner/7"}, f"{ISS}.evil.example/Practitioner/7"),
        ({"fhirUser": None, "profile": "Practitioner/old"}, "Practitioner/old"),
        ({"fhirUser": "nurse"}, None),
        ({"fhirUser": "Practitioner/../x"}, None),
        ({"fhirUser": "javascript:Practitioner/1"}, None),
        ({"fhirUser": f"{ISS}/Observation/7"}, None),
        ({"fhirUser": 7}, None),
        ({"fhirUser": None}, None),
    ],
)
def test_the_user_is_relative_in_this_ehr_and_absolute_elsewhere(
    changes: dict[str, Any], user: str | None, published: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    assert verify(signed(id_claims(**changes), issuer_key), http).fhir_user == user


SILENT = replace(CONFIGURATION, issuer=None, jwks_uri=None)
OPENID = "/.well-known/openid-configuration"


def test_an_old_server_says_its_issuer_in_its_openid_configuration(
    published: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    published.get(ISSUER + OPENID, json={"issuer": ISSUER, "jwks_uri": JWKS_URL})
    assert verify(signed(id_claims(), issuer_key), http, SILENT).subject == "nurse"
    keyless = replace(CONFIGURATION, jwks_uri=None)
    assert verify(signed(id_claims(), issuer_key), http, keyless).subject == "nurse"


@pytest.mark.parametrize(
    ("claimed", "document"),
    [
        ("https://evil.example", {"issuer": "https://evil.example", "jwks_uri": JWKS_URL}),
        ("http://auth.ehr.example", {"issuer": "http://auth.ehr.example", "jwks_uri": JWKS_URL}),
        (ISSUER, {"issuer": "https://evil.example", "jwks_uri": JWKS_URL}),
        (ISSUER, {"issuer": ISSUER}),
        (ISSUER, {"issuer": ISSUER, "jwks_uri": "http://auth.ehr.example/jwks"}),
        (ISSUER, {}),
        (None, {}),
    ],
)
def test_a_claimed_issuer_is_believed_only_on_the_ehrs_own_servers_and_by_its_own_word(
    claimed: str | None,
    document: dict[str, str],
    published: responses.RequestsMock,
    http: Http,
    issuer_key: Key,
) -> None:
    published.get(f"{claimed}{OPENID}", json=document)
    with pytest.raises(IdTokenError, match="iss"):
        verify(signed(id_claims(iss=claimed), issuer_key), http, SILENT)
    asked = {call.request.url for call in published.calls}
    assert asked <= {ISSUER + OPENID}
