"""What *Today* points out: each rule's prompts in one list, the urgent apart, each with the page where it is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from app.current import current_launch
from app.views.crisis import urgent_lines
from app.views.task_user import task_user
from mappings import (
    condition_page,
    eligibility,
    follow_up,
    goal_prompt,
    plan_prompt,
    resource_referral,
    task_prompt,
    transition_prompt,
)
from mappings.chart import Chart
from mappings.prompt import Prompt
from mappings.questionnaire import history

SHOWN = 3
"""How many stand open; the others are one press away, since a long list is read by nobody."""


@dataclass(frozen=True)
class PromptLine:
    """One prompt as it is drawn; `address` is "" where it leads nowhere."""

    sentence: str
    why: str
    label: str
    address: str


@dataclass(frozen=True)
class PromptList:
    """`urgent` stand above everything else of the page; of the others the `first` are open and the `more` folded."""

    urgent: tuple[PromptLine, ...]
    first: tuple[PromptLine, ...]
    more: tuple[PromptLine, ...]


def prompts_of(of: Chart, now: datetime) -> PromptList:
    """Everything that the chart gives rise to today, each sentence once."""
    practice = current_launch().ehr.practice
    return prompt_list(
        (
            *urgent_lines(of, now),
            *task_prompt.prompts(of, now=now, user=task_user()),
            *transition_prompt.prompts(of, now=now, practice=practice),
            *follow_up.prompts(of, now=now, practice=practice),
            *eligibility.prompts(of, now=now, practice=practice),
            *resource_referral.prompts(of, now=now, practice=practice),
            *plan_prompt.prompts(of, now=now),
            *goal_prompt.prompts(of, now=now),
            *history.prompts(of, now=now, practice=practice),
            *condition_page.prompts(of, now=now),
        )
    )


def prompt_list(found: Iterable[Prompt]) -> PromptList:
    """Prompts as they are drawn, each sentence once."""
    listed = list(found)
    once = list({each.sentence: each for each in reversed(listed)}.values())[::-1]
    lines = [_line(each) for each in once if not each.urgent]
    return PromptList(
        urgent=tuple(_line(each) for each in once if each.urgent),
        first=tuple(lines[:SHOWN]),
        more=tuple(lines[SHOWN:]),
    )


def _line(prompt: Prompt) -> PromptLine:
    named: dict[str, Any] = {"launch_id": current_launch().id, **prompt.parameters}
    address = url_for(prompt.endpoint, **named) if prompt.endpoint else ""
    return PromptLine(prompt.sentence, prompt.why, prompt.label, address)
