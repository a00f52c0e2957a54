"""A chart that nobody uses is closed: on the screen, here, and at the EHR; and what was typed stays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app import sessions
from app.reaper import Reaper
from app.services import EXTENSION, Services
from smart_launch.fhir_client import SmartClient
from tests.app.conftest import Clock
from tests.app.fake_ehr import FakeEhr


@pytest.fixture
def chartside(app: Flask) -> Services:
    found: Services = app.extensions[EXTENSION]
    return found


@pytest.fixture
def reap(chartside: Services) -> Callable[[], int]:
    return Reaper(chartside).round


@pytest.mark.requirement("client@64")
@pytest.mark.requirement("client@17")
def test_a_chart_left_alone_is_revoked_at_the_ehr_and_its_tokens_are_forgotten(
    chartside: Services, ehr: FakeEhr, launched: Any, clock: Clock, reap: Callable[[], int]
) -> None:
    launch_id = launched()
    grant = chartside.launches.find(launch_id).grant
    clock.pass_by(minutes=29)
    assert reap() == 0
    assert ehr.revoked == []
    clock.pass_by(minutes=1)
    assert reap() == 1
    assert ehr.revoked == [grant.refresh_token, grant.access_token]
    kept = chartside.launches.find(launch_id)
    assert kept.closed
    assert (kept.grant.access_token, kept.grant.refresh_token, kept.grant.id_token) == ("", None, None)
    assert reap() == 0


@pytest.mark.requirement("client@64")
def test_a_launch_without_patient_is_ended_in_the_same_way(
    browser: FlaskClient, chartside: Services, ehr: FakeEhr, clock: Clock, reap: Callable[[], int]
) -> None:
    launch_id = ehr.launch(browser, patient=None).location.split("/")[2]
    clock.pass_by(minutes=30)
    assert reap() == 1
    assert chartside.staff_launches.find(launch_id).closed
    assert browser.get(f"/staff/{launch_id}/").status_code == 401


@pytest.mark.requirement("client@64")
def test_a_session_in_use_is_revoked_before_its_last_hour_is_over(
    browser: FlaskClient, ehr: FakeEhr, launched: Any, clock: Clock, reap: Callable[[], int]
) -> None:
    """What expires from the store could not be revoked any more."""
    launch_id = launched()
    for _ in range(11 * 3):
        clock.pass_by(minutes=20)
        assert browser.get(f"/l/{launch_id}/probe").status_code == 200
        assert reap() == 0
    clock.pass_by(minutes=20)
    browser.get(f"/l/{launch_id}/probe")
    clock.pass_by(minutes=20)
    browser.get(f"/l/{launch_id}/probe")
    assert reap() == 0
    clock.pass_by(minutes=18)
    browser.get(f"/l/{launch_id}/probe")
    assert reap() == 1
    assert len(ehr.revoked) == 2


@pytest.mark.parametrize(
    "failure",
    [requests.ConnectionError(), requests.ReadTimeout(), (500, b"oops"), (400, {"error": "x"})],
    ids=str,
)
def test_where_the_ehr_cannot_be_told_the_tokens_are_forgotten_all_the_same(
    chartside: Services, ehr: FakeEhr, launched: Any, clock: Clock, reap: Callable[[], int], failure: Any
) -> None:
    launch_id = launched()
    ehr.failures["/revoke"] = failure
    clock.pass_by(minutes=30)
    assert reap() == 1
    assert chartside.launches.find(launch_id).closed


@pytest.mark.requirement("client@64")
def test_a_launch_in_another_tab_at_the_same_moment_closes_nothing(
    chartside: Services, launched: Any, reap: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session gets its new id after the ids were listed, and before its old one is read."""
    first = launched()
    items = chartside.store.items

    def listed_too_early(kind: str) -> Any:
        rows = list(items(kind))
        if kind == sessions.KIND:
            launched()
        return iter(rows)

    monkeypatch.setattr(chartside.store, "items", listed_too_early)
    assert reap() == 0
    assert not chartside.launches.find(first).closed


