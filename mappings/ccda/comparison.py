"""The document's home medicines beside the chart's own list: input for reconciliation, and never its result.

Two rows are one medicine by a shared RxNorm code or the same normalised name; the same name with another strength is
one medicine whose dose differs. Nothing is concluded from wording: doses that read otherwise are for a person to
compare. `domain.md` A.6, item 97: no invented interaction data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from mappings.ccda.document import ClinicalDocument
from mappings.ccda.medications import DocumentMedication
from mappings.medication import Medication
from mappings.medication_entry import normalised_name

_STRENGTH = re.compile(r"(?:^| )[0-9.,/]+(?: ?(?:mg|mcg|g|ml|unt|units?|meq|%|actuat|hr|/)+)*(?= |$)")


class Verdict(StrEnum):
    """How a medicine of the document and one of the chart stand to each other."""

    ONLY_DOCUMENT = "only-document"
    STOPPED_IN_CHART = "stopped-in-chart"
    STOPPED_IN_DOCUMENT = "stopped-in-document"
    DOSE_DIFFERS = "dose-differs"
    DOSE_NOT_SAID = "dose-not-said"
    ONLY_CHART = "only-chart"
    SAME = "same"


WORDS = {
    Verdict.ONLY_DOCUMENT: "Only in the document",
    Verdict.STOPPED_IN_CHART: "Stopped in the chart",
    Verdict.STOPPED_IN_DOCUMENT: "Not taken, says the document",
    Verdict.DOSE_DIFFERS: "Dose or its wording differs",
    Verdict.DOSE_NOT_SAID: "Same medicine, dose not said on both sides",
    Verdict.ONLY_CHART: "Only in the chart",
    Verdict.SAME: "Same",
}
_ORDER = tuple(Verdict)


@dataclass(frozen=True)
class ComparedMedicine:
    """One line of the comparison; a side that does not have the medicine is None."""

    verdict: Verdict
    document: DocumentMedication | None
    chart: Medication | None

    @property
    def words(self) -> str:
        """The verdict as it is shown."""
        return WORDS[self.verdict]


def home_list(document: ClinicalDocument) -> tuple[DocumentMedication, ...]:
    """What the document says is taken at home: its discharge list where it has one, else its medication list."""
    compared = [item for item in document.medications if item.compared and not item.none_known]
    sections = list(dict.fromkeys(item.source.section for item in compared))
    wanted = "Discharge medications" if "Discharge medications" in sections else None
    return tuple(item for item in compared if wanted is None or item.source.section == wanted)


def compared(document: ClinicalDocument, chart: Iterable[Medication]) -> tuple[ComparedMedicine, ...]:
    """Every medicine of either side once, what needs a look first."""
    left = list(chart)
    pairs: dict[int, Medication] = {}
    theirs = home_list(document)
    for matches in (_same_code, _same_name, _same_drug):
        for index, item in enumerate(theirs):
            row = _take(item, left, matches) if index not in pairs else None
            if row is not None:
                pairs[index] = row
    rows = [_row(item, pairs.get(index)) for index, item in enumerate(theirs)]
    rows = [row for row in rows if row is not None]
    rows += [ComparedMedicine(Verdict.ONLY_CHART, None, row) for row in left if row.active]
    return tuple(
        sorted((row for row in rows if row), key=lambda row: (_ORDER.index(row.verdict), _name(row)))
    )


def _take(
    item: DocumentMedication,
    left: list[Medication],
    matches: Callable[[DocumentMedication, Medication], bool],
) -> Medication | None:
    """The chart's row for the medicine, an active one before a stopped one; it is used up."""
    found = sorted((row for row in left if matches(item, row)), key=lambda row: not row.active)
    if found:
        left.remove(found[0])
    return found[0] if found else None


def _same_code(item: DocumentMedication, row: Medication) -> bool:
    return bool(item.rxnorm & row.rxnorm)


def _same_name(item: DocumentMedication, row: Medication) -> bool:
    return normalised_name(item.name) == normalised_name(row.text)


def _same_drug(item: DocumentMedication, row: Medication) -> bool:
    """The same words but for the strength; a form that differs (liquid, tablet) is another medicine."""
    drug = _without_strength(item.name)
    return row.active and bool(drug) and drug == _without_strength(row.text)


def _without_strength(name: str) -> str:
    return " ".join(_STRENGTH.sub(" ", normalised_name(name)).split())


def _row(item: DocumentMedication, row: Medication | None) -> ComparedMedicine | None:
    if row is None:
        return ComparedMedicine(Verdict.ONLY_DOCUMENT, item, None) if item.taken else None
    if item.taken != row.active:
        if not row.active:
            return ComparedMedicine(Verdict.STOPPED_IN_CHART, item, row)
        return ComparedMedicine(Verdict.STOPPED_IN_DOCUMENT, item, row)
    if not item.taken:
        return None
    alike = _same_code(item, row) or _same_name(item, row)
    if alike and not (item.dose_words and row.dose):
        return ComparedMedicine(Verdict.DOSE_NOT_SAID, item, row)
    told = {normalised_name(dose).rstrip(".") for dose in (item.dose_words, row.dose, *row.other_doses)}
    return ComparedMedicine(Verdict.SAME if alike and len(told) == 1 else Verdict.DOSE_DIFFERS, item, row)


def _name(row: ComparedMedicine) -> str:
    return (row.document.name if row.document else row.chart.text if row.chart else "").casefold()
