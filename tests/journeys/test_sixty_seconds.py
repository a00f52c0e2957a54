"""Sixty seconds from hanging up to the receipt: by keyboard alone, five keys a second, in the frame of the chart.

A call is begun with its clock on *Today* and noted down when it is over, so that every word counts. What a story takes
is written out (`make test ARGS="-rP tests/journeys/test_sixty_seconds.py"`) and stands in `docs/measurements.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame

from tests.journeys.enrolling import enrol_with_plan
from tests.journeys.newcomer import newcomer
from tests.journeys.steps import FILED, contacts_of, open_chart
from tests.journeys.typist import KEYS_A_SECOND, Typist
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

GLORIA = "gloria-reyes"
Opened = Callable[[str], Frame]


@pytest.fixture
def followed(sandbox: Practice) -> str:
    """A patient with a plan and a goal. Each story has its own: one person's minutes may not lie over one another."""
    patient = newcomer(sandbox)
    with Visitor(sandbox) as nurse:
        enrol_with_plan(nurse, patient)
    return patient


@pytest.fixture
def with_diabetes(sandbox: Practice) -> str:
    """The same with results of diabetes and exams that are overdue."""
    with Visitor(sandbox) as nurse:
        enrol_with_plan(nurse, GLORIA)
    return GLORIA


@pytest.fixture
def opened(sandbox: Practice, chrome: Browser) -> Iterator[Opened]:
    """Opens a chart with Chartside in its frame, on *Today*, the keyboard in it."""
    context = chrome.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")

    def open_for(patient: str) -> Frame:
        frame = open_chart(context.new_page(), sandbox, patient)
        frame.locator("main").focus()
        return frame

    yield open_for
    context.close()


def took(typist: Typist, what: str, limit: int) -> None:
    """Writes out what it took. The keys are held to the limit: how long a page takes depends on the machine."""
    seconds = f"{typist.seconds:.0f} s of {limit}"
    sys.stdout.write(f"{what}: {typist.keys} keys, {typist.waited:.1f} s of waiting, {seconds}\n")
    assert typist.keys / KEYS_A_SECOND <= limit


def on_the_phone(frame: Frame, more: str = "") -> Typist:
    """The contact form stands open with its clock running; she has just hung up, and nothing is typed yet."""
    frame.get_by_role("button", name="Start the timer").click()
    frame.locator("#timer[data-running=yes]").wait_for()
    frame.goto(f"{frame.url.rsplit('/', 1)[0]}/contact{more}")
    frame.locator("#result-talked:focus").wait_for()
    return Typist(frame)


@pytest.mark.requirement("domain@105", "domain@112")
def test_a_plain_call(opened: Opened, sandbox: Practice, followed: str) -> None:
    typist = on_the_phone(opened(followed))
    typist.tab_to("#note")
    typist.write("Walked four days of seven, knee is better. Will bring the sugar log to the next call.")
    typist.tab_to("[name^='progress.']")
    typist.press("Space")
    typist.access("s")
    typist.until(f"h1:has-text('{FILED}')")
    took(typist, "A plain call", 60)

    contact = contacts_of(sandbox, followed)[-1]
    assert contact["status"] == "completed"
    assert any("sugar log" in note["text"] for note in contact["note"])
    (goal,) = (each for each in sandbox.held("Goal", followed) if "chartside" in str(each["meta"]))
    assert goal["achievementStatus"]["coding"][0]["code"] == "improving"
    assert any("next-contact" in str(task.get("code")) for task in sandbox.held("Task", followed))


@pytest.mark.requirement("domain@72")
def test_an_unanswered_call(opened: Opened, sandbox: Practice, followed: str) -> None:
    typist = Typist(opened(followed))
    typist.access("n")
    typist.until("#result-talked:focus")
    typist.access("1")
    typist.until(f"h1:has-text('{FILED}')")
    took(typist, "An unanswered call", 5)

    assert contacts_of(sandbox, followed)[-1]["status"] == "failed"


@pytest.mark.requirement("domain@149")
def test_a_contact_with_the_template_of_diabetes(
    opened: Opened, sandbox: Practice, with_diabetes: str
) -> None:
    typist = on_the_phone(opened(with_diabetes), "?template=diabetes")
    typist.tab_to("#note")
    typist.write("Forgot evening doses twice. Sugars lower since walking.")
    typist.tab_to("[name=overdue]")
    typist.press("Space")
    typist.tab_to("#q-dm-testing-times")
    typist.write("2")
    typist.tab_to("[name=q-dm-testing-per]")
    typist.press("Space")
    typist.tab_to("#q-dm-range-low")
    typist.write("110")
    typist.tab_to("#q-dm-range-high")
    typist.write("214")
    for question in ("meter-use", "low-signs", "high-signs", "carbs"):
        typist.tab_to(f"[name=q-dm-{question}]")
        typist.press("Space")
    typist.tab_to("[name^='progress.']")
    typist.press("Space")
    typist.access("s")
    typist.until(f"h1:has-text('{FILED}')")
    took(typist, "A contact with the template of diabetes", 60)

    contact = contacts_of(sandbox, with_diabetes)[-1]
    (answers,) = contact["contained"]
    assert answers["resourceType"] == "QuestionnaireResponse"
    assert answers["questionnaire"].split("|")[0].endswith("/Questionnaire/visit-diabetes")
    assert {"dm-range-high", "dm-low-signs"} <= set(link_ids(answers))
    assert any("Eye exam" in str(task.get("description")) for task in sandbox.held("Task", with_diabetes))


def link_ids(answers: dict[str, Any]) -> Iterator[str]:
    """The questions of a response that were answered."""
    for item in answers.get("item", ()):
        if item.get("answer"):
            yield item["linkId"]
        yield from link_ids(item)


@pytest.mark.requirement("domain@152")
def test_a_question_to_the_provider(opened: Opened, sandbox: Practice, followed: str) -> None:
    frame = opened(followed)
    typist = Typist(frame)
    frame.locator(".usa-skipnav").focus()
    typist.tab_to(".hubs a[href$='/tasks']")
    typist.press("Enter")
    typist.until("h1:text-is('Tasks')")
    typist.access("n")
    typist.until("#situation:focus")
    typist.write("Forgets her evening metformin. ")
    typist.tab_to("#recommendation")
    typist.press("Control+a")
    typist.write("Once a day instead of twice?")
    typist.access("s")
    typist.until(f"h1:has-text('{FILED}')")
    took(typist, "A question to the provider (SBAR)", 30)

    asked = next(task for task in sandbox.held("Task", followed) if "sbar-question" in str(task.get("code")))
    assert asked["status"] == "requested"
    said = {row["type"]["text"]: row.get("valueString") for row in asked["input"]}
    assert "Once a day instead of twice?" in said.values()
