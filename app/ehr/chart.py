"""Opens a chart: every read at once, each on its own, so that one slow or refused panel never blanks the page.

What was read, what is not offered, what is not granted and what failed are told apart here and stay apart on the
screen (design section 2, promise 5). Only 401 is fatal: it means the launch has ended, not that a panel is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from app.ehr.capabilities import SEARCH, Offer
from app.ehr.errors import BreakTheGlass
from app.ehr.gateway import Gateway, Parameters
from app.ehr.rungs.notes import DOCUMENT, Notes, beside, notes_from, uses_documents
from mappings.chart import Chart
from mappings.observation import READING_CODES
from mappings.reading import Reading, ReadStatus
from mappings.write_ladder import WRITTEN
from smart_launch.errors import (
    FhirError,
    Forbidden,
    NotFound,
    NotSupported,
    Unauthorized,
    Unreachable,
)

DEADLINE_SECONDS = 6.0
"""How long a page waits for its slowest panel; later ones are shown as still loading and fetched by themselves."""

LATE_SECONDS = 25.0
"""How long a panel that is fetched by itself waits: longer than the transport's own time-out."""

_pool = ThreadPoolExecutor(max_workers=64, thread_name_prefix="chart")


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


NOTES_READ = ChartRead(DOCUMENT, when_required=(("category", "clinical-note"),))
"""The documents among which our notes are, where this EHR takes notes of ours."""

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
        ChartRead("Observation", parameters=(("code", ",".join(READING_CODES)),)),
        ChartRead("CarePlan", when_required=(("category", "assess-plan"),)),
        ChartRead("Goal"),
        ChartRead("Task"),
        ChartRead("Consent"),
        ChartRead("RelatedPerson"),
    )
}
"""Every search of the chart. Observation is asked by code: a chart may hold a thousand others."""

TODAY_TYPES = tuple(name for name in CHART_READS if name != "RelatedPerson")
"""What *Today* shows, beside the Patient; family and caregivers are asked for by the consent form alone."""

PAGE_SIZE = 200


def open_chart(
    gateway: Gateway,
    *,
    types: Sequence[str] = TODAY_TYPES,
    deadline: float = DEADLINE_SECONDS,
    pool: ThreadPoolExecutor = _pool,
) -> Chart:
    """The patient and the named resource types, read in parallel.

    Raises what reading the Patient raised, since without a patient there is no page, and Unauthorized (or another end
    of the session) from any read. A read that is not back after `deadline` seconds is STILL_LOADING.
    """
    ends = time.monotonic() + deadline
    patient = pool.submit(gateway.read, "Patient", gateway.patient_id)
    # Asked once before the others start, or each of them would ask for the same metadata at the same moment.
    known = _metadata_is_known(gateway)
    asked = [CHART_READS[name] for name in types] if known else []
    if known and set(types) & set(WRITTEN) and uses_documents(gateway):
        asked.append(NOTES_READ)
    reads = {read.resource_type: pool.submit(read_type, gateway, read) for read in asked}
    started: list[Future[Any]] = [patient, *reads.values()]
    wait(started, timeout=max(0.0, ends - time.monotonic()))
    readings = {name: _reading(name, reads.get(name)) for name in types}
    if DOCUMENT in reads:
        readings = beside(readings, notes_from(gateway, _reading(DOCUMENT, reads[DOCUMENT])))
    return Chart(
        # The Patient is waited for beyond the deadline: the transport's own time-out ends it with a plain error.
        patient=patient.result(),
        readings=readings,
        base=gateway.iss,
    )


def read_notes(gateway: Gateway) -> Notes:
    """Our notes as the EHR holds them now. Raises only what ends the session."""
    return notes_from(gateway, read_type(gateway, NOTES_READ))


def _metadata_is_known(gateway: Gateway) -> bool:
    """False when the metadata could not be read just now: then nothing can be asked for, and each panel says so."""
    try:
        _ = gateway.capabilities
    except Unauthorized:
        raise
    except (FhirError, Unreachable):
        return False
    return True


def _reading(resource_type: str, future: Future[Reading] | None) -> Reading:
    if future is None:
        return Reading(resource_type, ReadStatus.COULD_NOT_READ)
    if not future.done():
        # One that has not begun is not wanted any more: a slow EHR must not fill the pool with reads for nobody.
        future.cancel()
        return Reading(resource_type, ReadStatus.STILL_LOADING)
    return future.result()


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
    return None


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
