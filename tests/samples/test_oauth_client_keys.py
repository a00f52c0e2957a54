"""Keys that a client gives out at its own address: fetched once, kept, fetched anew for a new key, and never beyond."""

from __future__ import annotations

import pytest

from samples.oauth.client_keys import FETCHES_A_MINUTE
from samples.oauth.keys import new_key
from tests.samples.jwks_host import jwks_host
from tests.samples.oauth_world import World

ASYMMETRIC = "chartside-asymmetric"


@pytest.fixture
def host():
    with jwks_host() as running:
        running.keys = [new_key("ES384")]
        yield running


@pytest.fixture
def world(tmp_path, host):
    """A practice that fetches the app's keys from the host."""
    return World(tmp_path, settings={"app_jwks_uri": host.uri})


def ask(world, key, **changes):
    """A token request of the backend service, signed with `key`."""
    header = {"alg": "ES384" if key.key_type == "EC" else "RS384", **changes}
    return world.system_token(key=key, header=header)


def test_keys_are_fetched_once_and_kept(world, host):
    for _ in range(3):
        assert ask(world, host.keys[0]).status_code == 200
    assert host.asked == 1


def test_the_settings_name_one_address_for_every_client_that_signs(world, host):
    assert world.exchange(
        world.code(client_id=ASYMMETRIC),
        client_id=ASYMMETRIC,
        **world.assertion_form(world.assertion(key=host.keys[0])),
    ).status_code == 200  # fmt: skip
    assert ask(world, host.keys[0]).status_code == 200


def test_a_rotation_with_overlap_refuses_nothing_at_any_moment(world, host):
    old, new = host.keys[0], new_key("RS384")
    assert ask(world, old).status_code == 200
    host.keys = [new, old]
    assert ask(world, old).status_code == 200
    assert host.asked == 1
    assert ask(world, new).status_code == 200
    assert host.asked == 2
    assert ask(world, old).status_code == 200
    host.keys = [new]
    world.clock.forward(301)
    assert ask(world, new).status_code == 200
    assert ask(world, old).json["error"] == "invalid_client"


def test_a_withdrawn_key_serves_no_longer_than_the_set_is_kept(world, host):
    host.cache_control = "max-age=60"
    old = host.keys[0]
    assert ask(world, old).status_code == 200
    host.keys = [new_key("ES384")]
    world.clock.forward(59)
    assert ask(world, old).status_code == 200
    world.clock.forward(1)
    assert ask(world, old).json["error"] == "invalid_client"


@pytest.mark.parametrize("told", ["no-store", "no-cache, max-age=600", "max-age=0"])
def test_what_may_not_be_kept_is_fetched_each_time(world, host, told):
    host.cache_control = told
    for _ in range(3):
        assert ask(world, host.keys[0]).status_code == 200
    assert host.asked == 3


def test_a_promise_to_keep_for_years_is_cut(world, host):
    host.cache_control = "max-age=999999999"
    assert ask(world, host.keys[0]).status_code == 200
    world.clock.forward(3600)
    assert ask(world, host.keys[0]).status_code == 200
    assert host.asked == 2


def test_made_up_keys_do_not_make_the_server_fetch_without_end(world, host):
    assert ask(world, host.keys[0]).status_code == 200
    for number in range(FETCHES_A_MINUTE + 5):
        assert ask(world, new_key("ES384"), kid=f"made-up-{number}").json["error"] == "invalid_client"
    assert host.asked == FETCHES_A_MINUTE
    assert ask(world, host.keys[0]).status_code == 200
    world.clock.forward(60)
    host.keys.append(new_key("ES384"))
    assert ask(world, host.keys[1]).status_code == 200


def test_an_address_that_fails_refuses_the_client_and_is_asked_again(world, host):
    host.status = "503 Service Unavailable"
    assert ask(world, host.keys[0]).json["error"] == "invalid_client"
    host.status = "200 OK"
    assert ask(world, host.keys[0]).status_code == 200


def test_a_redirect_is_not_followed(world, host):
    host.status = "302 Found"
    assert ask(world, host.keys[0]).json["error"] == "invalid_client"
    assert host.asked == 1


def test_two_keys_of_one_name_are_no_key(world, host):
    other = new_key("ES384")
    twin = type(other).import_key({**other.as_dict(private=True), "kid": host.keys[0].kid})
    host.keys.append(twin)
    assert ask(world, host.keys[0]).json["error"] == "invalid_client"


def test_a_key_of_another_type_than_the_algorithm_is_no_key(world, host):
    rsa = new_key("RS384")
    host.keys = [type(rsa).import_key({**rsa.as_dict(private=True), "kid": "one"})]
    ec = new_key("ES384")
    named = type(ec).import_key({**ec.as_dict(private=True), "kid": "one"})
    assert ask(world, named).json["error"] == "invalid_client"


def test_a_jku_must_be_the_registered_address(world, host):
    assert ask(world, host.keys[0], jku=host.uri).status_code == 200
    for jku in ("https://evil.example/jwks", host.uri + "?"):
        assert ask(world, host.keys[0], jku=jku).json["error"] == "invalid_client"
