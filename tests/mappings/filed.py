"""The whole variety of saves filed as notes into a chart that nobody but this file keeps: no EHR, no app.

Each episode of `tests/written/variety.py` goes through the app's own way from form to record. `kept` is what an EHR
that takes every record natively would then hold: what notes give back is compared with it, element by element.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID, uuid5

import orjson

from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.identity import full_url, identifier_value
from mappings.reading import Reading, ReadStatus
from tests.written.charts import CHART, PUBLIC, chart_of
from tests.written.clock import START
from tests.written.saves import NURSE, Resource, built
from tests.written.variety import EPISODES, Episode

FORMS = UUID("0c0f9a5e-7f0b-4c52-8ad5-30d1d4c5a111")
HERE = tuple(each for each in EPISODES if PUBLIC.is_dir() or not each.real)


@dataclass(frozen=True)
class FiledSave:
    """One save: what was built, the chart before it, and what a native EHR holds after it, by reference."""

    form_id: UUID
    number: int
    now: datetime
    patient: str
    resources: tuple[Resource, ...]
    kept: Mapping[str, Resource]

    @property
    def author(self) -> Authorship:
        """The nurse, at the time of the save."""
        return Authorship(
            patient=self.patient,
            patient_name="Gloria Reyes",
            encounter=None,
            organization=None,
            now=self.now,
            **NURSE,
        )


def course(episode: Episode) -> tuple[FiledSave, ...]:
    """Every save of an episode, each on the chart that the one before left."""
    return _courses()[episode.name]


@cache
def _courses() -> dict[str, tuple[FiledSave, ...]]:
    return {each.name: tuple(_course(each)) for each in HERE}


def _course(episode: Episode) -> Iterator[FiledSave]:
    kept: dict[str, Resource] = {}
    for number, save in enumerate(episode.saves):
        now = START + timedelta(days=save.day, minutes=number)
        form_id = uuid5(FORMS, f"{episode.name}/{number}")
        resources = built(save, chart_with(episode.patient, list(kept.values())), now, form_id)
        kept = _after(kept, resources, number + 1)
        yield FiledSave(form_id, number + 1, now, episode.patient, resources, dict(kept))


def chart_with(patient: str, ours: list[Resource]) -> Chart:
    """The chart as it stood on the first day, with our records beside it."""
    first = _first_day(patient)
    everything = [*first, *ours]
    readings = {
        kind: Reading(
            kind, ReadStatus.READ, tuple(each for each in everything if each["resourceType"] == kind)
        )
        for kind in CHART
    }
    return Chart(next(each for each in first if each["resourceType"] == "Patient"), readings)


@cache
def _first_day(patient: str) -> tuple[Resource, ...]:
    return tuple(chart_of(patient))


def _after(
    kept: Mapping[str, Resource], resources: tuple[Resource, ...], version: int
) -> dict[str, Resource]:
    """What an EHR holds that keeps all as sent, and calls each new record by our own identifier."""
    text = orjson.dumps(resources).decode()
    for each in resources:
        text = text.replace(
            f'"{full_url(each)}"', f'"{each["resourceType"]}/{each.get("id") or identifier_value(each)}"'
        )
    held = dict(kept)
    for each in orjson.loads(text):
        identity = each.get("id") or identifier_value(each)
        meta = {**each["meta"], "versionId": str(version)}
        held[f"{each['resourceType']}/{identity}"] = {**each, "id": identity, "meta": meta}
    return held


def without_server_parts(resource: Resource) -> Resource:
    """A record without what its EHR adds."""
    meta = {key: value for key, value in resource["meta"].items() if key not in ("versionId", "lastUpdated")}
    return {**resource, "meta": meta}


def all_saves() -> list[FiledSave]:
    """Every save of every episode."""
    return [save for episode in HERE for save in course(episode)]
