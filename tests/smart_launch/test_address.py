"""The token goes where a request goes: hostile addresses in launch links, answers and discovery."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smart_launch.address import check_issuer, endpoint, is_loopback, same_host, within
from smart_launch.errors import BadIssuer, DiscoveryError, ForeignLink

BASE = "https://ehr.example/fhir/r4"


@pytest.mark.requirement("client@2")
@pytest.mark.parametrize(
    "iss",
    [
        "https://ehr.example/fhir",
        "https://ehr.example/fhir/",
        "https://ehr.example:8443/a/b/c",
        "https://10.1.2.3/fhir",
        "http://localhost:8090/fhir",
        "http://127.0.0.1:8090/fhir",
        "http://[::1]:8090/fhir",
        "http://ehr.localhost/fhir",
    ],
)
def test_a_usable_issuer_comes_back_unchanged(iss: str) -> None:
    assert check_issuer(iss) is iss


@pytest.mark.requirement("client@2")
@pytest.mark.parametrize(
    "iss",
    [
        None,
        7,
        "",
        "/fhir",
        "//evil.example/fhir",
        "ehr.example/fhir",
        "ftp://ehr.example/fhir",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://ehr.example/fhir",
        "http://10.1.2.3/fhir",
        "http://localhost.evil.example/fhir",
        "http://127.0.0.1.evil.example/fhir",
        "https://",
        "https:///fhir",
        "https://user:secret@ehr.example/fhir",
        "https://ehr.example@evil.example/fhir",
        "https://ehr.example\\@evil.example/fhir",
        "https://ehr.example/fhir?next=x",
        "https://ehr.example/fhir?",
        "https://ehr.example/fhir#x",
        "https://ehr.example/fhir#",
        " https://ehr.example/fhir",
        "https://ehr.example/fhir\n",
        "https://ehr.example/fh ir",
        "https://ehr.ex\tample/fhir",
        "https://ehr.example:99999/fhir",
        "https://ehr.example:port/fhir",
        "https://ehr.example:0/fhir",
        "https://[::1/fhir",
        "https://ehr.example/../admin",
        "https://ehr.example/%2e%2e/admin",
        "https://ehr.example/%252e%252e/admin",
        "https://éhr.example/fhir",
        "https://ehr.example／fhir",
        "https://ehr.example/" + "x" * 9000,
    ],
)
def test_a_hostile_issuer_is_refused(iss: object) -> None:
    with pytest.raises(BadIssuer):
        check_issuer(iss)


@pytest.mark.requirement("client@15")
@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("Patient/1", f"{BASE}/Patient/1"),
        ("Patient?_id=1&name=%C3%A9", f"{BASE}/Patient?_id=1&name=%C3%A9"),
        ("?_getpages=abc", f"{BASE}/?_getpages=abc"),
        (f"{BASE}?_getpages=abc", f"{BASE}?_getpages=abc"),
        (f"{BASE}/Task?patient=1&_page=2", f"{BASE}/Task?patient=1&_page=2"),
        ("HTTPS://EHR.example:443/fhir/r4/Task/1", "https://EHR.example:443/fhir/r4/Task/1"),
        ("/fhir/r4/Task/1", f"{BASE}/Task/1"),
        ("//ehr.example/fhir/r4/Task/1", f"{BASE}/Task/1"),
        ("Task?code=http://loinc.org|1-8", f"{BASE}/Task?code=http://loinc.org|1-8"),
        (BASE, BASE),
        (BASE + "/", BASE + "/"),
    ],
)
def test_a_link_inside_the_base_is_followed_as_written(reference: str, address: str) -> None:
    assert within(BASE, reference) == address


@pytest.mark.requirement("client@15")
@pytest.mark.parametrize(
    "reference",
    [
        "",
        "https://evil.example/fhir/r4/Task",
        "http://ehr.example/fhir/r4/Task",
        "https://ehr.example:8443/fhir/r4/Task",
        "https://ehr.example.evil.example/fhir/r4/Task",
        "https://ehr.example./fhir/r4/Task",
        "https://ehr.example@evil.example/fhir/r4/Task",
        "https://nurse@ehr.example/fhir/r4/Task",
        "https://evil.example\\@ehr.example/fhir/r4/Task",
        "https://evil.example#@ehr.example/fhir/r4/Task",
        "//evil.example/fhir/r4/Task",
        "\\\\evil.example/fhir/r4/Task",
        "/Task/1",
        "/fhir/r4x/Task/1",
        "/fhir/dstu2/Task/1",
        "../dstu2/Task/1",
        "Patient/../../../admin",
        "Patient/%2e%2e/%2e%2e/admin",
        "Patient/..%2f..%2fadmin",
        "Patient/..%5c..%5cadmin",
        "Patient/%252e%252e/admin",
        "Patient/..;/..;/..;/admin",
        "Patient/..;jsessionid=1/admin",
        "Patient/%2e%2e%3b/admin",
        "Patient/.;/1",
        f"{BASE}/..;/..;/admin",
        f"{BASE}/../admin",
        f"{BASE}/./Task",
        "#contained",
        "Patient/1#part",
        "urn:uuid:6d4b0a9c-0000-4000-8000-000000000001",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://ehr.example/fhir/r4/Task",
        "Patient/1\r\nX-Evil: 1",
        "Patient/1 2",
        "Patient/\ud800",
        "https://ehr.example:x/fhir/r4/Task",
        "https://[ehr.example/fhir/r4/Task",
        "https://ehr.example／evil/fhir/r4/Task",
        "Patient?x=" + "y" * 9000,
    ],
)
def test_a_link_that_leaves_the_base_is_foreign(reference: str) -> None:
    with pytest.raises(ForeignLink):
        within(BASE, reference)


@given(st.text(max_size=60))
def test_whatever_is_written_the_address_stays_inside_the_base(reference: str) -> None:
    try:
        address = within(BASE, reference)
    except ForeignLink:
        return
    parts = urlsplit(address)
    assert (parts.scheme, parts.hostname) == ("https", "ehr.example")
    assert parts.path.startswith("/fhir/r4")
    assert "@" not in parts.netloc


@given(
    st.sampled_from(["https://", "http://", "//", "\\\\", ""]),
    st.sampled_from(
        ["ehr.example", "evil.example", "ehr.example@evil.example", "ehr.example:443", "ehr.example."]
    ),
    st.sampled_from(
        ["", "/", "/fhir/r4", "/fhir/r4/", "/fhir", "/fhir/r4/..", "/fhir/r4/%2e%2e", "/fhir/r4evil"]
    ),
    st.sampled_from(["", "/Task", "?a=b", "#f", "/../x"]),
)
def test_no_combination_of_parts_reaches_another_server(scheme: str, host: str, path: str, rest: str) -> None:
    try:
        parts = urlsplit(within(BASE, scheme + host + path + rest))
    except ForeignLink:
        return
    assert (parts.scheme, parts.hostname, parts.port or 443) == ("https", "ehr.example", 443)
    assert parts.path == "/fhir/r4" or parts.path.startswith("/fhir/r4/")


@pytest.mark.requirement("client@3")
@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("https://auth.example/token", "https://auth.example/token"),
        ("https://auth.example/token?tenant=1", "https://auth.example/token?tenant=1"),
        ("token", f"{BASE}/token"),
        ("/oauth/token", "https://ehr.example/oauth/token"),
        ("../oauth/token", "https://ehr.example/fhir/oauth/token"),
    ],
)
def test_an_endpoint_is_made_absolute_against_the_base(value: str, address: str) -> None:
    assert endpoint(BASE, value) == address


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "http://auth.example/token",
        "http://localhost/token",
        "https://a@auth.example/token",
        "https://auth.example/token#x",
        "https://auth.example/to ken",
        "javascript:alert(1)",
        "https://[auth/token",
        "https://" + "x" * 9000,
    ],
)
def test_an_unsafe_endpoint_is_refused(value: object) -> None:
    with pytest.raises(DiscoveryError):
        endpoint(BASE, value)


def test_a_loopback_ehr_may_have_loopback_endpoints_in_clear() -> None:
    assert endpoint("http://localhost:8090/fhir", "http://127.0.0.1:8090/t") == "http://127.0.0.1:8090/t"
    with pytest.raises(DiscoveryError):
        endpoint("http://localhost:8090/fhir", "http://auth.example/t")


def test_loopback_is_this_machine_and_nothing_that_looks_like_it() -> None:
    assert all(is_loopback(host) for host in ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"))
    assert not any(is_loopback(host) for host in (None, "", "localhost.example", "10.0.0.1", "0.0.0.0"))  # noqa: S104  # not bound


def test_the_same_host_means_scheme_host_and_port() -> None:
    assert same_host("https://a.example/x", "https://A.example:443/y")
    assert not same_host("https://a.example/x", "http://a.example/x")
    assert not same_host("https://a.example/x", "https://a.example:444/x")
