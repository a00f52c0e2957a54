"""Charts and documents for the tests of a medication reconciliation, and the shortest way to fill its form in."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from mappings import dates
from mappings.ccda.medications import DocumentMedication
from mappings.ccda.source import Source
from mappings.chart import Chart
from mappings.form import Submitted
from mappings.medication_document import SentList
from mappings.medication_list import Line, MedicineLists, medicine_lists
from mappings.medication_reconciliation import parse_reconciliation, reconciliation_defaults
from mappings.medication_reconciliation_form import ANSWER, HOW, SAME, ReconciliationEntry
from mappings.reading import ReadStatus
from samples.cast.medicines import RXNORM_CODES
from tests.mappings.charts import NOW, chart_of
from tests.mappings.test_medication import order, statement

READ = {
    kind: ReadStatus.READ
    for kind in ("MedicationStatement", "MedicationRequest", "Task", "CarePlan", "Consent")
}
FUROSEMIDE_20, FUROSEMIDE_40 = "furosemide 20 MG Oral Tablet", "furosemide 40 MG Oral Tablet"
LISINOPRIL, WARFARIN = "lisinopril 10 MG Oral Tablet", "warfarin sodium 5 MG Oral Tablet"
APIXABAN = "apixaban 5 MG Oral Tablet"


def ordered(name: str, *, coded: bool = True, dose: str = "", **more: Any) -> dict[str, Any]:
    """An order of the EHR; by its RxNorm code where that is known, else by name."""
    codes = [RXNORM_CODES[name]] if coded and name in RXNORM_CODES else []
    body = order(name, *codes, id=f"o-{crc32(f'{name}{dose}{more}'.encode())}", **more)
    if codes:
        body["medicationCodeableConcept"]["coding"][0]["display"] = name
    return body | ({"dosageInstruction": [{"text": dose}]} if dose else {})


def stated(name: str, **more: Any) -> dict[str, Any]:
    """A statement of the EHR, by its RxNorm code where that is known."""
    codes = [RXNORM_CODES[name]] if name in RXNORM_CODES else []
    return statement(name, *codes, id=f"s-{crc32(f'{name}{more}'.encode())}", **more)


def sent(name: str, *, taken: bool = True, sig: str = "", coded: bool = True) -> DocumentMedication:
    """A medicine of a document."""
    code = RXNORM_CODES.get(name) if coded else None
    source = Source("Discharge summary", "Discharge medications", "", None)
    return DocumentMedication(
        name=name,
        rxnorm=frozenset({code} if code else ()),
        dose="",
        route="",
        frequency="",
        instructions=sig,
        start=None,
        stop=None,
        status="active" if taken else "stopped",
        taken=taken,
        none_known=False,
        compared=True,
        unread=(),
        source=source,
    )


def document(*medicines: DocumentMedication, **more: Any) -> SentList:
    """A discharge summary of yesterday with these medicines."""
    return SentList("sent", "Discharge summary", dates.parse("2026-11-20"), medicines, **more)


def chart(*resources: dict[str, Any], **statuses: ReadStatus) -> Chart:
    """A chart with these resources; what it needs was read, unless `statuses` say otherwise."""
    held = {each["resourceType"] for each in resources}
    unread = {kind: status for kind, status in READ.items() if kind not in held}
    return chart_of(*resources, **{**unread, **statuses})


def lists_of(of: Chart, sent_list: SentList | None = None) -> MedicineLists:
    """Both lists laid together."""
    return medicine_lists(of, sent_list, now=NOW)


def line_of(lists: MedicineLists, name: str) -> Line:
    """The one line of this medicine."""
    (found,) = [line for line in (*lists.lines, *lists.stopped) if line.name == name]
    return found


def typed(
    lists: MedicineLists,
    answers: dict[str, str],
    *,
    how: dict[str, str] | None = None,
    same: dict[str, str] | None = None,
    **more: str,
) -> dict[str, tuple[str, ...]]:
    """The form filled in, its lines called by the names of their medicines."""
    values = dict(reconciliation_defaults(lists))
    for prefix, said in ((ANSWER, answers), (HOW, how or {}), (SAME, same or {})):
        values |= {f"{prefix}{line_of(lists, name).key}": (words,) for name, words in said.items()}
    return {**values, **{name: (words,) for name, words in more.items()}}


def sent_in(
    of: Chart, sent_list: SentList | None, answers: dict[str, str], **more: Any
) -> Submitted[ReconciliationEntry]:
    """The form filled in and read."""
    values = typed(lists_of(of, sent_list), answers, **more)
    return parse_reconciliation(values, chart=of, now=NOW, document=sent_list)
