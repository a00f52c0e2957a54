"""The pages of one search, collected: what matched, what came beside it, and whether anything was left out.

Servers report withheld data as OperationOutcome entries among the matches, so those are read and never shown as rows.
https://hl7.org/fhir/R4/http.html#search https://hl7.org/fhir/R4/bundle.html#searchset
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.ehr.compartment import belongs_to
from mappings.element import as_objects
from mappings.reading import withholds
from mappings.vendor_facts import ErrorKind, Vendor
from smart_launch.outcome import OutcomeIssue, parse_outcome

RESOURCE_LIMIT = 5_000
"""Real charts hold 1,400 resources of all types; this limit ends a server that pages for ever."""

Resource = Mapping[str, Any]

_NOTHING_MISSING = frozenset({ErrorKind.NOTHING_FOUND, ErrorKind.PARAMETER_UNKNOWN})
"""A parameter that the EHR does not know makes a search wider, never narrower."""
_MISSING = frozenset({ErrorKind.NOT_AUTHORIZED, ErrorKind.PARTLY_SHOWN, ErrorKind.BREAK_THE_GLASS})
"""Counts whatever severity the EHR gives it."""


@dataclass(frozen=True)
class SearchAnswer:
    """All pages of one search. `incomplete` when the server or a limit left something out."""

    matches: tuple[Resource, ...] = ()
    included: tuple[Resource, ...] = ()
    incomplete: bool = False


class Pages:
    """Collects the entries of a search's pages. `issues` are those of the outcomes among them."""

    def __init__(self, resource_type: str, patient_id: str, vendor: Vendor) -> None:
        self._type = resource_type
        self._patient_id = patient_id
        self._vendor = vendor
        self._matches: dict[str, Resource] = {}
        self._included: dict[str, Resource] = {}
        self._incomplete = False
        self.issues: tuple[OutcomeIssue, ...] = ()

    def __len__(self) -> int:
        return len(self._matches) + len(self._included)

    @property
    def full(self) -> bool:
        """True when no more is taken."""
        return len(self) >= RESOURCE_LIMIT

    def add(self, bundle: Mapping[str, Any]) -> None:
        """Takes a page. What is no resource, or another patient's, is left out and told as missing."""
        entries = bundle.get("entry") or []
        for entry in entries if isinstance(entries, list) else [entries]:
            resource = entry.get("resource") if isinstance(entry, Mapping) else None
            if isinstance(resource, Mapping) and isinstance(resource.get("resourceType"), str):
                self._add_resource(resource)
            else:
                self._incomplete = True

    def answer(self, *, incomplete: bool = False) -> SearchAnswer:
        """What came so far."""
        return SearchAnswer(
            tuple(self._matches.values()), tuple(self._included.values()), self._incomplete or incomplete
        )

    def _add_resource(self, resource: Resource) -> None:
        kind = resource.get("resourceType")
        if kind == "OperationOutcome":
            self.issues += parse_outcome(resource)
            self._incomplete = self._incomplete or warns(resource, self._vendor)
        elif not belongs_to(resource, self._patient_id):
            self._incomplete = True
        else:
            kept = self._matches if kind == self._type else self._included
            # The same resource may come on two pages when the chart changes between them: the later one stands.
            kept[f"{kind}/{resource.get('id', len(kept))}"] = resource


def next_link(bundle: Mapping[str, Any]) -> str | None:
    """The `next` link of a searchset, as the server wrote it; None on the last page, "" when it cannot be read."""
    for link in as_objects(bundle.get("link")):
        if link.get("relation") == "next":
            return link["url"] if isinstance(link.get("url"), str) else ""
    return None


def warns(outcome: Mapping[str, Any], vendor: Vendor) -> bool:
    """True when an OperationOutcome inside a searchset says that something is missing.

    The vendor's numbered codes say it best; of the others, information does not, and neither does a warning that
    nothing matched.
    """
    issues = as_objects(outcome.get("issue"))
    return not issues or any(_issue_warns(issue, vendor) for issue in issues)


def _issue_warns(issue: Mapping[str, Any], vendor: Vendor) -> bool:
    alone = {"resourceType": "OperationOutcome", "issue": [issue]}
    kind = kind_of(parse_outcome(alone), vendor)
    if kind in _NOTHING_MISSING or kind in _MISSING:
        return kind in _MISSING
    return issue.get("severity") != "information" and withholds(alone)


def kind_of(issues: tuple[OutcomeIssue, ...], vendor: Vendor) -> ErrorKind | None:
    """What the vendor's facts say that the outcome means; None for codes of which nothing is known."""
    known = vendor.error(code for issue in issues for code in issue.detail_codes)
    return known.kind if known else None
