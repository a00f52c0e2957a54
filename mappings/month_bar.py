"""The bar of a month: its thresholds, how far the minutes reach, and the words for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mappings.billing_rules import Threshold


@dataclass(frozen=True)
class Segment:
    """One part of the bar: up to a threshold. `filled` is how many of its minutes are reached, out of `length`."""

    label: str
    code: str
    minutes: int
    length: int
    filled: int
    reached: bool


def next_threshold(steps: Sequence[Threshold], minutes: int) -> Threshold | None:
    """The next threshold to reach, the last once all are; None without any."""
    return next((step for step in steps if step.minutes > minutes), steps[-1] if steps else None)


def sentence(minutes: int, following: Threshold | None) -> str:
    """ "14 of 20 min this month", or "14 min this month" without a threshold."""
    return f"{minutes} of {following.minutes} min this month" if following else f"{minutes} min this month"


def detail(minutes: int, steps: Sequence[Threshold]) -> str:
    """How many minutes are missing to the next threshold; "" without thresholds."""
    if not steps:
        return ""
    reached = [step for step in steps if step.minutes <= minutes]
    if len(reached) == len(steps):
        return "Every threshold is reached."
    ordinal = ("first", "second", "third", "next")[min(len(reached), 3)]
    return f"{steps[len(reached)].minutes - minutes} min to the {ordinal} threshold"


def segments(steps: Sequence[Threshold], minutes: int) -> tuple[Segment, ...]:
    """The parts of the bar, each as long as the minutes between its threshold and the one before."""
    made = []
    floor_minutes = 0
    for step in steps:
        length = step.minutes - floor_minutes
        filled = min(length, max(0, minutes - floor_minutes))
        made.append(Segment(step.label, step.code, step.minutes, length, filled, filled == length))
        floor_minutes = step.minutes
    return tuple(made)
