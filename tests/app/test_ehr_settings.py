"""The settings of many EHRs and of the machine: each wrong value has its sentence, each right one its effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.requested_scopes import minimum_scope_text, scope_text
from tests.app.test_settings import EHR, KEY, load, problems_of

__all__ = ["load"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('proxies = "1"' + EHR, "proxies must be a whole number from 0 to 5"),
        ("proxies = 6" + EHR, "proxies must be a whole number from 0 to 5"),
        ("proxies = -1" + EHR, "proxies must be a whole number from 0 to 5"),
        ("keys_dir = 3" + EHR, "keys_dir must be a text"),
        ('keys_dir = ""' + EHR, "keys_dir must be a text"),
        (
            'ca_file = "/nowhere.pem"' + EHR,
            'ca_file = "/nowhere.pem" must be a readable file of certificates',
        ),
        ("ca_file = true" + EHR, "ca_file must be a text"),
        ("store = 6379" + EHR, "store must be a text"),
        ('store = "postgres://127.0.0.1"' + EHR, "store must be redis://HOST[:PORT][/DB]"),
        ('store = "redis://:secret@127.0.0.1"' + EHR, "the password belongs into CHARTSIDE_REDIS_PASSWORD"),
        ('store = "redis://127.0.0.1/0?ssl=1"' + EHR, "without user, password or query"),
        ('store = "redis://127.0.0.1/zero"' + EHR, "store must be redis://"),
        ('store = "redis://127.0.0.1:99999/0"' + EHR, "store must be redis://"),
        ('store = "redis://"' + EHR, "store must be redis://"),
        (
            'store = "redis://redis.practice.example:6379/0"' + EHR,
            "on another machine: set CHARTSIDE_REDIS_PASSWORD",
        ),
        (EHR + 'vendor = "cerner"', "vendor must be one of generic, epic, oracle, athena, ecw"),
        (EHR + "tenant = 7", "tenant must be a text"),
        (EHR + 'tenant = ""', "tenant must be a text in quotes that is not empty"),
        (EHR + 'minimum_scopes = ""', "minimum_scopes must be a text"),
        (EHR + 'authorize = "put"', "authorize must be one of auto, get, post"),
        (EHR + 'algorithm = "RS256"', "algorithm must be one of ES384, RS384"),
        (EHR + 'admins = "Practitioner/1"', "admins must be a list of texts"),
        (EHR + "admins = []", "admins must be a list of texts"),
        (EHR + 'admins = ["manager"]', 'admins: "manager" must be a user as the EHR names it, TYPE/ID'),
        (
            EHR + 'admins = ["https://evil.example/Practitioner/1"]',
            "must be a user as the EHR names it, TYPE/ID",
        ),
        (EHR + 'audit = "yes"', "audit must be true or false, without quotes"),
        (EHR + "audit = 1", "audit must be true or false, without quotes"),
        (EHR.replace("[[ehr]]", "[ehr]"), "no EHR is configured"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(load: Any, text: str, said: str) -> None:
    found = problems_of(load, text)
    assert said in found
    if "[[ehr]]" in text and not text.startswith(("proxies", "keys", "ca_", "store")):
        assert "[[ehr]] riverbend: " in found


def test_a_password_of_a_store_that_is_none_is_told(load: Any) -> None:
    env = {"CHARTSIDE_KEY": KEY, "CHARTSIDE_REDIS_PASSWORD": "hunter2"}
    found = problems_of(load, EHR, env)
    assert "CHARTSIDE_REDIS_PASSWORD is set, but store names no Redis server" in found
    assert "hunter2" not in found


@pytest.mark.requirement("client@11")
def test_the_defaults_are_the_calm_ones(load: Any) -> None:
    settings = load(EHR)
    (ehr,) = settings.ehrs
    assert (settings.store, settings.proxies, settings.ca_file) == ("", 0, None)
    assert settings.keys_dir == settings.state_dir / "keys"
    assert (ehr.vendor, ehr.tenant, ehr.authorize, ehr.algorithm) == ("generic", None, "auto", "ES384")
    assert (ehr.admins, ehr.audit) == ((), False)
    assert (ehr.scope, ehr.minimum_scope) == (scope_text("v2"), minimum_scope_text("v2"))
    assert not any("*" in scope for scope in f"{ehr.scope} {ehr.minimum_scope}".split())


@pytest.mark.requirement("client@11")
def test_scopes_follow_the_style_or_the_administrator(load: Any) -> None:
    (by_style,) = load(EHR + 'scope_style = "v1"').ehrs
    assert "patient/Task.write" in by_style.scope.split()
    assert "patient/Task.read" in by_style.minimum_scope.split()
    (written,) = load(EHR + 'scopes = "openid a"\nminimum_scopes = "openid"').ehrs
    assert (written.scope, written.minimum_scope) == ("openid a", "openid")


def test_each_ehr_stands_alone(load: Any) -> None:
    """Two EHRs of two vendors, each with a way and users of its own."""
    second = EHR.replace('"riverbend"', '"hillside"').replace("fhir.ehr", "fhir.hillside")
    text = EHR + 'vendor = "epic"\ntenant = "north"\nauthorize = "get"\nadmins = ["Practitioner/1"]' + second
    riverbend, hillside = load(text).ehrs
    assert (riverbend.vendor, riverbend.tenant, riverbend.authorize) == ("epic", "north", "get")
    assert riverbend.admins == ("Practitioner/1",)
    assert (hillside.vendor, hillside.tenant, hillside.authorize, hillside.admins) == (
        "generic",
        None,
        "auto",
        (),
    )


def test_where_the_keys_lie_may_be_said(load: Any) -> None:
    assert load('keys_dir = "/etc/chartside/keys"' + EHR).keys_dir == Path("/etc/chartside/keys")
