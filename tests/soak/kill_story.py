"""What a nurse documents of one patient while her app is killed again and again: consent to closed, form by form.

Each form changes what the next one builds upon, so a save that was lost, doubled or half done shows in all that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.journeys.enrolling import AGREES, on_day, plan
from tests.journeys.visitor import Seen

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One form. `fill` is given its page and the words by which this save is known, which it writes somewhere."""

    name: str
    path: str
    fill: Callable[[Seen, str], Values]

    @property
    def draft(self) -> str:
        """The name under which the form's drafts are kept."""
        return self.path.replace("/", "-")


def _consent(_: Seen, words: str) -> Values:
    return {**AGREES, "discussed_by": words}


def _plan(_: Seen, words: str) -> Values:
    return {**plan(), "goal_text": f"Walks 20 minutes a day, {words}", "note": words}


def _contact(_: Seen, words: str) -> Values:
    return {"minutes": "6", "note": words, **on_day(2)}


def _goal_update(form: Seen, words: str) -> Values:
    """A contact that says how each goal goes, answers what was to be done, and agrees on the next one."""
    goals = {name.split(".", 1)[1] for name in _names(form) if name.startswith("progress.")}
    told = {f"progress.{goal}": "better" for goal in goals}
    told |= {f"importance.{goal}": "8" for goal in goals} | {f"confidence.{goal}": "7" for goal in goals}
    answered = form.document.xpath("//input[@name='answers']/@value")
    assert goals
    assert answered
    answers = [str(each) for each in answered]
    return {"minutes": "4", "note": words, "answers": answers, **told, **on_day(1)}


def _close(form: Seen, words: str) -> Values:
    finals = {name: "met" for name in _names(form) if name.startswith("final.")}
    return {"outcome": "graduated", "reason": "goals-met", "note": words, **finals}


def _names(form: Seen) -> set[str]:
    return {str(name) for name in form.document.xpath("//form[@id='form']//@name")}


STEPS = (
    Step("consent", "consent", _consent),
    Step("plan with goal", "care-plan", _plan),
    Step("contact", "contact", _contact),
    Step("goal update", "contact", _goal_update),
    Step("plan closed", "care-plan/close", _close),
)
