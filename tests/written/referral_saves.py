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
from tests.written.answers import BY_ROLE, HOSTILE, IN_A_VISIT, UNKNOWN_USER
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


LOOPS: tuple[Save, ...] = (
    asked_of(18, "diabetes-class", hand_off="on", hand_off_with=HOSTILE, author=IN_A_VISIT),
    heard_of(19, "chased", told_by="Joan Mbeki", note=HOSTILE),
    heard_of(20, "accepted", author=UNKNOWN_USER),
    heard_of(21, "appointment-made", appointment_in=4),
    heard_of(22, "on-hold", why=HOSTILE, author=BY_ROLE),
    heard_of(25, "received"),
    heard_of(26, "need-met", note="Counts carbohydrates now."),
    asked_of(27, "valley-medical-supply", order="needed", priority="urgent", note=HOSTILE),
    heard_of(28, "no-capacity", why="No strips before summer"),
    asked_of(28, "lakeside-eye", begun="appointment-made", appointment_in=3),
    heard_of(32, "need-not-met", why="The report was lost"),
    asked_of(
        32,
        "other",
        topic="other",
        other_name=HOSTILE.split("\n")[0],
        other_kind="agency",
        handed="patient",
    ),
    heard_of(33, "patient-declined", why="Has a ride now"),
    asked_of(33, "heart-failure-clinic", begun="accepted"),
    heard_of(34, "no-capacity", why="Closed for the month"),
    asked_of(34, "home-nurses"),
    heard_of(35, "they-declined", why="Not homebound"),
    asked_of(35, "hope-counseling"),
    heard_of(39, "lost", why="Called twice, and the patient twice"),
)
"""Referrals of one patient, one after the other: everything that may be heard, and every way to end."""
