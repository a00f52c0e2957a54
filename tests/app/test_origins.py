"""Only what a browser would send as `Origin`, and only where nobody can listen, counts as an origin."""

from __future__ import annotations

import pytest

from app.origins import is_origin


@pytest.mark.parametrize(
    "text",
    [
        "https://ehr.example",
        "https://ehr.example:8443",
        "http://localhost:8090",
        "http://127.0.0.1",
        "http://[::1]:8080",
    ],
)
def test_an_exact_origin_is_one(text: str) -> None:
    assert is_origin(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "'self'",
        "https:",
        "https://",
        "https://*.ehr.example",
        "https://ehr.example/",
        "https://ehr.example/screens",
        "https://ehr.example?x",
        "https://EHR.example",
        "https://user@ehr.example",
        "https://ehr.example:443",
        "http://localhost:80",
        "https://ehr.example:99999",
        "https://ehr.example:0",
        "https://ehr.example; script-src *",
        "https://ehr.example https://evil.example",
        "https://ehr.example\nX-Header: 1",
        "http://ehr.example",
        "http://10.0.0.5",
        "http://localhost.evil.example",
        "ftp://ehr.example",
        "javascript:alert(1)",
        "null",
        "https://éhr.example",
    ],
)
def test_anything_looser_is_not(text: str) -> None:
    assert not is_origin(text)
