"""What an app reads first: the configuration, the keys, the style; and that the keys outlive a restart."""

from __future__ import annotations

import pytest

from samples.oauth.keys import FILE as KEYS_FILE
from samples.oauth.keys import key_for, signing_keys, write_private
from tests.samples.oauth_world import EHR, FHIR, World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("ehr"))


@pytest.mark.parametrize(
    "address", ["/fhir/.well-known/smart-configuration", "/.well-known/smart-configuration"]
)
def test_the_configuration_names_every_endpoint_of_this_server(world, address):
    told = world.get(address).json
    assert told["issuer"] == FHIR
    assert told["authorization_endpoint"] == f"{EHR}/oauth/authorize"
    assert told["token_endpoint"] == f"{EHR}/oauth/token"
    assert told["introspection_endpoint"] == f"{EHR}/oauth/introspect"
    assert told["revocation_endpoint"] == f"{EHR}/oauth/revoke"
    assert told["jwks_uri"] == f"{EHR}/oauth/jwks"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "plain" not in str(told)
    assert {
        "launch-ehr",
        "launch-standalone",
        "client-confidential-asymmetric",
        "permission-v1",
        "permission-v2",
    } <= set(told["capabilities"])
    assert set(told["token_endpoint_auth_signing_alg_values_supported"]) == {"RS384", "ES384"}


def test_every_endpoint_of_the_configuration_exists(world):
    told = world.get("/.well-known/smart-configuration").json
    rules = {rule.rule for rule in world.app.url_map.iter_rules()}
    assert {
        address.removeprefix(EHR) for key, address in told.items() if key.endswith(("_endpoint", "_uri"))
    } <= rules


def test_the_configuration_may_be_read_from_any_page_and_is_json(world):
    answer = world.get("/.well-known/smart-configuration")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.mimetype == "application/json"


def test_the_published_keys_are_public_and_named(world):
    keys = world.get("/oauth/jwks").json["keys"]
    assert {key["alg"] for key in keys} == {"RS256", "ES384"}
    assert all(key["kid"] and key["use"] == "sig" for key in keys)
    assert not {"d", "p", "q", "dp", "dq", "qi"} & {name for key in keys for name in key}


def test_the_style_has_the_keys_that_smart_names(world):
    style = world.get("/smart-style.json").json
    assert style["color_highlight"].startswith("#")
    assert {"color_background", "color_text", "dim_spacing_size", "font_family_body"} <= set(style)


def test_the_keys_are_made_once_and_for_their_owner_alone(tmp_path):
    first, second = signing_keys(tmp_path), signing_keys(tmp_path)
    assert [key.kid for key in first.keys] == [key.kid for key in second.keys]
    assert (tmp_path / KEYS_FILE).stat().st_mode & 0o777 == 0o600
    assert key_for(second, "RS256").is_private


def test_a_private_file_is_never_written_over(tmp_path):
    write_private(tmp_path / "secret", 1)
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "secret", 2)
    assert (tmp_path / "secret").read_bytes() == b"1"
