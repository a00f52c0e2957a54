"""How requests leave and answers come, over real sockets where it matters what the wire does."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
import requests
import responses
import urllib3
from requests.adapters import BaseAdapter
from urllib3 import exceptions as wire

from smart_launch.errors import Unreachable
from smart_launch.http_message import HttpAnswer, HttpRequest, with_query
from smart_launch.transport import LONGEST_WAIT, Http, unreachable
from tests.smart_launch.conftest import ISS
from tests.smart_launch.loopback import OK, Loopback, answer, chunked, drip, hang_up, loopback, reset, silence

SECRET = {"Authorization": "Bearer secret-token"}
WRITES = ["POST", "PUT"]


def send(server: Loopback, http: Http, method: str = "GET", **options: Any) -> HttpAnswer:
    body = b'{"resourceType": "Task"}' if method in WRITES else None
    return http.send(HttpRequest(method, f"{server.base}/Patient/p1", SECRET, body), **options)


def test_an_answer_is_read_whole(http: Http) -> None:
    with loopback(answer(200, OK, ETag='W/"1"')) as server:
        got = send(server, http)
    assert (got.status, got.content, got.cut) == (200, OK, False)
    assert got.headers["etag"] == 'W/"1"'
    assert b"Authorization: Bearer secret-token" in server.requests[0]


@pytest.mark.parametrize(
    "script", [chunked(OK[:7], OK[7:]), answer(200, gzip.compress(OK), Content_Encoding="gzip")]
)
def test_chunked_and_compressed_answers_are_read(script: Any, http: Http) -> None:
    with loopback(script) as server:
        assert send(server, http).content == OK


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_silence_ends_in_a_time_out_that_says_the_request_may_have_arrived(method: str) -> None:
    done = threading.Event()
    with loopback(silence(done)) as server:
        with pytest.raises(Unreachable) as raised:
            send(server, Http(read_timeout=0.2), method)
        done.set()
    assert (raised.value.kind, raised.value.sent) == ("timeout", True)
    assert len(server.requests) == 1, "not even a read is repeated after a time-out"


def test_a_dripping_answer_ends_at_the_total_time() -> None:
    done = threading.Event()
    with loopback(drip(done, 0.02)) as server:
        with pytest.raises(Unreachable) as raised:
            send(server, Http(read_timeout=5, total_timeout=0.2))
        done.set()
    assert (raised.value.kind, raised.value.sent) == ("timeout", True)


@pytest.mark.parametrize("script", [hang_up, reset])
@pytest.mark.parametrize("method", WRITES)
def test_a_write_whose_connection_breaks_is_sent_once_and_may_have_arrived(
    method: str, script: Any, http: Http
) -> None:
    with loopback(script) as server, pytest.raises(Unreachable) as raised:
        send(server, http, method)
    assert (raised.value.kind, raised.value.sent, raised.value.may_have_acted) == ("reset", True, True)
    assert len(server.requests) == 1


@pytest.mark.parametrize("script", [hang_up, reset])
def test_a_read_whose_connection_breaks_is_tried_once_more(script: Any, http: Http) -> None:
    with loopback(script, answer()) as server:
        assert send(server, http).content == OK
    assert len(server.requests) == 2


@pytest.mark.parametrize("script", [answer(200, OK[:9], length=len(OK)), chunked(OK[:9], end=False)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_that_breaks_off_is_a_broken_connection_and_not_a_short_record(
    method: str, script: Any, http: Http
) -> None:
    with loopback(script) as server, pytest.raises(Unreachable) as raised:
        send(server, http, method)
    assert (raised.value.kind, raised.value.sent) == ("reset", True)
    assert len(server.requests) == 1


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_a_refused_connection_is_certainly_not_sent(method: str, http: Http) -> None:
    with pytest.raises(Unreachable) as raised:
        http.send(HttpRequest(method, f"http://127.0.0.1:{closed_port()}/fhir/Task/1", SECRET, None))
    assert (raised.value.kind, raised.value.sent, raised.value.may_have_acted) == ("refused", False, False)


def test_a_refused_read_is_tried_again_and_a_refused_write_is_not(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waited.append)
    url = f"http://127.0.0.1:{closed_port()}/fhir/Task/1"
    for method in WRITES:
        with pytest.raises(Unreachable):
            http.send(HttpRequest(method, url))
    assert waited == []
    with pytest.raises(Unreachable):
        http.send(HttpRequest("GET", url))
    assert waited == [0.4], "the first repeat is at once, the second after a pause"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_read_is_repeated_on_a_gateways_failure(status: int, http: Http) -> None:
    with loopback(answer(status), answer()) as server:
        assert send(server, http).status == 200
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("method", WRITES)
def test_a_write_is_never_repeated(method: str, status: int, http: Http) -> None:
    with loopback(answer(status, Retry_After="0"), answer()) as server:
        assert send(server, http, method).status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [200, 400, 401, 404, 409, 500, 501])
def test_no_other_status_is_repeated(status: int, http: Http) -> None:
    with loopback(answer(status)) as server:
        assert send(server, http).status == status
    assert len(server.requests) == 1


def test_a_read_gives_up_after_two_repeats_with_the_servers_own_answer(http: Http) -> None:
    with loopback(answer(503, b"{}")) as server:
        assert send(server, http).status == 503
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("wait", "tries"),
    [
        ("1", 2),
        (str(int(LONGEST_WAIT) + 1), 1),
        ("86400", 1),
        ("garbage", 2),
        ("-5", 2),
        ("9" * 400, 1),
        ("9" * 5000, 1),
        ("Fri, 01 Jan 99999 00:00:00 GMT", 1),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_when_it_is_short_and_else_the_answer_is_given(
    status: int, wait: str, tries: int, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waited.append)
    with loopback(answer(status, b"{}", Retry_After=wait), answer()) as server:
        got = send(server, http)
    assert (got.status, len(server.requests)) == (200 if tries == 2 else status, tries)
    assert waited == ([1.0] if wait == "1" else [])


@pytest.mark.requirement("client@15")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_redirect_is_followed(method: str, status: int, http: Http) -> None:
    with (
        loopback(answer()) as other,
        loopback(answer(status, b"", Location=f"{other.base}/Patient/p1")) as server,
    ):
        assert send(server, http, method).status == status
    assert other.requests == []


def test_no_cookie_is_kept_or_sent_back(http: Http) -> None:
    with loopback(answer(200, OK, Set_Cookie="session=of-another-user; Path=/")) as server:
        for _ in range(3):
            send(server, http)
    assert not any(b"cookie" in request.lower() for request in server.requests)


def test_nothing_is_taken_from_the_environment(
    http: Http, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login nurse password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with loopback(answer()) as proxy, loopback(answer()) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base)
        monkeypatch.delenv("NO_PROXY", raising=False)
        http.send(HttpRequest("GET", f"{server.base}/metadata"))
    assert proxy.requests == []
    assert b"authorization" not in server.requests[0].lower()


def test_twenty_requests_of_twenty_senders_share_one_connection() -> None:
    with loopback(answer()) as server:
        for _ in range(20):
            assert send(server, Http()).status == 200
    assert (len(server.requests), server.connections) == (20, 1)


def test_sixteen_threads_read_at_once(http: Http) -> None:
    gate = threading.Barrier(16)

    def together(connection: socket.socket, request: bytes) -> None:
        gate.wait(timeout=10)
        answer()(connection, request)

    with loopback(together) as server, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: send(server, Http()), range(16)))
    assert [got.content for got in answers] == [OK] * 16


@pytest.mark.requirement("client@32")
@pytest.mark.parametrize(
    "script",
    [
        answer(200, b"x" * 5000),
        chunked(*[b"x" * 500] * 10),
        answer(200, gzip.compress(b"x" * 5_000_000), Content_Encoding="gzip"),
    ],
)
def test_an_answer_is_cut_at_the_limit_whatever_it_claims(script: Any, http: Http) -> None:
    with loopback(script) as server:
        got = send(server, http, limit=1000)
    assert got.cut
    assert len(got.content) == 1000
    assert got.json_object() is None


def test_a_body_that_cannot_be_decoded_is_a_broken_answer(http: Http) -> None:
    with loopback(answer(200, b"not gzip", Content_Encoding="gzip")) as server, pytest.raises(Unreachable):
        send(server, http)


@pytest.mark.parametrize(
    ("error", "kind", "sent"),
    [
        (requests.ConnectTimeout(), "timeout", False),
        (requests.ReadTimeout(), "timeout", True),
        (requests.ConnectionError("no more is known"), "reset", True),
        (requests.exceptions.ChunkedEncodingError(), "reset", True),
        (requests.exceptions.SSLError(wire.SSLError(ssl.SSLCertVerificationError())), "refused", False),
        (requests.exceptions.SSLError(wire.SSLError(ssl.SSLEOFError())), "reset", True),
        (requests.ConnectionError(wire.NameResolutionError("h", None, socket.gaierror())), "refused", False),  # type: ignore[arg-type]
    ],
)
def test_every_failure_says_what_is_known(error: Exception, kind: str, sent: bool) -> None:
    found = unreachable(error)
    assert (found.kind, found.sent) == (kind, sent)


def test_a_failure_that_was_just_being_handled_does_not_colour_the_next_one() -> None:
    """A write after a refused connection: were it called `not sent`, a retry would double it."""
    error = requests.ConnectionError("reset")
    error.__context__ = requests.ConnectTimeout()
    assert unreachable(error).sent


@pytest.mark.requirement("client@14")
@pytest.mark.parametrize("script", [answer(), answer(503, b"{}"), hang_up, answer(200, OK[:9], length=99)])
def test_neither_token_nor_patient_reaches_a_log_or_a_traceback(
    script: Any, http: Http, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # Put together here, so that the traceback's own source lines do not show them.
    name, token = "-".join(["name", "of", "patient"]), "-".join(["secret", "token"])
    written = []
    with loopback(script) as server:
        request = HttpRequest(
            "GET", f"{server.base}/Patient?name={name}", {"Authorization": f"Bearer {token}"}
        )
        try:
            http.send(request)
        except Unreachable:
            written.append(traceback.format_exc())
    written.append(caplog.text)
    assert name.encode() in server.requests[0]
    assert any(written)
    assert not [word for word in (name, token, "/Patient") if word in "".join(written)]


@pytest.mark.parametrize(
    "request_",
    [
        HttpRequest("GET", "https://ehr.example/fhir", {"Authorization": "Bearer secret-token\r\nX: 1"}),
        HttpRequest("GET", "https://ehr.example/fhir", {"Authorization": " Bearer secret-token"}),
        HttpRequest("GET", "https://[ehr.example/fhir?secret-token"),
        HttpRequest("GET", "https://éhr.example/secret-token"),
        HttpRequest("GET", "secret-token"),
    ],
)
def test_a_request_that_cannot_be_sent_is_not_quoted(request_: HttpRequest, http: Http) -> None:
    with pytest.raises(ValueError, match="cannot be sent") as raised:
        http.send(request_)
    assert "secret-token" not in "".join(traceback.format_exception(raised.value))


class InProcess(BaseAdapter):
    """A server in the same process, as the app's tests mount one."""

    def __init__(self, body: bytes = OK, *, raw: bool = False) -> None:
        super().__init__()
        self.body, self.raw = body, raw
        self.seen: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.seen.append(str(request.url))
        response = requests.Response()
        response.status_code = 200
        response.raw = (
            urllib3.HTTPResponse(BytesIO(self.body), preload_content=False)
            if self.raw
            else BytesIO(self.body)
        )
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("raw", [True, False])
def test_a_mounted_adapter_takes_the_network_s_place_for_its_prefix(raw: bool) -> None:
    short, long = InProcess(b"short", raw=raw), InProcess(b"long", raw=raw)
    http = Http(adapters={"https://ehr.example/": short})
    http.mount("https://EHR.example/fhir", long)
    assert http.send(HttpRequest("GET", "https://ehr.example/fhir/Task")).content == b"long"
    assert http.send(HttpRequest("GET", "https://ehr.example/jwks")).content == b"short"
    assert (len(short.seen), len(long.seen)) == (1, 1)


def test_the_responses_package_reaches_through_the_shared_adapter(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(f"{ISS}/Patient/p1", json={"resourceType": "Patient"})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.send(HttpRequest("GET", f"{ISS}/Patient/p1")), range(40)))
    assert all(got.json_object() == {"resourceType": "Patient"} for got in answers)
    assert len(ehr.calls) == 40


@pytest.mark.parametrize(
    ("url", "parameters", "written"),
    [
        ("Task", None, "Task"),
        ("Task", [], "Task"),
        ("Task", {}, "Task"),
        ("Task", {"patient": "p1", "status": ["a", "b"]}, "Task?patient=p1&status=a&status=b"),
        (
            "Task",
            [("code", "http://loinc.org|1"), ("code", "2")],
            "Task?code=http%3A%2F%2Floinc.org%7C1&code=2",
        ),
        ("Task?a=b", [("name", "Ä #&?")], "Task?a=b&name=%C3%84+%23%26%3F"),
    ],
)
def test_search_parameters_are_encoded_and_added(url: str, parameters: Any, written: str) -> None:
    assert with_query(url, parameters) == written
