"""What is said to be kept in the words of the note, or to be needed for nothing, is on Today just as before."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_profiles.canonical import extension
from mappings.chart import Chart
from mappings.consent_agreement import read_agreement
from mappings.goal import goal_view
from mappings.kept import Bearing, dropped
from mappings.reading import Reading, ReadStatus
from mappings.today import today_view
from tests.mappings.charts import NOW
from tests.mappings.shelf import Resource
from tests.mappings.test_kept_rewritten import free, places, removed
from tests.mappings.test_written_records import called, opened

SHELF = opened()
called(SHELF)
CHART = SHELF.chart()
WRITTEN = [
    each for each in SHELF.kept.values() if each["resourceType"] in ("CarePlan", "Goal", "Task", "Consent")
]
HARMLESS = {Bearing.IN_NOTE, Bearing.MINOR}


def told(value: Any) -> Any:
    """What a view says, without the record that it was made from and without ids and versions."""
    if is_dataclass(value):
        unsaid = {"resource", "version"}
        return {
            each.name: told(getattr(value, each.name)) for each in fields(value) if each.name not in unsaid
        }
    return [told(each) for each in value] if isinstance(value, list | tuple) else value


def harmless(record: Resource, path: tuple[str | int, ...]) -> bool:
    """Whether the receipt would say of this omission that nothing is shown differently."""
    found = dropped(record, removed(record, path))
    return bool(found) and {item.bearing for item in found} <= HARMLESS


OMISSIONS = [
    (number, path)
    for number, record in enumerate(WRITTEN)
    for path in places(record)
    if not free(path) and harmless(record, path)
]
TODAY = told(today_view(CHART, now=NOW))


@settings(max_examples=60)
@given(st.sampled_from(OMISSIONS))
def test_today_is_the_same_after_what_is_called_harmless(omission: tuple[int, tuple[str | int, ...]]) -> None:
    number, path = omission
    sent = WRITTEN[number]
    kind, held = sent["resourceType"], removed(sent, path)
    kept = tuple(held if each["id"] == sent["id"] else each for each in CHART.resources(kind))
    chart = Chart(CHART.patient, {**CHART.readings, kind: Reading(kind, ReadStatus.READ, kept)})
    assert told(today_view(chart, now=NOW)) == TODAY


def test_a_part_of_the_disclosures_that_is_dropped_is_read_from_the_line() -> None:
    (consent,) = [each for each in WRITTEN if each["resourceType"] == "Consent"]
    whole = read_agreement(consent).disclosures
    held = removed(consent, ("extension", 0, "extension", 3))
    assert len(whole) == 4
    assert read_agreement(held).disclosures == whole


def test_the_patients_words_are_read_from_the_note_where_their_extension_is_empty() -> None:
    (goal,) = [each for each in WRITTEN if each["resourceType"] == "Goal"]
    place = next(i for i, each in enumerate(goal["extension"]) if each["url"] == extension("patients-words"))
    held = removed(goal, ("extension", place, "valueString"))
    assert goal_view(held, now=NOW).patients_words == goal_view(goal, now=NOW).patients_words != ""
