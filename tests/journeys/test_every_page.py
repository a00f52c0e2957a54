"""Every page of a launch, as it stands for a patient in the middle of the service: axe finds nothing, and it fits.

The list is held against the app's routes, so that a page that is added is looked at or named with the test that does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from mappings.questionnaire.catalogue import catalogue
from mappings.step_rules import STEP_STATES
from tests.journeys.conftest import NARROW
from tests.journeys.enrolling import enrol_with_plan, filed
from tests.journeys.good_page import assert_good
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

PLAIN = (
    "today", "plan", "goals", "assessments", "follow-up", "enrollment", "consent", "refer", "eligibility", "criteria",
    "introduce", "introduce/letter", "sharing", "stop", "care-plan", "care-plan/close", "contact", "contact/form",
    "quick-note", "timer/edit", "cadence", "crisis",
    "copy", "copy/given", "templates", "plan/action", "plan/agree", "plan/end", "plan/review", "plan/revise",
    "resources", "referral", "transition", "transition/checklist", "coordination", "goal/add", "conditions", "month",
    "month/log", "card", "cards", "filed", "filed-here",
    "preferences", "documents", "medicines", "medicines/reconcile",
    "tasks", "tasks/add", "ask", "here", "conference",
)  # fmt: skip
OF_A_GOAL = ("goal", "goal/change", "goal/progress", "goal/end")
IN_PIECES = {"today.panel", "documents.link", "style.show"}
"""Answers that are no page of their own."""
ELSEWHERE = {
    "receipt.show": "test_keyboard_and_axe.py",
    "take_back.show": "test_settling.py",
    "paste.show": "test_pasting.py",
    "documents.show": "test_documents.py",
    "template.show": "test_template.py",
}


@pytest.fixture(scope="module")
def followed(sandbox: Practice) -> str:
    """A patient with a plan, a goal, its steps, and a contact."""
    patient = newcomer(sandbox)
    with Visitor(sandbox) as nurse:
        today = enrol_with_plan(nurse, patient)
        form = nurse.get(f"/l/{today.launch_id}/contact")
        filed(nurse.send(form, minutes="7", note="Walks to the corner and back."))
        filed(nurse.send(nurse.get(f"/l/{today.launch_id}/ask?about=goal")))
        form = nurse.get(f"/l/{today.launch_id}/referral?resource=diabetes-class")
        filed(nurse.send(form, need="Diabetes class"))
        nurse.post(f"/l/{today.launch_id}/timer", today.form_frame() | {"action": "start"})
    return patient


@pytest.fixture(scope="module")
def tab(chrome: Browser, sandbox: Practice, followed: str) -> Iterator[Page]:
    """A tab in which the patient's chart is open."""
    context = chrome.new_context(viewport=NARROW, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{sandbox.ehr_url}/launch/chartside?patient={followed}&user=nurse")
    expect(page.locator("header.banner")).to_be_visible()
    yield page
    context.close()


def addresses(sandbox: Practice, patient: str) -> Iterator[str]:
    yield from PLAIN
    (goal,) = (each for each in sandbox.held("Goal", patient) if "chartside" in str(each["meta"]))
    yield from (f"{name}?goal={goal['id']}" for name in OF_A_GOAL)
    referral = next(each for each in sandbox.held("Task", patient) if "referral-state" in str(each))
    yield f"referral/news?task={referral['id']}"
    step = next(each for each in sandbox.held("Task", patient) if "self-care" in str(each.get("code")))
    yield f"plan/action/change?task={step['id']}"
    asked = next(each for each in sandbox.held("Task", patient) if "sbar-question" in str(each.get("code")))
    yield from (f"{path}?task={asked['id']}" for path in ("answer", "tasks/change"))
    yield f"step/{STEP_STATES[0]}"
    yield from ("assess/phq-9", "assess/needs-assessment", "assess/phq-9/results")


def drawn_alike() -> Iterator[str]:
    """Pages of one template with other words: `make soak` looks at all of them."""
    yield from (f"step/{to}" for to in STEP_STATES)
    yield from (f"assess/{each.id}" for each in catalogue())


def test_every_page_is_accessible_and_fits(sandbox: Practice, tab: Page, followed: str) -> None:
    assert_all_good(tab, addresses(sandbox, followed))


@pytest.mark.soak
def test_every_step_and_assessment_is_accessible_and_fits(tab: Page) -> None:
    assert_all_good(tab, drawn_alike())


def assert_all_good(tab: Page, all_of_them: Iterable[str]) -> None:
    launch = tab.url.rsplit("/", 1)[0]
    wrong = []
    for address in all_of_them:
        answer = tab.goto(f"{launch}/{address}")
        assert answer is not None
        assert answer.status == 200, address
        expect(tab.get_by_role("heading", level=1)).to_have_count(1)
        try:
            assert_good(tab, read_at=(380,))
        except AssertionError as error:
            wrong.append(f"{address}: {error}")
    assert wrong == []


def test_no_page_is_left_out(sandbox: Practice, tab: Page, followed: str) -> None:
    rules = sandbox.app.app.url_map
    routes = {
        rule.endpoint
        for rule in rules.iter_rules()
        if "launch_id" in rule.arguments and "GET" in (rule.methods or ())
    }
    router = rules.bind("127.0.0.1")
    looked_at = {
        router.match(f"/l/x/{address.split('?', maxsplit=1)[0]}")[0]
        for address in addresses(sandbox, followed)
    }
    assert routes - looked_at - IN_PIECES == set(ELSEWHERE)
