"""Which of a chart's DocumentReferences hold C-CDA, and how each stands in a list.

By the attachment's own type and format: `application/cda+xml`, or XML whose format names C-CDA.
https://hl7.org/fhir/us/core/StructureDefinition-us-core-documentreference.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.panel import Panel, panel
from mappings.practitioner import actor_name
from mappings.reading import Reading
from mappings.terminology import status_code, words_of

_CDA = frozenset({"application/cda+xml", "application/hl7-cda+xml"})
_XML = frozenset({"application/xml", "text/xml", ""})
_FORMATS = ("urn:hl7-org:sdwg:ccda-structuredbody", "urn:hl7-org:sdwg:ccda", "urn:hl7-org:sdwg:c-cda")


@dataclass(frozen=True)
class SentDocument:
    """One row. `attachment` is the FHIR Attachment that holds the C-CDA."""

    reference: str
    title: str
    when_words: str
    author: str
    superseded: bool
    attachment: dict[str, Any]
    when: dates.FhirDate | None = None


def sent_documents(chart: Chart, reading: Reading, *, now: datetime) -> Panel[SentDocument]:
    """The panel of C-CDA documents, newest first; entered-in-error is left out."""
    found = [
        (resource, attachment)
        for resource in reading.resources
        if status_code(resource.get("status")) != "entered-in-error"
        for attachment in ccda_attachments(resource)[:1]
    ]
    found.sort(key=lambda pair: dates.newest_first_key(dates.parse(pair[0].get("date"))))
    rows = [_row(chart, resource, attachment, now) for resource, attachment in found]
    return panel("documents", "Documents from elsewhere", rows, reading)


def ccda_attachments(resource: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The attachments of a DocumentReference that are C-CDA."""
    return tuple(
        as_object(content.get("attachment"))
        for content in as_objects(resource.get("content"))
        if _is_ccda(content)
    )


def _is_ccda(content: dict[str, Any]) -> bool:
    kind = as_text(as_object(content.get("attachment")).get("contentType")).partition(";")[0].strip().lower()
    said = as_text(as_object(content.get("format")).get("code")).lower()
    return kind in _CDA or (kind in _XML and said.startswith(_FORMATS))


def _row(chart: Chart, resource: dict[str, Any], attachment: dict[str, Any], now: datetime) -> SentDocument:
    title = words_of(resource.get("type")) or as_text(attachment.get("title")) or "Document"
    authors = as_objects(resource.get("author"))
    return SentDocument(
        reference=relative_reference(resource),
        title=title,
        when_words=dates.words(dates.parse(resource.get("date")), now),
        author=actor_name(chart, authors[0], resource) if authors else "",
        superseded=status_code(resource.get("status")) == "superseded",
        attachment=attachment,
        when=dates.parse(resource.get("date")),
    )
