"""Reads one chart as a launch would, and tells how each read went: counts and times, never what was read.

The searches are the app's own (`app.ehr.chart`), so that a parameter that the EHR demands shows here as it will there.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from app.check.access import Access, gateway
from app.check.finding import Area, Finding, State
from app.check.inquiry import Inquiry
from app.check.needs import MEDICATIONS, NEEDED, READS, parameters_of, words_for
from app.check.watched_http import Sent
from app.ehr.errors import BreakTheGlass
from app.ehr.gateway import Gateway
from app.ehr.reads import ChartRead, read_type
from mappings.panel import listed
from mappings.reading import Reading, ReadStatus
from smart_launch.errors import NotFound, SessionEnded, SmartError, Unauthorized, Unreachable

AT_ONCE = 4
"""Fewer than a launch sends at once: a check is in no hurry, and some sandboxes count requests."""

_USUAL = frozenset({"patient", "_count", "_include"})


def search_findings(inquiry: Inquiry, access: Access, patient_id: str) -> Iterator[Finding]:
    """The patient, then every search of a chart open. Ends early where the token is not accepted."""
    try:
        chart = gateway(inquiry, access, patient_id)
    except SmartError:
        yield _finding(
            "Patient",
            State.NOTE,
            "The searches were not tried, because the EHR’s metadata could not be read.",
        )
        return
    first = _patient(inquiry, chart)
    yield first
    if first.detail.get("ends"):
        return
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        readings = pool.map(lambda read: _reading(chart, read), READS.values())
    done = {name: item for name, item in zip(READS, readings, strict=True)}
    for name, reading in done.items():
        yield _finding_of(inquiry, READS[name], reading, covered=_covered(name, done))


def _covered(name: str, done: dict[str, Reading | SmartError]) -> bool:
    """True for a medication source beside which the other one was read."""
    if name not in MEDICATIONS:
        return name not in NEEDED
    others = [done[other] for other in MEDICATIONS if other != name]
    return any(isinstance(item, Reading) and item.status is ReadStatus.READ for item in others)


def _reading(chart: Gateway, read: ChartRead) -> Reading | SmartError:
    try:
        return read_type(chart, read)
    except SmartError as error:
        return error


def _patient(inquiry: Inquiry, chart: Gateway) -> Finding:
    try:
        chart.read("Patient", chart.patient_id)
    except (Unauthorized, SessionEnded):
        return _finding(
            "Patient",
            State.FAILED,
            "The EHR does not accept this token: it may have expired. Get a new one and check again.",
            ends=True,
        )
    except BreakTheGlass as error:
        return _finding("Patient", State.FAILED, f"Patient: {error.page_reason}", ends=True)
    except NotFound:
        return _finding(
            "Patient", State.FAILED, "Patient: this EHR has no patient of that id for this token.", ends=True
        )
    except Unreachable as error:
        return _finding("Patient", State.FAILED, f"Patient: {error.page_reason}", unanswered=True, ends=True)
    except SmartError as error:
        status = getattr(error, "status", 0)
        return _finding("Patient", State.FAILED, f"Patient: {error.page_reason}", ends=True, status=status)
    return _finding("Patient", State.OK, f"Patient: read in {_total(_lines(inquiry, 'Patient'))} ms.")


def _finding_of(
    inquiry: Inquiry, read: ChartRead, reading: Reading | SmartError, *, covered: bool
) -> Finding:
    lines = _lines(inquiry, read.resource_type)
    words = words_for(read.resource_type)
    if isinstance(reading, SmartError):
        return _finding(read.resource_type, State.FAILED, f"{words}: {reading.page_reason}", **_facts(lines))
    if reading.status is not ReadStatus.READ:
        return _not_read(read, reading.status, lines, words, covered=covered)
    count = sum(item.get("resourceType") == read.resource_type for item in reading.resources)
    found = "none recorded" if count == 0 else f"{count} found"
    rest = " The EHR left something out: the page says “incomplete”." if reading.incomplete else ""
    return _finding(
        read.resource_type,
        State.NOTE if reading.incomplete else State.OK,
        f"{words}: {found} in {_total(lines)} ms{_added(read, lines)}.{rest}",
        count=count,
        incomplete=reading.incomplete,
        **_facts(lines),
    )


def _not_read(
    read: ChartRead, status: ReadStatus, lines: list[Sent], words: str, *, covered: bool
) -> Finding:
    last = lines[-1].status if lines else None
    answered = f" (it answered {last})" if last else ""
    sentences = {
        ReadStatus.NOT_AVAILABLE: f"not available from this EHR{answered}.",
        ReadStatus.NO_ACCESS: "no access with this token.",
        ReadStatus.COULD_NOT_READ: f"could not be read just now{answered}." if last else "no answer came.",
    }
    failed = status is ReadStatus.COULD_NOT_READ or not covered
    return _finding(
        read.resource_type,
        State.FAILED if failed else State.MISSING,
        f"{words}: {sentences.get(status, 'not read.')}",
        unanswered=last == 0,
        reading=status.value,
        **_facts(lines),
    )


def _added(read: ChartRead, lines: list[Sent]) -> str:
    """Which parameters the EHR wanted beyond ours, and whether it had to say so first."""
    usual = _USUAL | parameters_of(read)
    names = sorted(
        {name for line in lines for name in line.parameters if line.status == 200} & _given(read) - usual
    )
    if not names:
        return ""
    asked_first = any(line.status >= 400 for line in lines)
    return f", with {listed(names)} added {'after it was refused without' if asked_first else 'as this EHR requires'}"


def _given(read: ChartRead) -> frozenset[str]:
    return frozenset(name for name, _ in (*read.when_required, ("category", "")))


def _facts(lines: list[Sent]) -> dict[str, Any]:
    names = sorted({name for line in lines for name in line.parameters})
    return {
        "milliseconds": _total(lines),
        "requests": len(lines),
        "parameters": [name for name in names if name.isascii() and len(name) < 40][:20],
        "status": lines[-1].status if lines else None,
    }


def _lines(inquiry: Inquiry, resource_type: str) -> list[Sent]:
    """The requests of one type: its search and further pages, or a read by id."""
    root = f"{urlsplit(inquiry.subject.base).path}/{resource_type}"
    return [item for item in inquiry.http.sent if item.path == root or item.path.startswith(f"{root}/")]


def _total(lines: list[Sent]) -> int:
    return sum(line.milliseconds for line in lines)


def _finding(
    name: str, state: State, sentence: str, *, unanswered: bool = False, **detail: object
) -> Finding:
    return Finding(Area.SEARCHES, name, state, sentence, detail, unanswered)
