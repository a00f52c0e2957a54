"""What the EHR offers, by its own CapabilityStatement, against what Chartside reads and writes.

The live metadata decides; where it differs from what is known of the vendor, the difference is named.
https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.check.finding import Area, Finding, State
from app.check.inquiry import Inquiry, Metadata
from app.check.needs import MEDICATIONS, NEEDED, READS, WHO_IS_WHO, WRITTEN, parameters_of, words_for
from app.ehr.capabilities import SEARCH, Capabilities
from app.ehr.reads import ChartRead
from mappings.panel import listed
from mappings.vendor import Vendor
from smart_launch.errors import NotFhirR4, SmartError, Unreachable

LARGE = 2_000_000
"""Bytes. Real statements have up to 3 MB, most have a tenth of that."""

_VERBS = {"create": "created", "update": "changed", "patch": "changed by PATCH"}


def metadata_findings(inquiry: Inquiry) -> Iterator[Finding]:
    """The statement itself, then each resource type, then what concerns all of them."""
    found = inquiry.metadata
    if found.capabilities is None:
        yield _unread(inquiry, found.error)
        return
    yield _statement(found)
    offers, vendor = found.capabilities, inquiry.subject.vendor
    yield from (_patient(offers),)
    yield from (_read(offers, vendor, read) for read in READS.values())
    yield from (_by_id(offers, name) for name in WHO_IS_WHO)
    yield from (_written(offers, name) for name in WRITTEN)
    yield _together(offers)
    yield _conditional(offers)
    yield from _differences(offers, vendor)


def _unread(inquiry: Inquiry, error: SmartError | None) -> Finding:
    silent = isinstance(error, Unreachable)
    if isinstance(error, NotFhirR4):
        sentence = f"{error.page_reason} Ask the vendor for the address of its R4 server."
    else:
        reason = error.page_reason if error else "It was not read."
        sentence = f"The EHR’s /metadata could not be read. {reason}"
    return _finding(
        "metadata",
        State.FAILED,
        sentence,
        unanswered=silent and not inquiry.certificate_refused,
        error=type(error).__name__,
    )


def _statement(found: Metadata) -> Finding:
    statement = found.statement
    software = _dict(statement.get("software"))
    name = " ".join(filter(None, (_short(software.get("name")), _short(software.get("version")))))
    size = (
        f"{found.size / 1_000_000:.1f} MB" if found.size >= 1_000_000 else f"{max(1, found.size // 1000)} kB"
    )
    large = " That is large; it is read once an hour." if found.size > LARGE else ""
    return _finding(
        "metadata",
        State.NOTE if large else State.OK,
        f"FHIR {_short(statement.get('fhirVersion'))}; {name or 'the software is not named'}; {size}.{large}",
        fhir_version=_short(statement.get("fhirVersion")),
        software=name,
        bytes=found.size,
    )


def _patient(offers: Capabilities) -> Finding:
    readable = "read" in offers.of("Patient").interactions
    return _finding(
        "Patient",
        State.OK if readable else State.FAILED,
        "Patient: can be read." if readable else "Patient: cannot be read, so no chart opens.",
        interactions=sorted(offers.of("Patient").interactions),
    )


def _read(offers: Capabilities, vendor: Vendor, read: ChartRead) -> Finding:
    name, offered = read.resource_type, offers.of(read.resource_type)
    words = words_for(name)
    detail: dict[str, Any] = {"interactions": sorted(offered.interactions)}
    if SEARCH not in offered.interactions:
        return _not_searched(offers, name, words, detail)
    given, impossible = _required(offers, vendor, read)
    detail |= {"added": sorted(given)}
    if impossible:
        return _finding(
            name,
            State.FAILED if name in NEEDED else State.MISSING,
            f"{words}: a search must name {listed(sorted(impossible))}, which Chartside cannot give.",
            **detail,
        )
    unlisted = sorted(parameters_of(read) - offered.search_parameters) if offered.search_parameters else []
    if unlisted:
        return _finding(
            name,
            State.NOTE,
            f"{words}: can be searched, but {listed(unlisted)} is not among the parameters listed;"
            " it is sent all the same.",
            **detail,
            not_listed=unlisted,
        )
    more = f", with {listed(sorted(given))} as well, which Chartside adds" if given else ""
    return _finding(name, State.OK, f"{words}: can be searched by patient{more}.", **detail)


def _not_searched(offers: Capabilities, name: str, words: str, detail: dict[str, Any]) -> Finding:
    other = next((each for each in MEDICATIONS if each != name), "") if name in MEDICATIONS else ""
    if other and SEARCH in offers.of(other).interactions:
        source = "orders" if other == "MedicationRequest" else "recorded medications"
        return _finding(
            name,
            State.MISSING,
            f"{words}: not offered. The medication list comes from the {source} alone.",
            **detail,
        )
    needed = name in NEEDED or name in MEDICATIONS
    consequence = (
        "Chartside is of little use without." if needed else "The page says “Not available from this EHR”."
    )
    return _finding(
        name, State.FAILED if needed else State.MISSING, f"{words}: not offered. {consequence}", **detail
    )


def _required(offers: Capabilities, vendor: Vendor, read: ChartRead) -> tuple[frozenset[str], frozenset[str]]:
    """The parameters that are added to the search, and those that are demanded and that nobody here knows."""
    asked = parameters_of(read)
    known = {name for name, _ in (*vendor.required_search.get(read.resource_type, ()), *read.when_required)}
    choices = [choice - asked for choice in offers.of(read.resource_type).required]
    possible = [choice for choice in choices if choice <= known]
    if possible:
        return min(possible, key=len), frozenset()
    if choices:
        return frozenset(), min(choices, key=len) - known
    return frozenset(name for name, _ in vendor.missing_parameters(read.resource_type, asked)), frozenset()


def _by_id(offers: Capabilities, name: str) -> Finding:
    readable = "read" in offers.of(name).interactions
    told = "can be read by id." if readable else "not offered; names may be missing."
    return _finding(
        name,
        State.OK if readable else State.MISSING,
        f"{words_for(name)}: {told}",
        interactions=sorted(offers.of(name).interactions),
    )


def _written(offers: Capabilities, name: str) -> Finding:
    codes = [code for code in _VERBS if code in offers.of(name).interactions]
    words = words_for(name)
    sentence = (
        f"{words}: can be {listed([_VERBS[code] for code in codes])}."
        if codes
        else f"{words}: cannot be written."
    )
    can = "create" in codes and ("update" in codes or "patch" in codes)
    return _finding(f"{name}.write", State.OK if can else State.MISSING, sentence, interactions=codes)


def _together(offers: Capabilities) -> Finding:
    system = sorted(offers.system & {"transaction", "batch"})
    if "transaction" in system:
        words, state = "Several records are filed at once, all or none (transaction).", State.OK
    else:
        only = "batch only, which may file a part" if "batch" in system else "neither transaction nor batch"
        words = (
            f"Several records cannot be filed all or none ({only}): they are filed one after the other, and a save that"
            " breaks half-way is completed by the next press."
        )
        state = State.NOTE
    return _finding("transaction", state, words, system=system)


def _conditional(offers: Capabilities) -> Finding:
    types = [name for name in WRITTEN if offers.of(name).conditional_create]
    creates = [name for name in WRITTEN if "create" in offers.of(name).interactions]
    if set(types) >= set(creates):
        words = (
            "A retry is recognized by the EHR itself (conditional create)."
            if creates
            else "A retry doubles nothing, since no record can be created."
        )
        return _finding("conditional-create", State.OK if creates else State.MISSING, words, types=types)
    return _finding(
        "conditional-create",
        State.MISSING,
        "No conditional create: before a retry Chartside looks for its own records, so that nothing is doubled.",
        types=types,
    )


def _differences(offers: Capabilities, vendor: Vendor) -> Iterator[Finding]:
    """Where the live metadata and what is known of the vendor part: the live metadata is what Chartside follows."""
    names = [name for name in (*READS, *WHO_IS_WHO) if name in vendor.interactions]
    if not names:
        return
    more = _pairs((name, offers.of(name).interactions - vendor.interactions[name]) for name in names)
    less = _pairs((name, vendor.interactions[name] - offers.of(name).interactions) for name in names)
    fact = vendor.fact(f"interactions.{names[0]}")
    known = f"what is known of {vendor.label} ({fact.date.isoformat()})"
    if not more and not less:
        yield _finding("vendor", State.OK, f"As {known}.", vendor=vendor.name, source=fact.source)
        return
    parts = [
        *([f"offered here beyond it: {', '.join(more)}"] if more else []),
        *([f"known, but not offered here: {', '.join(less)}"] if less else []),
    ]
    yield _finding(
        "vendor",
        State.NOTE,
        f"Differs from {known}; {'; '.join(parts)}. Chartside goes by what is offered here.",
        vendor=vendor.name,
        source=fact.source,
        more=more,
        less=less,
    )


_COMPARED = frozenset({"read", SEARCH, "create", "update", "patch"})


def _pairs(rows: Iterable[tuple[str, frozenset[str]]]) -> list[str]:
    return [
        f"{name}.{code.removesuffix('-type')}" for name, codes in rows for code in sorted(codes & _COMPARED)
    ]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _short(value: Any) -> str:
    """A server's own word, cut and on one line: it is shown, never believed."""
    return " ".join(str(value or "").split())[:80]


def _finding(
    name: str, state: State, sentence: str, *, unanswered: bool = False, **detail: object
) -> Finding:
    return Finding(Area.METADATA, name, state, sentence, detail, unanswered)
