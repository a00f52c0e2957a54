"""The medicines of a document: Medication Activity entries (substanceAdministration), C-CDA R2.1.

Mood EVN is what is or was taken, INT what was ordered. A dose without a unit is shown as such: with a pre-coordinated
drug it counts tablets or puffs, but only the sender knows. A negated entry says "not taken", and one without a drug
"no known medications".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mappings import dates
from mappings.ccda.element import (
    Element,
    attribute,
    child,
    children,
    codes_of,
    descendants,
    is_true,
    name_of,
    null_flavor,
    quantity_words,
    text_of,
    value_of,
    words_of,
    xsi_type,
)
from mappings.ccda.source import Source, source_of
from mappings.ccda.templates import has_template, templates
from mappings.ccda.timestamp import Interval, interval
from mappings.dosage import number_words
from mappings.element import as_number

RXNORM_OID = "2.16.840.1.113883.6.88"
_OTHERS = (("NDC", "2.16.840.1.113883.6.69"), ("SNOMED CT", "2.16.840.1.113883.6.96"))
NONE_KNOWN = "No known medications"
_UNITS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}
_STOPPED = frozenset({"aborted", "cancelled", "completed", "nullified"})


@dataclass(frozen=True)
class DocumentMedication:
    """One medicine as the document tells it. `unread` names the parts of it that could not be read.

    `other_codes` are its codes of NDC and SNOMED CT.
    """

    name: str
    rxnorm: frozenset[str]
    dose: str
    route: str
    frequency: str
    instructions: str
    start: dates.FhirDate | None
    stop: dates.FhirDate | None
    status: str
    taken: bool
    none_known: bool
    compared: bool
    unread: tuple[str, ...]
    source: Source
    other_codes: frozenset[str] = frozenset()

    @property
    def dose_words(self) -> str:
        """How it is taken, as one line: the author's own instructions, else dose, route and frequency."""
        return self.instructions or ", ".join(filter(None, (self.dose, self.route, self.frequency)))


def medications_of(
    entry: Element, *, document: str, section: str, compared: bool
) -> Iterator[DocumentMedication | str]:
    """The medicines of one `entry`; a text in place of one that could not be read says why."""
    found = [
        item for item in descendants(entry, "substanceAdministration") if not _is_inside_another(item, entry)
    ]
    if not found:
        yield "holds no medication"
    for item in found:
        yield _medication(item, source_of(item, document=document, section=section), compared)


def _is_inside_another(item: Element, entry: Element) -> bool:
    """A step of a taper or a free-text sig belongs to the medicine around it."""
    for above in item.iterancestors():
        if above is entry:
            return False
        if name_of(above) == "substanceAdministration":
            return True
    return False


def _medication(item: Element, source: Source, compared: bool) -> DocumentMedication | str:
    material = child(item, "consumable", "manufacturedProduct", "manufacturedMaterial")
    code = child(material, "code")
    negated = is_true(item, "negationInd")
    name = words_of(code) or text_of(child(material, "name"))
    if not name and not negated:
        return _why_nameless(code)
    status = attribute(child(item, "statusCode"), "code")
    span = _span(item)
    return DocumentMedication(
        name=name or NONE_KNOWN,
        rxnorm=codes_of(code, RXNORM_OID),
        dose=_dose(item),
        route=_route(item),
        frequency=_frequency(item),
        instructions=_instructions(item),
        start=span.low,
        stop=span.high,
        status="not taken" if negated else _status(item, status),
        taken=not negated and status not in _STOPPED,
        none_known=negated and not name,
        compared=compared,
        unread=tuple(_unread(item, span)),
        source=source,
        other_codes=frozenset(f"{name} {each}" for name, oid in _OTHERS for each in codes_of(code, oid)),
    )


def _why_nameless(code: Element | None) -> str:
    if code is not None and not null_flavor(code) and attribute(code, "code"):
        return "names its medicine by a code alone"
    return "names no medicine"


def _status(item: Element, code: str) -> str:
    words = templates().status_words.get(code, "status not said")
    return f"{words}, ordered" if attribute(item, "moodCode") == "INT" and words == "active" else words


def _dose(item: Element) -> str:
    quantity = child(item, "doseQuantity")
    words = quantity_words(quantity)
    if not words or " " in words.replace(" to ", ""):
        return words
    form = words_of(child(item, "administrationUnitCode"))
    return f"{words} {form.lower()}" if form else f"{words} (unit not said)"


def _route(item: Element) -> str:
    """As "oral": NCI's names of routes all end in the same three words."""
    return words_of(child(item, "routeCode")).removesuffix(" Route of Administration").lower()


def _span(item: Element) -> Interval:
    """The time over which it is taken: the interval among its times; a single time is when it was given once."""
    times = children(item, "effectiveTime")
    spans = [time for time in times if xsi_type(time) in ("IVL_TS", "TS", "")]
    return interval(spans[0]) if spans else Interval()


def _frequency(item: Element) -> str:
    """How often, in words, from the times that repeat; with "as needed" where a precondition says so."""
    said = [words for time in children(item, "effectiveTime") if (words := _repeats(time))]
    return ", ".join((*said, *_as_needed(item)))


def _repeats(time: Element) -> str:
    match xsi_type(time):
        case "PIVL_TS":
            return _period_words(child(time, "period"))
        case "EIVL_TS":
            return templates().event_words.get(attribute(child(time, "event"), "code"), "")
        case "SXPR_TS":
            return ", ".join(filter(None, map(_repeats, children(time, "comp"))))
    return ""


def _period_words(period: Element | None) -> str:
    low, high = child(period, "low"), child(period, "high")
    if low is not None and high is not None:
        unit = attribute(high, "unit")
        same = unit == attribute(low, "unit") and unit in _UNITS and value_of(low) and value_of(high)
        return f"every {value_of(low)} to {value_of(high)} {_UNITS[unit]}s" if same else ""
    number, unit = as_number(value_of(period)), attribute(period, "unit")
    if number is None or number <= 0 or unit not in _UNITS:
        return ""
    return f"every {_UNITS[unit]}" if number == 1 else f"every {number_words(number)} {_UNITS[unit]}s"


def _as_needed(item: Element) -> Iterator[str]:
    for criterion in children(item, "precondition", "criterion"):
        value = child(criterion, "value")
        reason = words_of(value) or text_of(child(criterion, "text"))
        if reason:
            yield f"as needed for {reason[0].lower()}{reason[1:]}"
        elif has_template(criterion, "as_needed"):
            yield "as needed"


def _instructions(item: Element) -> str:
    """The sig in the author's own words: the free-text sig, else what the narrative row of the sig says."""
    for inner in children(item, "entryRelationship", "substanceAdministration"):
        if has_template(inner, "free_text_sig") and (words := text_of(child(inner, "text"))):
            return words
    return ""


def _unread(item: Element, span: Interval) -> Iterator[str]:
    """The parts that are there and were not understood, by name."""
    quantity = child(item, "doseQuantity")
    if quantity is not None and not null_flavor(quantity) and not quantity_words(quantity):
        yield "the dose"
    repeating = [
        time for time in children(item, "effectiveTime") if xsi_type(time) not in ("IVL_TS", "TS", "")
    ]
    if any(not null_flavor(time) and not _repeats(time) for time in repeating):
        yield "how often"
    if span.unread:
        yield "the dates"
    if span.contradicts_itself:
        yield "the dates, which contradict each other"
    inner = children(item, "entryRelationship", "substanceAdministration")
    if any(not has_template(step, "free_text_sig") for step in inner):
        yield "further steps of the dose"
