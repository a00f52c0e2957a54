"""Creates that an EHR refuses because it holds such a record already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from samples.personas.fact import Fact


@dataclass(frozen=True, kw_only=True)
class Duplicate(Fact):
    """A new resource of `types` is refused when one of the same patient shares a value of `parameter` with it."""

    types: tuple[str, ...]
    parameter: str
    number: str = ""
    status: int = 400

    def queries(self, resource: dict[str, Any]) -> Iterator[list[tuple[str, str]]]:
        """The searches that would find a duplicate; none for a resource without the element."""
        subject = (resource.get("subject") or resource.get("patient") or {}).get("reference")
        values = [_token(each) for each in _codings(resource.get(self.parameter))]
        if resource["resourceType"] in self.types and subject:
            yield from ([("patient", subject), (self.parameter, value)] for value in values if value)


def duplicate_rules(rules: Sequence[Duplicate], resource_type: str) -> list[Duplicate]:
    """The rules about this type."""
    return [rule for rule in rules if resource_type in rule.types]


def _codings(element: Any) -> list[dict[str, Any]]:
    """The codings of a CodeableConcept, or identifiers."""
    found = element.get("coding", []) if isinstance(element, dict) else element
    return [each for each in found or [] if isinstance(each, dict)]


def _token(element: dict[str, Any]) -> str:
    code = element.get("code") or element.get("value")
    return f"{_escaped(element.get('system', ''))}|{_escaped(code)}" if code else ""


def _escaped(text: object) -> str:
    """As a search value: what separates values is preceded by a backslash."""
    return re.sub(r"([\\,|$])", r"\\\1", str(text))
