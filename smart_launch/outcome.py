"""An EHR's OperationOutcome, reduced to what a program may act on and a page may show.

The code decides (a search is repeated on `required`, whatever the words are); the words are the server's, may name the
patient, and therefore never enter a log or an exception's text.
https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_CODE = re.compile(r"[a-z][a-z-]{0,39}")
"""The form of the codes of http://hl7.org/fhir/issue-type and issue-severity; anything else is not a code."""

_DETAIL_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_DETAIL_SYSTEM = re.compile(r"(?:https?://|urn:)[A-Za-z0-9._~:/#-]{1,200}")
"""Codes are short and have no blank, systems have no parameters: what could hold a name or a date is not kept."""

_MOST_ISSUES = 100
_MOST_CODINGS = 10
_LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class IssueCoding:
    """A vendor's own code for what happened (Epic's 4130, for instance). `system` is "" where it named none."""

    system: str
    code: str


@dataclass(frozen=True)
class OutcomeIssue:
    """One `OperationOutcome.issue`. `text` is the server's own wording; it and `details` stay out of the repr.

    `details` are the codes of `details.coding`, at most ten, without their displays.
    """

    severity: str
    code: str
    details: tuple[IssueCoding, ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)
    expression: tuple[str, ...] = field(default=(), repr=False)

    @property
    def detail_codes(self) -> tuple[str, ...]:
        """The codes of `details` alone: a vendor's numbers are known by themselves."""
        return tuple(coding.code for coding in self.details)


def parse_outcome(body: Any) -> tuple[OutcomeIssue, ...]:
    """The issues of an OperationOutcome; nothing for any other JSON, since an error's body can be anything."""
    if not isinstance(body, Mapping) or body.get("resourceType") != "OperationOutcome":
        return ()
    issues = _list(body.get("issue"))[:_MOST_ISSUES]
    return tuple(_issue(item) for item in issues if isinstance(item, Mapping))


def _issue(item: Mapping[str, Any]) -> OutcomeIssue:
    raw = item.get("details")
    details: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    return OutcomeIssue(
        severity=_code(item.get("severity")),
        code=_code(item.get("code")),
        details=tuple(_codings(details.get("coding"))),
        text=_text(details.get("text")) or _text(item.get("diagnostics")),
        expression=tuple(_text(part) for part in _list(item.get("expression"))[:_MOST_CODINGS]),
    )


def _codings(listed: Any) -> Iterator[IssueCoding]:
    for entry in _list(listed)[:_MOST_CODINGS]:
        code = entry.get("code") if isinstance(entry, Mapping) else None
        if isinstance(code, str) and _DETAIL_CODE.fullmatch(code):
            system = _text(entry.get("system"))
            yield IssueCoding(system if _DETAIL_SYSTEM.fullmatch(system) else "", code)


def _code(value: Any) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _text(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
