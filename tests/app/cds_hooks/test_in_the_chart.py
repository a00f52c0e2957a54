"""The sandbox EHR asks for cards when a chart is opened and shows them: real ports, real tokens, real keys."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.benchmarks.cards import ask, charts
from tests.journeys.enrolling import enrol_with_plan, filed
from tests.journeys.good_page import assert_good
from tests.journeys.visitor import Visitor
from tests.running import Practice, practice

DISCHARGED = "walter-boone"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("cards"), cards=True) as made:
        yield made


def fragment(running: Practice, patient: str) -> str:
    answer = requests.get(f"{running.ehr_url}/chart/{patient}/cards", timeout=10)
    assert answer.status_code == 200
    return answer.text


def links(text: str) -> list[dict[str, list[str]]]:
    addresses = re.findall(r'class="button" href="([^"]+)"', text)
    return [parse_qs(urlsplit(unescape(address)).query) for address in addresses]


def test_a_card_opens_the_app_at_its_step_and_ends_when_that_is_done(running: Practice) -> None:
    shown = fragment(running, DISCHARGED)
    assert "not talked to since" in shown
    assert "not in care management" in shown
    called, decided = links(shown)
    assert called["tab"] == ["app"]
    assert json.loads(called["appContext"][0]) == {"page": "contact", "discharge": f"{DISCHARGED}-admission"}
    with Visitor(running) as nurse:
        assert urlsplit(nurse.launch(DISCHARGED, appContext=decided["appContext"][0]).url).path.endswith(
            "/eligibility"
        )
        form = nurse.launch(DISCHARGED, appContext=called["appContext"][0])
        assert urlsplit(form.url).path.endswith("/contact")
        assert parse_qs(urlsplit(form.url).query)["discharge"] == [f"{DISCHARGED}-admission"]
        filed(nurse.send(form, minutes="7", note="Weighs herself each morning."))
    assert "not talked to since" not in fragment(running, DISCHARGED)


def test_somebody_in_the_program_has_the_minutes_of_the_month(running: Practice) -> None:
    with Visitor(running) as nurse:
        enrol_with_plan(nurse, "gloria-reyes")
    shown = fragment(running, "gloria-reyes")
    assert "Care management: 0 of 20 min this month" in shown
    assert "not in care management" not in shown


def test_a_card_that_is_put_aside_is_told_to_the_service_and_stays_away(
    running: Practice, log_lines: Any
) -> None:
    text = fragment(running, "harold-pike")
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text))
    reason = unescape(re.findall(r'name="reason" value="([^"]+\|patient-declined)"', text)[0])
    address = f"{running.ehr_url}/chart/harold-pike/cards"
    headers = {"Origin": running.ehr_url}
    sent = {**{name: unescape(value) for name, value in fields.items()}, "reason": reason}
    stranger = requests.post(address, data=sent, headers={"Origin": "https://evil.example"}, timeout=10)
    assert stranger.status_code == 403
    assert (
        requests.post(address, data=sent, headers=headers, timeout=10, allow_redirects=False).status_code
        == 303
    )
    (told,) = [line for line in log_lines().splitlines() if '"cds-feedback"' in line]
    assert '"card":"not-enrolled","outcome":"overridden","reason":"patient-declined","count":1' in told
    assert "harold" not in told
    assert "<h3" not in fragment(running, "harold-pike")


def test_somebody_with_nothing_to_say_of_has_no_card_and_nobody_else_is_asked(running: Practice) -> None:
    assert fragment(running, "noah-park").strip() == ""
    assert requests.get(f"{running.ehr_url}/chart/nobody/cards", timeout=10).status_code == 404


def test_a_chart_opens_although_the_service_is_down(running: Practice) -> None:
    running.app.stop()
    try:
        assert requests.get(f"{running.ehr_url}/chart/{DISCHARGED}", timeout=10).status_code == 200
        assert "The card service did not answer." in fragment(running, DISCHARGED)
    finally:
        running.app.start()
    assert "not in care management" in fragment(running, DISCHARGED)


@pytest.mark.parametrize(
    ("source", "patients", "least"),
    [
        ("synthea_ndjson", 43, 5),
        # Large files: `make soak` reads them.
        pytest.param("synthea_bundles", 22, 5, marks=pytest.mark.soak),
        pytest.param("bulk_export_10", 9, 1, marks=pytest.mark.soak),
    ],
)
def test_every_synthea_patient_gets_an_answer_over_http(
    running: Practice, shared_data: Path, source: str, patients: int, least: int
) -> None:
    found = ask(running, whose=charts(shared_data / source))
    assert len(found.cards) == patients
    sys.stdout.write(f"{source}: {found.kinds}, p95 {found.milliseconds(0.95):.0f} ms\n")
    assert found.kinds["not-enrolled"] >= least
    for cards in found.cards.values():
        for card in cards:
            assert 0 < len(card["summary"]) < 140
            assert card["links"][0]["url"] == f"{running.app_url}/launch"
    assert len({card["uuid"] for cards in found.cards.values() for card in cards}) == found.kinds.total()


def test_a_card_is_seen_in_the_chart_and_opens_the_app_in_its_frame(running: Practice, chrome: Any) -> None:
    page = chrome.new_page(viewport={"width": 1280, "height": 900})
    try:
        page.goto(f"{running.ehr_url}/chart/{DISCHARGED}")
        page.wait_for_selector("[data-cards][data-shown=yes] h3")
        assert_good(page)
        page.get_by_role("link", name="Decide eligibility").click()
        app = page.frame_locator("iframe[name=chartside-frame]")
        app.locator("header.banner").wait_for()
        assert urlsplit(page.frames[1].url).path.endswith("/eligibility")
    finally:
        page.close()
