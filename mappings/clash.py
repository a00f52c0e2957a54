"""What a save would change although somebody else changed it since the form was opened.

Nothing is overwritten unseen: each such record is shown as theirs and mine, field by field, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.consent import closes_lapsed
from mappings.difference import NOTE, difference, merged, note_texts, topics_of
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.identity import kind_words
from mappings.practitioner import actor_name
from mappings.seen import Seen, find, seen_of
from mappings.terminology import words_of

_TOGETHER = timedelta(minutes=2)
"""A note this close to the version's own time was written with it, so its author made the change."""

Resource = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One field that differs. `changed`: they changed it meanwhile; `touched`: my form changes it."""

    name: str
    label: str
    theirs: str
    mine: str
    changed: bool
    touched: bool


@dataclass(frozen=True)
class Clash:
    """One record that changed meanwhile; `added` where it did not exist when the form was opened."""

    reference: str
    title: str
    changed_words: str
    rows: tuple[Row, ...]
    added: bool

    @property
    def choices(self) -> tuple[Row, ...]:
        """The fields about which there is something to choose; notes of both sides are kept."""
        return tuple(row for row in self.rows if row.touched and row.name != NOTE)


def held(chart: Chart, resource: Mapping[str, Any]) -> Resource | None:
    """The record that a change is about, as the chart holds it."""
    records = chart.resources(str(resource.get("resourceType")))
    return next((each for each in records if each.get("id") == resource.get("id")), None)


def clashes(
    resources: Sequence[Resource], chart: Chart, seen: Sequence[Seen], now: datetime
) -> tuple[Clash, ...]:
    """The changes among `resources` (built upon `chart`) that touch what was changed or added since `seen`.

    What a form does not say that it was shown counts as added: nothing is overwritten unseen.
    """
    changes = [each for each in resources if each.get("id") and not closes_lapsed(each)]
    found = (_clash(change, held(chart, change), chart, seen, now) for change in changes)
    return tuple(each for each in found if each)


def _clash(
    mine: Resource, theirs: Resource | None, chart: Chart, seen: Sequence[Seen], now: datetime
) -> Clash | None:
    if theirs is None:
        return None
    before, current = find(seen, theirs), seen_of(theirs)
    if before and _is_unchanged(before, current):
        return None
    changed = {
        topic.name
        for topic in topics_of(theirs)
        if before and before.digests.get(topic.name) != current.digests.get(topic.name)
    }
    return Clash(
        current.reference,
        _title(theirs),
        _changed_words(chart, theirs, now, noted=before is None or NOTE in changed),
        _rows(theirs, mine, changed),
        added=before is None,
    )


def _is_unchanged(before: Seen, current: Seen) -> bool:
    """The same version, or another that says the same; where the EHR counts no versions what it says decides."""
    same_version = bool(before.version) and before.version == current.version
    return same_version or before.digests == current.digests


def _rows(theirs: Resource, mine: Resource, changed: set[str]) -> tuple[Row, ...]:
    differing = {each.name: each for each in difference(theirs, mine)}
    rows = []
    for topic in topics_of(theirs):
        touched = differing.get(topic.name)
        said = _last_own_note(theirs) if topic.name == NOTE else topic.words(theirs)
        # A note of theirs that only says what a field says already is not told twice.
        if touched or (topic.name in changed and (said or topic.name != NOTE)):
            mine_words = touched.mine if touched else ""
            row = Row(topic.name, topic.label, said, mine_words, topic.name in changed, touched is not None)
            rows.append(row)
    return tuple(rows)


def _last_own_note(resource: Resource) -> str:
    told = tuple(line for topic in topics_of(resource) for line in topic.lines)
    last = next(reversed(note_texts(resource)), "")
    return "" if told and last.startswith(told) else last


def _title(resource: Resource) -> str:
    kind = kind_words({**resource, "id": ""})
    kind = "task" if kind == "next task" else kind
    words = as_text(resource.get("description")) or words_of(resource.get("description"))
    words = "" if resource.get("resourceType") == "CarePlan" else words
    return f"{kind[:1].upper()}{kind[1:]}{f': {words}' if words else ''}"


def _changed_words(chart: Chart, resource: Resource, now: datetime, *, noted: bool) -> str:
    """ "Changed today, 09:12 by Omar Reed", as far as the EHR tells; `noted`: a note came with the change."""
    meta = as_object(resource.get("meta"))
    when = dates.parse(meta.get("lastUpdated")) or dates.parse(resource.get("lastModified"))
    if when is None:
        return "The EHR does not say when it was changed, or by whom."
    clock = dates.clock_words(when, now)
    moment = ", ".join(filter(None, (dates.words(when, now), clock)))
    by = _author(chart, resource, when, now) if noted else ""
    return f"Changed {moment} by {by}." if by else f"Changed {moment}. The EHR does not say by whom."


def _author(chart: Chart, resource: Resource, when: dates.FhirDate, now: datetime) -> str:
    """Who wrote the last note, where that came with this version: no other element of R4 names who changed it."""
    last: Resource = next(reversed(as_objects(resource.get("note"))), {})
    written = dates.parse(last.get("time"))
    if written and abs(written.start(now.tzinfo) - when.start(now.tzinfo)) > _TOGETHER:
        return ""
    return actor_name(chart, last.get("authorReference"), resource) or as_text(last.get("authorString"))


def settled(
    resources: Sequence[Resource], chart: Chart, choices: Mapping[str, frozenset[str]]
) -> tuple[Resource, ...]:
    """The same save after a person chose: for each record in `choices` the names of the fields that are mine.

    A record of which nothing is mine is left as it is in the EHR.
    """
    made = []
    for each in resources:
        theirs = held(chart, each) if each.get("id") else None
        mine = choices.get(relative_reference(each))
        if theirs is None or mine is None:
            made.append(each)
        elif mine & {row.name for row in difference(theirs, each)}:
            made.append(merged(theirs, each, tuple(mine)))
    return tuple(made)
