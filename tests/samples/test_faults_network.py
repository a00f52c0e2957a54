"""The failures of the network, met by a client on a real connection to a real server."""

from __future__ import annotations

import http.client
import socket
import threading
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.serving import make_server

from samples.sandbox import sandbox_of
from samples.server import _SilentHandler as SilentHandler
from samples.server import create_app
from samples.settings import SandboxSettings

READ = "/fhir/Condition?patient=gloria-reyes"
BEARER = {"Authorization": "Bearer any"}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    app = create_app(SandboxSettings(state_dir=tmp_path_factory.mktemp("ehr")))
    with make_server("localhost", 0, app, threaded=True, request_handler=SilentHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield app, f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()
    sandbox_of(app).store.close()


@pytest.fixture
def faults(running):
    yield sandbox_of(running[0]).faults
    sandbox_of(running[0]).faults.clear()


@pytest.fixture
def get(running):
    with requests.Session() as session:
        session.trust_env = False
        yield lambda path, **options: session.get(
            running[1] + path, **{"timeout": 10, "allow_redirects": False, **options}
        )


def test_without_a_failure_nothing_is_changed(get, faults):
    assert get("/fhir/metadata").json()["resourceType"] == "CapabilityStatement"
    assert get(READ).status_code == 401


def test_a_slow_answer_comes_when_its_time_is_over(get, faults):
    with faults.on("slow", seconds=0.3) as slow:
        assert get(READ).elapsed.total_seconds() >= 0.3
        with pytest.raises(requests.Timeout):
            get(READ, timeout=0.05)
    assert slow.struck == 2


def test_too_many_requests_names_when_to_come_again(get, faults):
    with faults.on("too_many_requests", seconds=7, times=1):
        refused, then = get(READ), get(READ)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "7"
    assert refused.json()["issue"][0]["code"] == "throttled"
    assert then.status_code == 401


@pytest.mark.parametrize(
    ("status", "kind"), [(500, "application/fhir+json"), (502, "text/html"), (503, "text/html")]
)
def test_a_server_fails_with_each_status(get, faults, status, kind):
    with faults.on("server_error", status=status):
        answer = get(READ)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(kind)


def test_a_reset_is_a_reset_and_no_end_of_answer(running, get, faults):
    address = urlsplit(running[1])
    with (
        faults.on("reset_connection"),
        socket.create_connection((address.hostname, address.port), 10) as line,
    ):
        line.sendall(f"GET {READ} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            line.recv(1)
    with faults.on("reset_connection"), pytest.raises(requests.ConnectionError):
        get(READ)
    assert get("/fhir/metadata").status_code == 200


def test_half_an_answer_says_that_it_is_longer(running, faults):
    address = urlsplit(running[1])
    with faults.on("truncated_body", path="/fhir/metadata"):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
        connection.request("GET", "/fhir/metadata")
        answer = connection.getresponse()
        with pytest.raises(http.client.IncompleteRead) as short:
            answer.read()
        connection.close()
    assert answer.status == 200
    assert len(short.value.partial) == int(answer.headers["Content-Length"]) // 2


def test_a_sign_in_page_comes_in_place_of_the_answer(get, faults):
    with faults.on("html_login_page"):
        answer = get(READ)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Sandbox EHR - not a real record" in answer.text


def test_a_redirect_leads_to_a_sign_in_page_that_is_there(get, faults):
    with faults.on("html_login_page", status=302):
        answer = get(READ)
        page = get(answer.headers["Location"])
    assert answer.status_code == 302
    assert page.status_code == 200
    assert "Your session has ended" in page.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("request_invalid_token", "Invalid token (simulated error)"),
        ("request_expired_token", "Token expired (simulated error)"),
    ],
)
def test_a_token_is_refused_at_the_door_as_the_smart_launcher_does(get, faults, name, words):
    with faults.on(name):
        answer = get(READ, headers=BEARER)
        assert get("/fhir/metadata", headers=BEARER).status_code == 200
    assert (answer.status_code, answer.text) == (401, words)
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_request_without_a_token_does_not_spend_the_failure(get, faults):
    with faults.on("request_expired_token", times=1) as expired:
        get(READ)
        assert expired.struck == 0
        get(READ, headers=BEARER)
        assert expired.struck == 1


def test_only_the_type_it_is_aimed_at_fails(get, faults):
    with faults.on("server_error", resource_type="Goal"):
        assert get("/fhir/Goal").status_code == 500
        assert get(READ).status_code == 401


def test_a_page_of_the_chart_fails_only_when_asked(get, faults):
    with faults.on("server_error"):
        assert get("/").status_code == 200
    with faults.on("server_error", path="/oauth/jwks", status=503):
        assert get("/oauth/jwks").status_code == 503
