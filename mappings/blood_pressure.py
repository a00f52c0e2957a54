"""Blood pressure as a pair, however it was filed.

US Core has one Observation with two components
(https://hl7.org/fhir/us/core/StructureDefinition-us-core-blood-pressure.html); some EHRs file systolic and
diastolic as two Observations of the same moment. A half that is missing is said to be missing, never made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mappings.coding_systems import LOINC
from mappings.element import as_objects, relative_reference
from mappings.measurement import Measurement, measured_when, quantity_of, unsettled_words
from mappings.reading_kinds import ReadingKind, Unit
from mappings.terminology import codes_of

Half = tuple[float, Unit]


def pressure_measurements(kind: ReadingKind, by_code: dict[str, list[dict[str, Any]]]) -> list[Measurement]:
    """Every blood pressure among the observations, from components and from paired single ones."""
    panels = {id(item): item for code in sorted(kind.codes) for item in by_code.get(code, ())}
    together = (_from_components(item, kind) for item in panels.values())
    return [*(item for item in together if item), *_paired(kind, by_code)]


def _from_components(observation: dict[str, Any], kind: ReadingKind) -> Measurement | None:
    halves: dict[str, Half] = {}
    for component in as_objects(observation.get("component")):
        half = _half(component, kind)
        for code in codes_of(component.get("code"), LOINC) & {kind.systolic, kind.diastolic}:
            if half:
                halves.setdefault(code, half)
    return _measurement(observation, halves.get(kind.systolic), halves.get(kind.diastolic))


def _paired(kind: ReadingKind, by_code: dict[str, list[dict[str, Any]]]) -> Iterator[Measurement]:
    """Systolic and diastolic Observations of the same moment; a lone one stands alone."""
    diastolic: dict[str, Half] = {}
    for item in by_code.get(kind.diastolic, ()):
        half = _half(item, kind)
        if half:
            diastolic.setdefault(_moment_key(item), half)
    for item in by_code.get(kind.systolic, ()):
        measurement = _measurement(item, _half(item, kind), diastolic.get(_moment_key(item)))
        if measurement:
            yield measurement


def _moment_key(observation: dict[str, Any]) -> str:
    when = measured_when(observation)
    return when.text if when else ""


def _half(holder: dict[str, Any], kind: ReadingKind) -> Half | None:
    number, unit = quantity_of(holder, kind)
    return None if number is None else (number, unit)


def _measurement(
    observation: dict[str, Any], systolic: Half | None, diastolic: Half | None
) -> Measurement | None:
    """The pair as "148/86 mm Hg"; halves of different units are not one pressure, so only systolic is shown."""
    if systolic and diastolic and systolic[1] != diastolic[1]:
        diastolic = None
    shown = systolic or diastolic
    if shown is None:
        return None
    return Measurement(
        number=systolic[0] if systolic else None,
        unit=shown[1],
        words=f"{_pair_words(systolic, diastolic)} {shown[1].words or '(unit not recorded)'}",
        when=measured_when(observation),
        diastolic=diastolic[0] if diastolic else None,
        status=unsettled_words(observation),
        reference=relative_reference(observation),
    )


def _pair_words(systolic: Half | None, diastolic: Half | None) -> str:
    upper = systolic[1].shown(systolic[0]) if systolic else ""
    lower = diastolic[1].shown(diastolic[0]) if diastolic else ""
    if upper and lower:
        return f"{upper}/{lower}"
    return f"systolic {upper}" if upper else f"diastolic {lower}"
