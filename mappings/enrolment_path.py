"""The way through the program as a picture: what was reached and when, where the patient stands, what is ahead.

Only what a step on file says is drawn as reached; a stage passed without one is drawn as passed, with no day.
An episode that ended otherwise than by graduation ends the picture with that end. Stages: domain notes A.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from fhir_profiles.terminology import display
from mappings import dates
from mappings.enrolment import ENDED, EnrolmentView
from mappings.enrolment_state import StateStep

REACHED, HERE, PASSED, AHEAD = "reached", "here", "passed", "ahead"
WORDS = {REACHED: "reached", HERE: "now", PASSED: "passed", AHEAD: "ahead"}
WAY = (
    "identified",
    "referred",
    "introduced",
    "consented",
    "assessed",
    "plan-active",
    "following",
    "maintenance",
    "in-control",
    "closing",
    "graduated",
)
"""The states in the order of the way; pausing and the other ends lie beside it."""


@dataclass(frozen=True)
class Stage:
    """One state on the way: its words, how it is drawn, the day it was reached ("" where no step says so)."""

    state: str
    words: str
    standing: str
    when_words: str

    @property
    def standing_words(self) -> str:
        """How it is drawn, in words: "reached", "now", "passed", "ahead"."""
        return WORDS[self.standing]


@dataclass(frozen=True)
class StepLine:
    """One line of the history: what was reached, when, why, and by whom."""

    words: str
    when_words: str
    reason: str
    by: str
    id: str
    now: bool


def path(view: EnrolmentView, *, now: datetime) -> tuple[Stage, ...]:
    """The stages of this episode; () where the state is not known."""
    if not view.known:
        return ()
    steps = this_episode(view.history)
    reached = {step.state: step for step in reversed(steps)}
    ended_early = view.state in ENDED and view.state != "graduated"
    way = [*(WAY[:-1] if ended_early else WAY)]
    at = _place(view.state, steps)
    stages = [_stage(state, index, at, view.state, reached, now.tzinfo) for index, state in enumerate(way)]
    if ended_early:
        last = [stage for stage in stages if stage.standing in (REACHED, PASSED)]
        stages = [*last, _stage(view.state, 0, 0, view.state, reached, now.tzinfo)]
    return tuple(stages)


def _place(state: str, steps: Sequence[StateStep]) -> int:
    """How far along the way: the state itself, or, beside the way, the furthest that was reached; -1 before it."""
    if state in WAY:
        return WAY.index(state)
    return max((WAY.index(step.state) for step in steps if step.state in WAY), default=-1)


def _stage(
    state: str, index: int, at: int, here: str, reached: dict[str, StateStep], zone: tzinfo | None
) -> Stage:
    step = reached.get(state)
    if state == here:
        standing = HERE
    elif index <= at:
        standing = REACHED if step else PASSED
    else:
        standing = AHEAD
    when = dates.plain_words(step.when, zone) if step and standing in (REACHED, HERE) else ""
    return Stage(state, display("enrolment-state", state), standing, when)


def this_episode(steps: Sequence[StateStep]) -> tuple[StateStep, ...]:
    """The steps since the last end, newest first; of an episode that has ended, its own."""
    cut = next((index for index, step in enumerate(steps) if index and step.state in ENDED), len(steps))
    return tuple(steps[:cut])


def history(view: EnrolmentView, *, now: datetime) -> tuple[StepLine, ...]:
    """Every step of every episode, newest first, with its reason and who recorded it."""
    return tuple(
        StepLine(
            words=step.words,
            when_words=" ".join(
                filter(None, (dates.plain_words(step.when, now.tzinfo), dates.clock_words(step.when, now)))
            ),
            reason=step.reason,
            by=step.by,
            id=str(step.resource.get("id", "")),
            now=index == 0,
        )
        for index, step in enumerate(view.history)
    )
