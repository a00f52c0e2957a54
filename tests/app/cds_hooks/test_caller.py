"""Who is let in: the EHR that the settings name, once for each token, and nobody else."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.settings import Settings
from app.store import Store
from smart_launch.keys import make_key
from tests.app.cds_hooks.caller import (
    SERVICE,
    CdsClient,
    with_cards,
)
from tests.app.conftest import ORIGIN, Clock


@pytest.mark.parametrize(
    ("path", "method"), [("/cds-services", "get"), (SERVICE, "post"), (f"{SERVICE}/feedback", "post")]
)
@pytest.mark.requirement("client@54")
def test_every_address_asks_for_a_token_of_its_own(
    path: str, method: str, browser: FlaskClient, caller: CdsClient
) -> None:
    other = "/cds-services" if path != "/cds-services" else SERVICE
    refused: dict[str, dict[str, str]] = {
        "no header": {},
        "an empty header": {"Authorization": ""},
        "Basic": {"Authorization": "Basic bnVyc2U6c2VjcmV0"},
        "no token": {"Authorization": "Bearer"},
        "two tokens": {"Authorization": f"Bearer {caller.token(path)}, Bearer {caller.token(path)}"},
        "for another address": caller.headers(other),
        "for another host": caller.headers(path, aud=f"https://evil.example{path}"),
        "of another issuer": caller.headers(path, iss="https://evil.example"),
        "of another's key": CdsClient(ORIGIN, caller.now, key=make_key("ES384", kid="hooks-1")).headers(path),
        "expired": caller.headers(path, exp=int(caller.now()) - 120, iat=int(caller.now()) - 300),
        "far in the future": caller.headers(path, exp=int(caller.now()) + 86_400),
    }
    for why, headers in refused.items():
        answer = getattr(browser, method)(path, headers=headers)
        assert answer.status_code == 401, why
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert set(answer.json) == {"error"}


@pytest.mark.requirement("client@54")
def test_a_token_serves_once_also_in_another_process_and_after_a_restart(
    browser: FlaskClient, caller: CdsClient, settings: Settings, clock: Clock
) -> None:
    headers = caller.headers("/cds-services")
    assert browser.get("/cds-services", headers=headers).status_code == 200
    assert browser.get("/cds-services", headers=headers).status_code == 401
    other = create_app(settings, now=clock).test_client()
    assert other.get("/cds-services", headers=headers).status_code == 401
    clock.pass_by(minutes=4)
    assert other.get("/cds-services", headers=headers).status_code == 401
    clock.pass_by(minutes=10)
    assert other.get("/cds-services", headers=headers).status_code == 401, "expired by now"


@pytest.mark.requirement("client@54")
def test_of_twenty_calls_at_once_with_one_token_one_is_answered(app: Flask, caller: CdsClient) -> None:
    headers, answers = caller.headers("/cds-services"), []
    start = threading.Barrier(20)

    def one() -> None:
        start.wait()
        answers.append(app.test_client().get("/cds-services", headers=headers).status_code)

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, *[401] * 19]


def test_a_token_that_was_refused_is_not_remembered(
    app: Flask, browser: FlaskClient, caller: CdsClient
) -> None:
    store: Store = app.extensions["chartside"].store
    before = len(list(store.items("cds-jti")))
    for _ in range(5):
        browser.get("/cds-services", headers=caller.headers("/cds-services", aud="https://evil.example"))
    assert len(list(store.items("cds-jti"))) == before
    browser.get("/cds-services", headers=caller.headers("/cds-services"))
    assert len(list(store.items("cds-jti"))) == before + 1


def test_one_issuer_of_two_practices_is_told_by_the_tenant(
    settings: Settings, clock: Clock, caller: CdsClient
) -> None:
    first, second = (
        with_cards(ehr, tenant=ehr.name, key=make_key("ES384", kid="hooks-1")) for ehr in settings.ehrs
    )
    first = with_cards(first, tenant="riverbend")
    browser = create_app(replace(settings, ehrs=(second, first)), now=clock).test_client()
    statuses = {
        tenant: browser.get(
            "/cds-services", headers=caller.headers("/cds-services", tenant=tenant)
        ).status_code
        for tenant in ("riverbend", "hillside", None)
    }
    assert statuses == {"riverbend": 200, "hillside": 401, None: 401}


def test_where_no_ehr_is_to_have_cards_there_is_no_service(
    settings: Settings, clock: Clock, caller: CdsClient
) -> None:
    off = replace(settings, ehrs=tuple(replace(ehr, cds_hooks=None) for ehr in settings.ehrs))
    browser = create_app(off, now=clock).test_client()
    assert browser.get("/cds-services", headers=caller.headers("/cds-services")).status_code == 404
    assert browser.post(SERVICE, headers=caller.headers()).status_code == 404
