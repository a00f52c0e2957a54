"""What Today was opened for, where the EHR said so: the medicines, or one task. It is said above the chart."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from mappings.launch_reason import MEDICINES, task_sentence
from mappings.today import TodayView


@dataclass(frozen=True)
class OpenedFor:
    """The sentence, and whether the medicines stand first."""

    sentence: str
    medicines_first: bool = False


def opened_for(view: TodayView) -> OpenedFor | None:
    """By this request's `at` (medicines, tasks) with `task`; None on an ordinary Today.

    The id only chooses among what was read of this patient's chart.
    """
    at = request.args.get("at", "")
    if at == "medicines":
        return OpenedFor(MEDICINES, medicines_first=True)
    if at == "tasks":
        task = next((row for row in view.to_dos.rows if row.id == request.args.get("task", "")), None)
        return OpenedFor(task_sentence(task))
    return None
