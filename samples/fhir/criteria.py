"""One search parameter with its value, as a condition on the index.

Each parameter kind has its own reading of a value (https://hl7.org/fhir/R4/search.html#ptypes). Commas mean OR, a
repeated parameter means AND. Values reach SQLite only as bound arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from samples.fhir.date_range import DateRange, NotADate, microseconds, parse_date
from samples.fhir.errors import BadRequest, NotSupported
from samples.fhir.index_rows import IMPLIED_SYSTEM, IndexContext, normalized
from samples.fhir.references import parse_reference
from samples.fhir.search_table import SearchParameter, served_types

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_LAST_CHARACTER = "\U0010ffff"
_APPROXIMATELY = 0.1

_DATE = "SELECT key FROM date_index WHERE param = ? AND "
_DATES = {
    "eq": (_DATE + "low >= ? AND high <= ?", ("low", "high")),
    "ne": (_DATE + "NOT (low >= ? AND high <= ?)", ("low", "high")),
    "gt": (_DATE + "high > ?", ("high",)),
    "lt": (_DATE + "low < ?", ("low",)),
    "ge": (_DATE + "(high > ? OR (low >= ? AND high <= ?))", ("high", "low", "high")),
    "le": (_DATE + "(low < ? OR (low >= ? AND high <= ?))", ("low", "low", "high")),
    "sa": (_DATE + "low >= ?", ("high",)),
    "eb": (_DATE + "high <= ?", ("low",)),
    "ap": (_DATE + "low < ? AND high > ?", ("high", "low")),
}
_QUANTITIES = {
    "eq": "SELECT key FROM quantity_index WHERE param = ? AND low >= ? AND high < ?",
    "ne": "SELECT key FROM quantity_index WHERE param = ? AND NOT (low >= ? AND high < ?)",
    "ap": "SELECT key FROM quantity_index WHERE param = ? AND high >= ? AND low < ?",
    "gt": "SELECT key FROM quantity_index WHERE param = ? AND high > ?",
    "lt": "SELECT key FROM quantity_index WHERE param = ? AND low < ?",
    "ge": "SELECT key FROM quantity_index WHERE param = ? AND high >= ?",
    "le": "SELECT key FROM quantity_index WHERE param = ? AND low <= ?",
    "sa": "SELECT key FROM quantity_index WHERE param = ? AND low > ?",
    "eb": "SELECT key FROM quantity_index WHERE param = ? AND high < ?",
}
_ANY = {
    "token": "SELECT key FROM token_index WHERE param = ?",
    "reference": "SELECT key FROM reference_index WHERE param = ?",
    "date": "SELECT key FROM date_index WHERE param = ?",
    "string": "SELECT key FROM string_index WHERE param = ?",
    "quantity": "SELECT key FROM quantity_index WHERE param = ?",
    "uri": "SELECT key FROM uri_index WHERE param = ?",
}
_MODIFIERS = {
    "token": {"", "not", "missing"},
    "reference": {"", "missing", "identifier"},
    "date": {"", "missing"},
    "string": {"", "missing", "exact", "contains"},
    "quantity": {"", "missing"},
    "uri": {"", "missing"},
}


@dataclass(frozen=True)
class Select:
    """A query that gives the keys of resources, with its arguments."""

    sql: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Criterion:
    """Resources whose key is among (or, `excluded`, not among) those of any of the selects."""

    selects: tuple[Select, ...]
    excluded: bool = False


def split_escaped(text: str, separator: str) -> list[str]:
    """Split at a separator that no backslash precedes; the parts keep their escapes."""
    return re.split(rf"(?<!\\){re.escape(separator)}", text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\,|$])", r"\1", text)


def criterion(
    parameter: SearchParameter, modifier: str, value: str, context: IndexContext, now: datetime
) -> Criterion:
    """The condition that `parameter:modifier=value` sets.

    Raises BadRequest for a value or modifier that cannot be read; a server must not guess at a modifier.
    """
    is_type = parameter.kind == "reference" and modifier in served_types()
    if modifier not in _MODIFIERS[parameter.kind] and not is_type:
        raise NotSupported(f"the modifier of the search parameter {parameter.code} is not supported")
    if modifier == "missing":
        return _missing(parameter, value)
    parts = [part for part in split_escaped(value, ",") if part]
    if not parts:
        raise BadRequest(f"the search parameter {parameter.code} has an empty value")
    reader = _Reader(parameter, modifier, context, now)
    return Criterion(tuple(reader.read(part) for part in parts), excluded=modifier == "not")


def _missing(parameter: SearchParameter, value: str) -> Criterion:
    if value not in ("true", "false"):
        raise BadRequest(f"{parameter.code}:missing must be true or false")
    anything = Select(_ANY[parameter.kind], (parameter.number,))
    return Criterion((anything,), excluded=value == "true")


@dataclass(frozen=True)
class _Reader:
    """Reads the values of one parameter, each into a select."""

    parameter: SearchParameter
    modifier: str
    context: IndexContext
    now: datetime

    def read(self, value: str) -> Select:
        kind = "token" if self.modifier == "identifier" else self.parameter.kind
        if kind == "token":
            return self._token(value)
        if kind == "reference":
            return self._reference(_unescaped(value))
        if kind == "date":
            return self._date(value)
        if kind == "string":
            return self._string(_unescaped(value))
        if kind == "quantity":
            return self._quantity(value)
        return Select(f"{_ANY['uri']} AND value = ?", (self.parameter.number, _unescaped(value)))

    def _token(self, value: str) -> Select:
        parts = [_unescaped(part) for part in split_escaped(value, "|")]
        if len(parts) > 2:
            raise BadRequest(f"the search parameter {self.parameter.code} takes system|code")
        number = self.parameter.number
        if len(parts) == 1:
            return Select(f"{_ANY['token']} AND code = ?", (number, parts[0]))
        system, code = parts
        if not code:
            return Select(f"{_ANY['token']} AND system = ?", (number, system))
        return Select(
            f"{_ANY['token']} AND code = ? AND system IN (?, ?)", (number, code, system, IMPLIED_SYSTEM)
        )

    def _reference(self, value: str) -> Select:
        number = self.parameter.number
        target = parse_reference(value, self.context.own_base)
        if self.modifier:
            typed = target.id if target.resource_type == self.modifier else value
            return Select(
                f"{_ANY['reference']} AND target_id = ? AND target_type = ?", (number, typed, self.modifier)
            )
        if target.local:
            return Select(
                f"{_ANY['reference']} AND target_id = ? AND target_type = ?",
                (number, target.id, target.resource_type),
            )
        return Select(f"{_ANY['reference']} AND target_id = ?", (number, target.url))

    def _date(self, value: str) -> Select:
        prefix, text = _prefixed(value)
        try:
            # A plus sign that was not percent-encoded arrives as a space.
            span = parse_date(text.replace(" ", "+"), self.context.zone)
        except NotADate as error:
            raise BadRequest(
                f"the search parameter {self.parameter.code} needs a date such as 2019-03-31"
            ) from error
        if prefix == "ap":
            span = self._widened(span)
        sql, ends = _DATES[prefix]
        return Select(sql, (self.parameter.number, *(getattr(span, end) for end in ends)))

    def _widened(self, span: DateRange) -> DateRange:
        """R4 suggests a tenth of the time between now and the date on either side."""
        slack = int(abs(microseconds(self.now) - span.low) * _APPROXIMATELY)
        return DateRange(span.low - slack, span.high + slack)

    def _string(self, value: str) -> Select:
        number = self.parameter.number
        if self.modifier == "exact":
            return Select(f"{_ANY['string']} AND exact = ?", (number, value))
        text = normalized(value)
        if self.modifier == "contains":
            return Select(f"{_ANY['string']} AND instr(value, ?) > 0", (number, text))
        return Select(
            f"{_ANY['string']} AND value >= ? AND value < ?", (number, text, text + _LAST_CHARACTER)
        )

    def _quantity(self, value: str) -> Select:
        parts = [_unescaped(part) for part in split_escaped(value, "|")]
        if len(parts) not in (1, 3):
            raise BadRequest(f"the search parameter {self.parameter.code} takes number or number|system|code")
        prefix, text = _prefixed(parts[0])
        sql, arguments = _QUANTITIES[prefix], tuple(_number_bounds(self.parameter.code, prefix, text))
        if len(parts) == 1 or not (parts[1] or parts[2]):
            return Select(sql, (self.parameter.number, *arguments))
        if parts[1]:
            return Select(
                f"{sql} AND system = ? AND code = ?", (self.parameter.number, *arguments, parts[1], parts[2])
            )
        return Select(f"{sql} AND ? IN (code, unit)", (self.parameter.number, *arguments, parts[2]))


def _prefixed(value: str) -> tuple[str, str]:
    return (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)


def _number_bounds(code: str, prefix: str, text: str) -> Iterator[float]:
    """The ends that a number sets: for equality, half a unit of its last written digit either way."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise BadRequest(f"the search parameter {code} needs a number") from error
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise BadRequest(f"the search parameter {code} needs a number")
    if prefix in ("eq", "ne", "ap"):
        half = Decimal(5).scaleb(exponent - 1)
        slack = max(half, abs(number) / 10) if prefix == "ap" else half
        yield float(number - slack)
        yield float(number + slack)
    else:
        yield float(number)
