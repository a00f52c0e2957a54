"""A patient's whole way: from "someone should look at her" to "she no longer needs us", and each way that leads aside.

Real public (Synthea) charts, Chromium in a cross-site frame, months that pass on the clock of app and EHR. After each
step another app asks the EHR over FHIR what it holds.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, expect

from tests.journeys.enrolling import enrol_with_plan
from tests.journeys.second_app import SecondApp
from tests.journeys.steps import (
    PAINTED,
    back_to_today,
    choose,
    close_plan,
    hub,
    kind,
    open_chart,
    open_contact,
    open_plan,
    ours,
    record_consent,
    save,
)
from tests.journeys.visitor import Visitor
from tests.running import ZONE, Practice, practice

pytestmark = pytest.mark.journey

MARGERY = "9bf59715-246f-4ce2-85a6-58c1757f8d21"
"""Margery Gibson: 13 active conditions."""
ISAIAH, DANAE, CLARINE = (
    "0e61c3ad-d11e-4080-a6aa-cac89cae4e37",
    "87a339d0-8cae-418e-89c7-8651e6aab3c6",
    "b2eeab29-a67d-4941-8540-6372911cfc17",
)


class Course:
    """One patient over months: each day is a new launch, and what the EHR holds is asked by another app."""

    def __init__(self, page: Page, running: Practice, patient: str) -> None:
        self.page, self.running, self.patient = page, running, patient
        self.frame: Frame = open_chart(page, running, patient)

    def on_day(self, day: int) -> Frame:
        """That many days after the beginning."""
        self.running.clock.ahead = day * 86400.0
        self.frame = open_chart(self.page, self.running, self.patient)
        return self.frame

    def today(self) -> date:
        return self.running.clock.moment().astimezone(ZoneInfo(ZONE)).date()

    def hub(self, name: str) -> None:
        """One of the pages below the banner."""
        hub(self.frame, name)
        expect(self.frame.get_by_role("navigation").locator("[aria-current=page]")).to_have_text(name)

    def asked(self, resource_type: str) -> list[dict[str, Any]]:
        """What the EHR tells another app of ours, oldest first."""
        other = SecondApp(self.running, self.patient)
        try:
            return [each for each in other.search(resource_type) if ours(each)]
        finally:
            other.close()

    def tasks(self, wanted: str) -> list[dict[str, Any]]:
        return [task for task in self.asked("Task") if kind(task) == wanted]

    def states(self) -> list[str]:
        """Every step of the program that the EHR holds, in the order of their day."""
        steps = sorted(self.tasks("enrolment-state"), key=lambda task: str(task["executionPeriod"]["start"]))
        return [step["businessStatus"]["coding"][0]["code"] for step in steps]

    def contact(self, *, result: str = "", progress: str = "", note: str = "", minutes: int = 12) -> None:
        """One contact from *Today*."""
        open_contact(self.frame)
        if result:
            choose(self.frame, result)
        self.frame.locator("#minutes").fill(str(minutes))
        self.frame.locator("#note").fill(note or "Spoke of the walks.")
        if progress:
            choose(self.frame, progress)
        save(self.frame)
        back_to_today(self.frame)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Practice]:
    """A practice with real public charts, where app and EHR go by one clock."""
    folder = tmp_path_factory.mktemp("service")
    with practice(folder, data=(shared_data / "synthea_ndjson",), one_clock=True) as running:
        yield running


@pytest.fixture
def course_of(service: Practice, context: BrowserContext) -> Iterator[Any]:
    """Begins a patient's course."""
    service.clock.ahead = 0.0
    yield lambda patient: Course(context.new_page(), service, patient)
    service.clock.ahead = 0.0


def refer(course: Course) -> None:
    course.hub("Enrollment")
    course.frame.get_by_role("link", name="Refer to care management").first.click()
    choose(course.frame, "On the list of needs")
    course.frame.get_by_label("What the care manager should know").fill(
        "Sugar and pressure are out of range."
    )
    save(course.frame)
    back_to_today(course.frame)


