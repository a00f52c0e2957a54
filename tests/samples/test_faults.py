"""Failures on request: what may be switched on, by whom, how often it strikes, and that it ends."""

from __future__ import annotations

import re
import threading
import time

import pytest

from samples.faults import CATALOGUE, FaultNotUnderstood, Switchboard
from samples.faults.fault import LONGEST_SECONDS, Occasion, fault
from samples.sandbox import sandbox_of
from samples.server import create_app
from samples.settings import SandboxSettings
from tests.conftest import ROOT
from tests.samples.oauth_world import EHR

SMART_LAUNCHER = {
    "auth_invalid_client_id",
    "auth_invalid_redirect_uri",
    "auth_invalid_scope",
    "auth_invalid_client_secret",
    "token_invalid_token",
    "token_expired_registration_token",
    "token_expired_refresh_token",
    "token_invalid_scope",
    "token_invalid_jti",
    "request_invalid_token",
    "request_expired_token",
}
OTHERS = {
    "one_scope_too_many",
    "slow",
    "too_many_requests",
    "server_error",
    "reset_connection",
    "truncated_body",
    "html_login_page",
    "no_answer",
    "answer_lost",
    "truncated_json",
    "refused",
    "transaction_refused",
    "search_withholds",
    "extensions_dropped",
    "ids_changed",
}
READ = Occasion("GET", "/fhir/Condition", "Condition")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    made = create_app(SandboxSettings(state_dir=tmp_path_factory.mktemp("ehr")))
    yield made
    sandbox_of(made).store.close()


@pytest.fixture
def faults(app):
    yield sandbox_of(app).faults
    sandbox_of(app).faults.clear()


@pytest.fixture
def control(app, faults):
    """Sends one request to the control address, as from this machine unless said otherwise."""
    client = app.test_client()

    def send(method, body=None, *, query="", **options):
        return client.open(f"/sandbox/faults{query}", method=method, json=body, base_url=EHR, **options)

    return send


def test_there_are_the_eleven_of_the_smart_launcher_and_those_of_the_network():
    assert set(CATALOGUE) == SMART_LAUNCHER | OTHERS
    assert all(name == kind.name and kind.title and kind.happens for name, kind in CATALOGUE.items())


@pytest.mark.parametrize(
    ("name", "details"),
    [
        ("sloww", {}),
        ("", {}),
        ("slow", {"status": 500}),
        ("slow", {"seconds": 0}),
        ("slow", {"seconds": -1}),
        ("slow", {"seconds": LONGEST_SECONDS + 1}),
        ("slow", {"seconds": float("nan")}),
        ("slow", {"seconds": "3"}),
        ("slow", {"seconds": True}),
        ("slow", {"times": 0}),
        ("slow", {"times": 1.5}),
        ("slow", {"path": "fhir"}),
        ("slow", {"path": "/a b"}),
        ("slow", {"path": 7}),
        ("slow", {"method": "get"}),
        ("slow", {"method": ["GET"]}),
        ("slow", {"resource_type": "condition"}),
        ("server_error", {"status": 200}),
        ("server_error", {"status": 504}),
        ("html_login_page", {"status": 500}),
        ("auth_invalid_scope", {"path": "/fhir"}),
        ("token_invalid_jti", {"seconds": 3}),
        ("one_scope_too_many", {"scope": " "}),
        ("refused", {"status": 200}),
        ("refused", {"code": "Not supported"}),
        ("refused", {"after": -1}),
        ("slow", {"after": True}),
        ("server_error", {"code": "conflict"}),
        ("ids_changed", {"seconds": 1}),
    ],
)
def test_what_is_not_understood_is_an_error(name, details):
    with pytest.raises(FaultNotUnderstood):
        fault(name, **details)


@pytest.mark.parametrize(
    ("details", "occasion", "strikes"),
    [
        ({}, READ, True),
        ({}, Occasion("GET", "/fhir/metadata"), False),
        ({}, Occasion("GET", "/fhir/.well-known/smart-configuration"), False),
        ({}, Occasion("POST", "/oauth/token"), False),
        ({}, Occasion("GET", "/chart/gloria-reyes"), False),
        ({"path": "/oauth/token"}, Occasion("POST", "/oauth/token"), True),
        ({"path": "/fhir/metadata"}, Occasion("GET", "/fhir/metadata"), True),
        ({"path": "/fhir/.well-known"}, Occasion("GET", "/fhir/.well-known/smart-configuration"), True),
        ({"method": "GET"}, READ, True),
        ({"method": "POST"}, READ, False),
        ({"resource_type": "Condition"}, READ, True),
        ({"resource_type": "Goal"}, READ, False),
        ({"resource_type": "Condition", "method": "PUT"}, READ, False),
    ],
)
def test_a_failure_strikes_only_where_it_is_aimed(details, occasion, strikes):
    assert fault("slow", **details).strikes(occasion) is strikes


@pytest.mark.parametrize(
    ("name", "occasion", "strikes"),
    [
        ("transaction_refused", Occasion("POST", "/fhir"), True),
        ("transaction_refused", Occasion("POST", "/fhir/"), True),
        ("transaction_refused", Occasion("POST", "/fhir/Task", "Task"), False),
        ("search_withholds", READ, True),
        ("search_withholds", Occasion("POST", "/fhir/Task/_search", "Task"), True),
        ("search_withholds", Occasion("POST", "/fhir/Task", "Task"), False),
        ("extensions_dropped", READ, False),
        ("extensions_dropped", Occasion("PATCH", "/fhir/Task/1", "Task"), True),
        ("ids_changed", Occasion("POST", "/fhir"), True),
        ("ids_changed", Occasion("POST", "/fhir/Task/_search", "Task"), False),
    ],
)
def test_what_is_about_writes_or_searches_strikes_those_alone(name, occasion, strikes):
    assert fault(name).strikes(occasion) is strikes