@pytest.mark.requirement("client@64")
def test_whoever_comes_back_while_others_are_being_closed_works_on(
    app: Flask, chartside: Services, launched: Any, clock: Clock, reap: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """An EHR that lets each revocation time out keeps a round busy for minutes."""
    browsers = [app.test_client() for _ in range(2)]
    opened = {launched(on=browser): browser for browser in browsers}
    clock.pass_by(minutes=30)
    revoke = SmartClient.revoke

    def slow(client: SmartClient) -> bool:
        for launch_id, browser in opened.items():
            if chartside.launches.find(launch_id).grant.access_token != client.grant.access_token:
                launched(on=browser)
        return revoke(client)

    monkeypatch.setattr(SmartClient, "revoke", slow)
    assert reap() == 1
    assert sorted(chartside.launches.find(launch_id).closed for launch_id in opened) == [False, True]


def test_of_two_workers_one_looks_at_a_time(
    chartside: Services, launched: Any, clock: Clock, reap: Callable[[], int]
) -> None:
    launched()
    clock.pass_by(minutes=30)
    counted: list[int] = []
    with chartside.store.lock("reaper"):
        other = threading.Thread(target=lambda: counted.append(reap()))
        other.start()
        other.join(20)
    assert counted == [0]
    assert reap() == 1


@pytest.mark.requirement("client@64")
def test_a_form_sent_from_a_chart_that_was_closed_is_kept(
    chartside: Services, browser: FlaskClient, ehr: FakeEhr, launched: Any, post: Any, clock: Clock,
    reap: Callable[[], int],
) -> None:  # fmt: skip
    launch_id = launched()
    clock.pass_by(minutes=31)
    reap()
    launched()
    before = len(ehr.received)
    answer = post(launch_id, "contact", form_id=str(uuid4()), note="She walks daily")
    assert answer.status_code == 401
    assert "What you typed is kept" in answer.text
    launch = chartside.launches.find(launch_id)
    assert chartside.drafts.load(launch.draft_key("contact")).values["note"] == ("She walks daily",)
    assert len(ehr.received) == before
    assert browser.get(f"/l/{launch_id}/today").status_code == 401


@pytest.mark.requirement("client@64")
def test_a_page_that_only_asks_does_not_keep_its_chart_open(launched: Any, post: Any, clock: Clock) -> None:
    launch_id = launched()
    clock.pass_by(minutes=20)
    assert post(launch_id, "in-use", by="ask").json == {"seconds_left": 600.0}
    clock.pass_by(minutes=10)
    assert post(launch_id, "in-use", by="ask").status_code == 401


def test_a_person_at_the_page_keeps_it_open(launched: Any, post: Any, clock: Clock) -> None:
    launch_id = launched()
    for _ in range(5):
        clock.pass_by(minutes=20)
        assert post(launch_id, "in-use", by="person").json == {"seconds_left": 1800.0}


def test_a_call_that_is_timed_keeps_its_chart_open_for_two_hours_and_a_forgotten_timer_does_not(
    launched: Any, post: Any, clock: Clock
) -> None:
    launch_id = launched()
    assert post(launch_id, "in-use", by="timer").json == {"seconds_left": 1800.0}
    post(launch_id, "timer", action="start")
    for _ in range(11):
        clock.pass_by(minutes=10)
        assert post(launch_id, "in-use", by="timer").json == {"seconds_left": 1800.0}
    clock.pass_by(minutes=10)
    assert post(launch_id, "in-use", by="timer").json == {"seconds_left": 1200.0}
    clock.pass_by(minutes=20)
    assert post(launch_id, "in-use", by="timer").status_code == 401


def test_a_paused_timer_is_no_call(launched: Any, post: Any, clock: Clock) -> None:
    launch_id = launched()
    post(launch_id, "timer", action="start")
    post(launch_id, "timer", action="pause")
    clock.pass_by(minutes=20)
    assert post(launch_id, "in-use", by="timer").json == {"seconds_left": 600.0}


@pytest.mark.parametrize("by", ["", "anybody"])
def test_whoever_else_asks_is_not_understood(launched: Any, post: Any, by: str) -> None:
    assert post(launched(), "in-use", by=by).status_code == 400


def test_the_page_that_takes_the_charts_place_holds_nothing_of_it_and_shows_in_its_frame(
    browser: FlaskClient, launched: Any, clock: Clock
) -> None:
    launched()
    clock.pass_by(minutes=31)
    page = browser.get("/closed")
    assert "not used for 30 minutes" in page.text
    assert "kept for 72 hours" in page.text
    assert "margery" not in page.text
    assert "frame-ancestors https://screens.ehr.example" in page.headers["Content-Security-Policy"]
