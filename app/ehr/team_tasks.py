"""The tasks of many patients, searched with the user's own rights: what came, or the plain reason why nothing did.

Only in a launch without a patient, whose scopes are the user's (`user/Task.rs`); no chart is opened by it, and nothing
is written. https://hl7.org/fhir/R4/task.html#search
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from app.ehr.pages import next_link
from fhir_profiles.canonical import code_system
from mappings.element import as_object, as_objects
from mappings.team_list import patient_of
from mappings.to_do import OPEN
from smart_launch.errors import FhirError, Forbidden, Unauthorized, Unreachable
from smart_launch.fhir_client import SmartClient

Resource = dict[str, Any]
PAGE_SIZE, PAGES, PATIENTS_AT_ONCE = 200, 10, 50
LATELY_DAYS = 7

NOT_GRANTED = "The EHR has not given this sign-in the right to read the tasks of many patients."
REFUSED = "The EHR refuses to show the tasks of many patients to your account."
FAILED = "The tasks could not be read just now."


@dataclass(frozen=True)
class TeamTasks:
    """What was read. `reason` is "" where the tasks came; `incomplete` is said beside them, or ""."""

    tasks: tuple[Resource, ...] = ()
    patients: tuple[Resource, ...] = ()
    appointments: tuple[Resource, ...] = ()
    reason: str = ""
    incomplete: str = ""


def read_team_tasks(client: SmartClient, *, now: datetime) -> TeamTasks:
    """Our open tasks of every patient, what ended lately, today's appointments, and the patients' names.

    Raises Unauthorized where the session has ended; every other failure is a reason in words.
    """
    scopes = client.grant.scopes
    if not scopes.allows("Task", "s", levels=("user",)):
        return TeamTasks(reason=NOT_GRANTED)
    ours = ("code", f"{code_system('task-code')}|to-do,{code_system('task-code')}|contact")
    since = (now - timedelta(days=LATELY_DAYS)).date().isoformat()
    try:
        still, whole = search_pages(client, "Task", [("status", ",".join(sorted(OPEN))), ours])
        ended, all_ended = search_pages(
            client, "Task", [("status", "completed"), ours, ("modified", f"ge{since}")]
        )
    except Unauthorized:
        raise
    except Forbidden:
        return TeamTasks(reason=REFUSED)
    except (FhirError, Unreachable):
        return TeamTasks(reason=FAILED)
    tasks = (*still, *ended)
    names = sorted({key for task in tasks if (key := patient_of(task.get("for")))})
    said = "" if whole and all_ended else "There are more tasks than are shown here."
    return TeamTasks(tasks, _patients(client, names), _appointments(client, now), incomplete=said)


def _patients(client: SmartClient, names: Sequence[str]) -> tuple[Resource, ...]:
    """Their names; where those may not be read, the tasks' own words for them stand."""
    if not client.grant.scopes.allows("Patient", "s", levels=("user",)):
        return ()
    return tuple(
        each for some in _batches(names) for each in _quietly(client, "Patient", [("_id", ",".join(some))])
    )


def _appointments(client: SmartClient, now: datetime) -> tuple[Resource, ...]:
    if not client.grant.scopes.allows("Appointment", "s", levels=("user",)):
        return ()
    today, after = now.date().isoformat(), (now.date() + timedelta(days=1)).isoformat()
    return _quietly(client, "Appointment", [("date", f"ge{today}"), ("date", f"lt{after}")])


def _quietly(client: SmartClient, kind: str, parameters: list[tuple[str, str]]) -> tuple[Resource, ...]:
    """What only adds to the list: without it the list is still true."""
    try:
        return search_pages(client, kind, parameters)[0]
    except Unauthorized:
        raise
    except (FhirError, Unreachable):
        return ()


def search_pages(
    client: SmartClient, kind: str, parameters: Sequence[tuple[str, str]]
) -> tuple[tuple[Resource, ...], bool]:
    """The matches of a search over its pages, and whether those were all. Raises as `SmartClient.get` does."""
    bundle = client.get(kind, [*parameters, ("_count", str(PAGE_SIZE))])
    found = list(_of(bundle, kind))
    for _ in range(PAGES - 1):
        following = next_link(bundle)
        if not following:
            return tuple(found), True
        bundle = client.get(following)
        found += _of(bundle, kind)
    return tuple(found), not next_link(bundle)


def _of(bundle: Resource, kind: str) -> Iterator[Resource]:
    for entry in as_objects(bundle.get("entry")):
        resource = as_object(entry.get("resource"))
        if resource.get("resourceType") == kind:
            yield resource


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while some := list(islice(rest, PATIENTS_AT_ONCE)):
        yield some
