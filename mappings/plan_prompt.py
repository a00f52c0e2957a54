"""What to think of about the plan itself: a review that is due, a goal that nobody works on, words not agreed with.

Each rule is that of the page it leads to: the review days of `completeness.toml`, and that every goal has an action and
a step of the patient's own (domain rows 5, 6, 17).
"""

from __future__ import annotations

from datetime import datetime

from mappings.chart import Chart
from mappings.episode import open_plan
from mappings.plan import agreement_standing, goal_cards, review_standing
from mappings.plan_element import rules
from mappings.plan_end import open_plans
from mappings.plan_gate import may_change_plan
from mappings.prompt import Prompt
from mappings.sight import Sight, sight

_SEEN = ("CarePlan", "Goal", "Task")


def prompts(chart: Chart, *, now: datetime) -> tuple[Prompt, ...]:
    """The prompts of the open plan; none where there is none, or where the EHR does not show all that would tell."""
    if open_plan(chart) is None or not all(sight(chart, kind) is Sight.WHOLE for kind in _SEEN):
        return ()
    if may_change_plan(chart, now=now).reason:
        return ()
    found = (_doubled(chart, now), _review(chart, now), _without_step(chart, now), _to_agree(chart, now))
    return tuple(prompt for prompt in found if prompt)


def _doubled(chart: Chart, now: datetime) -> Prompt | None:
    number = len(open_plans(chart, now))
    why = "There is one plan for one enrollment; the other may have been opened by mistake."
    return Prompt(f"{number} care plans are open.", why, "See both", "plan.show") if number > 1 else None


def _review(chart: Chart, now: datetime) -> Prompt | None:
    standing = review_standing(chart, now)
    asked = f"Set for {standing.next_words}. " if standing.next_words else ""
    why = f"{asked}A plan is looked over every {rules().review_days} days."
    return Prompt(f"{standing.words}.", why, "Review the plan", "plan_review.show") if standing.due else None


def _without_step(chart: Chart, now: datetime) -> Prompt | None:
    """For the first goal that lacks the patient's own part."""
    cards = goal_cards(chart, now)
    first = next((card.goal for card in cards if card.goal.active and card.goal.id and not card.steps), None)
    if first is None:
        return None
    return Prompt(
        f"No step of the patient is open for “{first.patients_words or first.text}”.",
        "Every goal has a step that the patient takes.",
        "Add a step",
        "plan_action.show",
        {"kind": "self-care", "goal": first.id},
    )


def _to_agree(chart: Chart, now: datetime) -> Prompt | None:
    agreed, stale = agreement_standing(chart, now)
    if agreed and not stale:
        return None
    said = "The plan was changed since the patient agreed." if agreed else "No agreement is documented."
    why = "The plan is discussed with the patient, who agrees to it."
    return Prompt(said, why, "Document the agreement", "plan_agreement.show")
