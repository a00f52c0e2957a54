"""When to be in touch next: the guides' cadence as dated data, and what the patient wishes instead.

Every two to three weeks until the goals are reached, weekly while one is stuck, every four weeks after; the patient's
own wish, kept in a note of the plan, goes before all of it. The nurse and the patient decide; this only prefills
(`cadence.toml`; domain notes A.5, rows 69, 74 and 75).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.enrolment_state import state_steps
from mappings.episode import open_plan
from mappings.goal import goal_view, own_open_goals
from mappings.narrative import fixed_line, read_fixed_line

WISH_LINE = "Contact wish"
NO_WISH = "no wish any more"
REACHED = frozenset({"talked", "refused"})
_MAINTENANCE = frozenset({"maintenance", "in-control", "closing"})
_STUCK = frozenset({"worse", "same", "no progress"})


@dataclass(frozen=True)
class Wish:
    """How often and how the patient wants to be contacted; `said` is the day of it as it stands in the plan."""

    days: int
    way: str
    said: str

    @property
    def words(self) -> str:
        """ "every two weeks, by phone"."""
        way = ways().get(self.way, "")
        return ", ".join(filter(None, (presets()[self.days].lower(), way[:1].lower() + way[1:])))


@dataclass(frozen=True)
class Rhythm:
    """The days between two contacts and why: "every four weeks once the goals are reached"."""

    days: int
    why: str


def rhythm(chart: Chart, *, now: datetime, result: str = "talked") -> Rhythm:
    """The rhythm that holds now; `result` is that of the contact being documented.

    A try that reached nobody is repeated soon, whatever the patient wishes for contacts that take place.
    """
    if result not in REACHED:
        return _rule("next-try")
    wished = wish(chart)
    if wished:
        return Rhythm(wished.days, rules()["wish"]["words"])
    if {goal_view(goal, now=now).achievement for goal in own_open_goals(chart)} & _STUCK:
        return _rule("weekly")
    steps = state_steps(chart)
    return _rule("maintenance" if steps and steps[0].state in _MAINTENANCE else "active")


def next_contact_day(chart: Chart, *, now: datetime, result: str = "talked") -> date:
    """The day of the next contact, never on a weekend; `result` is that of the contact being documented."""
    return working_day(now.date() + timedelta(days=rhythm(chart, now=now, result=result).days))


def working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def wish(chart: Chart) -> Wish | None:
    """The patient's last wish in the notes of the open plan; None where there is none, or one of no offered days."""
    notes = as_objects(as_object(open_plan(chart)).get("note"))
    found = [read_fixed_line(as_text(note.get("text")), WISH_LINE) for note in notes]
    facts = next(filter(None, reversed(found)), {})
    days = {label: number for number, label in presets().items()}.get(facts.get("Every", ""))
    way = {label: code for code, label in ways().items()}.get(facts.get("How", ""), "")
    return Wish(days, way, facts.get("Said on", "")) if days else None


def wish_line(days: int, way: str, day: date) -> str:
    """The note line of a plan that says it: "Contact wish. Every: Every two weeks; How: By phone; Said on: …".

    Without days (0) it says that the patient has no wish of the kind any more.
    """
    facts = [
        ("Every", presets().get(days, NO_WISH)),
        ("How", ways().get(way, "")),
        ("Said on", day.isoformat()),
    ]
    return fixed_line(WISH_LINE, facts)


def presets() -> Mapping[int, str]:
    """The rhythms offered: days -> words."""
    return MappingProxyType({row["days"]: row["label"] for row in cadence_data()["preset"]})


def ways() -> Mapping[str, str]:
    """The three ways to be in touch: code of contact-mode -> words."""
    return MappingProxyType({row["code"]: row["label"] for row in cadence_data()["way"]})


def rules() -> Mapping[str, Any]:
    """The rules of the rhythm by their name, each with days and words."""
    return MappingProxyType(cadence_data()["rule"])


def _rule(name: str) -> Rhythm:
    return Rhythm(rules()[name]["days"], rules()[name]["words"])


@cache
def cadence_data() -> dict[str, Any]:
    """The whole of `cadence.toml`, for the rules of other rooms that stand there too. Not to be changed."""
    return tomllib.loads(resources.files("mappings").joinpath("cadence.toml").read_text("utf-8"))
