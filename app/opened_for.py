"""What Today was opened for, where the EHR said so: a discharge, or one task. It is said in words, above the chart."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from mappings.launch_reason import discharge_sentence, task_sentence
from mappings.today import TodayView


@dataclass(frozen=True)
class OpenedFor:
    """The sentence, and whether the medicines stand first."""

    sentence: str
    medicines_first: bool = False


def opened_for(view: TodayView) -> OpenedFor | None:
    """By this request's `at` (medicines, tasks) with `visit` or `task`; None on an ordinary Today.

    The ids only choose among what was read of this patient's chart.
    """
    at = request.args.get("at", "")
    if at == "medicines":
        visit = next((row for row in view.visits.rows if row.id == request.args.get("visit", "")), None)
        return OpenedFor(discharge_sentence(visit), medicines_first=True)
    if at == "tasks":
        task = next((row for row in view.to_dos.rows if row.id == request.args.get("task", "")), None)
        return OpenedFor(task_sentence(task))
    return None
