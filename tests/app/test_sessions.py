"""The cookie is what a frame of another site keeps; everything else about the session stays here."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.sessions import COOKIE, KIND, Sessions
from app.store import Store
from tests.app.fake_ehr import ISS, FakeEhr


@pytest.fixture
def store(settings, clock) -> Store:
    return Store(settings.state_dir / "s.sqlite", settings.fernet, now=clock)


@pytest.fixture
def sessions(store: Store, settings, clock) -> Sessions:
    return Sessions(store, settings, clock)


def test_the_cookie_is_opaque_and_has_every_attribute_that_a_frame_needs(
    browser: FlaskClient, ehr: FakeEhr
) -> None:
    header = browser.get(f"/launch?iss={ISS}&launch=x").headers["Set-Cookie"]
    value, *attributes = header.split("; ")
    assert set(attributes) == {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"}
    name, _, opaque = value.partition("=")
    assert (name, len(opaque)) == ("__Host-chartside", 43)


def test_plain_pages_set_no_cookie(browser: FlaskClient) -> None:
    for path in ("/", "/help", "/healthz", "/callback?state=x", "/nowhere"):
        assert "Set-Cookie" not in browser.get(path).headers


def test_ids_tokens_and_owners_are_all_different(sessions: Sessions) -> None:
    begun = [sessions.begin() for _ in range(20)]
    assert len({text for one in begun for text in (one.id, one.csrf_token, one.owner)}) == 60


def test_a_renewed_session_keeps_owner_and_form_token_under_a_new_id(sessions: Sessions) -> None:
    before = sessions.begin()
    after = sessions.renew(before)
    assert (after.owner, after.csrf_token) == (before.owner, before.csrf_token)
    assert after.id != before.id
    assert sessions.find(before.id) is None
    assert sessions.find(after.id) == after


def test_a_request_under_way_does_not_bring_a_renewed_id_back(sessions: Sessions, clock) -> None:
    before = sessions.begin()
    clock.pass_by(minutes=1)
    sessions.renew(before)
    sessions.seen(before)
    sessions.accept(before, "riverbend")
    assert sessions.find(before.id) is None


def test_the_idle_time_runs_from_the_last_use(sessions: Sessions, clock) -> None:
    session = sessions.begin()
    clock.pass_by(minutes=20)
    session = sessions.seen(session)
    clock.pass_by(minutes=20)
    kept = sessions.find(session.id)
    assert kept
    assert not sessions.is_idle(kept)
    clock.pass_by(minutes=10)
    assert sessions.is_idle(kept)


def test_a_session_is_gone_after_its_hours(sessions: Sessions, clock) -> None:
    session = sessions.begin()
    clock.pass_by(hours=12)
    assert sessions.find(session.id) is None


def test_the_ehrs_of_a_session_are_noted_once(sessions: Sessions) -> None:
    session = sessions.begin()
    for name in ("riverbend", "hillside", "riverbend"):
        session = sessions.accept(session, name)
    assert sessions.find(session.id) == session
    assert session.ehrs == ("riverbend", "hillside")


def test_the_repr_holds_no_secret(sessions: Sessions) -> None:
    session = sessions.begin()
    for secret in (session.id, session.owner, session.csrf_token):
        assert secret not in repr(session)


def test_a_session_of_a_lost_key_is_no_session(sessions: Sessions, store: Store, clock) -> None:
    session = sessions.begin()
    store._connection().execute("UPDATE item SET value = ? WHERE kind = ?", (b"broken", KIND))
    assert sessions.find(session.id) is None


def test_the_cookie_has_the_prefix_that_binds_it_to_this_host() -> None:
    assert COOKIE.startswith("__Host-")
