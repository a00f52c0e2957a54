"""Only `public_url`'s host is served, and only the proxies that the settings count are believed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from app import create_app, hosts
from app.hosts import served_hosts
from app.settings import Settings
from smart_launch.transport import Http
from tests.app.fake_ehr import ISS, FakeEhr

HOST = "chartside.practice.example"


def served(settings: Settings, ehr: FakeEhr, clock, *, proxies: int = 0) -> FlaskClient:
    settings = replace(settings, public_url=f"https://{HOST}", proxies=proxies)
    app: Flask = create_app(settings, http=Http(adapters={"https://": ehr}), now=clock)

    @app.get("/seen")
    def seen() -> str:
        return f"{request.remote_addr} {request.scheme} {request.host}"

    hosts.serve_only(app, settings)
    return app.test_client()


def ask(browser: FlaskClient, address: str, host: str, **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.get(address, headers={"Host": host, **named})


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}:443"])
def test_the_host_of_the_public_address_is_served(settings, ehr, clock, host: str) -> None:
    assert ask(served(settings, ehr, clock), "/help", host).status_code == 200


@pytest.mark.requirement("client@18")
@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", f"{HOST}.evil.example", f"evil.{HOST}", f"{HOST}:8443", f"{HOST}@evil.example",
     "", f"{HOST} ", "chartside.practice.example\u00a0"],
)  # fmt: skip
def test_any_other_host_gets_a_page_and_nothing_is_done(settings, ehr, clock, host: str) -> None:
    browser = served(settings, ehr, clock)
    for address in (f"/launch?iss={ISS}&launch=xyz", "/callback?state=s&code=c", "/help", "/nowhere"):
        answer = ask(browser, address, host)
        assert answer.status_code == 421
        assert "This is not Chartside&#39;s address" in answer.text
        assert "evil" not in answer.text
        assert "Location" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert ehr.received == []


def test_a_probe_may_come_by_address(settings, ehr, clock) -> None:
    assert ask(served(settings, ehr, clock), "/healthz", "10.0.0.7:8080").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (0, "127.0.0.1 http chartside.practice.example"),
        (1, "203.0.113.9 https chartside.practice.example"),
        (2, "198.51.100.7 https chartside.practice.example"),
    ],
)
def test_exactly_the_proxies_that_are_counted_are_believed(
    settings, ehr, clock, proxies: int, seen: str
) -> None:
    """A browser may send such headers itself: what stands before the counted proxies' own is not believed."""
    browser = served(settings, ehr, clock, proxies=proxies)
    forwarded = {
        "X_Forwarded_For": "6.6.6.6, 198.51.100.7, 203.0.113.9",
        "X_Forwarded_Proto": "http, https, https",
    }
    assert ask(browser, "/seen", HOST, **forwarded).text == seen


def test_a_host_that_the_proxy_forwards_is_checked_as_well(settings, ehr, clock) -> None:
    browser = served(settings, ehr, clock, proxies=1)
    assert ask(browser, "/help", "app:8080", X_Forwarded_Host=HOST).status_code == 200
    assert ask(browser, "/help", HOST, X_Forwarded_Host="evil.example").status_code == 421
    alone = served(settings, ehr, clock)
    assert ask(alone, "/help", "evil.example", X_Forwarded_Host=HOST).status_code == 421


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [
        ("https://a.example", {"a.example", "a.example:443"}),
        ("https://a.example:8443", {"a.example:8443"}),
        ("http://127.0.0.1:8080", {"127.0.0.1:8080"}),
        ("http://localhost:80", {"localhost", "localhost:80"}),
    ],
)
def test_a_scheme_s_own_port_may_be_left_out(public_url: str, expected: set[str]) -> None:
    assert served_hosts(public_url) == expected
