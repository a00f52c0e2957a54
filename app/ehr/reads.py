"""The searches of a chart: one for each resource type, each ending in what came or in the honest reason why not.

What was read, what is not offered, what is not granted and what failed are told apart here and stay apart on the
screen (design section 2, promise 5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.ehr.capabilities import SEARCH, Offer
from app.ehr.errors import BreakTheGlass
from app.ehr.gateway import Gateway, Parameters
from mappings.condition_reading import template_codes
from mappings.observation import READING_CODES
from mappings.questionnaire.recorded import observation_codes
from mappings.reading import Reading, ReadStatus
from smart_launch.errors import (
    FhirError,
    Forbidden,
    NotFound,
    NotSupported,
    Unauthorized,
    Unreachable,
)

PAGE_SIZE = 200
RESULT_CODES = tuple(dict.fromkeys((*READING_CODES, *observation_codes(), *template_codes())))
"""The results that a page shows, and those that a questionnaire or the template of a condition looks for."""


@dataclass(frozen=True)
class ChartRead:
    """One search of the chart open.

    `when_required` is what we can give for parameters that an EHR may demand: added where its metadata or its vendor's
    facts say so, or else when it answers that one is required.
    """

    resource_type: str
    parameters: Parameters = ()
    when_required: Parameters = ()
    include: str | None = None


CHART_READS: Mapping[str, ChartRead] = {
    read.resource_type: read
    for read in (
        ChartRead("Condition", when_required=(("category", "problem-list-item,encounter-diagnosis"),)),
        # A closed range, since some EHRs refuse a date search with one end.
        ChartRead("Encounter", when_required=(("date", "ge1900-01-01"), ("date", "le2199-12-31"))),
        ChartRead("MedicationStatement", include="MedicationStatement:medication"),
        ChartRead(
            "MedicationRequest",
            when_required=(("intent", "order,plan"),),
            include="MedicationRequest:medication",
        ),
        ChartRead("AllergyIntolerance"),
        ChartRead("Observation", parameters=(("code", ",".join(RESULT_CODES)),)),
        ChartRead("CarePlan", when_required=(("category", "assess-plan"),)),
        ChartRead("Goal"),
        ChartRead("Task"),
        ChartRead("Consent"),
        ChartRead("RelatedPerson"),
        ChartRead("Coverage"),
        ChartRead("CareTeam", when_required=(("status", "active"),)),
        # A closed range here too, and long enough for yearly visits.
        ChartRead("Appointment", when_required=(("date", "ge1900-01-01"), ("date", "le2199-12-31"))),
        ChartRead("RiskAssessment"),
        ChartRead("ServiceRequest"),
        # A closed range here too: when an exam or a breathing test was last done.
        ChartRead("Procedure", when_required=(("date", "ge1900-01-01"), ("date", "le2199-12-31"))),
    )
}
"""Every search of the chart. Observation is asked by code: a chart may hold a thousand others."""


def read_type(gateway: Gateway, read: ChartRead) -> Reading:
    """One panel's resources, or the honest reason why there are none. Raises only what ends the session."""
    name = read.resource_type
    refused = _refused_beforehand(gateway, name)
    if refused is not None:
        return Reading(name, refused)
    return _guarded(name, lambda: _search(gateway, read))


def _refused_beforehand(gateway: Gateway, resource_type: str) -> ReadStatus | None:
    offer = gateway.offer(resource_type, SEARCH)
    if offer is Offer.NOT_IN_METADATA:
        return ReadStatus.NOT_AVAILABLE
    if offer is Offer.NOT_GRANTED:
        return ReadStatus.NO_ACCESS
    # One that says how its records are found, and not by their patient, would only refuse.
    listed = gateway.capabilities.of(resource_type).search_parameters
    return ReadStatus.NOT_AVAILABLE if listed and not listed & {"patient", "subject"} else None


def _search(gateway: Gateway, read: ChartRead) -> Reading:
    asked = [("patient", gateway.patient_id), *read.parameters]
    required = gateway.required(read.resource_type, asked, known=read.when_required)
    parameters = [*asked, *required, ("_count", str(PAGE_SIZE))]
    if read.include and read.include in gateway.capabilities.of(read.resource_type).includes:
        parameters.append(("_include", read.include))
    answer = gateway.search(read.resource_type, parameters, when_required=read.when_required)
    return Reading(
        read.resource_type,
        ReadStatus.READ,
        (*(dict(resource) for resource in answer.matches), *(dict(item) for item in answer.included)),
        answer.incomplete,
    )


def _guarded(resource_type: str, read: Callable[[], Reading]) -> Reading:
    try:
        return read()
    except Unauthorized:
        raise
    except BreakTheGlass:
        return Reading(resource_type, ReadStatus.PROTECTED)
    except Forbidden:
        return Reading(resource_type, ReadStatus.NO_ACCESS)
    except (NotFound, NotSupported):
        return Reading(resource_type, ReadStatus.NOT_AVAILABLE)
    except FhirError as error:
        return Reading(resource_type, ReadStatus.COULD_NOT_READ, retry_after=error.retry_after)
    except Unreachable:
        return Reading(resource_type, ReadStatus.COULD_NOT_READ)
