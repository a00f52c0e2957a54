"""Saves of a medication reconciliation: the EHR's list, a document's, and every answer that a patient may give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mappings.ccda.medications import DocumentMedication
from mappings.chart import Chart
from mappings.dates import parse as parse_date
from mappings.medication_document import SentList
from mappings.medication_list import medicine_lists
from mappings.medication_reconciliation import (
    parse_reconciliation,
    reconciliation_defaults,
    reconciliation_resources,
)
from mappings.medication_reconciliation_form import ANSWER, ANSWERS, HOW, SAME
from mappings.reading import Reading, ReadStatus
from samples.cast.medicines import RXNORM_CODES
from tests.mappings.reconciling import sent
from tests.written.answers import HOSTILE
from tests.written.saves import FORMS, Save, Values

_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_ORDERED = (
    "furosemide 40 MG Oral Tablet",
    "lisinopril 10 MG Oral Tablet",
    "metformin hydrochloride 500 MG Oral Tablet",
    "sertraline 50 MG Oral Tablet",
    "warfarin sodium 5 MG Oral Tablet",
    "amlodipine 5 MG Oral Tablet",
    f"{HOSTILE} 5 MG",
)


def _order(number: int, name: str) -> dict[str, Any]:
    code = RXNORM_CODES.get(name)
    coded = {"coding": [{"system": _RXNORM, "code": code, "display": name}]} if code else {}
    return {
        "resourceType": "MedicationRequest",
        "id": f"order-{number}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {**coded, "text": name},
    }


def _sent(name: str, *, taken: bool = True) -> DocumentMedication:
    how = {"dose": "1 tablet", "route": "oral", "frequency": "every day"}
    return replace(sent(name, taken=taken), **how)


DOCUMENT = SentList(
    key="sent",
    title="Discharge summary",
    written=parse_date("2026-09-30"),
    medicines=(
        _sent("furosemide 40 MG Oral Tablet"),
        _sent("Glucophage 500 mg"),
        _sent("warfarin sodium 5 MG Oral Tablet", taken=False),
        _sent("apixaban 5 MG Oral Tablet"),
    ),
)


def with_orders(chart: Chart) -> Chart:
    """The chart with a list of the EHR's own."""
    orders = tuple(_order(number, name) for number, name in enumerate(_ORDERED))
    return replace(
        chart,
        readings={
            **chart.readings,
            "MedicationRequest": Reading("MedicationRequest", ReadStatus.READ, orders),
        },
    )


def _parse(values: Values, *, chart: Chart, now: datetime) -> Any:
    document = DOCUMENT if values["document"][0] else None
    return parse_reconciliation(values, chart=with_orders(chart), now=now, document=document)


FORMS["medication-reconciliation"] = (_parse, reconciliation_resources)


def reconciled(
    day: int, *, document: bool = True, author: Mapping[str, Any] | None = None, **typed: str
) -> Save:
    """Each answer in turn, over and over; without a document the patient takes everything as it is listed."""

    def fill(chart: Chart, now: datetime) -> Values:
        lists = medicine_lists(with_orders(chart), DOCUMENT if document else None, now=now)
        values: dict[str, Any] = dict(reconciliation_defaults(lists))
        for number, line in enumerate(lists.lines if document else ()):
            values[f"{ANSWER}{line.key}"] = ["", *ANSWERS][number % 6 : number % 6 + 1]
            values[f"{HOW}{line.key}"] = [HOSTILE] if number % 6 else [""]
            values[f"{SAME}{line.key}"] = ["yes"] if line.guessed else [""]
        rest = {} if document else {"rest": ["yes"]}
        return {**values, **rest, **{name: [words] for name, words in typed.items()}}

    return Save("medication-reconciliation", day, fill, author or {})
