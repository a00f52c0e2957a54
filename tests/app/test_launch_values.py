"""What of a launch request is taken, echoed or left alone, and where its secrets never stand."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import requests
from flask.testing import FlaskClient

from tests.app.fake_ehr import ISS, FakeEhr


@pytest.mark.requirement("client@1")
def test_no_launch_chooses_where_its_answer_goes(browser: FlaskClient, ehr: FakeEhr) -> None:
    asked = ehr.begin(
        browser,
        f"/launch?iss={ISS}&launch=xyz&redirect_uri=https://evil.example/cb&client_id=evil&aud=https://evil.example",
    )
    assert asked["redirect_uri"] == "http://127.0.0.1:8080/callback"
    assert asked["client_id"] != "evil"
    assert asked["aud"] == ISS
    answer = browser.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked)}&redirect_uri=//evil")
    assert answer.status_code == 303
    (form,) = [body for method, url, body in ehr.received if url.endswith("/token")]
    assert form["redirect_uri"] == "http://127.0.0.1:8080/callback"


@pytest.mark.requirement("client@2")
@pytest.mark.parametrize("launch", ["a+b/c==", "a b&c=d#e?f", "%20%2B", "eyJhbGciOiJub25lIn0.e30.", "ü"])
def test_the_launch_value_comes_back_to_the_ehr_to_the_letter(
    browser: FlaskClient, ehr: FakeEhr, launch: str
) -> None:
    assert ehr.begin(browser, f"/launch?iss={ISS}&launch={quote(launch, safe='')}")["launch"] == launch


@pytest.mark.requirement("client@16")
@pytest.mark.requirement("client@14")
def test_no_token_of_the_ehr_stands_in_a_cookie_or_an_address(browser: FlaskClient, ehr: FakeEhr) -> None:
    answer = ehr.launch(browser)
    page = browser.get(answer.location)
    tokens = [secret for secret in ehr.secrets if len(secret) >= 16]
    assert len(tokens) > 3
    told = " ".join(
        value
        for each in (answer, page)
        for name, value in each.headers.items()
        if name in ("Set-Cookie", "Location")
    )
    cookies = " ".join(cookie.value for cookie in browser._cookies.values())  # type: ignore[union-attr]
    addresses = " ".join(url for _, url, _ in ehr.received)
    assert cookies
    for token in tokens:
        assert token not in told + cookies + addresses + page.text


@pytest.mark.parametrize(
    "query",
    ["", "?iss=", f"?iss={ISS}", f"?iss={ISS}&launch=", f"?iss={ISS}&iss=https://evil.example&launch=x",
     f"?iss={ISS}&launch=a&launch=b", "?launch=xyz", f"?iss={ISS}&launch={'x' * 5000}"],
)  # fmt: skip
def test_an_incomplete_or_doubled_launch_request_is_refused(
    browser: FlaskClient, ehr: FakeEhr, query: str
) -> None:
    answer = browser.get(f"/launch{query}")
    assert answer.status_code == 400
    assert ehr.received == []
    assert "did not say which EHR and which chart" in answer.text
    assert "Go back to the chart and open Chartside again" in answer.text


@pytest.mark.parametrize("query", ["", "?ehr=", "?ehr=nowhere", "?ehr=riverbend&ehr=hillside"])
def test_a_standalone_launch_of_an_unknown_ehr_is_refused(
    browser: FlaskClient, ehr: FakeEhr, query: str
) -> None:
    assert browser.get(f"/launch/standalone{query}").status_code == 403
    assert ehr.received == []


@pytest.mark.parametrize(
    ("failure", "status", "said"),
    [
        (requests.ConnectionError(), 504, "could not be reached"),
        (requests.ReadTimeout(), 504, "could not be reached"),
        ((200, b"<html>login</html>"), 502, "did not say how to sign in"),
        ((500, b"oops"), 502, "did not say how to sign in"),
    ],
)
def test_an_ehr_that_fails_at_discovery_gives_a_plain_page(
    browser: FlaskClient, ehr: FakeEhr, failure, status: int, said: str
) -> None:
    ehr.failures = {"/smart-configuration": failure, "/metadata": failure}
    answer = browser.get(f"/launch?iss={ISS}&launch=xyz")
    assert answer.status_code == status
    assert said in answer.text
    assert "Reference" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("version", ["1.0.2", "3.0.2", "5.0.0"])
def test_metadata_of_another_fhir_version_gives_a_plain_page(
    browser: FlaskClient, ehr: FakeEhr, version: str
) -> None:
    ehr.failures = {
        "/smart-configuration": (404, b""),
        "/metadata": (200, {"resourceType": "CapabilityStatement", "fhirVersion": version}),
    }
    answer = browser.get(f"/launch?iss={ISS}&launch=xyz")
    assert answer.status_code == 502
    assert "another version of FHIR" in answer.text
