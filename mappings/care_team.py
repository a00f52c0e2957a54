"""Who cares for the patient: the designated provider, the care manager and the back-up, the care team, the family.

"A designated provider who works with the care manager and patient" and "continuity of care with a designated provider
or care team member" (domain row 57). The plan names the three; where it does not, the chart does. Read, never changed:
CareTeam (https://hl7.org/fhir/R4/careteam.html), Patient.generalPractitioner, RelatedPerson.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.episode import open_plan
from mappings.panel import Panel, panel
from mappings.plan_section import Team, team_of
from mappings.practitioner import actor_name, resource_name
from mappings.terminology import status_code, words_of

_OVER = frozenset({"inactive", "suspended", "entered-in-error"})
NO_PROVIDER = "No designated provider is named. Name the one who works with the care manager and the patient."
NO_MANAGER = "No care manager is named."
NO_BACK_UP = "No back-up is named for when the care manager is away."


@dataclass(frozen=True)
class Member:
    """One person or organization: `role` in words, `source` where it is known from, `contact` a phone number or ""."""

    name: str
    role: str
    source: str
    contact: str = ""


@dataclass(frozen=True)
class CareTeamView:
    """Everybody. `warnings` say who is missing; `sources` says where the designated provider is known from."""

    team: Team
    provider_source: str
    members: Panel[Member]
    family: Panel[Member]
    warnings: tuple[str, ...]


def care_team(chart: Chart, *, now: datetime) -> CareTeamView:
    """The people of the open plan and of the chart."""
    plan = open_plan(chart)
    said = team_of(plan) if plan else Team()
    provider, source = (said.provider, "named in the plan") if said.provider else provider_on_file(chart)
    team = Team(provider, said.manager, said.back_up)
    members = tuple(_members(chart, now))
    relatives = tuple(_relatives(chart, now))
    return CareTeamView(
        team=team,
        provider_source=source,
        members=panel("care-team", "Care team", members, chart.reading("CareTeam")),
        family=panel("family", "Family and caregivers", relatives, chart.reading("RelatedPerson")),
        warnings=_warnings(team, agreed=plan is not None and status_code(plan.get("status")) != "draft"),
    )


def _warnings(team: Team, *, agreed: bool) -> tuple[str, ...]:
    missing = [NO_PROVIDER] if not team.provider else []
    if agreed:
        missing += [NO_MANAGER] if not team.manager else []
        missing += [NO_BACK_UP] if not team.back_up else []
    return tuple(missing)


def provider_on_file(chart: Chart) -> tuple[str, str]:
    """The patient's provider in the EHR and where it says so: her general practitioner, else the team's clinician."""
    for reference in as_objects(as_object(chart.patient).get("generalPractitioner")):
        name = actor_name(chart, reference, chart.patient)
        if name:
            return name, "primary care provider on file"
    return "", ""


def _members(chart: Chart, now: datetime) -> list[Member]:
    found = []
    for team in chart.resources("CareTeam"):
        if status_code(team.get("status")) in _OVER or _is_over(team.get("period"), now):
            continue
        title = as_text(team.get("name")) or "care team of this EHR"
        found += [
            _member(chart, team, each, title)
            for each in as_objects(team.get("participant"))
            if not _is_over(each.get("period"), now)
        ]
    named = [member for member in found if member and member.name]
    return list(dict.fromkeys(named))


def _member(chart: Chart, team: dict[str, Any], participant: dict[str, Any], title: str) -> Member | None:
    whom = as_object(participant.get("member"))
    if as_text(whom.get("reference")).split("/")[0] == "Patient":
        return None
    roles = [words_of(role) for role in as_objects(participant.get("role"))]
    return Member(actor_name(chart, whom, team), ", ".join(filter(None, roles)), title)


def _relatives(chart: Chart, now: datetime) -> list[Member]:
    people = [
        each
        for each in chart.resources("RelatedPerson")
        if each.get("active") is not False and not _is_over(each.get("period"), now)
    ]
    rows = [
        Member(
            resource_name(chart, each),
            ", ".join(filter(None, (words_of(kind) for kind in as_objects(each.get("relationship"))))),
            relative_reference(each),
            _phone(each),
        )
        for each in people
    ]
    return [row for row in rows if row.name]


def _phone(person: dict[str, Any]) -> str:
    numbers = (
        as_text(each.get("value"))
        for each in as_objects(person.get("telecom"))
        if as_text(each.get("system")) == "phone" and as_text(each.get("use")) != "old"
    )
    return next(filter(None, numbers), "")


def _is_over(period: Any, now: datetime) -> bool:
    end = dates.parse(as_object(period).get("end"))
    day = end.local_day(now.tzinfo) if end else None
    return day is not None and day < now.date()