def decide(course: Course) -> None:
    course.hub("Enrollment")
    course.frame.get_by_role("link", name="Decide eligibility").first.click()
    course.frame.locator("td label[for^=risk-]").first.click()
    choose(course.frame, "A provider has attested it to me")
    course.frame.get_by_label("Name of the provider").fill("Dr Luis Alvarez")
    save(course.frame)
    back_to_today(course.frame)


def introduce(course: Course) -> None:
    course.hub("Enrollment")
    course.frame.get_by_role("link", name="Introduce the service").first.click()
    course.frame.get_by_label("Introduced by").fill("Dr Luis Alvarez")
    save(course.frame)
    back_to_today(course.frame)


def screen_mood(course: Course) -> None:
    course.hub("Assessments")
    course.frame.get_by_role("row", name="PHQ-2").or_(
        course.frame.locator("[aria-label*='PHQ-2']")
    ).first.click()
    questions = course.frame.locator("#form fieldset", has_text="Not at all")
    expect(questions).to_have_count(2)
    for question in questions.all():
        answer = question.locator("label", has_text="Not at all")
        answer.evaluate(PAINTED)
        answer.click()
    save(course.frame)
    back_to_today(course.frame)


def enrolled_step_by_step(course: Course) -> None:
    """From the referral to the open plan; after each step the EHR is asked."""
    refer(course)
    assert course.states() == ["referred"]
    (look,) = course.tasks("to-do")
    assert look["status"] == "requested"

    decide(course)
    (decided,) = course.tasks("eligibility")
    assert decided["status"] == "completed"
    assert "Dr Luis Alvarez" in decided["text"]["div"]
    assert [task["status"] for task in course.tasks("to-do")] == ["completed"]

    introduce(course)
    assert course.states()[-1] == "introduced"

    record_consent(course.frame)
    (consent,), (plan,) = course.asked("Consent"), course.asked("CarePlan")
    assert (consent["status"], plan["status"]) == ("active", "draft")

    screen_mood(course)
    (screened,) = course.tasks("assessment")
    assert [each["valueInteger"] for each in screened["output"] if "valueInteger" in each] == [0]

    open_plan(course.frame)
    (plan,), (goal,) = course.asked("CarePlan"), course.asked("Goal")
    assert (plan["status"], goal["lifecycleStatus"]) == ("active", "active")
    assert course.states()[-1] == "plan-active"


@pytest.mark.requirement("domain@60")
def test_from_the_referral_to_graduation_and_back_again(course_of: Any) -> None:
    course = course_of(MARGERY)
    enrolled_step_by_step(course)
    consents = course.asked("Consent")
    for day, progress, achievement in (
        (9, "Better", "improving"),
        (26, "Better", "improving"),
        (47, "Met", "achieved"),
    ):
        course.on_day(day)
        course.contact(progress=progress)
        (goal,) = course.asked("Goal")
        assert goal["achievementStatus"]["coding"][0]["code"] == achievement
    assert course.states()[-1] == "following"
    assert len(course.tasks("contact")) == 3

    course.on_day(110)
    expect(course.frame.locator("main")).to_contain_text("closing", ignore_case=True)
    close_plan(course.frame)
    (plan,), (goal,) = course.asked("CarePlan"), course.asked("Goal")
    assert (plan["status"], goal["lifecycleStatus"]) == ("completed", "completed")
    assert plan["period"]["end"].startswith(course.today().isoformat())
    assert course.states()[-1] == "graduated"
    assert [task for task in course.asked("Task") if task["status"] == "requested"] == []
    expect(course.frame.locator(".banner")).to_contain_text("Graduated")

    course.on_day(200)
    open_plan(course.frame, words="Keep what I have reached")
    first, second = sorted(course.asked("CarePlan"), key=lambda each: str(each["period"]["start"]))
    assert first == plan
    assert (first["status"], second["status"]) == ("completed", "active")
    # Nobody withdrew the consent, so it is not asked for twice.
    assert course.asked("Consent") == consents
    course.hub("Enrollment")
    expect(course.frame.locator("main")).to_contain_text("Graduated")


