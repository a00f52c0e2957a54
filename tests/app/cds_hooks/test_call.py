"""What is no call of ours, and what does not bring enough for a card."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from app.cds_hooks.call import CdsCall, read_call
from app.cds_hooks.errors import CallUnreadable, PrefetchLacking
from tests.app.cds_hooks.caller import (
    CHRONIC,
    PATIENT,
    SERVICE,
    CdsClient,
    bundle,
    call,
    good,
    prefetched,
)
from tests.app.fake_ehr import ISS


def read(body: Any) -> CdsCall:
    return read_call(body if isinstance(body, bytes) else orjson.dumps(body), iss=ISS)


UNREADABLE: dict[str, tuple[Any, str]] = {
    "no JSON": (b"{", "the body"),
    "nothing": (b"", "the body"),
    "a list": (b"[]", "the body"),
    "as deep as the sea": (b"[" * 100_000, "the body"),
    "another hook": (good(hook="order-sign"), "hook"),
    "no hook": (good(hook=None), "hook"),
    "no instance": (good(hookInstance=None), "hookInstance"),
    "a number as instance": (good(hookInstance=7), "hookInstance"),
    "no context": (good(context=None), "context"),
    "a list as context": (good(context=[]), "context"),
    "no patient": (good(context={"userId": "Practitioner/1"}), "context.patientId"),
    "a list of patients": (good(context={"userId": "P/1", "patientId": ["margery"]}), "context.patientId"),
    "a path as patient": (good(context={"userId": "P/1", "patientId": "../x"}), "context.patientId"),
    "no user": (good(context={"patientId": "margery"}), "context.userId"),
    "another patient's data": (
        good(context={"userId": "Practitioner/1", "patientId": "harold"}),
        "prefetch.patient",
    ),
    "another EHR": (good(fhirServer="https://evil.example/r4"), "fhirServer"),
    "a list as prefetch": (good(prefetch=[1]), "prefetch"),
}


@pytest.mark.parametrize(("body", "field"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_call_that_is_none_is_refused_and_the_field_is_named(body: Any, field: str) -> None:
    with pytest.raises(CallUnreadable) as raised:
        read(body)
    assert raised.value.detail == field


def test_what_is_wrong_is_answered_with_its_name_and_nothing_of_the_call(ask: Any) -> None:
    answer = ask(good(hook="margery"))
    sentence = "This call could not be read: hook is missing or wrong."
    assert (answer.status_code, answer.json) == (400, {"error": sentence})


WITHOUT: dict[str, tuple[Any, str]] = {
    "no prefetch": (good(prefetch=None), "patient, tasks"),
    "an empty one": (good(prefetch={}), "patient, tasks"),
    "no patient": (good(prefetch={"tasks": None}), "patient"),
    "no tasks": (good(prefetch={"patient": PATIENT}), "tasks"),
    "null as patient": (good(prefetch={"patient": None, "tasks": None}), "patient"),
    "an outcome as patient": (
        good(prefetch={"patient": {"resourceType": "OperationOutcome"}, "tasks": None}),
        "patient",
    ),
    "two patients": (
        good(prefetch={"patient": bundle([PATIENT, {**PATIENT, "id": "x"}]), "tasks": None}),
        "patient",
    ),
}


@pytest.mark.parametrize(("body", "missing"), WITHOUT.values(), ids=WITHOUT)
def test_without_what_every_card_needs_the_precondition_fails(body: Any, missing: str) -> None:
    with pytest.raises(PrefetchLacking) as raised:
        read(body)
    assert raised.value.detail == missing


def test_a_failed_precondition_is_answered_with_the_keys_that_are_missing(ask: Any) -> None:
    answer = ask(good(prefetch={"patient": PATIENT}))
    assert answer.status_code == 412
    assert answer.json["error"].endswith("missing: tasks.")


def test_a_token_for_the_ehr_that_comes_along_is_not_used(ask: Any, ehr: Any, log_lines: Any) -> None:
    token = {"access_token": "s3cret-of-the-ehr", "token_type": "Bearer", "expires_in": 300, "scope": "x"}
    assert ask(good(fhirAuthorization=token, fhirServer=f"{ISS}/")).status_code == 200
    assert ehr.received == []
    assert "s3cret" not in log_lines()


@pytest.mark.parametrize("told", [True, False], ids=["its length told", "in chunks"])
@pytest.mark.parametrize("path", [SERVICE, f"{SERVICE}/feedback"])
def test_five_megabytes_are_refused_before_they_are_parsed(
    told: bool, path: str, browser: FlaskClient, caller: CdsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("a call that is too large was parsed")

    for parser in ("read_call", "read_feedback"):
        monkeypatch.setattr(f"app.views.cds_services.{parser}", never)
    big = orjson.dumps(good(padding="x" * 5_000_000))
    # A server that reads chunks itself gives a stream that ends, and no length.
    chunked = {} if told else {"Transfer-Encoding": "chunked"}
    answer = browser.post(
        path,
        data=big,
        headers={**caller.headers(path), **chunked},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.request.content_length == (len(big) if told else None)
    assert answer.status_code == 413
    assert set(answer.json or {}) == {"error"}


def test_a_chart_of_three_megabytes_is_read(ask: Any) -> None:
    many = [{**CHRONIC[0], "id": f"x{number}", "note": [{"text": "n" * 1000}]} for number in range(2500)]
    assert len(orjson.dumps(many)) > 2_500_000
    assert ask(call(prefetched(PATIENT, many), patient_id="margery")).status_code == 200
