"""The spine: from the patient's chart to a filed contact, and back again after the app has forgotten everything.

The patients are real public (Synthea) charts. What counts is what the EHR holds, so another app asks for it over
FHIR, never Chartside itself.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Frame, expect

from app.logs import LOGGER, JsonLines
from tests.journeys.second_app import SecondApp
from tests.journeys.steps import (
    back_to_today,
    choose,
    close_plan,
    contacts_of,
    kind,
    notes,
    open_chart,
    open_contact,
    open_plan,
    ours,
    record_consent,
    save,
    start_timer,
)
from tests.running import ZONE, Practice

pytestmark = pytest.mark.journey

WALKS = "Walk to church and back"
NOTE = "Fasting glucose 140 to 160. She will bring the log <b>&</b> her meter. ✓"
MARGERY = "9bf59715-246f-4ce2-85a6-58c1757f8d21"
"""Margery Gibson: 13 active conditions."""


@pytest.fixture
def asked_over_fhir(synthea: Practice) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """Searches Margery's chart as another app does."""
    other = SecondApp(synthea, MARGERY)
    yield other.search
    other.close()


@pytest.fixture
def log_lines() -> Iterator[Callable[[], str]]:
    """Everything that the app's process would write to its log, at the finest level, as text."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    LOGGER.setLevel(logging.INFO)
    yield stream.getvalue
    root.removeHandler(handler)
    root.setLevel(before)


def document_contact(frame: Frame) -> None:
    start_timer(frame)
    open_contact(frame)
    frame.locator("#minutes").fill("1")
    frame.locator("#note").fill(NOTE)
    choose(frame, "Better")
    save(frame)


def test_from_launch_to_a_filed_contact_and_back(
    synthea: Practice,
    context: BrowserContext,
    asked_over_fhir: Callable[[str], list[dict[str, Any]]],
) -> None:
    page = context.new_page()
    frame = open_chart(page, synthea, MARGERY)
    expect(frame.locator(".banner__name")).to_contain_text("Gibson")
    expect(frame.get_by_text("No consent on file. Ask")).to_be_visible()

    record_consent(frame)
    consents = asked_over_fhir("Consent")
    assert [consent["status"] for consent in consents] == ["active"]
    assert consents[0]["patient"]["reference"] == f"Patient/{MARGERY}"

    open_plan(frame, words=WALKS)
    (plan,) = filter(ours, asked_over_fhir("CarePlan"))
    (goal,) = filter(ours, asked_over_fhir("Goal"))
    assert plan["status"] == "active"
    assert [each["reference"] for each in plan["goal"]] == [f"Goal/{goal['id']}"]

    document_contact(frame)
    (contact,) = (task for task in asked_over_fhir("Task") if kind(task) == "contact")
    assert contact["status"] == "completed"
    assert NOTE in notes(contact)
    assert [output["valueInteger"] for output in contact["output"] if "valueInteger" in output] == [1]
    (goal,) = filter(ours, asked_over_fhir("Goal"))
    assert goal["achievementStatus"]["coding"][0]["code"] == "improving"
    assert [task for task in asked_over_fhir("Task") if task["status"] == "requested"]

    synthea.forget_the_app()
    context.clear_cookies()
    frame = open_chart(page, synthea, MARGERY)
    expect(frame.locator(".banner")).to_contain_text("Enrolled")
    expect(frame.locator(".banner")).to_contain_text("1 of 20 min")
    expect(frame.locator("#panel-goals")).to_contain_text(WALKS)
    expect(frame.locator("#panel-contacts")).to_contain_text(NOTE)
    expect(frame.locator("main")).to_contain_text("Dancing at my granddaughter's wedding")

    close_plan(frame)
    (plan,) = filter(ours, asked_over_fhir("CarePlan"))
    assert plan["status"] == "completed"
    assert plan["period"]["end"].startswith(str(datetime.now(ZoneInfo(ZONE)).date()))
    assert [task for task in asked_over_fhir("Task") if ours(task) and task["status"] == "requested"] == []


def test_the_charts_own_tabs_show_what_was_filed(sandbox: Practice, context: BrowserContext) -> None:
    page = context.new_page()
    frame = open_chart(page, sandbox, "earl-whitcomb")
    record_consent(frame)
    open_plan(frame)
    open_contact(frame)
    frame.locator("#minutes").fill("2")
    frame.locator("#note").fill("Read back in the chart's own tab.")
    save(frame)
    receipt = frame.locator("table.receipt").inner_text()
    for reference in re.findall(r"(?:Task|Goal)/\S+", receipt):
        page.goto(f"{sandbox.ehr_url}/chart/earl-whitcomb/history/{reference}?user=nurse")
        expect(page.get_by_role("main")).to_contain_text(reference.split("/")[1])
    for tab, words in (
        ("tasks", "Read back in the chart's own tab."),
        ("goals", "Walks 20 minutes on five days a week"),
        ("care-plans", "Dancing at my granddaughter's wedding"),
        ("consents", "Consent to care management"),
    ):
        page.goto(f"{sandbox.ehr_url}/chart/earl-whitcomb?user=nurse&tab={tab}")
        expect(page.get_by_role("main")).to_contain_text(words)


def test_the_clock_is_paused_survives_a_reload_and_a_restart_and_gives_the_minutes(
    sandbox: Practice, context: BrowserContext
) -> None:
    frame = open_chart(context.new_page(), sandbox, "linda-cho")
    start_timer(frame)
    with sandbox.clock.later(minutes=4.5):
        frame.goto(frame.url)
        expect(frame.locator(".timer__clock")).to_contain_text("04:3")
        frame.get_by_role("button", name="Pause").click()
        expect(frame.get_by_role("button", name="Resume")).to_be_visible()
    with sandbox.clock.later(minutes=14.5):
        sandbox.restart_the_app()
        frame.goto(frame.url)
        expect(frame.locator(".timer")).to_contain_text("Paused 04:3")
        frame.get_by_role("button", name="Resume").click()
        expect(frame.locator(".timer")).to_contain_text("Timing 04:3")
    with sandbox.clock.later(minutes=18.5):
        frame.goto(frame.url)
        open_contact(frame)
        expect(frame.locator("#minutes")).to_have_value("8")
        frame.locator("#note").fill("Timed over a pause.")
        save(frame)
        back_to_today(frame)
        expect(frame.get_by_role("button", name="Start the timer")).to_be_visible()
    (contact,) = contacts_of(sandbox, "linda-cho")
    assert [output["valueInteger"] for output in contact["output"] if "valueInteger" in output] == [8]


def test_a_call_that_nobody_answers_is_a_failed_task_that_counts_as_a_try_and_not_in_minutes(
    sandbox: Practice, context: BrowserContext
) -> None:
    frame = open_chart(context.new_page(), sandbox, "harold-pike")
    record_consent(frame)
    open_contact(frame)
    choose(frame, "No answer")
    frame.locator("#minutes").fill("2")
    frame.locator("#note").fill("Rang eight times.")
    save(frame)
    (contact,) = contacts_of(sandbox, "harold-pike")
    assert contact["status"] == "failed"
    assert contact["statusReason"]["text"]
    back_to_today(frame)
    expect(frame.locator("#panel-contacts")).to_contain_text("No answer")
    expect(frame.locator(".banner")).to_contain_text("0 of 20 min")
    expect(frame.locator("#panel-to-dos")).to_contain_text("Phone contact")


def test_a_patient_who_declines_is_not_enrolled_and_is_asked_again_on_the_day(
    sandbox: Practice, context: BrowserContext
) -> None:
    again = (datetime.now(ZoneInfo(ZONE)) + timedelta(days=60)).date().isoformat()
    frame = open_chart(context.new_page(), sandbox, "denise-whitaker")
    frame.get_by_role("link", name="Record consent").click()
    choose(frame, "Declines")
    reason = frame.get_by_label("Why she or he declines")
    reason.select_option(index=1)
    frame.get_by_label("In the patient’s words").fill("Maybe after the holidays.")
    frame.get_by_label("Ask again on").fill(again)
    save(frame)
    (consent,) = sandbox.held("Consent", "denise-whitaker")
    assert consent["status"] == "rejected"
    assert [plan for plan in sandbox.held("CarePlan", "denise-whitaker") if ours(plan)] == []
    tasks = [task for task in sandbox.held("Task", "denise-whitaker") if ours(task)]
    assert sorted(kind(task) for task in tasks) == ["enrolment-state", "to-do"]
    (to_do,) = [task for task in tasks if kind(task) == "to-do"]
    assert to_do["restriction"]["period"]["end"].startswith(again)
    back_to_today(frame)
    expect(frame.locator(".banner")).to_contain_text("Declined")
    expect(frame.get_by_role("link", name="Open the care plan")).to_have_count(0)


STORED = "(() => { try { return localStorage.length + sessionStorage.length } catch { return 0 } })()"
"""How much the frame keeps in the browser. Chromium that blocks storage in frames of other sites keeps nothing."""


def test_the_cookie_is_bound_to_the_frame_and_nothing_clinical_reaches_an_address_or_the_log(
    synthea: Practice,
    context: BrowserContext,
    log_lines: Callable[[], str],
) -> None:
    """A whole loop, with every address that Chromium asked for and every line that the app logged collected."""
    patient_id, name = a_patient_with(synthea, "Madalyn")
    page, addresses = context.new_page(), list[str]()
    context.on("request", lambda request: addresses.append(request.url))
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    frame = open_chart(page, synthea, patient_id)
    record_consent(frame)
    open_plan(frame, words=WALKS)
    document_contact(frame)
    back_to_today(frame)
    close_plan(frame)

    (cookie,) = [each for each in context.cookies() if each["name"].startswith("__Host-")]
    assert cookie["name"] == "__Host-chartside"
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "None")
    assert (cookie["path"], cookie["domain"], cookie["expires"]) == ("/", "127.0.0.1", -1)
    assert cookie["partitionKey"] == "http://localhost"
    assert [each["name"] for each in context.cookies(synthea.app_url)] == ["__Host-chartside"]

    secrets = [cookie["value"], frame.locator("input[name=csrf_token]").first.input_value()]
    clinical = [*name, WALKS, "Fasting", "granddaughter", "church", "Diabetes", "Prediabetes"]
    ours_alone = [each for each in addresses if each.startswith(synthea.app_url)]
    assert len(ours_alone) > 15
    for word in [*clinical, *secrets]:
        assert [each for each in addresses if word.lower() in each.lower()] == []
        assert word.lower() not in log_lines().lower()
    for token in synthea.tokens(frame.url.split("/")[4]):
        assert not any(token in each for each in addresses)
        assert token not in log_lines()
    assert [each for each in ours_alone if patient_id in each] == []
    codes = [found for each in addresses for found in re.findall(r"[?&](?:code|state|launch)=([^&]+)", each)]
    assert len(codes) >= 3
    assert [code for code in codes if code in log_lines()] == []
    assert '"event":"filed"' in log_lines()
    assert frame.evaluate(STORED) == 0


def a_patient_with(running: Practice, given: str) -> tuple[str, list[str]]:
    """The id and the names of a Synthea patient."""
    (patient,) = running.found("Patient", given=given)
    return patient["id"], [patient["name"][0]["family"], *patient["name"][0]["given"]]
