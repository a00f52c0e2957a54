"""Which document's list of medicines stands beside the EHR's own: the one that was asked for, else the likeliest.

A discharge summary of the last three months first, then whatever is newest; only one that is this patient's and has a
list. The documents are read once for each page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g

from app.current import current_gateway, current_time
from app.ehr import documents
from app.ehr.documents import NoFile, file_of, key_of
from mappings.ccda.document import read_document
from mappings.ccda.listing import SentDocument, sent_documents
from mappings.ccda.same_patient import same_patient
from mappings.ccda.secure_xml import Unread
from mappings.chart import Chart
from mappings.element import as_text
from mappings.medication_document import SentList, sent_list
from mappings.panel import Panel

MOST_OPENED = 3
"""How many files are opened to find one with a list."""
FRESH_DAYS = 90
NOT_THIS_PATIENT = "it does not name this patient, so nothing of it is used"
NO_LIST = "it has no list of medicines"
GONE = "it is no longer in the chart"


@dataclass(frozen=True)
class ChosenList:
    """What stands beside the EHR's list. `why_not` are (document in words, why it does not) of those passed over.

    `offered` are all documents of the chart, for choosing another.
    """

    sent: SentList | None
    why_not: tuple[tuple[str, str], ...]
    offered: Panel[SentDocument]


def chosen_list(of: Chart, asked: str | None) -> ChosenList:
    """The list of the document whose key is `asked`; the likeliest for None, and none at all for ""."""
    offered = _offered(of)
    if asked == "":
        return ChosenList(None, (), offered)
    if asked is not None:
        row = next((row for row in offered.rows if key_of(row.reference) == asked), None)
        opened = _opened(of, row) if row else GONE
        named = words_of(row) if row else "The document"
        if isinstance(opened, str):
            return ChosenList(None, ((named, opened),), offered)
        return ChosenList(opened, (), offered)
    passed: list[tuple[str, str]] = []
    for row in _likeliest(offered.rows, current_time())[:MOST_OPENED]:
        opened = _opened(of, row)
        if not isinstance(opened, str):
            return ChosenList(opened, tuple(passed), offered)
        passed.append((words_of(row), opened))
    return ChosenList(None, tuple(passed), offered)


def words_of(row: SentDocument) -> str:
    """As "Discharge summary, 21 Nov 2026"."""
    return ", ".join(filter(None, (row.title, row.when_words)))


def _likeliest(rows: Sequence[SentDocument], now: datetime) -> list[SentDocument]:
    """Those not replaced by a newer one, a discharge summary of the last months first."""
    return sorted(
        (row for row in rows if not row.superseded), key=lambda row: not _is_fresh_discharge(row, now)
    )


def _is_fresh_discharge(row: SentDocument, now: datetime) -> bool:
    day = row.when.local_day(now.tzinfo) if row.when else None
    return (
        "discharge" in row.title.casefold() and day is not None and day >= now.date() - timedelta(FRESH_DAYS)
    )


def _offered(of: Chart) -> Panel[SentDocument]:
    if "sent_documents" not in g:
        g.sent_documents = sent_documents(of, documents.documents(current_gateway()), now=current_time())
    found: Panel[SentDocument] = g.sent_documents
    return found


def _opened(of: Chart, row: SentDocument) -> SentList | str:
    """The list of one document, or why there is none; a file is fetched once for each page."""
    known: dict[str, SentList | str] = g.setdefault("sent_lists", {})
    key = key_of(row.reference)
    if key not in known:
        known[key] = _read(of, row, key)
    return known[key]


def _read(of: Chart, row: SentDocument, key: str) -> SentList | str:
    data = file_of(current_gateway(), row.attachment)
    if isinstance(data, NoFile):
        return _as_reason(data.words)
    document = read_document(data)
    if isinstance(document, Unread):
        return _as_reason(document.words)
    match = same_patient(document.header, of.patient)
    if not match.same:
        return NOT_THIS_PATIENT
    return sent_list(document, key, caution=match.reasons) or NO_LIST


def _as_reason(sentence: str) -> str:
    words = as_text(sentence).removesuffix(".")
    return f"{words[:1].lower()}{words[1:]}"
