"""What one read of the EHR brought: the resources, or the honest reason why there are none.

The gateway makes a Reading for each resource type it asks for; every panel is built from Readings and never
from bare lists, because an empty list cannot say whether nothing is recorded or nothing could be read.
Servers report withheld data as OperationOutcome entries among the matches
(https://hl7.org/fhir/R4/http.html#search), so those set `incomplete` instead of vanishing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mappings.element import as_object, as_objects, as_text, type_of

# Epic answers a search that matches nothing with this outcome: it withholds nothing.
_NO_RESULTS = frozenset({"4101"})


class ReadStatus(StrEnum):
    """How one read ended."""

    READ = "read"
    NOT_AVAILABLE = "not-available"
    NO_ACCESS = "no-access"
    COULD_NOT_READ = "could-not-read"
    STILL_LOADING = "still-loading"


@dataclass(frozen=True)
class Reading:
    """One read of one resource type; `resources` may be filled even when a later page could not be read."""

    resource_type: str
    status: ReadStatus
    resources: tuple[dict[str, Any], ...] = ()
    incomplete: bool = False

    @property
    def withheld(self) -> bool:
        """True when the read worked but the EHR said, or we know, that something is missing from it."""
        return self.incomplete or any(type_of(item) == "OperationOutcome" for item in self.resources)


def reading_of(resource_type: str, bundles: Iterable[Any]) -> Reading:
    """The Reading of one finished search, from its pages.

    Included resources are kept (a chart resolves references to them); each resource is kept once, the pages
    of a moving result set repeat some. An OperationOutcome entry makes the reading incomplete, whatever its
    severity.
    """
    kept: dict[object, dict[str, Any]] = {}
    incomplete = False
    for bundle in bundles:
        for entry in as_objects(as_object(bundle).get("entry")):
            resource = as_object(entry.get("resource"))
            if type_of(resource) == "OperationOutcome":
                incomplete = incomplete or withholds(resource)
            elif type_of(resource):
                identity = as_text(resource.get("id"))
                kept.setdefault((type_of(resource), identity) if identity else len(kept), resource)
    return Reading(resource_type, ReadStatus.READ, tuple(kept.values()), incomplete)


def withholds(outcome: Any) -> bool:
    """True unless every issue of the OperationOutcome only says that nothing matched."""
    issues = as_objects(as_object(outcome).get("issue"))
    return not issues or not all(_only_says_no_results(issue) for issue in issues)


def _only_says_no_results(issue: dict[str, Any]) -> bool:
    codings = as_objects(as_object(issue.get("details")).get("coding"))
    return any(as_text(coding.get("code")) in _NO_RESULTS for coding in codings)
