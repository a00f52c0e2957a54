"""What to think of about the plan itself: a review that is due, a goal that nobody works on, words not agreed with.

Each rule is that of the page it leads to: the review days of `completeness.toml`, and that every goal has an action and
a step of the patient's own (domain rows 5, 6, 17).
"""

from __future__ import annotations

from datetime import datetime

from mappings.chart import Chart
from mappings.episode import open_plan
from mappings.plan import PlanPage, plan_page
from mappings.plan_element import rules
from mappings.prompt import Prompt
from mappings.sight import Sight, sight

_SEEN = ("CarePlan", "Goal", "Task")


def prompts(chart: Chart, *, now: datetime) -> tuple[Prompt, ...]:
    """The prompts of the open plan; none where there is none, or where the EHR does not show all that would tell."""
    if open_plan(chart) is None or not all(sight(chart, kind) is Sight.WHOLE for kind in _SEEN):
        return ()
    page = plan_page(chart, now=now)
    if not page.is_open or page.gate:
        return ()
    return (*_doubled(page), *_review(page), *_without_steps(page), *_to_agree(page))


def _doubled(page: PlanPage) -> tuple[Prompt, ...]:
    if len(page.open_plans) < 2:
        return ()
    why = "There is one plan for one enrollment; the other may have been opened by mistake."
    return (Prompt(f"{len(page.open_plans)} care plans are open.", why, "See both", "plan.show"),)


def _review(page: PlanPage) -> tuple[Prompt, ...]:
    if not page.review_due:
        return ()
    asked = f"Set for {page.next_review_words}. " if page.next_review_words else ""
    why = f"{asked}A plan is looked over every {rules().review_days} days."
    return (Prompt(f"{page.review_words}.", why, "Review the plan", "plan_review.show"),)


def _without_steps(page: PlanPage) -> tuple[Prompt, ...]:
    """One prompt for the first goal that lacks the patient's own part."""
    bare = [card.goal for card in page.cards if card.goal.active and not card.steps and card.goal.id]
    if not bare:
        return ()
    first = bare[0]
    why = "Every goal has a step that the patient takes."
    where = {"kind": "self-care", "goal": first.id}
    sentence = f"No step of the patient is open for “{first.patients_words or first.text}”."
    return (Prompt(sentence, why, "Add a step", "plan_action.show", where),)


def _to_agree(page: PlanPage) -> tuple[Prompt, ...]:
    if page.agreement and not page.agreement_stale:
        return ()
    said = (
        "The plan was changed since the patient agreed." if page.agreement else "No agreement is documented."
    )
    why = "The plan is discussed with the patient, who agrees to it."
    return (Prompt(said, why, "Document the agreement", "plan_agreement.show"),)
