"""The CDS Hooks service over HTTP: what is answered, to whom, and that nothing of a patient is logged."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.cds_hooks.answer import kind_of, new_card_id
from app.errors import StoreDown
from app.hosts import serve_only
from app.sessions import COOKIE
from app.settings import Settings
from mappings.cds_cards import kinds
from tests.app.cds_hooks.caller import (
    PAGES_OF_THE_EHR,
    PATIENT,
    SERVICE,
    CdsClient,
    call,
    good,
    prefetched,
)
from tests.app.conftest import ORIGIN, Clock


@pytest.mark.requirement("client@56")
def test_a_card_is_whole_and_leads_to_the_step(ask: Any) -> None:
    answer = ask(good())
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    (card,) = answer.json["cards"]
    assert kind_of(card["uuid"]) == "not-enrolled"
    assert len(card["summary"]) < 140
    assert card["summary"].startswith("3 chronic conditions")
    assert card["indicator"] in ("info", "warning", "critical")
    assert card["source"]["label"]
    assert card["source"]["url"].startswith("https://")
    assert card["source"]["topic"]["code"] == "not-enrolled"
    assert all({"system", "code", "display"} == set(reason) for reason in card["overrideReasons"])
    (link,) = card["links"]
    assert (link["type"], link["url"]) == ("smart", f"{ORIGIN}/launch")
    assert json.loads(link["appContext"]) == {"page": "eligibility"}
    assert "suggestions" not in card


def test_two_calls_have_cards_of_two_names(ask: Any) -> None:
    named = {ask(good()).json["cards"][0]["uuid"] for _ in range(2)}
    assert len(named) == 2


def test_a_chart_with_nothing_to_say_has_no_card(ask: Any) -> None:
    assert ask(call(prefetched(PATIENT), patient_id="margery")).json == {"cards": []}


def test_discovery_lists_the_one_service_with_queries_of_the_recommended_subset(
    browser: FlaskClient, caller: CdsClient
) -> None:
    (service,) = browser.get("/cds-services", headers=caller.headers("/cds-services")).json["services"]
    assert {"hook", "id", "title", "description", "prefetch", "usageRequirements"} == set(service)
    assert (service["hook"], f"/cds-services/{service['id']}") == ("patient-view", SERVICE)
    assert service["prefetch"]["patient"] == "Patient/{{context.patientId}}"
    assert service["prefetch"]["tasks"] == "Task?patient={{context.patientId}}"
    assert all(query.count("{{context.patientId}}") == 1 for query in service["prefetch"].values())


def test_a_service_of_another_name_is_not_here(ask: Any) -> None:
    assert ask(good(), "/cds-services/another").status_code == 404
    assert ask({"feedback": []}, "/cds-services/another/feedback").status_code == 404


@pytest.mark.requirement("client@55")
def test_a_page_of_the_ehr_may_call_and_no_other(browser: FlaskClient, ask: Any) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    preflight = browser.options(SERVICE, headers={"Origin": PAGES_OF_THE_EHR, **asked})
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == PAGES_OF_THE_EHR
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    answer = ask(good(), headers={"Origin": PAGES_OF_THE_EHR})
    assert answer.headers["Access-Control-Allow-Origin"] == PAGES_OF_THE_EHR
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    for origin in ("https://evil.example", "null", "https://screens.ehr.example.evil.example", ORIGIN):
        for seen in (
            browser.options(SERVICE, headers={"Origin": origin, **asked}),
            ask(good(), headers={"Origin": origin}),
        ):
            assert "Access-Control-Allow-Origin" not in seen.headers


def test_a_session_opens_nothing_here_and_none_is_begun(
    browser: FlaskClient, ask: Any, launched: Any, post: Any
) -> None:
    launched()
    assert browser.get_cookie(COOKIE, domain="localhost") is not None
    assert browser.post(SERVICE, data=orjson.dumps(good())).status_code == 401
    answer = ask(good())
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", kinds())
def test_a_cards_name_tells_its_kind_and_nothing_else(kind: str) -> None:
    assert kind_of(new_card_id(kind)) == kind
    assert kind_of("ffffffff-ffff-4fff-8fff-ffffffffffff") == ""
    assert kind_of("Margery") == ""


@pytest.mark.requirement("client@62")
def test_the_log_says_who_asked_and_not_for_whom(ask: Any, browser: FlaskClient, log_lines: Any) -> None:
    ask(good())
    ask(good(prefetch={"patient": {**PATIENT, "id": "harold"}, "tasks": None}))
    ask(b"{")
    browser.post(SERVICE, data=orjson.dumps(good()))
    written = log_lines()
    assert '"event":"cds-cards","ehr":"riverbend","cards":["not-enrolled"]' in written
    assert '"why":"prefetch.patient"' in written
    assert '"why":"no token"' in written
    for said in ("margery", "harold", "Gibson", "1950-02-03", "E11.9", "Bearer", "eyJ"):
        assert said not in written, said


def test_a_store_that_is_down_lets_nobody_in_twice(
    ask: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise StoreDown()

    monkeypatch.setattr(app.extensions["chartside"].store, "get", down)
    answer = ask(good())
    assert (answer.status_code, set(answer.json)) == (503, {"error"})


def test_an_error_of_our_own_is_told_without_what_was_sent(
    ask: Any, monkeypatch: pytest.MonkeyPatch, log_lines: Any
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("Margery Gibson")

    monkeypatch.setattr("app.views.cds_services.made_cards", broken)
    answer = ask(good())
    assert (answer.status_code, set(answer.json)) == (500, {"error"})
    assert "Margery" not in answer.text + log_lines()


def test_a_call_under_another_name_is_refused_as_every_request_is(
    settings: Settings, clock: Clock, caller: CdsClient
) -> None:
    served = create_app(settings, now=clock)
    serve_only(served, settings)
    answer = served.test_client().get(
        "/cds-services", headers=caller.headers("/cds-services"), base_url="https://rebound.example"
    )
    assert (answer.status_code, set(answer.json or {})) == (421, {"error"})
