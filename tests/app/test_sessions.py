"""The cookie is what a frame of another site keeps; everything else about the session stays here."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.sessions import KIND, Sessions
from app.sqlite_store import SqliteStore
from tests.app.fake_ehr import ISS, FakeEhr


@pytest.fixture
def store(settings, clock) -> SqliteStore:
    return SqliteStore(settings.state_dir / "s.sqlite", settings.fernet, now=clock)


@pytest.fixture
def sessions(store: SqliteStore, settings, clock) -> Sessions:
    return Sessions(store, settings, clock)


def cookies_of(answer) -> dict[str, tuple[str, set[str]]]:
    """Each cookie of an answer: its value and attributes."""
    found = {}
    for header in answer.headers.getlist("Set-Cookie"):
        pair, *attributes = header.split("; ")
        name, _, value = pair.partition("=")
        found[name] = (value, set(attributes))
    return found


FRAME = {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"}


@pytest.mark.requirement("client@16")
def test_the_session_cookie_is_opaque_and_has_every_attribute_that_a_frame_needs(
    browser: FlaskClient, ehr: FakeEhr
) -> None:
    value, attributes = cookies_of(ehr.launch(browser))["__Host-chartside"]
    assert attributes == FRAME
    assert len(value) == 43


def test_each_launch_has_a_cookie_of_its_own_until_its_callback(browser: FlaskClient, ehr: FakeEhr) -> None:
    ((name, (value, attributes)),) = cookies_of(browser.get(f"/launch?iss={ISS}&launch=x")).items()
    assert name.startswith("__Host-chartside-launch-")
    assert len(value) == 43
    assert {one for one in attributes if not one.startswith("Expires=")} == {*FRAME, "Max-Age=600"}
    sent = cookies_of(ehr.launch(browser))
    (own,) = sent.keys() - {"__Host-chartside"}
    assert own != name
    assert "Max-Age=0" in sent[own][1]
    assert sent[own][1] >= FRAME


def test_plain_pages_set_no_cookie(browser: FlaskClient) -> None:
    for path in ("/", "/help", "/healthz", "/callback?state=x", "/nowhere"):
        assert "Set-Cookie" not in browser.get(path).headers


def test_ids_tokens_and_owners_are_all_different(sessions: Sessions) -> None:
    begun = [sessions.begin() for _ in range(20)]
    assert len({text for one in begun for text in (one.id, one.csrf_token, one.owner)}) == 60


def test_a_sign_in_keeps_owner_and_form_token_under_a_new_id(sessions: Sessions, clock) -> None:
    before = sessions.begin("riverbend")
    after = sessions.sign_in(before, "riverbend")
    assert (after.owner, after.csrf_token) == (before.owner, before.csrf_token)
    assert after.id != before.id
    assert sessions.find(after.id) == after
    clock.pass_by(seconds=10)
    assert sessions.find(before.id) is None


def test_requests_under_way_may_use_the_old_id_for_seconds_and_cannot_prolong_it(
    sessions: Sessions, clock
) -> None:
    before = sessions.begin()
    clock.pass_by(minutes=1)
    sessions.sign_in(before, "riverbend")
    clock.pass_by(seconds=5)
    leaving = sessions.find(before.id)
    assert leaving
    assert leaving.owner == before.owner
    sessions.seen(before)
    sessions.seen(leaving)
    second = sessions.sign_in(leaving, "riverbend")
    assert (second.owner, second.leaving) == (before.owner, False)
    clock.pass_by(seconds=5)
    assert sessions.find(before.id) is None
    assert sessions.find(second.id) == second


def test_a_session_that_ended_meanwhile_is_not_brought_back_by_its_use(
    sessions: Sessions, store: SqliteStore, clock
) -> None:
    session = sessions.begin()
    clock.pass_by(minutes=1)
    store.delete(KIND, session.id)
    sessions.seen(session)
    assert sessions.find(session.id) is None


def test_a_sign_in_gives_the_session_its_full_life(sessions: Sessions, clock) -> None:
    session = sessions.begin()
    clock.pass_by(hours=11)
    session = sessions.sign_in(session, "riverbend")
    clock.pass_by(hours=11)
    assert sessions.find(session.id)


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
    session = None
    for name in ("riverbend", "hillside", "riverbend"):
        session = sessions.sign_in(session, name)
    assert session
    assert session.ehrs == ("riverbend", "hillside")


def test_the_repr_holds_no_secret(sessions: Sessions) -> None:
    session = sessions.begin()
    for secret in (session.id, session.owner, session.csrf_token):
        assert secret not in repr(session)


def test_a_session_of_a_lost_key_is_no_session(sessions: Sessions, store: SqliteStore, clock) -> None:
    session = sessions.begin()
    store._connection().execute("UPDATE item SET value = ? WHERE kind = ?", (b"broken", KIND))
    assert sessions.find(session.id) is None


def test_who_sits_down_next_gets_a_session_of_her_own(sessions: Sessions, clock) -> None:
    nurse = sessions.sign_in(None, "riverbend", "Practitioner/nurse")
    again = sessions.sign_in(nurse, "riverbend", "Practitioner/nurse")
    assert again.owner == nurse.owner
    physician = sessions.sign_in(again, "riverbend", "Practitioner/physician")
    assert {physician.owner, physician.csrf_token}.isdisjoint({again.owner, again.csrf_token})
    clock.pass_by(seconds=10)
    assert sessions.find(again.id) is None
    assert sessions.find(physician.id) == physician


def test_one_person_with_two_ehrs_keeps_one_session(sessions: Sessions) -> None:
    here = sessions.sign_in(None, "riverbend", "Practitioner/nurse")
    there = sessions.sign_in(here, "hillside", "Practitioner/17")
    back = sessions.sign_in(there, "riverbend", "Practitioner/nurse")
    assert here.owner == there.owner == back.owner


def test_an_ehr_that_names_no_user_ends_no_session(sessions: Sessions) -> None:
    known = sessions.sign_in(None, "riverbend", "Practitioner/nurse")
    unnamed = sessions.sign_in(known, "riverbend", None)
    assert unnamed.owner == known.owner
    assert sessions.sign_in(unnamed, "riverbend", "Practitioner/physician").owner != known.owner


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [("nurse", "nurse", True), ("nurse", "physician", False), ("nurse", None, False), (None, None, False)],
)
def test_a_session_gone_idle_goes_on_for_its_own_user_alone(
    sessions: Sessions, clock, before: str | None, after: str | None, goes_on: bool
) -> None:
    left = sessions.sign_in(None, "riverbend", before)
    clock.pass_by(minutes=45)
    back = sessions.sign_in(left, "riverbend", after)
    assert (back.owner == left.owner) is goes_on
    assert not sessions.is_idle(back)
