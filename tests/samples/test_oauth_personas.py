"""The sign-in of each EHR that the sandbox plays: what it says of itself, and that it does what it says."""

from __future__ import annotations

import pytest

import samples.fhir
from samples.oauth.discovery import capabilities
from samples.personas import NAMES, persona
from tests.samples.oauth_world import World, query_of

NAMED_BY_ALL = {
    "launch-ehr", "launch-standalone", "authorize-post", "client-public", "client-confidential-symmetric",
    "client-confidential-asymmetric", "sso-openid-connect", "context-banner", "context-style", "context-ehr-patient",
    "context-ehr-encounter", "permission-offline", "permission-patient", "permission-user", "permission-v1",
    "permission-v2",
}  # fmt: skip
"""The capabilities that each of the five smart-configurations in api-evangelist/* names (August 2026)."""
NAMED_BY_SOME = {
    "epic": {"context-standalone-patient"},
    "oracle": {"permission-online"},
    "athena": {"context-standalone-patient"},
    "ecw": {"context-standalone-patient"},
    "canvas": {"context-standalone-patient"},
}
"""Left out is what the sandbox does not do: health-cards, context-passthrough-*, context-standalone-encounter."""


@pytest.mark.parametrize("name", NAMED_BY_SOME)
def test_each_ehr_names_the_capabilities_that_its_published_configuration_names(name):
    assert set(capabilities(persona(name).oauth)) == NAMED_BY_ALL | NAMED_BY_SOME[name]


@pytest.fixture(scope="module", params=NAMES)
def played(request, tmp_path_factory):
    """One persona's practice, its FHIR server beside its sign-in, and its facts."""
    world = World(tmp_path_factory.mktemp("ehr"), settings={"persona": request.param})
    samples.fhir.register(world.app, world.sandbox)
    return world, persona(request.param).oauth


def test_the_configuration_says_what_this_ehr_offers(played):
    world, facts = played
    told = world.get("/fhir/.well-known/smart-configuration").json
    named = set(told["capabilities"])
    assert ("authorize-post" in named) is facts.authorize_post
    assert {f"permission-{version}" for version in facts.advertised} <= named
    assert not set(facts.capabilities_left_out) & named
    assert ("introspection_endpoint" in told) is facts.introspection
    assert ("revocation_endpoint" in told) is facts.revocation
    assert ("registration_endpoint" in told) is facts.registration
    assert ("code_challenge_methods_supported" in told) is facts.pkce_advertised
    assert ("associated_endpoints" in told) is facts.smart_app_state


def test_every_endpoint_that_is_named_exists_and_no_other(played):
    world, facts = played
    told = world.get("/fhir/.well-known/smart-configuration").json
    rules = {rule.rule for rule in world.app.url_map.iter_rules()}
    named = {value for key, value in told.items() if key.endswith(("_endpoint", "_uri"))}
    assert {address.removeprefix("http://localhost:8090") for address in named} <= rules
    assert ("/oauth/introspect" in rules) is facts.introspection
    assert ("/oauth/revoke" in rules) is facts.revocation
    assert ("/oauth/register" in rules) is facts.registration
    assert ("/appstate/Basic" in rules) is facts.smart_app_state
    assert (world.authorize(method="post").status_code == 405) is not facts.authorize_post


def test_a_token_lives_as_long_as_that_ehr_lets_it(played):
    world, facts = played
    tokens = world.tokens()
    assert tokens["expires_in"] == facts.access_token_seconds
    world.clock.forward(facts.access_token_seconds - 1)
    assert world.sandbox.access_for_token(tokens["access_token"])
    world.clock.forward(1)
    assert world.sandbox.access_for_token(tokens["access_token"]) is None


def test_scopes_are_granted_in_the_versions_it_grants(played):
    world, facts = played
    scope = world.tokens(scope="launch patient/Task.crus patient/Condition.read")["scope"]
    expected = {
        ("v1", "v2"): "launch patient/Task.crus patient/Condition.read",
        ("v1",): "launch patient/Task.read patient/Task.write patient/Condition.read",
    }
    assert scope == expected[facts.granted]


def test_pkce_is_required_even_where_it_is_not_named(played):
    world, _ = played
    answer = world.authorize(code_challenge=None, code_challenge_method=None)
    assert query_of(answer)["error"] == "invalid_request"


def test_a_setting_overrides_the_token_life_of_the_persona(tmp_path):
    world = World(tmp_path, settings={"persona": "oracle", "access_token_seconds": 60})
    assert world.tokens()["expires_in"] == 60


def test_the_metadata_names_the_same_addresses_as_the_configuration(played):
    world, _ = played
    (rest,) = world.get("/fhir/metadata").get_json(force=True)["rest"]
    (uris,) = rest["security"]["extension"]
    told = world.get("/fhir/.well-known/smart-configuration").json
    named = {uri["valueUri"] for uri in uris["extension"]}
    assert named <= {value for key, value in told.items() if key.endswith("_endpoint")}
