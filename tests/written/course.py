"""An episode filed into an EHR: what was sent, what the EHR holds of it, and what the app then shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson

from app.ehr.chart import open_chart
from app.ehr.receipt import Filed, Receipt
from app.ehr.record import save as file_in
from mappings.chart import Chart
from mappings.identity import full_url
from mappings.today import TodayView, today_view
from tests.written.clock import START
from tests.written.ehrs import Ehr
from tests.written.saves import Resource, Save, built
from tests.written.variety import Episode

_FORMS = UUID("5d1c3f3e-2a52-4c43-9d0c-0b1f2a9e7c11")
TYPES = ("Condition", "Encounter", "CarePlan", "Goal", "Task", "Consent", "RelatedPerson")
_OURS = ("plan", "goals", "to_dos", "contacts", "consent", "enrolment", "month", "next_action")
_GIVEN_BY_THE_EHR = {"id", "reference", "resource", "version", "goal"}
_SERVER_META = {"versionId", "lastUpdated"}


@dataclass(frozen=True)
class Record:
    """One record of one save: as built and sent, its line of the receipt, and as the EHR gave it back."""

    sent: Resource
    filed: Filed
    got: Resource
    expected: Resource
    """As sent, with the EHR's own references in place of the urns of the save's other new records."""

    @property
    def reference(self) -> str:
        return self.filed.reference


@dataclass(frozen=True)
class Step:
    """One save of an episode, and the app's view of the chart right after it."""

    save: Save
    now: datetime
    receipt: Receipt
    records: tuple[Record, ...]
    chart: Chart

    @property
    def view(self) -> Mapping[str, Any]:
        """What *Today* shows of ours, without the ids and references that each EHR gives anew."""
        return shown(today_view(self.chart, now=self.now))


class Office:
    """An EHR into which each episode is filed once, when a test first asks for it."""

    def __init__(self, ehr: Ehr) -> None:
        self.ehr = ehr
        self._filed: dict[str, tuple[Step, ...]] = {}

    def course(self, episode: Episode) -> tuple[Step, ...]:
        """The episode's saves, filed one after the other, each on the chart that the one before left."""
        if episode.name not in self._filed:
            self.ehr.admit(episode.patient)
            self._filed[episode.name] = tuple(_steps(self.ehr, episode))
        return self._filed[episode.name]


def _steps(ehr: Ehr, episode: Episode) -> list[Step]:
    steps: list[Step] = []
    for number, save in enumerate(episode.saves):
        now = START + timedelta(days=save.day, minutes=number)
        gateway = ehr.launch(episode.patient, now)
        chart = steps[-1].chart if steps else open_chart(gateway, types=TYPES)
        resources = built(save, chart, now, form_id(episode, number))
        receipt = file_in(gateway, resources, now=now)
        after = open_chart(gateway, types=TYPES)
        steps.append(Step(save, now, receipt, _records(resources, receipt, after), after))
    return steps


def form_id(episode: Episode, number: int) -> UUID:
    """The id of an episode's form: the same in every EHR, so that the records can be compared."""
    return uuid5(_FORMS, f"{episode.name}/{number}")


def _records(resources: Sequence[Resource], receipt: Receipt, after: Chart) -> tuple[Record, ...]:
    lines = list(zip(resources, receipt.filed, strict=True))
    given = {full_url(sent): filed.reference for sent, filed in lines}
    return tuple(
        Record(sent, filed, _held(after, filed.reference), _with_references(sent, given))
        for sent, filed in lines
    )


def _held(chart: Chart, reference: str) -> Resource:
    kind, identity = reference.split("/")
    return next(each for each in chart.resources(kind) if each["id"] == identity)


def _with_references(resource: Resource, given: Mapping[str, str]) -> Resource:
    text = orjson.dumps(resource).decode()
    for urn, reference in given.items():
        text = text.replace(f'"reference":"{urn}"', f'"reference":"{reference}"')
    return orjson.loads(text)


def without_server_parts(resource: Resource, *, new: bool = False) -> Resource:
    """A resource without what its EHR adds: version, time of the update, and the id of one that was `new`."""
    kept = {name: value for name, value in resource.items() if not (new and name == "id")}
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in _SERVER_META}
    return {**kept, "meta": meta}


def shown(view: TodayView) -> dict[str, Any]:
    """The parts of *Today* that show what we wrote, as plain data."""
    return {name: _plain(getattr(view, name)) for name in _OURS}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (each.name for each in dataclasses.fields(value))
        return {name: _plain(getattr(value, name)) for name in fields if name not in _GIVEN_BY_THE_EHR}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
