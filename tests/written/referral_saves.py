"""Saves of referrals: asked for, and everything that may be heard of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import samples
from mappings.chart import Chart
from mappings.form import Submitted
from mappings.resource_directory_file import read_directory
from mappings.resource_referral import open_referrals
from mappings.resource_referral_form import ResourceReferralEntry, defaults, read
from mappings.resource_referral_news import news_defaults, news_resources, parse_news
from mappings.resource_referral_record import offered_problems, referral_resources
from tests.written.saves import FORMS, Save, Values

DIRECTORY = read_directory(
    Path(samples.__file__).with_name("resources.toml").read_text(encoding="utf-8"), "resources.toml"
)


def parse_referral(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[ResourceReferralEntry]:
    """The form with the directory of the example."""
    offered = offered_problems(chart, now)
    return read(values, chart=chart, directory=DIRECTORY, problems=offered, now=now)


FORMS.update(
    {
        "resource-referral": (parse_referral, referral_resources),
        "resource-referral-news": (parse_news, news_resources),
    }
)


def asked_of(
    day: int, resource: str, *, author: Mapping[str, Any] | None = None, appointment_in: int = 0, **typed: str
) -> Save:
    """A referral to a row of the directory ("other": to somebody whose name is typed), because of the first problem."""

    def fill(chart: Chart, now: datetime) -> Values:
        opened = defaults(DIRECTORY.find(resource), "", due=now.date() + timedelta(days=14))
        problem = next(iter(offered_problems(chart, now)), "")
        when = (now.date() + timedelta(days=appointment_in)).isoformat() if appointment_in else ""
        said = {"resource": resource, "need": "Help", "problem": problem, "appointment": when, **typed}
        return {**opened, **{name: [value] for name, value in said.items()}}

    return Save("resource-referral", day, fill, author or {})


def heard_of(
    day: int, outcome: str, *, author: Mapping[str, Any] | None = None, appointment_in: int = 0, **typed: str
) -> Save:
    """What was heard of the referral that waits longest."""

    def fill(chart: Chart, now: datetime) -> Values:
        task = next(iter(open_referrals(chart, now)))
        when = (now.date() + timedelta(days=appointment_in)).isoformat() if appointment_in else ""
        said = {"outcome": outcome, "appointment": when, **typed}
        return {**news_defaults(chart, now=now, task=task), **{name: [value] for name, value in said.items()}}

    return Save("resource-referral-news", day, fill, author or {})
