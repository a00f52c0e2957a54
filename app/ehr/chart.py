"""Opens a chart: every read at once, each on its own, so that one slow or refused panel never blanks the page.

What was read, what is not offered, what is not granted and what failed are told apart here and stay apart on the
screen (design section 2, promise 5). Only 401 is fatal: it means the launch has ended, not that a panel is missing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from app.ehr.gateway import Gateway
from app.ehr.reads import CHART_READS, read_type
from app.ehr.rungs.ladder import readable_carriers, shown_again
from app.ehr.rungs.notes import Notes, beside, together
from mappings.chart import Chart
from mappings.reading import Reading, ReadStatus
from mappings.write_ladder import WRITTEN
from smart_launch.errors import FhirError, Unauthorized, Unreachable

DEADLINE_SECONDS = 6.0
"""How long a page waits for its slowest panel; later ones are shown as still loading and fetched by themselves."""

LATE_SECONDS = 25.0
"""How long a panel that is fetched by itself waits: longer than the transport's own time-out."""

_pool = ThreadPoolExecutor(max_workers=64, thread_name_prefix="chart")


FOR_ONE_PAGE = frozenset(
    {"RelatedPerson", "Coverage", "CareTeam", "Appointment", "RiskAssessment", "Procedure", "ServiceRequest"}
)
"""What only the pages that show it ask for."""

TODAY_TYPES = tuple(name for name in CHART_READS if name not in FOR_ONE_PAGE)
"""What *Today* shows, beside the Patient."""


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
    written = [name for name in types if name in WRITTEN]
    carriers = readable_carriers(gateway) if known and written else ()
    reads = {read.resource_type: pool.submit(read_type, gateway, read) for read in asked}
    notes_of = [(carrier, pool.submit(read_type, gateway, carrier.reads)) for carrier in carriers]
    started: list[Future[Any]] = [patient, *reads.values(), *(future for _, future in notes_of)]
    wait(started, timeout=max(0.0, ends - time.monotonic()))
    readings = {name: _reading(name, reads.get(name)) for name in types}
    notes = [each.notes_from(gateway, _reading(each.kind, future)) for each, future in notes_of]
    unseen = [name for name in written if known and not shown_again(gateway, name)]
    return _whole(gateway, patient.result(), readings, together(notes) if notes else None, unseen)


def _whole(
    gateway: Gateway,
    patient: dict[str, Any],
    readings: dict[str, Reading],
    notes: Notes | None,
    unseen: Sequence[str],
) -> Chart:
    """The chart, with what stands in notes laid beside the EHR's own records.

    The Patient was waited for beyond the deadline: the transport's own time-out ends it with a plain error.
    """
    folded = beside(readings, notes) if notes else None
    found = folded.readings if folded else readings
    told = {
        kind: replace(reading, ours_unseen=True) if kind in unseen else reading
        for kind, reading in found.items()
    }
    return Chart(
        patient=patient,
        readings=told,
        base=gateway.iss,
        doubts=folded.doubts if folded else (),
        damaged=folded.damaged if folded else (),
    )


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
