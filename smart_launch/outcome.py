"""An EHR's OperationOutcome, reduced to what a program may act on and a page may show.

The code decides (a search is repeated on `required`, whatever the words are); the words are the server's, may name the
patient, and therefore never enter a log or an exception's text.
https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_CODE = re.compile(r"[a-z][a-z-]{0,39}")
"""The form of the codes of http://hl7.org/fhir/issue-type and issue-severity; anything else is not a code."""


@dataclass(frozen=True)
class OutcomeIssue:
    """One `OperationOutcome.issue`. `text` is the server's own wording and stays out of the repr.

    `detail_codes` are the vendor's codes of `details.coding` (Epic's 4119 or 59141, for instance).
    """

    severity: str
    code: str
    detail_codes: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    expression: tuple[str, ...] = field(default=(), repr=False)


def parse_outcome(body: Any) -> tuple[OutcomeIssue, ...]:
    """The issues of an OperationOutcome; nothing for any other JSON, since an error's body can be anything."""
    if not isinstance(body, Mapping) or body.get("resourceType") != "OperationOutcome":
        return ()
    return tuple(_issue(item) for item in _list(body.get("issue")) if isinstance(item, Mapping))


def _issue(item: Mapping[str, Any]) -> OutcomeIssue:
    raw = item.get("details")
    details: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    codes = [entry.get("code") for entry in _list(details.get("coding")) if isinstance(entry, Mapping)]
    return OutcomeIssue(
        severity=_code(item.get("severity")),
        code=_code(item.get("code")),
        detail_codes=tuple(code for code in codes if isinstance(code, str)),
        text=_text(details.get("text")) or _text(item.get("diagnostics")),
        expression=tuple(_text(part) for part in _list(item.get("expression"))),
    )


def _code(value: Any) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
