"""The way to the EHR's sign-in and back: by form or address, with less where the EHR refuses, never elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.requested_scopes import minimum_scope_text, scope_text
from app.scope_steps import REMEMBERED_SECONDS, Step
from app.services import EXTENSION
from app.settings import Settings
from smart_launch.transport import Http
from tests.app.conftest import Clock
from tests.app.fake_ehr import ISS, FakeEhr
from tests.onward import onward_form

LAUNCH = f"/launch?iss={ISS}&launch=xyz"
POSTING = {
    "issuer": ISS,
    "jwks_uri": "https://login.ehr.example/jwks",
    "authorization_endpoint": "https://login.ehr.example/authorize",
    "token_endpoint": "https://login.ehr.example/token",
    "revocation_endpoint": "https://login.ehr.example/revoke",
    "capabilities": ["authorize-post"],
}
WANTED, LEAST = ({"launch", *text.split()} for text in (scope_text("v2"), minimum_scope_text("v2")))


def changed(settings: Settings, **changes: Any) -> Settings:
    """The settings with the first EHR changed."""
    first, *others = settings.ehrs
    return replace(settings, ehrs=(replace(first, **changes), *others))


def started(settings: Settings, ehr: FakeEhr, clock: Clock) -> Flask:
    return create_app(settings, http=Http(adapters={"https://": ehr}), now=clock)


def asked_next(answer: Any) -> dict[str, str]:
    """What a redirect to the EHR asks for."""
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.location).query))


def scopes_of(asked: dict[str, str]) -> set[str]:
    return set(asked["scope"].split())


def refused(browser: FlaskClient, asked: dict[str, str], error: str, description: str = "") -> Any:
    return browser.get(
        f"/callback?state={asked['state']}&error={error}&error_description={quote(description)}"
    )


# By a form, where the EHR takes one.


@pytest.mark.requirement("client@7")
def test_where_the_ehr_takes_post_the_page_sends_a_form_and_may_send_it_there_alone(
    browser: FlaskClient, ehr: FakeEhr
) -> None:
    ehr.failures["/smart-configuration"] = (200, POSTING)
    page = browser.get(LAUNCH)
    assert page.status_code == 200
    address, fields = onward_form(page.text) or ("", {})
    assert address == "https://login.ehr.example/authorize"
    assert (fields["launch"], fields["aud"], fields["code_challenge_method"]) == ("xyz", ISS, "S256")
    assert "Continue to the sign-in of Riverbend Family Practice" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://login.ehr.example https:;" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors https://screens.ehr.example" in policy
    assert page.headers["Cache-Control"] == "no-store"
    code = ehr.code_for(fields)
    assert browser.get(f"/callback?state={fields['state']}&code={code}").status_code == 303


@pytest.mark.parametrize(
    "host", ["login.ehr.example;frame-ancestors", "login.ehr.example,sandbox", "[::1;x]"]
)
def test_a_sign_in_address_writes_nothing_else_into_the_policy(
    browser: FlaskClient, ehr: FakeEhr, host: str
) -> None:
    """Of two frame-ancestors the first counts, and any https site could show the page in its frame."""
    address = f"https://{host}/authorize"
    ehr.failures["/smart-configuration"] = (200, {**POSTING, "authorization_endpoint": address})
    policy = browser.get(LAUNCH).headers["Content-Security-Policy"]
    directives = [part.split()[0] for part in policy.replace(",", ";").split(";")]
    assert len(directives) == len(set(directives))
    assert "sandbox" not in directives
    assert "frame-ancestors https://screens.ehr.example https://other.ehr.example:8443" in policy


def test_every_other_page_sends_its_forms_home_only(browser: FlaskClient, ehr: FakeEhr) -> None:
    ehr.failures["/smart-configuration"] = (200, POSTING)
    browser.get(LAUNCH)
    for path in ("/", "/help", "/callback", "/launch"):
        policy = browser.get(path).headers["Content-Security-Policy"]
        assert "form-action 'self';" in policy, path


@pytest.mark.parametrize(("authorize", "status"), [("get", 302), ("post", 200), ("auto", 200)])
def test_the_settings_may_fix_the_way(
    settings: Settings, ehr: FakeEhr, clock: Clock, authorize: str, status: int
) -> None:
    ehr.failures["/smart-configuration"] = (200, POSTING)
    browser = started(changed(settings, authorize=authorize), ehr, clock).test_client()
    assert browser.get(LAUNCH).status_code == status


# With less, where the EHR refuses what is wanted.


@pytest.mark.requirement("client@11")
@pytest.mark.parametrize(
    ("error", "description"),
    [
        ("invalid_scope", ""),
        ("unauthorized_client", "Requested scope not authorized"),
        ("access_denied", "The scope is not allowed"),
    ],
)
def test_a_launch_refused_for_its_scopes_is_tried_once_more_with_the_least(
    browser: FlaskClient, ehr: FakeEhr, error: str, description: str
) -> None:
    first = ehr.begin(browser)
    assert set(first["scope"].split()) == WANTED
    second = asked_next(refused(browser, first, error, description))
    assert scopes_of(second) == LEAST
    assert second["launch"] == "xyz"
    assert second["state"] != first["state"]
    assert second["code_challenge"] != first["code_challenge"]
    given_up = refused(browser, second, error, description)
    assert given_up.status_code == 403
    assert "minimum_scopes" in given_up.text or "registration" in given_up.text
    assert browser.get(f"/callback?state={first['state']}&code=x").status_code == 400


@pytest.mark.requirement("client@11")
def test_the_second_try_opens_the_chart_and_the_next_launch_asks_for_the_least_at_once(
    app: Flask, browser: FlaskClient, ehr: FakeEhr, clock: Clock
) -> None:
    second = asked_next(refused(browser, ehr.begin(browser), "invalid_scope"))
    answer = browser.get(f"/callback?state={second['state']}&code={ehr.code_for(second)}")
    assert answer.status_code == 303
    launch = app.extensions[EXTENSION].launches.find(answer.location.split("/")[2])
    assert set(launch.grant.scopes) == LEAST
    elsewhere = app.test_client()
    assert set(ehr.begin(elsewhere)["scope"].split()) == LEAST
    clock.pass_by(seconds=REMEMBERED_SECONDS)
    assert set(ehr.begin(elsewhere)["scope"].split()) == WANTED


@pytest.mark.requirement("client@11")
@pytest.mark.parametrize("error", ["invalid_scope", "unauthorized_client"])
def test_a_refusal_at_the_token_endpoint_steps_down_as_well(
    browser: FlaskClient, ehr: FakeEhr, error: str
) -> None:
    asked = ehr.begin(browser)
    ehr.failures["/token"] = (400, {"error": error})
    second = asked_next(browser.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked)}"))
    assert scopes_of(second) == LEAST
    given_up = browser.get(f"/callback?state={second['state']}&code={ehr.code_for(second)}")
    assert given_up.status_code == 502


@pytest.mark.parametrize(
    "error", ["access_denied", "invalid_request", "server_error", "login_required", "other"]
)
def test_another_refusal_is_not_asked_again(browser: FlaskClient, ehr: FakeEhr, error: str) -> None:
    asked = ehr.begin(browser)
    before = len(ehr.received)
    assert refused(browser, asked, error).status_code in (403, 502)
    assert len(ehr.received) == before
    assert set(ehr.begin(browser)["scope"].split()) == WANTED


def test_what_was_refused_with_the_least_too_is_no_matter_of_scopes(
    browser: FlaskClient, ehr: FakeEhr
) -> None:
    """An administrator who has mended the registration need not wait for an hour."""
    second = asked_next(refused(browser, ehr.begin(browser), "unauthorized_client"))
    refused(browser, second, "unauthorized_client")
    assert set(ehr.begin(browser)["scope"].split()) == WANTED


@pytest.mark.requirement("client@11")
@pytest.mark.parametrize("word", ["invalid_request", "launch_already_used"])
@pytest.mark.parametrize(
    ("first", "told"),
    [("invalid_scope", "refused a part of what this app asked"), ("unauthorized_client", "does not let it sign in")],
)  # fmt: skip
def test_where_the_ehrs_launch_served_for_the_refusal_the_page_says_to_open_again(
    browser: FlaskClient, ehr: FakeEhr, word: str, first: str, told: str
) -> None:
    second = asked_next(refused(browser, ehr.begin(browser), first))
    page = refused(browser, second, word)
    assert page.status_code == 403
    assert told in page.text
    assert "open Chartside again. It will ask for less then." in page.text
    assert "authorize-request" not in page.text
    assert scopes_of(ehr.begin(browser)) == LEAST


@pytest.mark.parametrize(("word", "shown"), [("access_denied", "denied"), ("server_error", "sign-in-failed")])
def test_a_second_try_that_fails_for_another_reason_is_told_as_that(
    browser: FlaskClient, ehr: FakeEhr, word: str, shown: str
) -> None:
    second = asked_next(refused(browser, ehr.begin(browser), "invalid_scope"))
    page = refused(browser, second, word)
    assert f"· {shown}</p>" in page.text
    assert "ask for less" not in page.text


def test_where_the_least_is_all_that_is_wanted_nothing_is_asked_twice(
    settings: Settings, ehr: FakeEhr, clock: Clock
) -> None:
    alike = changed(settings, scopes="openid patient/Patient.rs", minimum_scopes="openid patient/Patient.rs")
    browser = started(alike, ehr, clock).test_client()
    assert refused(browser, ehr.begin(browser), "invalid_scope").status_code == 403


@pytest.mark.requirement("client@11")
def test_one_ehrs_refusal_says_nothing_about_another_nor_about_a_launch_without_patient(
    app: Flask, browser: FlaskClient, ehr: FakeEhr
) -> None:
    refused(browser, ehr.begin(browser), "invalid_scope")
    steps = app.extensions[EXTENSION].scope_steps
    riverbend, hillside = app.extensions[EXTENSION].settings.ehrs
    assert steps.first(riverbend, staff=False) is Step.LEAST
    assert steps.first(riverbend, staff=True) is Step.WANTED
    assert steps.first(hillside, staff=False) is Step.WANTED
    assert steps.first(replace(riverbend, scopes="openid"), staff=False) is Step.WANTED


@pytest.mark.requirement("client@11")
@pytest.mark.parametrize(
    ("supported", "left_out"),
    [
        (["openid", "patient/*.rs"], set()),
        (["openid", "launch", "fhirUser"], set()),
        (
            [f"patient/{name}.rs" for name in ("Patient", "Condition", "Encounter", "Task", "CarePlan", "Goal")],
            {"patient/Consent.crus", "patient/MedicationStatement.rs", "patient/Task.crus"},
        ),
    ],
)  # fmt: skip
def test_what_the_ehr_evidently_does_not_know_is_not_asked_for(
    browser: FlaskClient, ehr: FakeEhr, supported: list[str], left_out: set[str]
) -> None:
    configuration = {**POSTING, "capabilities": [], "scopes_supported": supported}
    ehr.failures["/smart-configuration"] = (200, configuration)
    asked = set(ehr.begin(browser)["scope"].split())
    assert {"openid", "fhirUser", "patient/Patient.rs"} <= asked
    assert left_out & asked == set()
    assert bool(left_out) == ("patient/Task.rs" in asked)


def test_scopes_that_the_administrator_wrote_are_sent_as_they_stand(
    settings: Settings, ehr: FakeEhr, clock: Clock
) -> None:
    listed = [f"patient/{name}.rs" for name in ("Patient", "Condition", "Encounter")]
    ehr.failures["/smart-configuration"] = (200, {**POSTING, "capabilities": [], "scopes_supported": listed})
    browser = started(changed(settings, scopes="openid patient/Goal.rs vendor:x"), ehr, clock).test_client()
    assert ehr.begin(browser)["scope"] == "launch openid patient/Goal.rs vendor:x"


# Where it leads, and where it does not.


@pytest.mark.requirement("client@21")
@pytest.mark.parametrize("told", [None, "south", "North", "north ", ["north"]])
def test_a_launch_of_another_practice_is_refused_and_given_back(
    settings: Settings, ehr: FakeEhr, clock: Clock, told: Any
) -> None:
    browser = started(changed(settings, tenant="north"), ehr, clock).test_client()
    answer = ehr.launch(browser, **({} if told is None else {"tenant": told}))
    assert answer.status_code == 403
    assert "This chart is of another practice" in answer.text
    assert len(ehr.revoked) == 2
    assert not any("Practitioner" in url for _, url, _ in ehr.received)
    assert ehr.launch(browser, tenant="north").status_code == 303


@pytest.mark.requirement("client@18")
@pytest.mark.parametrize(
    "parameter",
    ["next", "return_to", "redirect", "redirect_uri", "url", "target", "continue", "RelayState", "aud"],
)
def test_no_parameter_sends_a_browser_elsewhere(browser: FlaskClient, ehr: FakeEhr, parameter: str) -> None:
    for evil in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        more = f"&{parameter}={quote(evil, safe='')}"
        asked = ehr.begin(browser, LAUNCH + more)
        assert asked["redirect_uri"] == "http://127.0.0.1:8080/callback"
        answer = browser.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked)}{more}")
        assert answer.status_code == 303
        assert answer.location.startswith("/l/")
        assert "evil" not in answer.location


@pytest.mark.requirement("client@2")
@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.7", "[fd00::7]"])
def test_a_private_address_that_is_configured_is_allowed(
    settings: Settings, clock: Clock, address: str
) -> None:
    """Hospitals have their EHR inside; `chartside check` says so."""
    iss = f"https://{address}/r4"
    ehr = FakeEhr(clock, iss=iss)
    browser = started(changed(settings, iss=iss), ehr, clock).test_client()
    assert ehr.begin(browser, f"/launch?iss={quote(iss, safe='')}&launch=xyz")["aud"] == iss


@pytest.mark.requirement("client@3")
def test_how_to_sign_in_is_asked_at_each_launch_so_that_a_mended_ehr_works_at_once(
    browser: FlaskClient, ehr: FakeEhr
) -> None:
    def asked() -> int:
        return sum(url.endswith("/smart-configuration") for _, url, _ in ehr.received)

    ehr.failures = {"/smart-configuration": (500, b""), "/metadata": (500, b"")}
    assert browser.get(LAUNCH).status_code == 502
    ehr.failures = {}
    ehr.begin(browser)
    ehr.failures = {"/smart-configuration": (500, b""), "/metadata": (500, b"")}
    assert browser.get(LAUNCH).status_code == 502
    assert asked() == 3
