"""The public keys of this installation, as an EHR fetches them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import create_app
from app.sessions import COOKIE
from smart_launch.keys import make_key

ADDRESS = "/.well-known/jwks.json"
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.fixture
def with_keys(settings, clock):
    """A client of an app with one key file and, from the start, one key in its ring."""
    named = make_key("RS384", kid="hospital-2026")
    ehr = replace(settings.ehrs[0], client_type="asymmetric", signing_key=named)
    changed = replace(settings, ehrs=(ehr,), keys_folder=settings.state_dir / "keys")
    changed.key_ring.new("ES384", clock())
    return changed, create_app(changed, now=clock).test_client()


@pytest.mark.requirement("client@10")
def test_every_key_is_published_with_its_public_part_alone(with_keys, clock) -> None:
    settings, browser = with_keys
    answer = browser.get(ADDRESS)
    keys = {key["kid"]: key for key in answer.json["keys"]}
    (ring,) = settings.key_ring.published(clock())
    assert set(keys) == {"hospital-2026", ring.kid}
    assert {key["alg"] for key in keys.values()} == {"RS384", "ES384"}
    assert {key["use"] for key in keys.values()} == {"sig"}
    assert [name for key in keys.values() for name in key if name in PRIVATE] == []


@pytest.mark.requirement("client@10")
def test_a_new_key_is_published_before_it_signs_and_beside_the_old_one(with_keys, clock) -> None:
    settings, browser = with_keys
    old = settings.key_ring.signing_key("ES384", clock())
    clock.pass_by(hours=48)
    new = settings.key_ring.new("ES384", clock())
    assert settings.key_ring.signing_key("ES384", clock()).kid == old.kid
    assert {old.kid, new.kid} < {key["kid"] for key in browser.get(ADDRESS).json["keys"]}


@pytest.mark.requirement("client@10")
def test_anybody_may_read_and_keep_it_for_five_minutes(with_keys) -> None:
    _, browser = with_keys
    browser.set_cookie(COOKIE, "x" * 43)
    answer = browser.get(ADDRESS, headers={"Origin": "https://ehr.example"})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


def test_no_key_is_an_answer_too(browser) -> None:
    assert browser.get(ADDRESS).json == {"keys": []}


def test_what_is_not_published_stays_out_of_every_cache(browser) -> None:
    for address in ("/", "/help", "/healthz", "/.well-known/other"):
        answer = browser.get(address)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers
