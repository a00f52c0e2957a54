"""The log says who did what and when, and never what was written, asked or granted."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import pytest
import requests

from app.ehr.receipt import Filed, Receipt
from app.logs import configure, log_filed, short_hash
from tests.app.fake_ehr import ISS, FakeEhr


@pytest.mark.requirement("client@14", "client@62")
def test_a_whole_visit_leaves_no_secret_name_or_query_in_the_log(
    app, browser, ehr: FakeEhr, launched, post, log_lines
) -> None:
    launch_id = launched(patient="margery")
    browser.get(f"/l/{launch_id}/probe?name=Gibson&token=abc")
    post(launch_id, "probe", note="chest pain at night")
    browser.get("/callback?state=unknown-state-value&code=unknown-code-value")
    browser.get("/launch?iss=https://evil.example/secret-path&launch=secret-launch")
    ehr.failures["/revoke"] = requests.ConnectionError("GET https://fhir.ehr.example/r4?patient=Gibson")
    post(launch_id, "sign-out")
    text = log_lines()
    session_cookie = browser.get_cookie("__Host-chartside", domain="localhost").value
    forbidden = [
        *ehr.secrets, session_cookie, launch_id, "Gibson", "Whitfield", "Dana", "chest pain",
        "unknown-state", "unknown-code", "evil.example", "secret-", "xyz", "?",
    ]  # fmt: skip
    assert len(ehr.secrets) >= 6
    assert [word for word in forbidden if word in text] == []
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert '"revoked":false' in text
    assert {"launch-begun", "launched", "request", "signed-out", "error"} <= set(events)


def test_a_request_is_one_line_with_route_status_and_who(browser, launched, log_lines) -> None:
    launch_id = launched()
    browser.get(f"/l/{launch_id}/probe?x=1")
    line = json.loads(log_lines().splitlines()[-1])
    assert line.pop("ms") >= 0
    assert datetime.fromisoformat(line.pop("time")).utcoffset() == UTC.utcoffset(None)
    assert line == {
        "event": "request",
        "method": "GET",
        "route": "/l/<launch_id>/probe",
        "status": 200,
        "launch": short_hash(launch_id),
        "user": "Practitioner/nurse",
        "patient": "Patient/margery",
    }


def test_an_error_bears_the_reference_of_its_page(browser, log_lines) -> None:
    page = browser.get("/nowhere/Gibson").text
    error, request = [json.loads(line) for line in log_lines().splitlines()][-2:]
    assert error["event"] == "error"
    assert error["reference"] == request["reference"]
    assert error["reference"] in page
    assert request["route"] == "(none)"
    assert "Gibson" not in log_lines()


@pytest.mark.requirement("client@62")
def test_a_save_is_logged_by_record_and_version(app, log_lines) -> None:
    filed = (Filed("Task/812", "1", "contact"), Filed("Goal/7", "4", "goal", updated=True))
    with app.test_request_context():
        log_filed("contact", Receipt(filed, datetime(2026, 11, 21, 9, 15, tzinfo=UTC)))
    line = json.loads(log_lines())
    assert line["records"] == ["Task/812/_history/1", "Goal/7/_history/4"]
    assert (line["event"], line["form"]) == ("filed", "contact")


@pytest.mark.parametrize("name", ["urllib3.connectionpool", "fhirclient", "werkzeug", "anything"])
def test_what_other_libraries_say_is_dropped_but_for_its_source(log_lines, name: str) -> None:
    logging.getLogger(name).error("Retrying GET %s/Condition?patient=Gibson", ISS)
    for line in log_lines().splitlines():
        assert set(json.loads(line)) == {"time", "event", "logger", "level"}
    assert "Gibson" not in log_lines()


def test_the_server_sends_everything_to_one_stream(capsys) -> None:
    import io

    root, ours = logging.getLogger(), logging.getLogger("chartside")
    before = root.handlers, root.level, ours.level
    stream = io.StringIO()
    try:
        configure(stream)
        logging.getLogger("somewhere").warning("Gibson")
        logging.getLogger("somewhere").info("not asked for")
    finally:
        root.handlers, root.level, ours.level = before
    assert json.loads(stream.getvalue())["logger"] == "somewhere"
