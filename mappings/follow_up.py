"""What to think of between two contacts: every prompt that the chart gives rise to today, each with its reason."""

from __future__ import annotations

from datetime import datetime

from mappings.chart import Chart
from mappings.practice import Practice
from mappings.prompt import Prompt

__all__ = ["Prompt", "prompts"]


def prompts(chart: Chart, *, now: datetime, practice: Practice) -> tuple[Prompt, ...]:
    """The prompts of today, the urgent ones first; none where the chart gives no ground for any."""
    return ()
