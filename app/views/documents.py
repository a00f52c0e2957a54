"""What hospitals and specialists sent: the list of C-CDA documents, and one of them beside the chart's own lists.

It compares and files nothing. A document that is not this chart's patient's shows that it is not, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template, url_for

from app.current import current_gateway, current_launch, current_time
from app.ehr import documents
from app.ehr.chart import LATE_SECONDS
from app.ehr.documents import NoFile, file_of, key_of
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.allergy import allergies
from mappings.ccda.document import read_document
from mappings.ccda.listing import SentDocument, sent_documents
from mappings.ccda.same_patient import Match, same_patient
from mappings.ccda.secure_xml import Unread
from mappings.ccda.view import DocumentView, document_view, empty_sections
from mappings.chart import Chart
from mappings.condition import problems
from mappings.medication import medications
from mappings.panel import Panel

blueprint = Blueprint("documents", __name__)

COMPARED_TYPES = ("MedicationStatement", "MedicationRequest", "AllergyIntolerance", "Condition")
"""What of the chart stands beside a document."""


@dataclass(frozen=True)
class Opened:
    """One document as it was opened. Of `why_not`, `match` and `view` the page shows the first that says no."""

    title: str
    why_not: str = ""
    match: Match | None = None
    view: DocumentView | None = None
    missing: tuple[str, ...] = ()


@blueprint.app_template_filter("document_address")
def document_address(row: SentDocument) -> str:
    """Where one document is shown."""
    return url_for("documents.show", launch_id=current_launch().id, key=key_of(row.reference))


@blueprint.get("/l/<launch_id>/documents")
def index(launch_id: str) -> str:
    """The list."""
    of = chart(BANNER_TYPES)
    return render_template("documents/index.html", page=launch_page("documents", of), documents=_listed(of))


@blueprint.get("/l/<launch_id>/documents/link")
def link(launch_id: str) -> str:
    """The way from *Today* to the newest document, for a patient who was discharged; nothing where there is none."""
    return render_template("documents/link.html", documents=_listed(chart(())))


@blueprint.get("/l/<launch_id>/documents/<key>")
def show(launch_id: str, key: str) -> str:
    """One document beside the chart.

    :raise 404: for one that is not in this chart.
    """
    of = chart((*BANNER_TYPES, *COMPARED_TYPES), deadline=LATE_SECONDS)
    row = next((row for row in _listed(of).rows if key_of(row.reference) == key), None)
    if row is None:
        abort(404)
    return render_template(
        "documents/show.html",
        page=launch_page("documents", of),
        row=row,
        opened=_opened(row, of),
        chart_lists=_chart_lists(of),
        index=url_for("documents.index", launch_id=launch_id),
        reconcile=url_for("medication_reconciliation.show", launch_id=launch_id, document=key),
    )


def _listed(of: Chart) -> Panel[SentDocument]:
    return sent_documents(of, documents.documents(current_gateway()), now=current_time())


def _opened(row: SentDocument, of: Chart) -> Opened:
    data = file_of(current_gateway(), row.attachment)
    if isinstance(data, NoFile):
        return Opened(row.title, why_not=data.words)
    document = read_document(data)
    if isinstance(document, Unread):
        return Opened(row.title, why_not=document.words)
    match = same_patient(document.header, of.patient)
    if not match.same:
        return Opened(row.title, match=match)
    now = current_time()
    return Opened(
        title=document.header.kind,
        match=match,
        view=document_view(document, medications(of, now=now), now=now),
        missing=empty_sections(document, ("medications", "allergies", "problems")),
    )


def _chart_lists(of: Chart) -> dict[str, Panel[Any]]:
    now = current_time()
    return {
        "medications": medications(of, now=now),
        "allergies": allergies(of, now=now),
        "problems": problems(of, now=now),
    }
