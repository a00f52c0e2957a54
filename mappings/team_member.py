"""Who works for this patient, as far as the chart names them: to whom a task may go, and whose a task is.

The user is known by the EHR's own reference; where the EHR names nobody so, by name alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings.care_plan import primary_care_provider
from mappings.care_team import care_team
from mappings.chart import Chart
from mappings.element import as_object, as_text, relative_reference
from mappings.practitioner import resource_name

_CLINICIANS = ("Practitioner/", "PractitionerRole/")
_POOL = frozenset({"care manager", ""})


@dataclass(frozen=True)
class Member:
    """The signed-in user: a relative reference ("Practitioner/nurse") or None, and the name."""

    reference: str | None
    name: str

    def has(self, chart: Chart, owner: dict[str, Any]) -> bool:
        """Whether a Reference means this user: by record, by the person of a role, or by name alone."""
        said = chart.at_home(owner)
        if said and self.reference:
            role = as_object(chart.resolve(owner)) if said.startswith("PractitionerRole/") else {}
            return self.reference in (said, chart.at_home(role.get("practitioner")))
        name = as_text(owner.get("display"))
        return not said and bool(name) and name == self.name


def whose(chart: Chart, owner: dict[str, Any], user: Member) -> str:
    """ "mine", "patient", "team" (nobody in particular, or somebody else who works here)."""
    if user.has(chart, owner):
        return "mine"
    return "patient" if chart.at_home(owner).startswith(("Patient/", "RelatedPerson/")) else "team"


def is_unassigned(owner: dict[str, Any]) -> bool:
    """Whether a task waits for whoever is the care manager."""
    return not owner.get("reference") and as_text(owner.get("display")).lower() in _POOL


def people(chart: Chart, user: Member) -> dict[str, str]:
    """Clinicians whom the chart names beside the user: reference -> name, the patient's provider first."""
    provider = primary_care_provider(chart)
    named = [provider] if provider else []
    for task in chart.resources("Task"):
        named += [as_object(task.get("owner")), as_object(task.get("requester"))]
    found: dict[str, str] = {}
    for each in named:
        reference = chart.at_home(each)
        name = as_text(each.get("display"))
        if reference.startswith(_CLINICIANS) and name and reference != user.reference:
            found.setdefault(reference, name)
    return found


@dataclass(frozen=True)
class ContactPerson:
    """Family or a friend: `words` are the name with the relationship, `phone` "" where none is on file."""

    reference: str
    words: str
    phone: str


def contact_persons(chart: Chart, *, now: Any) -> tuple[ContactPerson, ...]:
    """The family and caregivers on file, who may be reached for the patient (domain row 160)."""
    by_name = {row.name: row for row in care_team(chart, now=now).family.rows}
    found = []
    for each in chart.resources("RelatedPerson"):
        name = resource_name(chart, each)
        row = by_name.get(name)
        if name and row and relative_reference(each):
            words = f"{name}, {row.role}" if row.role else name
            found.append(ContactPerson(relative_reference(each), words, row.contact))
    return tuple(found)