def test_who_declines_is_asked_again_on_the_day_agreed_and_not_before(course_of: Any) -> None:
    course = course_of(ISAIAH)
    frame = course.frame
    frame.get_by_role("link", name="Record consent").click()
    choose(frame, "Declines")
    frame.get_by_label("Why she or he declines").select_option("no-time")
    frame.get_by_label("What would help to take part").fill("A call in the evening.")
    again = course.today() + timedelta(days=60)
    frame.get_by_label("Ask again on").fill(again.isoformat())
    save(frame)
    (declined,) = course.asked("Consent")
    assert declined["status"] == "rejected"
    assert "A call in the evening." in declined["text"]["div"]
    (ask,) = course.tasks("to-do")
    assert (ask["status"], ask["restriction"]["period"]["end"]) == ("requested", again.isoformat())
    assert course.asked("CarePlan") == []

    frame = course.on_day(10)
    expect(frame.locator(".banner")).to_contain_text("Declined")
    course.hub("Consent")
    expect(frame.locator("main")).to_contain_text("asked again")

    frame = course.on_day(61)
    expect(frame.locator("main")).to_contain_text("Ask again about care management")
    record_consent(frame, "Record a new answer")
    first, second = sorted(course.asked("Consent"), key=lambda each: str(each["dateTime"]))
    assert (first, second["status"]) == (declined, "active")
    assert [task["status"] for task in course.tasks("to-do") if task["id"] == ask["id"]] == ["completed"]
    assert course.states() == ["declined", "consented"]


def begun(course: Course) -> Frame:
    """Consent and plan, without a screen: what the story before this one is about."""
    with Visitor(course.running) as nurse:
        enrol_with_plan(nurse, course.patient)
    return course.on_day(int(course.running.clock.ahead // 86400))


def test_who_stops_in_mid_month_is_in_the_service_until_its_last_day(course_of: Any) -> None:
    course = course_of(DANAE)
    begun(course)
    to_the_tenth = (date(2000, 1, 10) - date(2000, 1, course.today().day)).days % 28
    frame = course.on_day(to_the_tenth + 28)
    course.contact(minutes=5)
    day = course.today()
    course.hub("Consent")
    frame.get_by_role("link", name="stops").first.click()
    choose(frame, "Too many calls")
    save(frame)
    last = day.replace(day=monthrange(day.year, day.month)[1])
    (consent,) = course.asked("Consent")
    assert (consent["status"], consent["provision"]["period"]["end"]) == ("active", last.isoformat())
    back_to_today(frame)
    expect(frame.locator(".banner")).to_contain_text("Closing")
    expect(frame.locator("main")).to_contain_text("The service ends with")

    frame = course.on_day((last - day).days + to_the_tenth + 28 + 2)
    expect(frame.locator(".banner")).to_contain_text("Stopped")
    expect(frame.locator("main")).to_contain_text("The consent has ended and a plan is open.")
    frame.get_by_role("link", name="Close the plan").first.click()
    expect(frame.locator("input[name=outcome][value=stopped]")).to_be_checked()
    choose(frame, "The patient goes on with it alone")
    save(frame)
    (consent,) = course.asked("Consent")
    (plan,) = course.asked("CarePlan")
    assert (consent["status"], plan["status"]) == ("inactive", "revoked")
    assert len(course.tasks("contact")) == 1


def test_who_cannot_be_reached_is_discharged_and_the_provider_is_told(course_of: Any) -> None:
    course = course_of(CLARINE)
    begun(course)
    for day in (5, 12, 19):
        course.on_day(day)
        course.contact(result="No answer", minutes=1, note="Rang out.")
    assert [task["status"] for task in course.tasks("contact")] == ["failed"] * 3
    frame = course.on_day(20)
    urgent = frame.get_by_role("alert").filter(has_text="The patient cannot be reached")
    expect(urgent).to_contain_text("3 within 30 days")
    urgent.get_by_role("link", name="Discharge and tell the provider").click()
    expect(frame.locator("input[name=outcome][value=lost-to-follow-up]")).to_be_checked()
    choose(frame, "Not met")
    save(frame)
    (plan,) = course.asked("CarePlan")
    assert plan["status"] == "revoked"
    assert course.states()[-1] == "lost-to-follow-up"
    (told,) = [task for task in course.tasks("to-do") if task["status"] == "requested"]
    assert "lost to follow-up" in told["description"].lower()
