"""The medication list: what every source in the EHR says the patient takes, one row per drug.

No single resource holds it: most US EHRs have orders and no statements, some have both
(https://hl7.org/fhir/us/core/medication-list.html). Rows are the union, laid together by RxNorm code or by
name, and only where that is certain: two strengths stay two rows, and a name that fits two drugs joins
neither. Where the sources disagree (one active, another stopped; two doses) the row says so, for that is what
reconciling is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mappings import dates
from mappings.chart import Chart, once
from mappings.medication_entry import NAME_NOT_READ, MedicationEntry, dated_words, medication_entries, newest
from mappings.panel import Panel, panel
from mappings.reading import Reading

_MOST_SOURCES = 4


@dataclass(frozen=True)
class Medication:
    """One drug. `sources` are in words, newest first; `other_doses` are what other active sources say.

    `coded_names`, `parts` and the codes are those of its entries; `names` every name that a source gives it.
    """

    text: str
    dose: str
    status_words: str
    sources: tuple[str, ...]
    date_words: str
    rxnorm: frozenset[str]
    reported: bool
    references: tuple[str, ...]
    active: bool = True
    other_doses: tuple[str, ...] = ()
    disagreement: str = ""
    names: tuple[str, ...] = ()
    coded_names: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    part_codes: frozenset[str] = frozenset()
    other_codes: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    when: dates.FhirDate | None = None


@once
def medications(chart: Chart, *, now: datetime) -> Panel[Medication]:
    """The panel of medications: active ones by name, then the stopped ones, newest first."""
    groups = [newest(group) for group in _groups(medication_entries(chart))]
    groups.sort(key=lambda group: dates.newest_first_key(group[0].when))
    rows = [_row(group, now) for group in groups]
    rows.sort(key=lambda row: (not row.active, row.text.casefold() if row.active else ""))
    return panel("medications", "Medications", rows, *_readings(chart, rows))


def _readings(chart: Chart, rows: list[Medication]) -> tuple[Reading, ...]:
    """Both sources, and the Medications themselves where a name is missing because they were not read."""
    sources = (chart.reading("MedicationStatement"), chart.reading("MedicationRequest"))
    unnamed = any(row.text == NAME_NOT_READ for row in rows) and "Medication" in chart.readings
    return (*sources, chart.reading("Medication")) if unnamed else sources


def _row(group: list[MedicationEntry], now: datetime) -> Medication:
    """One row from everything said about one drug, newest first."""
    active = [entry for entry in group if entry.active]
    shown = (active or group)[0]
    doses = tuple(dict.fromkeys(entry.dose for entry in active or group[:1] if entry.dose))
    disagreement = _disagreement(group, active)
    return Medication(
        text=shown.text,
        dose=doses[0] if doses else "",
        status_words=f"{shown.status}; {disagreement}" if disagreement else shown.status,
        sources=_sources(group, active, now),
        date_words=dates.words(shown.when, now),
        rxnorm=frozenset().union(*(entry.rxnorm for entry in group)),
        reported=any(entry.reported for entry in active or group[:1]),
        references=tuple(entry.reference for entry in group if entry.reference),
        active=bool(active),
        other_doses=doses[1:],
        disagreement=disagreement,
        names=_each(entry.text for entry in group if entry.key),
        coded_names=_each(name for entry in group for name in entry.coded_names),
        parts=_each(name for entry in group for name in entry.parts),
        part_codes=frozenset().union(*(entry.part_codes for entry in group)),
        other_codes=frozenset().union(*(entry.other_codes for entry in group)),
        kinds=frozenset(entry.kind for entry in group),
        when=shown.when,
    )


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _disagreement(group: list[MedicationEntry], active: list[MedicationEntry]) -> str:
    """Another kind of source whose newest word is that an active drug is not taken: "statement says stopped"."""
    kinds = {entry.kind for entry in active}
    latest: dict[str, MedicationEntry] = {}
    for entry in group:
        latest.setdefault(entry.kind, entry)
    against = [entry for entry in latest.values() if kinds and entry.kind not in kinds and _denies(entry)]
    return "; ".join(f"{entry.kind} says {entry.status}" for entry in against)


def _denies(entry: MedicationEntry) -> bool:
    return entry.status in ("stopped", "not taken", "cancelled", "do not give")


def _sources(group: list[MedicationEntry], active: list[MedicationEntry], now: datetime) -> tuple[str, ...]:
    """Every active source and the newest word of each other kind; what is older is only counted."""
    kinds = {entry.kind for entry in active}
    told: list[MedicationEntry] = list(active)
    for entry in group:
        if entry.kind not in kinds:
            kinds.add(entry.kind)
            told.append(entry)
    words = tuple(dict.fromkeys(dated_words(entry, now) for entry in newest(told)))
    earlier = len(group) - len(told) + max(len(words) - _MOST_SOURCES, 0)
    return (*words[:_MOST_SOURCES], f"{earlier} earlier") if earlier else words


def _groups(entries: list[MedicationEntry]) -> list[list[MedicationEntry]]:
    """The entries laid together by drug: same codes, then a code set within another, then the same name."""
    coded: dict[frozenset[str], list[MedicationEntry]] = {}
    named: dict[str, list[MedicationEntry]] = {}
    apart: list[list[MedicationEntry]] = []
    for entry in entries:
        if entry.rxnorm:
            coded.setdefault(entry.rxnorm, []).append(entry)
        elif entry.key:
            named.setdefault(entry.key, []).append(entry)
        else:
            apart.append([entry])
    _join_subsets(coded)
    for key, group in named.items():
        homes = [home for home in coded.values() if any(entry.key == key for entry in home)]
        if len(homes) == 1:
            homes[0].extend(group)
        else:
            apart.append(group)
    return [*coded.values(), *apart]


def _join_subsets(coded: dict[frozenset[str], list[MedicationEntry]]) -> None:
    """Fold a set of codes into the only larger set that contains it; with two candidates it stays apart."""
    for codes in sorted(coded, key=len):
        larger = [other for other in coded if codes < other]
        if len(larger) == 1:
            coded[larger[0]].extend(coded.pop(codes))
