"""Looking in the EHR before believing: what a failed write means, and whether the record is there all the same.

A time-out, a reset or an answer that cannot be read says nothing about what was done, so the EHR is asked for our
identifier (design section 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.ehr.bundle import filed_as_found, is_update
from app.ehr.errors import BreakTheGlass, ChangedMeanwhile, ChartProtected, NoAnswer, NotFiled, Refused
from app.ehr.gateway import Gateway
from app.ehr.one_record import held_as_changed
from app.ehr.reads import CHART_READS
from app.ehr.receipt import Filed
from mappings.identity import identifier_value
from smart_launch.errors import Conflict, FhirError, NotFhir, NotFound, NotSupported

Resource = Mapping[str, Any]


HELD_ALREADY = "The EHR took this for something that it holds already, and did not file it."


def meaning(error: Exception, *, new: bool = False) -> tuple[NotFiled, bool]:
    """What a failed write means to the user, and True beside it where the EHR may hold it all the same.

    `new`: nothing that was sent changes a record, so that nobody can have changed it meanwhile.
    """
    if isinstance(error, Conflict):
        return (Refused(error.status, HELD_ALREADY) if new else ChangedMeanwhile()), True
    if isinstance(error, NotFhir) or not isinstance(error, FhirError):
        return NoAnswer(), True
    kind = ChartProtected if isinstance(error, BreakTheGlass) else Refused
    return kind(error.status, error.page_reason, retry_after=error.retry_after), error.may_have_acted


def not_supported(error: Exception, interaction: str) -> bool:
    """Whether the EHR says that it does not do this at all: 404, 405, 501, or 400 or 422 with the code `not-supported`.

    A change of what is gone answers 404 as well, and says nothing about the next one.
    https://hl7.org/fhir/R4/valueset-issue-type.html
    """
    if isinstance(error, NotFound):
        return interaction == "create"
    said = isinstance(error, FhirError) and error.status in (400, 422)
    codes = {issue.code for issue in error.outcome} if isinstance(error, FhirError) else set()
    return isinstance(error, NotSupported) or (said and "not-supported" in codes)


def find_new(gateway: Gateway, resource: Resource) -> dict[str, Any] | None:
    """The record of the EHR that bears our identifier of a new one; None when it holds none."""
    kind = resource["resourceType"]
    read = CHART_READS.get(kind)
    return gateway.find_ours(
        kind, identifier_value(resource), when_required=read.when_required if read else ()
    )


def look_for(gateway: Gateway, resource: Resource) -> Filed | None:
    """The receipt line of a record that an earlier try has filed: new, or changed to just what was sent."""
    if is_update(resource):
        return held_as_changed(gateway, resource)
    found = find_new(gateway, resource)
    return filed_as_found(found, resource) if found else None
