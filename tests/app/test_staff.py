"""A launch without a patient: it opens no chart, leads to one, and lets administrators alone to their page."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.errors import LaunchNotFound
from app.staff_launches import current_staff_launch
from tests.app.conftest import ORIGIN, Clock, token_of
from tests.app.fake_ehr import FakeEhr


@pytest.fixture
def staff_launch(browser: FlaskClient, ehr: FakeEhr) -> str:
    """The id of a launch of the nurse without a patient."""
    return id_of(ehr.launch(browser, patient=None))


def id_of(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    start, staff, launch_id, _ = answer.location.split("/")
    assert (start, staff) == ("", "staff")
    return launch_id


def admin_launch(browser: FlaskClient, ehr: FakeEhr, user: str) -> str:
    ehr.user = user
    asked = ehr.begin(browser, "/admin/sign-in?ehr=riverbend")
    return id_of(browser.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked, patient=None)}"))


@pytest.mark.requirement("client@21")
def test_a_launch_without_a_patient_says_that_no_chart_is_open(
    browser: FlaskClient, staff_launch: str
) -> None:
    page = browser.get(f"/staff/{staff_launch}/")
    assert page.status_code == 200
    assert "No chart is open" in page.text
    assert "as Dana Whitfield" in page.text
    assert 'href="/launch/standalone?ehr=riverbend"' in page.text
    assert f"/admin/{staff_launch}" not in page.text
    assert "https://screens.ehr.example" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_it_is_no_way_into_any_chart(browser: FlaskClient, staff_launch: str, launched: Any) -> None:
    assert browser.get(f"/l/{staff_launch}/today").status_code == 404
    assert browser.get(f"/staff/{launched()}/").status_code == 404


@pytest.mark.requirement("client@11")
def test_an_administrator_signs_in_without_a_patient_and_asks_to_read_only(
    browser: FlaskClient, ehr: FakeEhr
) -> None:
    assert 'href="/admin/sign-in?ehr=riverbend"' in browser.get("/admin/").text
    asked = ehr.begin(browser, "/admin/sign-in?ehr=riverbend")
    scopes = asked["scope"].split()
    assert "launch" not in asked
    assert not any(scope.startswith(("launch", "patient/", "system/")) for scope in scopes)
    assert {"openid", "fhirUser", "user/Patient.rs", "user/Task.rs"} <= set(scopes)
    assert all(scope.endswith(".rs") for scope in scopes if "/" in scope)


def test_only_a_named_user_gets_to_the_administrators_page(app: Flask, ehr: FakeEhr) -> None:
    manager, nurse = app.test_client(), app.test_client()
    mine = admin_launch(manager, ehr, "manager")
    assert f'href="/admin/{mine}/"' in manager.get(f"/staff/{mine}/").text
    assert manager.get(f"/admin/{mine}/probe").text == "no chart, Practitioner/manager"
    hers = admin_launch(nurse, ehr, "nurse")
    refused = nurse.get(f"/admin/{hers}/probe")
    assert refused.status_code == 403
    assert "This page is for administrators" in refused.text
    assert nurse.get(f"/staff/{hers}/probe").status_code == 200
    assert nurse.get(f"/admin/{mine}/probe").status_code == 403


def test_an_administrator_elsewhere_is_none_here(app: Flask, browser: FlaskClient, ehr: FakeEhr) -> None:
    """The user of the same name at another server is another person."""
    launch = app.extensions["chartside"].staff_launches.find(admin_launch(browser, ehr, "manager"))
    assert launch.is_admin
    assert not type(launch)(**{**launch.__dict__, "user": None}).is_admin
    assert not type(launch)(
        **{**launch.__dict__, "user": "https://evil.example/Practitioner/manager"}
    ).is_admin


@pytest.mark.parametrize("query", ["", "?ehr=", "?ehr=nowhere", "?ehr=riverbend&ehr=hillside"])
def test_an_administrators_sign_in_at_an_unknown_ehr_asks_nobody(
    browser: FlaskClient, ehr: FakeEhr, query: str
) -> None:
    assert browser.get(f"/admin/sign-in{query}").status_code == 403
    assert ehr.received == []


def test_another_browser_does_not_get_in(app: Flask, ehr: FakeEhr, staff_launch: str) -> None:
    stranger = app.test_client()
    assert stranger.get(f"/staff/{staff_launch}/").status_code == 401
    ehr.launch(stranger)
    assert stranger.get(f"/staff/{staff_launch}/").status_code == 403


def test_its_forms_need_the_token_and_our_own_origin(
    app: Flask, browser: FlaskClient, staff_launch: str
) -> None:
    address, token = f"/staff/{staff_launch}/probe", token_of(app, browser)
    good = {"csrf_token": token}
    assert browser.post(address, data=good, headers={"Origin": ORIGIN}).status_code == 200
    for origin, data in (
        ("https://evil.example", good), ("null", good), (ORIGIN, {}), (ORIGIN, {"csrf_token": "x"}),
    ):  # fmt: skip
        assert browser.post(address, data=data, headers={"Origin": origin}).status_code == 403


def test_it_ends_when_left_alone(browser: FlaskClient, staff_launch: str, clock: Clock) -> None:
    clock.pass_by(minutes=30)
    assert browser.get(f"/staff/{staff_launch}/").status_code == 401


def test_signing_out_revokes_and_forgets(
    app: Flask, browser: FlaskClient, ehr: FakeEhr, staff_launch: str
) -> None:
    launches = app.extensions["chartside"].staff_launches
    token = launches.find(staff_launch).grant.refresh_token
    data, headers = {"csrf_token": token_of(app, browser)}, {"Origin": ORIGIN}
    answer = browser.post(f"/staff/{staff_launch}/sign-out", data=data, headers=headers)
    assert answer.location == "/signed-out"
    assert token in ehr.revoked
    assert launches.find(staff_launch) is None


def test_outside_such_a_page_there_is_no_such_launch(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(LaunchNotFound):
        current_staff_launch()


def test_a_sign_in_without_the_users_own_scopes_shows_no_tasks_and_says_why(
    browser: FlaskClient, staff_launch: str
) -> None:
    assert f'href="/staff/{staff_launch}/tasks"' in browser.get(f"/staff/{staff_launch}/").text
    page = browser.get(f"/staff/{staff_launch}/tasks")
    assert "has not given this sign-in the right to read the tasks of many patients" in page.text
    assert 'href="/staff/sign-in?ehr=riverbend"' in page.text


@pytest.mark.parametrize("query", ["", "?ehr=nowhere", "?ehr=riverbend&ehr=hillside"])
def test_a_sign_in_without_a_patient_at_an_unknown_ehr_asks_nobody(
    browser: FlaskClient, ehr: FakeEhr, query: str
) -> None:
    assert browser.get(f"/staff/sign-in{query}").status_code == 403
    assert ehr.received == []
