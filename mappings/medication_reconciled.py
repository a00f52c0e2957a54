"""The medication reconciliations on file, read back from whatever the EHR kept of them.

The note tells everything, the outputs the counts, the contained answers the medicines where the note is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhir_profiles.terminology import codes, display
from mappings import dates
from mappings.chart import Chart, once
from mappings.element import as_number, as_object, as_objects, as_text
from mappings.identity import code_in, own, task_kind
from mappings.medication_reconciliation_task import CONTAINED, KIND, LINE, LINKS, MEDICINE, NO_DOCUMENT
from mappings.narrative import clean, read_fixed_line
from mappings.panel import Panel, panel
from mappings.terminology import status_code

_AGAIN = re.compile(rf"\s+(?={MEDICINE}\. Name: )")


@dataclass(frozen=True)
class ReconciledMedicine:
    """One medicine of a reconciliation on file, in words."""

    name: str
    answer: str
    how: str
    ehr: str
    document: str
    known_by: str
    discrepancy: str


@dataclass(frozen=True)
class Reconciliation:
    """One reconciliation on file. A count is None where nothing that the EHR kept tells it."""

    id: str
    when: dates.FhirDate | None
    when_words: str
    by: str
    medicines: int | None
    asked: int | None
    discrepancies: int | None
    compared_with: str
    rows: tuple[ReconciledMedicine, ...]
    note: str
    resource: dict[str, Any]

    @property
    def found(self) -> tuple[ReconciledMedicine, ...]:
        """The medicines with a discrepancy."""
        return tuple(row for row in self.rows if row.discrepancy)


@once
def reconciliations(chart: Chart, *, now: datetime) -> Panel[Reconciliation]:
    """Every reconciliation of ours, the latest first."""
    tasks = [task for task in own(chart, "Task") if task_kind(task) == KIND]
    done = [_view(task, now) for task in tasks if status_code(task.get("status")) == "completed"]
    done.sort(key=lambda each: dates.newest_first_key(each.when))
    title = "Medication reconciliations"
    return panel("reconciliations", title, done, chart.reading("Task"), only_ours=True)


def _view(task: dict[str, Any], now: datetime) -> Reconciliation:
    texts = [clean(_lines(note.get("text"))) for note in as_objects(task.get("note"))]
    ours = next((text for text in texts if read_fixed_line(text, LINE)), "")
    # Where an EHR makes one line of a note; else a name that holds these words would make a medicine.
    ours = ours if "\n" in ours else _AGAIN.sub("\n", ours)
    line = read_fixed_line(ours, LINE)
    outputs = {code_in(each.get("type"), "task-output"): each for each in as_objects(task.get("output"))}
    period = as_object(task.get("executionPeriod"))
    when = dates.parse(period.get("start")) or dates.parse(task.get("authoredOn"))
    compared = line.get("Compared with", "")
    return Reconciliation(
        id=as_text(task.get("id")),
        when=when,
        when_words=dates.words(when, now),
        by=as_text(as_object(task.get("owner")).get("display")),
        medicines=_count(outputs, "med-count", line, "Medicines"),
        asked=_count(outputs, "med-asked", line, "Asked"),
        discrepancies=_count(outputs, "med-discrepancy", line, "Discrepancies"),
        compared_with="" if compared == NO_DOCUMENT else compared,
        rows=_rows_of_lines(ours) or _rows_of_answers(task),
        note="\n".join(text for text in texts if not read_fixed_line(text, LINE)),
        resource=task,
    )


def _lines(text: Any) -> str:
    """A note's text with its lines as they are; "" for anything else."""
    return text if isinstance(text, str) else ""


def _count(outputs: Mapping[str, Any], code: str, line: Mapping[str, str], label: str) -> int | None:
    number = as_number(as_object(outputs.get(code)).get("valueInteger"))
    number = as_number(line.get(label)) if number is None else number
    return int(number) if number is not None and number >= 0 else None


def _rows_of_lines(text: str) -> tuple[ReconciledMedicine, ...]:
    found = (read_fixed_line(line, MEDICINE) for line in text.split("\n"))
    return tuple(
        _row({LINKS.get(label, "answer"): words for label, words in said.items()}) for said in found if said
    )


def _rows_of_answers(task: dict[str, Any]) -> tuple[ReconciledMedicine, ...]:
    """The medicines of the contained answers, where no note tells them."""
    inside = next((each for each in as_objects(task.get("contained")) if each.get("id") == CONTAINED), {})
    groups = [item for item in as_objects(inside.get("item")) if item.get("linkId") == "medicine"]
    return tuple(_row(_said(group)) for group in groups)


def _said(group: dict[str, Any]) -> dict[str, str]:
    said = {}
    for item in as_objects(group.get("item")):
        answer = next(iter(as_objects(item.get("answer"))), {})
        code = as_text(as_object(answer.get("valueCoding")).get("code"))
        words = display("medication-answer", code).lower() if code in codes("medication-answer") else code
        said[as_text(item.get("linkId"))] = words or as_text(answer.get("valueString"))
    return said


def _row(said: Mapping[str, str]) -> ReconciledMedicine:
    names = ("name", "answer", "how", "ehr", "document", "known-by", "discrepancy")
    return ReconciledMedicine(*(said.get(name, "") for name in names))
