"""A resource as one row of the chart: what it says, and all of it as JSON below.

The newest stands first, so that what an app has just filed is on top. A resource counts by its own date until it is
changed here; from then on by that change, since the chart's reader looks for what happened last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

import orjson
from markupsafe import Markup

from samples.chart.app_launches import AppLaunch, launches_of
from samples.chart.facts import Facts, facts, heading, medicine_source, own_date, status
from samples.chart.narrative import safe_narrative
from samples.chart.words import day, listed, mapping, text

CHARTSIDE_TAG = "chartside"
TONES = {
    # Colour says what a status asks for: green goes on, amber waits for somebody, red must not be relied on.
    "green": ("active", "in-progress", "accepted"),
    "amber": ("draft", "proposed", "requested", "ready", "received", "planned", "on-hold"),
    "red": ("entered-in-error", "failed", "refuted"),
}


@dataclass(frozen=True)
class Row:
    """One resource, ready for the page.

    `filed_by_app` is True for what bears Chartside's tag; `launches` are its ways into the app.
    """

    resource_type: str
    id: str
    heading: str
    status: str
    facts: Facts
    narrative: Markup
    json: str
    version: str
    last_updated: str
    filed_by_app: bool
    aside: str
    launches: tuple[AppLaunch, ...]

    @property
    def tone(self) -> str:
        """The colour of the status; grey for one that asks for nothing."""
        return next((tone for tone, statuses in TONES.items() if self.status.lower() in statuses), "grey")


def row(resource: Mapping[str, Any], zone: tzinfo) -> Row:
    """The resource as a row, moments in `zone`."""
    meta = mapping(resource.get("meta"))
    return Row(
        resource_type=text(resource.get("resourceType")),
        id=text(resource.get("id")),
        heading=heading(resource),
        status=status(resource),
        facts=facts(resource, zone),
        narrative=safe_narrative(resource),
        json=orjson.dumps(resource, option=orjson.OPT_INDENT_2).decode(),
        version=text(meta.get("versionId")) or "1",
        last_updated=day(meta.get("lastUpdated"), zone),
        filed_by_app=is_filed_by_app(resource),
        aside=_aside(resource, zone),
        launches=launches_of(resource),
    )


def is_filed_by_app(resource: Mapping[str, Any]) -> bool:
    """True for a resource that bears Chartside's tag."""
    return any(
        mapping(tag).get("code") == CHARTSIDE_TAG for tag in listed(mapping(resource.get("meta")).get("tag"))
    )


def _aside(resource: Mapping[str, Any], zone: tzinfo) -> str:
    """A row in few words for the summary: the value of a result, else source and status, then the date."""
    value = dict(facts(resource, zone)).get("Value", "")
    said = (value,) if value else (medicine_source(resource), status(resource))
    return " · ".join(filter(None, (*said, day(own_date(resource)[:10], zone))))


def newest_first(resources: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The resources, the one that happened or was changed last first."""
    return sorted(resources, key=_happened, reverse=True)


def _happened(resource: Mapping[str, Any]) -> tuple[datetime, datetime]:
    meta = mapping(resource.get("meta"))
    changed = _moment(text(meta.get("lastUpdated")))
    was_changed = text(meta.get("versionId")) not in ("", "1")
    own = own_date(resource)
    return (changed if was_changed or not own else _moment(own), changed)


def _moment(written: str) -> datetime:
    """A FHIR date or instant for sorting only: a partial date is the start of what it names, nonsense is long ago."""
    filled = written + "0001-01-01"[len(written) :] if len(written) < 10 else written
    try:
        moment = datetime.fromisoformat(filled)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
