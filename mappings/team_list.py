"""The tasks of many patients for one team: each patient's own list, by whose they are, the late and the urgent first.

Made of what a launch with `user/` scopes may search: Tasks of ours, and the Patients that they are for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mappings.chart import Chart
from mappings.element import as_object, as_text, reference_text
from mappings.here_now import HereView, here_now
from mappings.huddle import HuddleLine, booked_today, huddle_line
from mappings.human_name import person_name
from mappings.identity import is_ours
from mappings.reading import Reading, ReadStatus
from mappings.task_list import TaskRow, task_list
from mappings.team_member import Member

Resource = dict[str, Any]


@dataclass(frozen=True)
class TeamRow:
    """One task with its patient: `patient` the id, `name` as it is to be shown."""

    patient: str
    name: str
    row: TaskRow


@dataclass(frozen=True)
class TeamList:
    """Everybody's open tasks, by whose they are; who is here now; what was answered; today's huddle."""

    mine: tuple[TeamRow, ...]
    team: tuple[TeamRow, ...]
    patient: tuple[TeamRow, ...]
    overdue: int
    reasons: tuple[tuple[str, int], ...]
    here: tuple[tuple[str, str, HereView], ...]
    answered: tuple[TeamRow, ...]
    huddle: tuple[HuddleLine, ...]
    patients: int


def team_list(
    tasks: Iterable[Resource],
    patients: Iterable[Resource],
    appointments: Iterable[Resource] = (),
    *,
    now: datetime,
    user: Member,
    reason: str = "",
    overdue: bool = False,
) -> TeamList:
    """The list for this user; `reason` and `overdue` leave out what is otherwise."""
    charts = charts_of(tasks, patients, appointments)
    lists = {
        key: task_list(chart, now=now, user=user, reason=reason, overdue=overdue)
        for key, chart in charts.items()
    }
    names = {key: _name(chart, now) for key, chart in charts.items()}
    every: dict[str, int] = defaultdict(int)
    for each in lists.values():
        for words, number in each.reasons:
            every[words] += number

    def rows(whose: str) -> tuple[TeamRow, ...]:
        found = [TeamRow(key, names[key], row) for key, each in lists.items() for row in getattr(each, whose)]
        return tuple(sorted(found, key=_first))

    flags = {key: flag for key, chart in charts.items() if (flag := here_now(chart, now=now))}
    return TeamList(
        mine=rows("mine"),
        team=rows("team"),
        patient=rows("patient"),
        overdue=sum(each.overdue for each in lists.values()),
        reasons=tuple(sorted(every.items())),
        here=tuple((key, names[key], flag) for key, flag in flags.items()),
        answered=tuple(each for each in rows("ended") if each.row.answer),
        huddle=tuple(
            huddle_line(chart, now=now, user=user)
            for key, chart in charts.items()
            if key in flags or booked_today(chart, now=now)
        ),
        patients=sum(bool(each.mine or each.team or each.patient) for each in lists.values()),
    )


def charts_of(
    tasks: Iterable[Resource], patients: Iterable[Resource], appointments: Iterable[Resource] = ()
) -> dict[str, Chart]:
    """A small chart for each patient of our Tasks: the record, its Tasks, today's appointments.

    A Task that names no patient of this EHR is left out: nobody could open the chart it belongs to.
    """
    known = {as_text(each.get("id")): each for each in patients}
    held: dict[str, list[Resource]] = defaultdict(list)
    for task in tasks:
        key = patient_of(task.get("for"))
        if key and is_ours(task):
            held[key].append(task)
            known.setdefault(key, _named(key, as_object(task.get("for"))))
    booked: dict[str, list[Resource]] = defaultdict(list)
    for each in appointments:
        for key in patients_of(each):
            booked[key].append(each)
    return {key: _chart(known[key], listed, booked.get(key, ())) for key, listed in held.items()}


def _chart(patient: Resource, tasks: Sequence[Resource], appointments: Sequence[Resource]) -> Chart:
    readings = {
        "Task": Reading("Task", ReadStatus.READ, tuple(tasks)),
        "Appointment": Reading("Appointment", ReadStatus.READ, tuple(appointments)),
    }
    return Chart(patient, readings)


def patient_of(reference: Any) -> str:
    """The id of the Patient that a Reference names, or ""."""
    parts = reference_text(reference).split("/_history/")[0].split("/")
    return parts[-1] if len(parts) >= 2 and parts[-2] == "Patient" else ""


def patients_of(appointment: Resource) -> tuple[str, ...]:
    """The ids of the patients who take part in an appointment."""
    listed = appointment.get("participant")
    actors = [as_object(each).get("actor") for each in listed] if isinstance(listed, list) else []
    return tuple(filter(None, map(patient_of, actors)))


def _named(key: str, reference: Resource) -> Resource:
    name = as_text(reference.get("display"))
    return {"resourceType": "Patient", "id": key, **({"name": [{"text": name}]} if name else {})}


def _name(chart: Chart, now: datetime) -> str:
    return person_name(chart.patient.get("name"), now.date()).text or "Patient without a name"


def _first(each: TeamRow) -> tuple[bool, date, str]:
    task = each.row.task
    return task.priority != "urgent" and not task.overdue, task.due or date.max, each.name
