"""The four forms in which an EHR may take what Chartside documents, best first (design section 6)."""

from __future__ import annotations

from enum import StrEnum


class Rung(StrEnum):
    """One rung of the write ladder. The value is how JSON and the data files spell it."""

    NATIVE = "record"
    QUESTIONNAIRE_RESPONSE = "questionnaire-response"
    DOCUMENT = "document"
    COPY_READY = "copy-ready"
