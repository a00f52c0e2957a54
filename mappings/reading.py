"""What one read of the EHR brought: the resources, or the honest reason why there are none.

The gateway makes a Reading for each resource type it asks for; every panel is built from Readings and never
from bare lists, because an empty list cannot say whether nothing is recorded or nothing could be read.
Servers report withheld data as OperationOutcome entries among the matches
(https://hl7.org/fhir/R4/http.html#search), so those set `incomplete` instead of vanishing.
"""

from __future__ import annotations

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
    PROTECTED = "protected"
    COULD_NOT_READ = "could-not-read"
    STILL_LOADING = "still-loading"


@dataclass(frozen=True)
class Reading:
    """One read of one resource type; `resources` may be filled even when a later page could not be read.

    `retry_after` is in seconds: an EHR that is too busy says when to ask again. `ours_unseen`: what Chartside files of
    this type is not shown to it again by this EHR, so that nothing may be concluded from its absence.
    """

    resource_type: str
    status: ReadStatus
    resources: tuple[dict[str, Any], ...] = ()
    incomplete: bool = False
    retry_after: int | None = None
    ours_unseen: bool = False

    @property
    def withheld(self) -> bool:
        """True when the read worked but the EHR said, or we know, that something is missing from it."""
        if self.incomplete or self.ours_unseen:
            return True
        return any(type_of(item) == "OperationOutcome" for item in self.resources)


def withholds(outcome: Any) -> bool:
    """True unless every issue of the OperationOutcome only says that nothing matched."""
    issues = as_objects(as_object(outcome).get("issue"))
    return not issues or not all(_only_says_no_results(issue) for issue in issues)


def _only_says_no_results(issue: dict[str, Any]) -> bool:
    codings = as_objects(as_object(issue.get("details")).get("coding"))
    return any(as_text(coding.get("code")) in _NO_RESULTS for coding in codings)
