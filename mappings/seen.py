"""Which version of each record a person had before them when a form was opened.

It travels with the form: a reference, a version, our identifier and a short digest of each field, no clinical value.
So a save knows what changed meanwhile, also where the EHR renumbers records at a write and only our identifier stays
(https://github.com/openemr/openemr/issues/9195).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings.chart import Chart
from mappings.consent_standing import service_consents, sharing_consents
from mappings.difference import topics_of
from mappings.element import as_object, as_text, relative_reference
from mappings.episode import OPEN, own_plans
from mappings.goal import own_open_goals
from mappings.identity import identifier_value, is_ours, own, task_kind
from mappings.terminology import status_code
from mappings.to_do import OPEN as OPEN_TASKS
from mappings.to_do import open_to_dos

FIELD = "seen"
"""The name of the hidden field."""
_HOLDS_IDS = frozenset({"answers", "goal", "call_off", "task", "also", "plan", "goals"})
"""The fields whose values are ids of records; a number typed elsewhere may look like one and is none."""

Values = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Seen:
    """One record as it was shown. `digests` has one entry for each field that was not empty, by its name."""

    reference: str
    version: str
    identifier: str
    digests: Mapping[str, str]


def seen_of(resource: dict[str, Any]) -> Seen:
    """A record as it stands."""
    return Seen(
        relative_reference(resource),
        as_text(as_object(resource.get("meta")).get("versionId")),
        identifier_value(resource),
        {topic.name: _digest(words) for topic in topics_of(resource) if (words := topic.words(resource))},
    )


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def changeable(chart: Chart, now: datetime) -> tuple[dict[str, Any], ...]:
    """What a form may change: our open plan, goals, tasks, half-done assessments, referrals, orders and consents."""
    plans = (plan for plan in own_plans(chart) if status_code(plan.get("status")) in OPEN)
    found = [*plans, *own_open_goals(chart), *filter(is_ours, open_to_dos(chart))]
    found += [task for task in own(chart, "Task") if _is_half_done(task)]
    found += [task for task in own(chart, "Task") if _is_open_referral(task)]
    found += [each for each in own(chart, "ServiceRequest") if status_code(each.get("status")) == "active"]
    consents = (*service_consents(chart, now), *sharing_consents(chart))
    return tuple(each for each in (*found, *consents) if relative_reference(each))


def _is_half_done(task: dict[str, Any]) -> bool:
    return task_kind(task) == "assessment" and status_code(task.get("status")) == "in-progress"


def _is_open_referral(task: dict[str, Any]) -> bool:
    return task_kind(task) == "referral" and status_code(task.get("status")) in OPEN_TASKS


def to_field(records: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The values of the hidden field for these records."""
    return tuple(_line(seen_of(each)) for each in records)


def _line(seen: Seen) -> str:
    digests = ",".join(f"{name}={digest}" for name, digest in seen.digests.items())
    return f"{seen.reference}|{seen.version}|{seen.identifier}|{digests}"


def from_field(values: Values) -> tuple[Seen, ...]:
    """What the form that was sent had been shown; broken entries are left out."""
    lines = (line.split("|") for line in values.get(FIELD, ()))
    return tuple(_seen(*parts) for parts in lines if len(parts) == 4)


def _seen(reference: str, version: str, identifier: str, digests: str) -> Seen:
    pairs = (pair.partition("=") for pair in digests.split(","))
    return Seen(reference, version, identifier, {name: digest for name, _, digest in pairs if name})


def find(seen: Sequence[Seen], resource: Mapping[str, Any]) -> Seen | None:
    """How a record was shown: by its reference, else by our identifier."""
    reference, identifier = relative_reference(resource), identifier_value(resource)
    by_reference = (each for each in seen if each.reference == reference)
    by_identifier = (each for each in seen if identifier and each.identifier == identifier)
    return next(by_reference, None) or next(by_identifier, None)


def followed(values: Values, chart: Chart, now: datetime) -> Values:
    """What was typed, with the ids of records that the EHR renumbered since: as names of fields and as answers."""
    records = changeable(chart, now)
    there = {relative_reference(each) for each in records}
    now_called = {
        identifier_value(each): as_text(each.get("id")) for each in records if identifier_value(each)
    }
    new = {
        each.reference.partition("/")[2]: now_called[each.identifier]
        for each in from_field(values)
        if each.reference not in there and each.identifier in now_called
    }
    if not new:
        return values
    return {
        _renamed(name, new): tuple(new.get(item, item) for item in items) if name in _HOLDS_IDS else items
        for name, items in values.items()
    }


def _renamed(name: str, new: Mapping[str, str]) -> str:
    noun, dot, identity = name.partition(".")
    return f"{noun}.{new[identity]}" if dot and identity in new else name
