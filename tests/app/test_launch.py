"""The way in: what leaves, what is kept, and what every wrong turn answers."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app.sessions import COOKIE
from tests.app.conftest import Clock
from tests.app.fake_ehr import ISS, FakeEhr


def cookie_of(browser: FlaskClient) -> str | None:
    cookie = browser.get_cookie(COOKIE, domain="localhost")
    return cookie.value if cookie else None


@pytest.mark.requirement("client@1", "client@11")
def test_a_launch_from_the_chart_asks_for_what_smart_wants(browser: FlaskClient, ehr: FakeEhr) -> None:
    asked = ehr.begin(browser)
    assert asked["aud"] == ISS
    assert asked["launch"] == "xyz"
    assert asked["redirect_uri"] == "http://127.0.0.1:8080/callback"
    assert asked["code_challenge_method"] == "S256"
    scopes = asked["scope"].split()
    assert {"launch", "openid", "fhirUser", "patient/CarePlan.crus", "patient/Condition.rs"} <= set(scopes)
    assert not any("*" in scope for scope in scopes)


def test_a_launch_lands_on_today_of_its_own_launch_id(browser: FlaskClient, ehr: FakeEhr) -> None:
    answer = ehr.launch(browser)
    assert answer.status_code == 303
    start, launch_id, page = answer.location.rsplit("/", 2)
    assert (start, page) == ("/l", "today")
    assert len(bytes.fromhex(launch_id)) == 16


@pytest.mark.requirement("client@21")
@pytest.mark.parametrize(
    ("intent", "page"),
    [("contact", "contact"), ("consent", "consent"), ("care-plan", "care-plan"), (None, "today"), ("", "today"),
     ("reconcile-medications", "today"), ("../../evil", "today"), ("//evil.example", "today")],
)  # fmt: skip
def test_the_intent_chooses_the_page_and_an_unknown_one_lands_on_today(
    browser: FlaskClient, ehr: FakeEhr, intent: str | None, page: str
) -> None:
    location = ehr.launch(browser, intent=intent).location
    assert location.startswith("/l/")
    assert location.endswith(f"/{page}")


def test_the_launch_record_knows_user_patient_and_encounter(
    app: Flask, browser: FlaskClient, ehr: FakeEhr, launched
) -> None:
    ehr.resources["Encounter/visit-1"] = visit("margery")
    launch = app.extensions["chartside"].launches.find(launched(encounter="visit-1"))
    assert (launch.user, launch.user_name, launch.patient_id, launch.encounter_id) == (
        "Practitioner/nurse", "Dana Whitfield", "margery", "visit-1",
    )  # fmt: skip


def visit(patient_id: str) -> dict[str, object]:
    """The encounter that an EHR says it launched us in."""
    return {"resourceType": "Encounter", "id": "visit-1", "subject": {"reference": f"Patient/{patient_id}"}}


@pytest.mark.parametrize("held", [visit("somebody-else"), None], ids=["another patient's", "not to be read"])
def test_a_visit_that_is_not_seen_to_be_this_patients_is_not_written_anywhere(
    app: Flask, ehr: FakeEhr, launched, held: dict[str, object] | None
) -> None:
    if held:
        ehr.resources["Encounter/visit-1"] = held
    assert app.extensions["chartside"].launches.find(launched(encounter="visit-1")).encounter_id is None


def test_a_user_whose_name_may_not_be_read_gets_in_all_the_same(app: Flask, ehr: FakeEhr, launched) -> None:
    ehr.failures["/Practitioner/nurse"] = (403, {"resourceType": "OperationOutcome", "issue": []})
    launch = app.extensions["chartside"].launches.find(launched())
    assert (launch.user, launch.user_name) == ("Practitioner/nurse", "")


def test_a_standalone_launch_lets_the_ehr_choose_the_patient(browser: FlaskClient, ehr: FakeEhr) -> None:
    asked = ehr.begin(browser, "/launch/standalone?ehr=riverbend")
    assert "launch" not in asked
    assert "launch/patient" in asked["scope"].split()
    answer = browser.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked)}")
    assert answer.status_code == 303


@pytest.mark.requirement("client@2")
@pytest.mark.parametrize(
    "iss",
    [
        f"{ISS}/",
        ISS.upper(),
        ISS.replace("https", "http"),
        f"{ISS}?x=1",
        f"{ISS}#",
        f" {ISS}",
        f"{ISS}\n",
        f"{ISS}/../r4",
        "https://fhir.ehr.example:443/r4",
        "https://fhir.ehr.example.evil.example/r4",
        "https://fhir.ehr.example@evil.example/r4",
        "https://evil.example/r4",
        "https://fhir.ehr.ex\u0430mple/r4",
        "https://fhir\uff0eehr.example/r4",
        "https://xn--fhir-9d0a.example/r4",
        "https://fhir.ehr.example:8443/r4",
        f"https://user:word@{ISS.removeprefix('https://')}",
        "//fhir.ehr.example/r4",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "javascript:alert(1)",
        "<script>alert(1)</script>",
    ],
)
def test_an_iss_that_is_not_exactly_configured_sends_no_request_anywhere(
    browser: FlaskClient, ehr: FakeEhr, iss: str
) -> None:
    answer = browser.get(f"/launch?iss={quote(iss, safe='')}&launch=xyz")
    assert answer.status_code == 403
    assert ehr.received == []
    assert "not one that Chartside was set up for" in answer.text
    assert "evil" not in answer.text
    assert "<script>alert" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.requirement("client@5")
def test_a_state_is_good_once(browser: FlaskClient, ehr: FakeEhr) -> None:
    asked = ehr.begin(browser)
    address = f"/callback?state={asked['state']}&code={ehr.code_for(asked)}"
    assert browser.get(address).status_code == 303
    replayed = browser.get(address)
    assert replayed.status_code == 400
    assert "was used before" in replayed.text


@pytest.mark.parametrize(
    "query", ["", "?code=abc", "?state=&code=abc", "?state=made-up&code=abc", "?error=access_denied"]
)
def test_an_answer_to_no_question_of_ours_is_refused_before_anything_is_sent(
    browser: FlaskClient, ehr: FakeEhr, query: str
) -> None:
    answer = browser.get(f"/callback{query}")
    assert answer.status_code == 400
    assert ehr.received == []


def test_a_doubled_state_is_refused(browser: FlaskClient, ehr: FakeEhr) -> None:
    asked = ehr.begin(browser)
    answer = browser.get(f"/callback?state={asked['state']}&state=other&code={ehr.code_for(asked)}")
    assert answer.status_code == 400


def test_a_state_is_too_old_after_ten_minutes(browser: FlaskClient, ehr: FakeEhr, clock: Clock) -> None:
    asked = ehr.begin(browser)
    code = ehr.code_for(asked)
    clock.pass_by(minutes=10)
    assert browser.get(f"/callback?state={asked['state']}&code={code}").status_code == 400


@pytest.mark.requirement("client@5")
def test_a_state_from_another_browser_gets_no_chart(app: Flask, browser: FlaskClient, ehr: FakeEhr) -> None:
    asked = ehr.begin(browser)
    victim = app.test_client()
    ehr.launch(victim)
    before = len(ehr.received)
    answer = victim.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked)}")
    assert answer.status_code == 403
    assert "another browser" in answer.text
    assert len(ehr.received) == before
    again = browser.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked)}")
    assert again.status_code == 400


def test_without_the_cookie_the_page_says_so_and_offers_a_tab_of_its_own(
    app: Flask, browser: FlaskClient, ehr: FakeEhr
) -> None:
    asked = ehr.begin(browser)
    answer = app.test_client().get(f"/callback?state={asked['state']}&code={ehr.code_for(asked)}")
    assert answer.status_code == 400
    assert "blocks" in answer.text
    assert 'href="/launch/standalone?ehr=riverbend" target="_blank" rel="noopener"' in answer.text
    assert "https://screens.ehr.example" in answer.headers["Content-Security-Policy"]


def test_a_refusal_is_a_refusal_even_with_a_code(browser: FlaskClient, ehr: FakeEhr) -> None:
    asked = ehr.begin(browser)
    before = len(ehr.received)
    described = quote("<script>alert(1)</script>")
    answer = browser.get(
        f"/callback?state={asked['state']}&code={ehr.code_for(asked)}&error=access_denied"
        f"&error_description={described}"
    )
    assert answer.status_code == 403
    assert "did not allow this app" in answer.text
    assert "alert(1)" not in answer.text
    assert len(ehr.received) == before


def test_an_answer_without_code_gives_a_plain_page(browser: FlaskClient, ehr: FakeEhr) -> None:
    asked = ehr.begin(browser)
    answer = browser.get(f"/callback?state={asked['state']}")
    assert answer.status_code == 400
    assert "incomplete" in answer.text


def test_a_replayed_code_gives_a_plain_page(browser: FlaskClient, ehr: FakeEhr) -> None:
    asked = ehr.begin(browser)
    code = ehr.code_for(asked)
    browser.get(f"/callback?state={asked['state']}&code={code}")
    again = ehr.begin(browser)
    answer = browser.get(f"/callback?state={again['state']}&code={code}")
    assert answer.status_code == 502
    assert "used already or is too old" in answer.text


def test_a_standalone_launch_in_which_nobody_was_chosen_says_to_open_a_chart_first(
    browser: FlaskClient, ehr: FakeEhr
) -> None:
    asked = ehr.begin(browser, "/launch/standalone?ehr=riverbend")
    answer = browser.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked, patient=None)}")
    assert answer.status_code == 400
    assert "Open a patient&#39;s chart first" in answer.text


def test_the_session_gets_a_new_id_at_the_callback_and_the_old_one_opens_nothing(
    app: Flask, browser: FlaskClient, launched, clock: Clock
) -> None:
    first = launched()
    before = cookie_of(browser)
    second = launched()
    after = cookie_of(browser)
    assert before
    assert after
    assert before != after
    clock.pass_by(seconds=10)
    thief = app.test_client()
    thief.set_cookie(COOKIE, before, domain="localhost")
    for launch_id in (first, second):
        assert thief.get(f"/l/{launch_id}/probe").status_code == 401
        assert browser.get(f"/l/{launch_id}/probe").text.startswith("chart of margery")


def test_two_charts_opened_at_the_same_moment_both_open(app: Flask, ehr: FakeEhr) -> None:
    """Both launches leave before any cookie has come."""
    tabs = [app.test_client() for _ in range(2)]
    asked = [ehr.begin(tab) for tab in tabs]
    shared = app.test_client()
    for tab in tabs:
        for cookie in tab._cookies.values():  # type: ignore[union-attr]
            shared.set_cookie(cookie.key, cookie.value, domain="localhost")
    locations = []
    for one, patient in zip(asked, ("margery", "wendell"), strict=True):
        answer = shared.get(f"/callback?state={one['state']}&code={ehr.code_for(one, patient=patient)}")
        locations.append(answer.location.replace("today", "probe"))
    assert [shared.get(location).text.split(" at ")[0] for location in locations] == [
        "chart of margery", "chart of wendell",
    ]  # fmt: skip


def test_two_charts_in_one_browser_stay_two(app: Flask, browser: FlaskClient, ehr: FakeEhr, launched) -> None:
    first, second = launched(patient="margery"), launched(patient="wendell")
    find = app.extensions["chartside"].launches.find
    assert (find(first).patient_id, find(second).patient_id) == ("margery", "wendell")
    assert find(first).grant.access_token != find(second).grant.access_token


def test_two_launches_begun_at_once_end_each_with_its_own_patient(
    app: Flask, browser: FlaskClient, ehr: FakeEhr
) -> None:
    first, second = ehr.begin(browser), ehr.begin(browser)
    ids = {}
    for asked, patient in ((second, "wendell"), (first, "margery")):
        code = ehr.code_for(asked, patient=patient)
        answer = browser.get(f"/callback?state={asked['state']}&code={code}")
        ids[patient] = answer.location.split("/")[2]
    find = app.extensions["chartside"].launches.find
    assert {patient: find(launch_id).patient_id for patient, launch_id in ids.items()} == {
        "margery": "margery", "wendell": "wendell",
    }  # fmt: skip


@pytest.mark.requirement("client@64")
def test_signing_out_revokes_and_forgets_this_chart_only(
    app: Flask, browser: FlaskClient, ehr: FakeEhr, launched, post
) -> None:
    launch_id, other = launched(), launched()
    tokens = app.extensions["chartside"].launches.find(launch_id).grant
    answer = post(launch_id, "sign-out")
    assert answer.status_code == 303
    assert answer.location == "/signed-out"
    assert tokens.refresh_token in ehr.revoked
    assert app.extensions["chartside"].launches.find(launch_id) is None
    assert app.extensions["chartside"].launches.find(other) is not None
    assert "signed out" in browser.get("/signed-out").text


def test_signing_out_forgets_also_when_the_ehr_is_down(app: Flask, ehr: FakeEhr, launched, post) -> None:
    launch_id = launched()
    ehr.failures["/revoke"] = requests.ConnectionError()
    assert post(launch_id, "sign-out").status_code == 303
    assert app.extensions["chartside"].launches.find(launch_id) is None


def test_a_refreshed_token_is_kept_for_every_later_request(
    app: Flask, ehr: FakeEhr, clock: Clock, launched
) -> None:
    launch_id = launched()
    chartside = app.extensions["chartside"]
    clock.pass_by(minutes=60)
    stale = chartside.launches.find(launch_id)
    for _ in range(2):
        chartside.launches.client(stale, chartside.http).get("Practitioner/nurse")
    assert ehr.refreshes == 1
    assert chartside.launches.find(launch_id).grant.access_token != stale.grant.access_token


@pytest.mark.requirement("client@17")
@pytest.mark.parametrize("patient", ["margery", None])
def test_a_token_that_is_renewed_while_the_launch_arrives_is_the_one_that_is_kept(
    app: Flask, browser: FlaskClient, ehr: FakeEhr, patient: str | None
) -> None:
    """The refresh token of before is spent: kept in its place, it would end the launch at its next renewal."""
    ehr.failures["/Practitioner/nurse"] = (401, {})
    ehr.renewed_context = {"patient": patient} if patient else {}
    launch_id = ehr.launch(browser, patient=patient).location.split("/")[2]
    made = app.extensions["chartside"]
    launch = made.launches.find(launch_id) or made.staff_launches.find(launch_id)
    assert ehr.refreshes == 1
    assert [launch.grant.access_token, launch.grant.refresh_token] == ehr.issued[-1]


def test_a_launch_signed_out_meanwhile_is_not_brought_back_by_a_refresh(
    app: Flask, ehr: FakeEhr, launched
) -> None:
    chartside = app.extensions["chartside"]
    launch = chartside.launches.find(launched())
    chartside.launches.end(launch)
    chartside.launches.change(launch)
    assert chartside.launches.find(launch.id) is None


def test_the_charts_of_one_user_are_closed_to_the_next_user_of_the_same_browser(
    app: Flask, browser: FlaskClient, ehr: FakeEhr, launched, post
) -> None:
    hers = launched()
    ehr.user = "physician"
    his = launched(patient="walter")
    assert browser.get(f"/l/{his}/probe").status_code == 200
    seen = browser.get(f"/l/{hers}/probe")
    assert seen.status_code == 403
    assert "margery" not in seen.text
    assert post(hers, "probe").status_code == 403
