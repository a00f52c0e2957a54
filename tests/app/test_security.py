"""Nothing passes that is not ours, of this session, of this launch and of this patient."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.security import BODY_LIMIT, PROVEN_BY_TOKEN
from app.sessions import COOKIE
from tests.app.conftest import ORIGIN, Clock, token_of
from tests.app.fake_ehr import ISS, FakeEhr


def test_a_form_of_ours_passes_and_knows_its_patient(launched, post) -> None:
    answer = post(launched(), "probe")
    assert (answer.status_code, answer.text[:16]) == (200, "chart of margery")


def test_the_form_token_may_come_in_a_header(app: Flask, browser: FlaskClient, launched) -> None:
    launch_id = launched()
    headers = {"Origin": ORIGIN, "X-CSRF-Token": token_of(app, browser)}
    answer = browser.post(f"/l/{launch_id}/probe", data={"patient": "margery"}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.requirement("client@45")
@pytest.mark.parametrize(
    "patient",
    [
        "wendell",
        "",
        "Margery",
        "margery ",
        " margery",
        "Patient/margery",
        "margery\0",
        "margery,wendell",
        "*",
        "märgery",
    ],
)
def test_a_forged_patient_is_refused_and_nothing_is_sent(launched, post, ehr: FakeEhr, patient: str) -> None:
    launch_id = launched()
    before = len(ehr.received)
    answer = post(launch_id, "probe", patient=patient)
    assert answer.status_code == 409
    assert "Wrong patient: nothing was saved" in answer.text
    assert len(ehr.received) == before


def test_a_missing_or_doubled_patient_is_refused(app: Flask, browser: FlaskClient, launched, post) -> None:
    launch_id = launched()
    assert post(launch_id, "probe", drop=("patient",)).status_code == 409
    assert post(launch_id, "probe", patient=["margery", "wendell"]).status_code == 409
    assert post(launch_id, "probe", patient=["margery", "margery"]).status_code == 409


@pytest.mark.requirement("client@45")
def test_a_form_of_one_chart_is_refused_in_another_of_the_same_browser(launched, post) -> None:
    margery, wendell = launched(patient="margery"), launched(patient="wendell")
    assert post(wendell, "probe", patient="margery").status_code == 409
    assert post(wendell, "probe", patient="wendell").text.startswith("chart of wendell")
    assert post(margery, "probe", patient="margery").text.startswith("chart of margery")


@pytest.mark.requirement("client@65")
@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://127.0.0.1:8081", "https://127.0.0.1:8080", "http://127.0.0.1:8080/",
     "http://localhost:8090", "http://127.0.0.1:8080.evil.example", "https://screens.ehr.example"],
)  # fmt: skip
def test_a_form_from_another_origin_is_refused(launched, post, origin: str | None) -> None:
    answer = post(launched(), "probe", origin=origin)
    assert answer.status_code == 403
    assert "did not come from a page of Chartside" in answer.text


def test_a_browsers_word_that_it_is_same_origin_is_not_enough(
    app: Flask, browser: FlaskClient, launched
) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    data = {"csrf_token": token_of(app, browser), "patient": "margery"}
    assert browser.post(f"/l/{launched()}/probe", data=data, headers=headers).status_code == 403


@pytest.mark.requirement("client@65")
@pytest.mark.parametrize("token", ["", "x", "ä", "\0", "x" * 100_000])
def test_a_wrong_form_token_is_refused(launched, post, token: str) -> None:
    assert post(launched(), "probe", csrf_token=token).status_code == 403


@pytest.mark.requirement("client@65")
def test_a_missing_form_token_is_refused(launched, post) -> None:
    assert post(launched(), "probe", drop=("csrf_token",)).status_code == 403


def test_another_sessions_form_token_is_refused(app: Flask, launched, post) -> None:
    other = app.test_client()
    launched(other)
    assert post(launched(), "probe", csrf_token=token_of(app, other)).status_code == 403


def test_another_browser_gets_no_page_of_this_launch(
    app: Flask, browser: FlaskClient, launched, post
) -> None:
    launch_id = launched()
    stranger, colleague = app.test_client(), app.test_client()
    launched(colleague)
    assert stranger.get(f"/l/{launch_id}/probe").status_code == 401
    answer = colleague.get(f"/l/{launch_id}/probe")
    assert answer.status_code == 403
    assert "opened by somebody else" in answer.text
    assert "margery" not in answer.text
    assert post(launch_id, "probe", on=colleague).status_code == 403


@pytest.mark.parametrize("launch_id", ["0" * 32, "x", "..", "%2e%2e", "' OR 1=1 --", "é", "a" * 5000])
def test_an_unknown_launch_is_a_plain_page(browser: FlaskClient, launched, launch_id: str) -> None:
    launched()
    answer = browser.get(f"/l/{launch_id}/probe")
    assert answer.status_code == 404
    assert "open Chartside again" in answer.text or "no such page" in answer.text


@pytest.mark.parametrize(
    "cookie", ["", "x", "x" * 43, "x" * 10_000, "../../etc", "%00", "é" * 43, "' OR 1=1 --", "null", "{}"]
)
def test_a_bad_cookie_is_as_good_as_none(app: Flask, launched, cookie: str) -> None:
    launch_id = launched()
    forger = app.test_client(use_cookies=False)
    answer = forger.get(f"/l/{launch_id}/probe", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 401
    assert "Go back to the chart" in answer.text


@pytest.mark.requirement("client@64")
def test_an_idle_session_ends(browser: FlaskClient, launched, clock: Clock) -> None:
    launch_id = launched()
    clock.pass_by(minutes=29)
    assert browser.get(f"/l/{launch_id}/probe").status_code == 200
    clock.pass_by(minutes=29)
    assert browser.get(f"/l/{launch_id}/probe").status_code == 200
    clock.pass_by(minutes=30)
    answer = browser.get(f"/l/{launch_id}/probe")
    assert answer.status_code == 401
    assert "Your session has ended" in answer.text
    assert "https://screens.ehr.example" in answer.headers["Content-Security-Policy"]


def test_a_session_ends_after_its_hours_however_busy_it_is(
    browser: FlaskClient, launched, clock: Clock
) -> None:
    launch_id = launched()
    for _ in range(35):
        clock.pass_by(minutes=20)
        assert browser.get(f"/l/{launch_id}/probe").status_code == 200
    clock.pass_by(minutes=20)
    assert browser.get(f"/l/{launch_id}/probe").status_code == 401


def test_an_idle_session_goes_on_when_its_own_user_signs_in_again(
    browser: FlaskClient, launched, post, clock: Clock
) -> None:
    old = launched()
    clock.pass_by(minutes=30)
    assert browser.get(f"/l/{old}/probe").status_code == 401
    new = launched()
    assert browser.get(f"/l/{new}/probe").status_code == 200
    assert post(old, "probe").status_code == 200


def test_an_idle_session_is_not_revived_by_anybody_else(
    browser: FlaskClient, ehr: FakeEhr, launched, clock: Clock
) -> None:
    old = launched()
    clock.pass_by(minutes=30)
    ehr.user = "physician"
    new = launched()
    assert browser.get(f"/l/{new}/probe").status_code == 200
    assert browser.get(f"/l/{old}/probe").status_code == 403


def test_what_was_typed_before_the_session_went_idle_is_kept_for_the_same_user(
    app: Flask, browser: FlaskClient, launched, post, clock: Clock
) -> None:
    launch_id = launched()
    token = token_of(app, browser)
    clock.pass_by(minutes=45)
    form = "7e0b3fd4-6c1d-4d53-9c5b-0c4c1f6ad0a1"
    answer = post(
        launch_id,
        "care-plan/probe",
        csrf_token=token,
        form_id=form,
        note="She walks to church.",
        topic=["a", "b"],
    )
    assert answer.status_code == 401
    assert "kept (draft" in answer.text
    launch = app.extensions["chartside"].launches.find(launched())
    draft = app.extensions["chartside"].drafts.load(launch.draft_key("care-plan-probe"))
    assert draft.values == {"note": ("She walks to church.",), "topic": ("a", "b")}
    assert str(draft.form_id) == form
    assert draft.saved_at.utcoffset() is not None


@pytest.mark.parametrize(
    "change", [{"patient": "wendell"}, {"csrf_token": "x"}, {"origin": "https://evil.example"}]
)
def test_a_form_that_is_not_ours_is_not_kept_either(
    app: Flask, browser: FlaskClient, launched, post, clock: Clock, change: dict[str, str]
) -> None:
    launch_id = launched()
    fields = {"csrf_token": token_of(app, browser), "note": "x", **change}
    clock.pass_by(minutes=45)
    assert post(launch_id, "probe", **fields).status_code in (403, 409)
    launch = app.extensions["chartside"].launches.find(launch_id)
    assert app.extensions["chartside"].drafts.load(launch.draft_key("probe")) is None


def test_an_idle_autosave_is_kept_under_its_forms_name(
    app: Flask, browser: FlaskClient, launched, post, clock: Clock
) -> None:
    launch_id = launched()
    token = token_of(app, browser)
    clock.pass_by(minutes=45)
    post(launch_id, "draft/probe", csrf_token=token, note="x", form_id="not a uuid")
    launch = app.extensions["chartside"].launches.find(launch_id)
    assert app.extensions["chartside"].drafts.load(launch.draft_key("probe")).values == {"note": ("x",)}


def test_two_megabytes_are_refused_with_a_page(launched, post) -> None:
    answer = post(launched(), "probe", note="x" * 2_000_000)
    assert answer.status_code == 413
    assert "larger than 1 MB" in answer.text


def test_ten_thousand_characters_pass(launched, post) -> None:
    assert post(launched(), "probe", note="ü" * 10_000).status_code == 200
    assert BODY_LIMIT == 1_000_000


PAGES = [
    "/",
    "/help",
    "/healthz",
    "/nowhere",
    "/signed-out",
    f"/launch?iss={ISS}&launch=x",
    "/callback?state=x",
]


@pytest.mark.requirement("client@40")
@pytest.mark.parametrize("path", PAGES)
def test_every_answer_bears_the_headers(browser: FlaskClient, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "script-src 'self'", "form-action 'self'", "base-uri 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "X-Frame-Options" not in headers


@pytest.mark.requirement("client@65")
@pytest.mark.parametrize("path", ["/", "/help", "/nowhere", "/callback?state=x", "/l/0/probe"])
def test_before_a_launch_no_frame_may_show_us(browser: FlaskClient, path: str) -> None:
    assert frame_ancestors(browser.get(path)) == "'none'"


@pytest.mark.requirement("client@65")
def test_a_page_of_a_launch_may_be_shown_by_its_own_ehr_only(browser: FlaskClient, launched) -> None:
    answer = browser.get(f"/l/{launched()}/probe")
    assert frame_ancestors(answer) == "https://screens.ehr.example https://other.ehr.example:8443"


def test_an_error_on_the_way_in_may_be_shown_by_the_accepted_ehr(browser: FlaskClient, ehr: FakeEhr) -> None:
    ehr.failures = {"/smart-configuration": (500, b""), "/metadata": (500, b"")}
    answer = browser.get(f"/launch?iss={ISS}&launch=x")
    assert frame_ancestors(answer) == "https://screens.ehr.example https://other.ehr.example:8443"


def test_every_route_of_a_chart_is_guarded_by_its_launch_and_no_other_takes_a_form(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert rule.rule.startswith("/l/<launch_id>/") == ("launch_id" in rule.arguments), rule.rule
        without_patient = rule.rule.startswith(("/staff/<staff_launch_id>/", "/admin/<staff_launch_id>/"))
        assert without_patient == ("staff_launch_id" in rule.arguments), rule.rule
        if rule.endpoint.partition(".")[0] in PROVEN_BY_TOKEN:
            # An EHR's own call: no session, no form (tests/app/cds_hooks/test_caller.py).
            assert rule.rule.startswith("/cds-services"), rule.rule
        elif "POST" in (rule.methods or ()):
            assert {"launch_id", "staff_launch_id"} & rule.arguments, rule.rule


def frame_ancestors(answer) -> str:
    found = re.search(r"frame-ancestors (.*)$", answer.headers["Content-Security-Policy"])
    assert found
    return found[1]


def test_a_static_file_with_its_hash_may_be_kept_and_one_without_is_asked_for_again(
    app: Flask, browser: FlaskClient
) -> None:
    with app.test_request_context():
        address = app.url_for("static", filename="mark.svg")
    assert "v=" in address
    kept = {path: cache_control(browser, path) for path in (address, "/static/mark.svg", "/static/none.svg")}
    assert "immutable" in kept[address]
    assert "immutable" not in kept["/static/mark.svg"]
    assert kept["/static/none.svg"] == "no-store"


def cache_control(browser: FlaskClient, path: str) -> str:
    with browser.get(path) as answer:
        return str(answer.headers["Cache-Control"])


@pytest.mark.requirement("client@18")
@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_no_parameter_leads_to_another_site(browser: FlaskClient, ehr: FakeEhr, target: str) -> None:
    asked = ehr.begin(browser)
    names = "next=%s&url=%s&redirect_uri=%s&return_to=%s" % ((target,) * 4)
    answer = browser.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked)}&{names}")
    assert answer.location.startswith("/l/")
