"""What a resource is found by: its elements turned into rows of the index, one shape for each kind of parameter.

Rows are made when a resource is written, so that a search is SQL alone. Which row an element gives depends on its
data type, and R4 types can be told apart by their members (a Coding has `code`, an Identifier `value`).
Spec: https://hl7.org/fhir/R4/search.html#ptypes
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from samples.fhir.date_range import EARLIEST, LATEST, DateRange, NotADate, parse_date
from samples.fhir.references import parse_reference
from samples.fhir.search_table import extractors

IMPLIED_SYSTEM = "*"
"""The system of a `code` or boolean, which R4 binds to a value set instead of writing it in the data."""

_CONTACT_SYSTEMS = frozenset({"phone", "fax", "email", "pager", "url", "sms", "other"})
_NAME_AND_ADDRESS_PARTS = (
    "text", "family", "given", "prefix", "suffix",
    "line", "city", "district", "state", "postalCode", "country",
)  # fmt: skip
_SPACES = re.compile(r"\s+")

Row = tuple[Any, ...]


@dataclass
class IndexRows:
    """The rows of one resource, each beginning with the search parameter's number."""

    token: set[Row] = field(default_factory=set)
    reference: set[Row] = field(default_factory=set)
    date: set[Row] = field(default_factory=set)
    string: set[Row] = field(default_factory=set)
    quantity: set[Row] = field(default_factory=set)
    uri: set[Row] = field(default_factory=set)


@dataclass(frozen=True)
class IndexContext:
    """What reading an element needs to know: this server's base URL and the practice's time zone."""

    own_base: str
    zone: tzinfo


def index_rows(resource: dict[str, Any], context: IndexContext) -> IndexRows:
    """Every index row of a resource. Elements that are not what R4 says they are give no row."""
    rows = IndexRows()
    for parameter, extract in extractors(resource["resourceType"]):
        elements = extract(resource)
        if not elements:
            continue
        table: set[Row] = getattr(rows, parameter.kind)
        table.update((parameter.number, *row) for row in kind_rows(parameter.kind, elements, context))
        if parameter.kind == "reference":
            rows.token.update((parameter.number, *row) for row in _logical_rows(elements))
    return rows


def kind_rows(kind: str, elements: Iterable[Any], context: IndexContext) -> Iterator[Row]:
    """The rows that these elements give to a search parameter of this kind."""
    for element in elements:
        if kind == "token":
            yield from token_rows(element)
        elif kind == "reference":
            yield from _reference_rows(element, context.own_base)
        elif kind == "date":
            yield from _date_rows(element, context.zone)
        elif kind == "string":
            yield from _string_rows(element)
        elif kind == "quantity":
            yield from _quantity_rows(element)
        elif isinstance(element, str):
            yield (element,)


def token_rows(element: Any) -> Iterator[tuple[str, str]]:
    """(system, code) pairs of a code, boolean, Coding, CodeableConcept, Identifier or ContactPoint."""
    if isinstance(element, bool):
        yield IMPLIED_SYSTEM, "true" if element else "false"
    elif isinstance(element, str):
        yield IMPLIED_SYSTEM, element
    elif isinstance(element, dict):
        codings = element.get("coding")
        for coding in codings if isinstance(codings, list) else ():
            yield from _coded(coding, "code")
        yield from _coded(element, "code")
        yield from _coded(element, "value")


def _coded(element: Any, member: str) -> Iterator[tuple[str, str]]:
    code = element.get(member) if isinstance(element, dict) else None
    if not isinstance(code, str):
        return
    system = element.get("system")
    if not isinstance(system, str):
        system = ""
    yield (IMPLIED_SYSTEM if system in _CONTACT_SYSTEMS else system), code


def _reference_rows(element: Any, own_base: str) -> Iterator[tuple[str, str]]:
    """(target id, target type); a target elsewhere, or a canonical, has its URL as id and no type."""
    reference = element.get("reference") if isinstance(element, dict) else element
    if not isinstance(reference, str) or reference.startswith("#"):
        return
    target = parse_reference(reference, own_base)
    if target.local:
        yield target.id, target.resource_type
        return
    yield target.url, ""
    if not isinstance(element, dict) and "|" in reference:
        yield reference.split("|")[0], ""  # a canonical is also found without its version


def _logical_rows(elements: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """References by identifier only, for the `:identifier` modifier."""
    for element in elements:
        identifier = element.get("identifier") if isinstance(element, dict) else None
        yield from _coded(identifier, "value")


def _date_rows(element: Any, zone: tzinfo) -> Iterator[tuple[int, int]]:
    for span in _spans(element, zone):
        yield span.low, span.high


def _spans(element: Any, zone: tzinfo) -> Iterator[DateRange]:
    """The range of a date, dateTime, instant or Period; for a Timing its events, or else its bounds."""
    if isinstance(element, str):
        span = _parsed(element, zone)
        if span:
            yield span
    elif isinstance(element, dict) and ("start" in element or "end" in element):
        yield from _period(element, zone)
    elif isinstance(element, dict):
        for event in element.get("event") or ():
            yield from _spans(event, zone)
        repeat = element.get("repeat")
        if isinstance(repeat, dict) and isinstance(repeat.get("boundsPeriod"), dict):
            yield from _period(repeat["boundsPeriod"], zone)


def _period(period: dict[str, Any], zone: tzinfo) -> Iterator[DateRange]:
    start, end = _parsed(period.get("start"), zone), _parsed(period.get("end"), zone)
    if start or end:
        yield DateRange(start.low if start else EARLIEST, end.high if end else LATEST)


def _parsed(text: Any, zone: tzinfo) -> DateRange | None:
    if not isinstance(text, str):
        return None
    try:
        return parse_date(text, zone)
    except NotADate:
        return None


def _string_rows(element: Any) -> Iterator[tuple[str, str]]:
    """(normalized, as written) of a string, or of each part of a HumanName or Address."""
    if isinstance(element, str):
        yield normalized(element), element
    elif isinstance(element, dict):
        for part in _NAME_AND_ADDRESS_PARTS:
            values = element.get(part)
            for value in values if isinstance(values, list) else (values,):
                if isinstance(value, str):
                    yield normalized(value), value


def normalized(text: str) -> str:
    """Text as string searches compare it: without case, accents or repeated spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _SPACES.sub(" ", plain.casefold()).strip()


def _quantity_rows(element: Any) -> Iterator[tuple[float, float, str, str, str]]:
    """(low, high, system, code, unit) of a Quantity, or of a Range with its own low and high."""
    if not isinstance(element, dict):
        return
    low, high = (element, element) if "value" in element else (element.get("low"), element.get("high"))
    bounds = [bound for bound in (low, high) if isinstance(bound, dict)]
    if not bounds or not all(isinstance(b.get("value"), int | float | Decimal) for b in bounds):
        return
    system, code, unit = (str(bounds[0].get(member) or "") for member in ("system", "code", "unit"))
    yield (
        float(low["value"]) if isinstance(low, dict) else float("-inf"),
        float(high["value"]) if isinstance(high, dict) else float("inf"),
        system,
        code,
        unit,
    )
