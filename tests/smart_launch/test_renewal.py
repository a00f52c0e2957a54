"""One refresh at a time: among threads, among processes, and not again and again when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pytest
import responses

from smart_launch.errors import PatientChanged, SessionEnded, SmartError, TokenServerFailed, Unreachable
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant
from smart_launch.transport import Http
from tests.smart_launch.conftest import (
    CONFIGURATION,
    ISS,
    NOW,
    PUBLIC,
    REVOKE_URL,
    TOKEN_URL,
    Clock,
    form_of,
    grant,
    token_answer,
)


class Store:
    """What the app keeps for all its processes: the newest grant and one lock."""

    def __init__(self, kept: Grant) -> None:
        self.kept = kept
        self.saved: list[Grant] = []
        self.held = 0
        self._lock = threading.Lock()

    def save(self, renewed: Grant) -> None:
        assert self._lock.locked(), "stored before another process may look"
        self.kept = renewed
        self.saved.append(renewed)

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._lock:
            self.held += 1
            yield

    def client(self, http: Http, clock: Clock, seen: Grant | None = None) -> SmartClient:
        return SmartClient(
            PUBLIC,
            CONFIGURATION,
            seen or self.kept,
            http=http,
            refreshed=self.save,
            lock=self.lock,
            reload=lambda: self.kept,
            now=clock,
        )


def client(
    http: Http,
    clock: Clock,
    held: Grant,
    lock: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> SmartClient:
    return SmartClient(PUBLIC, CONFIGURATION, held, http=http, lock=lock, now=clock)


def serve_patient(ehr: responses.RequestsMock, good: str, gate: threading.Barrier | None = None) -> None:
    """The EHR takes the token `good` and answers every other with 401, after `gate` let all of the first round in."""

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        if request.headers["Authorization"] != f"Bearer {good}":
            if gate:
                gate.wait(timeout=10)
            return 401, {}, ""
        return 200, {"Content-Type": "application/fhir+json"}, '{"resourceType": "Patient", "id": "p1"}'

    ehr.add_callback(responses.GET, f"{ISS}/Patient/p1", callback=answer)


def refreshes(ehr: responses.RequestsMock) -> int:
    return sum(call.request.url == TOKEN_URL for call in ehr.calls)


@pytest.mark.requirement("client@17")
def test_sixteen_parallel_reads_that_meet_401_make_one_refresh(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-2", threading.Barrier(16))
    ehr.post(TOKEN_URL, json=token_answer())
    store = Store(grant())
    reader = store.client(http, clock)
    with ThreadPoolExecutor(16) as pool:
        patients = list(pool.map(lambda _: reader.get("Patient/p1"), range(16)))
    assert [patient["id"] for patient in patients] == ["p1"] * 16
    assert refreshes(ehr) == 1
    assert store.saved == [reader.grant]
    assert store.held == 1, "fifteen take what the first one got, without waiting for the store"
    assert (reader.grant.access_token, reader.grant.refresh_token) == ("access-2", "refresh-2")


def test_sixteen_parallel_reads_make_one_refresh_without_a_store_too(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-2", threading.Barrier(16))
    ehr.post(TOKEN_URL, json=token_answer())
    reader = client(http, clock, grant())
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: reader.get("Patient/p1"), range(16)))
    assert refreshes(ehr) == 1


@pytest.mark.requirement("client@17")
def test_two_processes_that_meet_401_make_one_refresh_and_share_it(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-2", threading.Barrier(2))
    ehr.post(TOKEN_URL, json=token_answer())
    store = Store(grant())
    workers = [store.client(http, clock), store.client(http, clock)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda worker: worker.get("Patient/p1"), workers))
    assert refreshes(ehr) == 1
    assert [worker.grant.access_token for worker in workers] == ["access-2", "access-2"]


@pytest.mark.requirement("client@17")
def test_a_rotated_refresh_token_is_used_next_and_never_twice(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-3")
    ehr.post(TOKEN_URL, json=token_answer())
    ehr.post(TOKEN_URL, json=token_answer(access_token="access-3", refresh_token="refresh-3"))
    store = Store(grant())
    store.client(http, clock).reauthorize()
    late = store.client(http, clock, seen=grant())
    clock.now = NOW + 3600
    assert late.get("Patient/p1")["id"] == "p1", "a worker that still holds the first grant"
    sent = [form_of(call)["refresh_token"] for call in ehr.calls if call.request.url == TOKEN_URL]
    assert sent == ["refresh-1", "refresh-2"]


@pytest.mark.requirement("client@17")
def test_a_token_about_to_expire_is_renewed_before_it_is_used(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-2")
    ehr.post(TOKEN_URL, json=token_answer())
    reader = client(http, clock, grant())
    clock.now = NOW + 3541
    assert reader.get("Patient/p1")["id"] == "p1"
    assert [call.request.url for call in ehr.calls] == [TOKEN_URL, f"{ISS}/Patient/p1"]


def test_a_token_that_is_good_for_longer_is_left_alone(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-1")
    clock.now = NOW + 3539
    client(http, clock, grant()).get("Patient/p1")
    assert refreshes(ehr) == 0


def test_what_another_process_renewed_is_taken_without_asking(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-9")
    store = Store(grant(access_token="access-9", expires_at=NOW + 9000))
    clock.now = NOW + 3600
    assert store.client(http, clock, seen=grant()).get("Patient/p1")["id"] == "p1"
    assert refreshes(ehr) == 0


@pytest.mark.parametrize("answer", [{"status": 503}, {"status": 400, "json": {"error": "invalid_grant"}}])
def test_while_the_old_token_is_good_a_failed_renewal_holds_nobody_up(
    answer: dict[str, Any], ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-1")
    ehr.post(TOKEN_URL, **answer)
    reader = client(http, clock, grant())
    clock.now = NOW + 3550
    assert [reader.get("Patient/p1")["id"] for _ in range(3)] == ["p1"] * 3
    assert refreshes(ehr) == 1, "and it is not tried for every read"


def test_while_one_thread_renews_ahead_the_others_go_on_with_the_good_token(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    asked, answered = threading.Event(), threading.Event()

    def slow_token(request: Any) -> tuple[int, dict[str, str], str]:
        asked.set()
        assert answered.wait(timeout=10)
        return 200, {}, '{"access_token": "access-1", "token_type": "Bearer", "expires_in": 3600}'

    serve_patient(ehr, "access-1")
    ehr.add_callback(responses.POST, TOKEN_URL, callback=slow_token)
    reader = client(http, clock, grant())
    clock.now = NOW + 3550
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(reader.get, "Patient/p1")
        assert asked.wait(timeout=10)
        assert reader.get("Patient/p1")["id"] == "p1"
        answered.set()
        assert renewing.result(timeout=10)["id"] == "p1"
    assert reader.grant.expires_at == NOW + 7150


@pytest.mark.requirement("client@17")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 400, "json": {"error": "invalid_grant"}}, SessionEnded),
        ({"status": 503}, TokenServerFailed),
        ({"json": token_answer(patient="p2")}, PatientChanged),
        (None, Unreachable),
    ],
)
def test_an_expired_token_is_never_sent_and_a_refusal_is_asked_for_once(
    answer: dict[str, Any] | None,
    error: type[SmartError],
    ehr: responses.RequestsMock,
    http: Http,
    clock: Clock,
) -> None:
    serve_patient(ehr, "access-1")
    if answer:
        ehr.post(TOKEN_URL, **answer)
    reader = client(http, clock, grant())
    clock.now = NOW + 3600
    with ThreadPoolExecutor(8) as pool:
        failures = [pool.submit(reader.get, "Patient/p1").exception(timeout=30) for _ in range(8)]
    assert {type(failure) for failure in failures} == {error}
    assert [call.request.url for call in ehr.calls] == [TOKEN_URL]


def test_a_token_endpoint_that_failed_is_asked_again_after_a_pause(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-2")
    ehr.post(TOKEN_URL, status=503)
    ehr.post(TOKEN_URL, json=token_answer())
    reader = client(http, clock, grant())
    clock.now = NOW + 3600
    for _ in range(2):
        with pytest.raises(TokenServerFailed):
            reader.get("Patient/p1")
    clock.now += 11
    assert reader.get("Patient/p1")["id"] == "p1"
    assert refreshes(ehr) == 2


def test_a_store_that_holds_another_patients_grant_is_not_believed(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-9")
    store = Store(grant(access_token="access-9", context=type(grant().context)(patient="p2")))
    with pytest.raises(PatientChanged):
        store.client(http, clock, seen=grant()).get("Patient/p1")
    assert len(ehr.calls) == 1


def test_a_grant_without_refresh_token_serves_until_it_expires(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    serve_patient(ehr, "access-1")
    store = Store(grant(refresh_token=None))
    reader = store.client(http, clock)
    clock.now = NOW + 3599
    assert reader.get("Patient/p1")["id"] == "p1"
    assert store.held == 0
    clock.now = NOW + 3600
    with pytest.raises(SessionEnded):
        reader.get("Patient/p1")
    assert len(ehr.calls) == 1


@pytest.mark.requirement("client@64")
def test_signing_out_revokes_both_tokens_and_ends_the_client(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    ehr.post(REVOKE_URL, status=200)
    reader = Store(grant()).client(http, clock)
    assert reader.revoke() is True
    sent = [(form_of(call)["token"], form_of(call)["token_type_hint"]) for call in ehr.calls]
    assert sent == [("refresh-1", "refresh_token"), ("access-1", "access_token")]
    with pytest.raises(SessionEnded):
        reader.get("Patient/p1")
    assert len(ehr.calls) == 2


@pytest.mark.requirement("client@64")
@pytest.mark.parametrize("answer", [None, {"status": 503}, {"status": 404}])
def test_signing_out_ends_the_client_even_where_the_ehr_does_not_confirm(
    answer: dict[str, Any] | None, ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    if answer:
        ehr.post(REVOKE_URL, **answer)
    reader = client(http, clock, grant())
    assert reader.revoke() is False
    assert reader.server.auth.ready is False
    with pytest.raises(SessionEnded):
        reader.get("Patient/p1")
