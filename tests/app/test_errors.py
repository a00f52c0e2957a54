"""Every error ends in the same page: what happened, what to do next, a reference; never its own text."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from werkzeug import exceptions as http

from app import errors
from app.ehr import errors as ehr_errors
from smart_launch import errors as smart
from tests.app.conftest import BROKEN

HOSTILE = "<script>alert('Gibson')</script> token=abc"


def subclasses(base: type[Exception]) -> list[type[Exception]]:
    return [base, *(found for child in base.__subclasses__() for found in subclasses(child))]


@pytest.fixture
def page_of(app: Flask, browser, launched):
    launch_id = launched()

    def page(error: Exception, **headers: str):
        BROKEN["margery"] = error
        return browser.get(f"/l/{launch_id}/broken", headers=headers)

    yield page
    BROKEN.clear()


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ValueError(HOSTILE), 500, "an error of its own"),
        (smart.Unreachable("timeout", sent=True), 504, "could not be reached"),
        (smart.Unauthorized(401), 401, "The EHR has ended this session"),
        (smart.SessionEnded(), 401, "Go back to the chart and open Chartside again"),
        (smart.PatientChanged(), 409, "Wrong patient: nothing was done"),
        (smart.TokenServerFailed(), 502, "The EHR is not answering"),
        (smart.Forbidden(403), 502, "does not give you access"),
        (ehr_errors.BreakTheGlass(403), 403, "The EHR protects this chart"),
        (ehr_errors.BreakTheGlass(403), 403, "Break the glass in the EHR first, then open Chartside again."),
        (smart.TooManyRequests(429), 503, "Wait a minute and try again"),
        (smart.TooManyRequests(429, (), 45), 503, "Try again in 45 seconds."),
        (smart.NotFhir(200), 502, "something that is not a record"),
        (smart.ServerFailed(500), 502, "The EHR failed"),
        (smart.IdTokenError(HOSTILE), 502, "could not be verified"),
        (smart.AccessDenied("access_denied"), 403, "did not allow"),
        (ehr_errors.NoAnswer(), 502, "The EHR is not answering"),
        (ehr_errors.ChangedMeanwhile(), 409, "Somebody changed this record"),
        (ehr_errors.WrongPatient(), 409, "another patient"),
        (ehr_errors.InvalidResource(()), 500, "does not pass its own checks"),
        (errors.StoreBusy(), 503, "try again"),
        (http.NotFound(HOSTILE), 404, "no such page"),
        (http.MethodNotAllowed(), 405, "no such page"),
        (http.BadRequest(HOSTILE), 400, "could not be read"),
        (http.RequestEntityTooLarge(), 413, "larger than 1 MB"),
        (http.ImATeapot(), 418, "did not accept the request"),
    ],
)
def test_an_error_is_a_page_with_a_reference(page_of, error: Exception, status: int, said: str) -> None:
    answer = page_of(error)
    assert answer.status_code == status
    assert said in answer.text
    assert re.search(r"[0-9A-F]{4}-[0-9A-F]{4}", answer.text)
    for never in ("Gibson", "<script>alert", "token=abc", "Traceback", "line "):
        assert never not in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("kind", subclasses(errors.AppError))
def test_every_error_of_ours_says_what_happened_and_what_to_do(kind: type[errors.AppError]) -> None:
    for words in (kind.title, kind.what_happened, kind.what_to_do):
        assert words
        assert "  " not in words
    assert kind.what_happened.endswith(".")
    assert kind.what_to_do.endswith(".")
    assert 400 <= kind.status < 600


@pytest.mark.parametrize("kind", subclasses(smart.SmartError) + subclasses(ehr_errors.EhrError))
def test_every_error_of_the_ehr_has_a_page_of_fixed_words(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, HOSTILE)
    page = errors.page_for(error)
    assert 400 <= page.status < 600
    assert page.what_happened == kind.page_reason
    assert page.what_to_do
    assert HOSTILE not in f"{page.title}{page.what_happened}{page.what_to_do}"


def test_the_page_says_when_what_was_typed_was_kept(app: Flask, browser, launched) -> None:
    with app.test_request_context("/"):
        errors.draft_kept(datetime(2026, 11, 21, 9, 14, tzinfo=ZoneInfo("America/New_York")))
        text, status = errors._answer(smart.Unreachable("refused", sent=False))  # type: ignore[misc]
    assert "09:14" in text
    assert status == 504


def test_the_error_of_a_part_of_a_page_is_a_page_too(page_of) -> None:
    assert page_of(ValueError("x"), **{"HX-Request": "true"}).status_code == 500


def test_a_redirect_that_werkzeug_raises_stays_one(app: Flask) -> None:
    app.add_url_rule("/slash/", view_func=lambda: "here", endpoint="slash")
    assert app.test_client().get("/slash").status_code == 308