def test_the_method_write_stands_for_each_that_writes():
    struck = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if fault("slow", method="WRITE").strikes(Occasion(method, "/fhir/Task/1", "Task"))
    ]
    assert struck == ["POST", "PUT", "PATCH", "DELETE"]


def test_a_failure_lets_so_many_pass_first():
    board = Switchboard()
    board.set("refused", after=2, times=1, method="POST")
    write = Occasion("POST", "/fhir/Task", "Task")
    assert [board.strike(["refused"], each) is not None for each in (write, READ, write, write, write)] == [
        False,
        False,
        False,
        True,
        False,
    ]


def test_a_failure_ends_after_its_times():
    board = Switchboard()
    board.set("server_error", times=2)
    assert [board.strike(["server_error"], READ) is not None for _ in range(3)] == [True, True, False]
    assert board.now() == ()


def test_the_same_failure_with_the_same_aim_replaces_the_first():
    board = Switchboard()
    board.set("slow", seconds=1)
    board.set("slow", seconds=2)
    board.set("slow", seconds=3, path="/oauth/token")
    assert [each.fault.seconds for each in board.now()] == [2, 3]


def test_a_context_manager_switches_off_its_own_failure_alone():
    board = Switchboard()
    board.set("server_error")
    with board.on("slow", seconds=3) as slow:
        assert board.strike(["slow"], READ)
        assert slow.struck == 1
    assert [each.fault.name for each in board.now()] == ["server_error"]


def test_a_context_manager_switches_off_when_its_block_fails():
    board = Switchboard()
    with pytest.raises(ZeroDivisionError), board.on("slow"):
        raise ZeroDivisionError
    assert board.now() == ()


def test_who_waits_for_a_failure_goes_on_when_it_is_switched_off():
    board = Switchboard()
    board.set("slow", seconds=60)
    waiting = threading.Thread(target=board.pause, args=(60,))
    before = time.monotonic()
    waiting.start()
    while waiting.is_alive() and time.monotonic() - before < 20:
        board.clear()
        waiting.join(0.01)
    assert not waiting.is_alive()


def test_many_threads_share_the_times_of_one_failure():
    board, struck = Switchboard(), []
    board.set("server_error", times=50)

    def strike():
        for _ in range(20):
            if board.strike(["server_error"], READ):
                struck.append(1)

    threads = [threading.Thread(target=strike) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(struck) == 50


def test_the_control_lists_switches_on_and_switches_off(control, faults):
    assert control("GET").json["on"] == []
    assert {kind["name"] for kind in control("GET").json["kinds"]} == set(CATALOGUE)
    made = control("POST", {"name": "slow", "seconds": 1.5, "resource_type": "Goal", "times": 3})
    assert made.status_code == 201
    assert faults.now()[0].fault == fault("slow", seconds=1.5, resource_type="Goal", times=3)
    control("POST", {"name": "server_error", "status": 503})
    control("POST", {"name": "token_invalid_jti"})
    told = control("GET").json["on"]
    assert [each["name"] for each in told] == ["slow", "server_error", "token_invalid_jti"]
    assert told[1]["status"] == 503
    assert told[0] == {
        "number": made.json["number"],
        "name": "slow",
        "times": 3,
        "resource_type": "Goal",
        "seconds": 1.5,
        "struck": 0,
    }
    assert control("DELETE", query="?name=server_error").json["ended"] == 1
    assert control("DELETE", query=f"?number={made.json['number']}").json["ended"] == 1
    assert control("DELETE").json["ended"] == 1
    assert faults.now() == ()


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "slow",
        {},
        {"name": 7},
        {"name": "sloww"},
        {"name": "slow", "wait": 3},
        {"name": "slow", "seconds": "long"},
        {"name": "slow", "self": 1},
    ],
)
def test_the_control_says_what_it_did_not_understand(control, faults, body):
    answer = control("POST", body)
    assert answer.status_code == 400
    assert answer.json["error"].endswith(".")
    assert faults.now() == ()


def test_the_control_says_that_it_is_a_sandbox(control):
    assert "not a real record" in control("GET").json["sandbox"]


def test_nobody_beyond_this_machine_may_switch(control, faults):
    answer = control("POST", {"name": "slow"}, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 403
    assert faults.now() == ()


@pytest.mark.parametrize("host", ["ehr.example:8090", "localhost.evil.example", "192.0.2.7", "[::1", ""])
def test_a_name_of_elsewhere_that_leads_here_is_refused(control, faults, host):
    answer = control("POST", {"name": "slow"}, headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert faults.now() == ()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8080", ""])
def test_a_page_of_another_site_is_refused(control, faults, origin):
    assert control("POST", {"name": "slow"}, headers={"Origin": origin}).status_code == 403
    assert control("DELETE", headers={"Origin": origin}).status_code == 403
    assert faults.now() == ()


def test_a_form_of_another_site_cannot_pass_for_json(app, faults):
    answer = app.test_client().post(
        "/sandbox/faults", base_url=EHR, data='{"name": "slow"}', content_type="text/plain"
    )
    assert answer.status_code == 400
    assert faults.now() == ()


def test_a_reset_can_always_be_switched_off(control, faults):
    control("POST", {"name": "reset_connection", "path": "/"})
    assert control("DELETE").json["ended"] == 1
    assert faults.now() == ()


def test_the_manual_lists_every_failure_and_no_other():
    manual = (ROOT / "docs" / "sandbox.md").read_text().partition("## Simulating failures")[2]
    rows = re.findall(r"^\| `(\w+)` \|", manual, flags=re.MULTILINE)
    assert rows == list(CATALOGUE)
