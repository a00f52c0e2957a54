"""The list of medicines that a hospital or a specialist sent (C-CDA), as one side of a reconciliation.

Its home list (`ccda.comparison.home_list`) with where it comes from and what of it could not be read. Only of a
document that is this patient's, which `same_patient` settles before.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings import dates
from mappings.ccda.comparison import home_list
from mappings.ccda.document import ClinicalDocument
from mappings.ccda.medications import DocumentMedication
from mappings.ccda.templates import Facts


@dataclass(frozen=True)
class SentList:
    """One document's list. `key` names the document on our pages, `title` and `written` say which it is.

    `unread` are sentences about what of its medicines could not be read, `caution` one about whose it is.
    """

    key: str
    title: str
    written: dates.FhirDate | None
    medicines: tuple[DocumentMedication, ...]
    unread: tuple[str, ...] = ()
    caution: tuple[str, ...] = ()
    none_known: bool = False

    @property
    def said(self) -> str:
        """As "Discharge summary of 21 Nov 2026": what a record calls it."""
        day = dates.plain_words(self.written)
        return f"{self.title} of {day}" if day else self.title


def sent_list(document: ClinicalDocument, key: str, *, caution: tuple[str, ...] = ()) -> SentList | None:
    """The list of a document; None where it has no section of medicines, or one that says nothing at all."""
    sections = [each for each in document.sections if each.facts is Facts.MEDICATIONS]
    listed = home_list(document)
    none_known = any(item.none_known and item.compared for item in document.medications)
    unread = tuple(sentence for section in sections for sentence in section.unread)
    if not listed and not none_known and not unread:
        return None
    header = document.header
    return SentList(key, header.kind, header.written, listed, unread, caution, none_known and not listed)
