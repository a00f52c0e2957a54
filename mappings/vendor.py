"""Reads what is known of an EHR vendor from `vendors/<name>.toml`: facts, each with its source and date.

They come second. What the site's own `/metadata` and the granted scopes say is read first at run time; these facts fill
in what metadata does not say (which search parameter is required, what error 4113 means, whether a page link expires)
and what is known before there is a token (the fields of a registration form).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TypeVar

from mappings.data_file import DataTable, data_table
from mappings.errors import UnknownVendor
from mappings.rung import Rung
from mappings.vendor_facts import (
    DocumentRules,
    ErrorKind,
    Fact,
    FormValue,
    Mark,
    Note,
    Paging,
    PagingStyle,
    Precondition,
    Registration,
    RegistrationField,
    ScopeAdvice,
    ScopeStyle,
    SearchRule,
    SignOff,
    SystemInteraction,
    TenancyParameter,
    UpdateStyle,
    Vendor,
    VendorError,
)

__all__ = ["VENDORS", "Vendor", "vendor"]

VENDORS = ("generic", "epic", "oracle", "athena", "ecw", "canvas", "medplum", "openemr")
"""Every vendor of whom facts are kept; `generic` is an EHR of whom none are."""

Value = TypeVar("Value")


@cache
def vendor(name: str) -> Vendor:
    """The facts of the vendor `name`. Raises UnknownVendor, and DataFileError where our own file is wrong."""
    if name not in VENDORS:
        raise UnknownVendor(name, VENDORS)
    return read_vendor(name, data_table(f"vendors/{name}.toml"))


def read_vendor(name: str, table: DataTable) -> Vendor:
    """One vendor's file as facts. Raises DataFileError for what is missing, unknown or of the wrong kind."""
    facts = _Facts(table)
    required = facts.by_type("required_search", _required)
    found = Vendor(
        name=name,
        label=table.text("label"),
        interactions=facts.by_type("interactions", lambda row: frozenset(row.texts("codes"))),
        required_search={kind: parameters for kind, (parameters, _) in required.items()},
        search_alternatives={kind: unless for kind, (_, unless) in required.items() if unless},
        search_rules=facts.rows("search_rule", _search_rule),
        closed_date_ranges=facts.value("closed_date_ranges", lambda row: row.flag("needed")),
        update_style=facts.by_type("update_style", lambda row: row.choice("style", UpdateStyle)),
        system=facts.value("system", lambda row: row.choice("most", SystemInteraction)),
        paging=facts.row("paging", _paging),
        error_codes={error.code: error for error in facts.rows("error", _error)},
        precondition=facts.value("precondition", lambda row: row.choice("header", Precondition)),
        conditional_create=facts.value("conditional_create", lambda row: row.flag("offered")),
        token_seconds=facts.value("access_token", lambda row: row.number("seconds")),
        scopes=facts.row("scopes", _scopes),
        tenancy=facts.rows("tenancy", _tenancy),
        document=facts.row("document", _document),
        sign_off=facts.row("sign_off", _sign_off),
        ladder_order=facts.value("ladder", _ladder),
        registration=facts.row("registration", _registration(facts)),
        notes=facts.rows("note", lambda row, fact: Note(row.text("words"), fact)),
        facts=facts.found,
    )
    table.done()
    return found


class _Facts:
    """Reads the rows of one file; each names its source, and `found` keeps those of the plain values."""

    def __init__(self, table: DataTable) -> None:
        self._table = table
        self._sources = {key: _source(row) for key, row in table.named_tables("sources")}
        self.found: dict[str, Fact] = {}

    def value(self, name: str, take: Callable[[DataTable], Value]) -> Value:
        """The one plain value of a table."""
        row = self._table.table(name)
        value = take(row)
        self.found[name] = self._fact(row)
        return value

    def by_type(self, name: str, take: Callable[[DataTable], Value]) -> dict[str, Value]:
        """A plain value for each resource type; a row names all the types of which it is true."""
        values: dict[str, Value] = {}
        for row in self._table.tables(name):
            value, types = take(row), row.texts("types")
            fact = self._fact(row)
            for kind in types:
                if kind in values:
                    raise self._table.error(name, f"{kind} is there twice")
                values[kind] = value
                self.found[f"{name}.{kind}"] = fact
        return values

    def row(self, name: str, make: Callable[[DataTable, Fact], Value]) -> Value:
        """A table as an object that bears its fact."""
        return self.made(self._table.table(name), make)

    def rows(self, name: str, make: Callable[[DataTable, Fact], Value]) -> tuple[Value, ...]:
        """A list of tables as objects that bear their facts."""
        return tuple(self.made(row, make) for row in self._table.tables(name))

    def made(self, row: DataTable, make: Callable[[DataTable, Fact], Value]) -> Value:
        """One table as an object; what `make` leaves over is refused."""
        source, mark = row.text("source"), row.choice("mark", Mark, Mark.VERIFIED)
        value = make(row, self._found(row, source, mark))
        row.done()
        return value

    def _fact(self, row: DataTable) -> Fact:
        fact = self._found(row, row.text("source"), row.choice("mark", Mark, Mark.VERIFIED))
        row.done()
        return fact

    def _found(self, row: DataTable, source: str, mark: Mark) -> Fact:
        if source not in self._sources:
            raise row.error("source", f"{source} is none of the sources of this file")
        return replace(self._sources[source], mark=mark)


def _source(row: DataTable) -> Fact:
    fact = Fact(row.text("title"), row.day("date"), Mark.VERIFIED, row.text("url", default=""))
    row.done()
    return fact


def _required(row: DataTable) -> tuple[tuple[tuple[str, str], ...], frozenset[str]]:
    return row.pairs("parameters"), frozenset(row.texts("unless", default=()))


def _search_rule(row: DataTable, fact: Fact) -> SearchRule:
    return SearchRule(row.text("type"), row.text("words"), fact)


def _paging(row: DataTable, fact: Fact) -> Paging:
    style = row.choice("style", PagingStyle)
    return Paging(style, row.flag("expires"), row.text("expired_code", default=""), row.text("words"), fact)


def _error(row: DataTable, fact: Fact) -> VendorError:
    kind = row.choice("kind", ErrorKind)
    return VendorError(row.text("code"), kind, row.text("meaning"), row.text("action"), fact)


def _scopes(row: DataTable, fact: Fact) -> ScopeAdvice:
    return ScopeAdvice(row.choice("style", ScopeStyle), row.text("words"), fact)


def _tenancy(row: DataTable, fact: Fact) -> TenancyParameter:
    return TenancyParameter(row.text("name"), row.text("words"), fact)


def _document(row: DataTable, fact: Fact) -> DocumentRules:
    return DocumentRules(row.texts("mime_types"), row.flag("dates_need_time"), row.text("words"), fact)


def _sign_off(row: DataTable, fact: Fact) -> SignOff:
    return SignOff(row.texts("products"), row.text("words"), fact)


def _ladder(row: DataTable) -> tuple[Rung, ...]:
    order = tuple(row.each("order", Rung))
    if set(order) != set(Rung) or len(order) != len(Rung):
        raise row.error("order", "must hold each rung once")
    if order[0] is not Rung.NATIVE or order[-1] is not Rung.COPY_READY:
        raise row.error("order", "only the two rungs in the middle may change places")
    return order


def _registration(facts: _Facts) -> Callable[[DataTable, Fact], Registration]:
    def made(row: DataTable, fact: Fact) -> Registration:
        fields = tuple(facts.made(field, _registration_field) for field in row.tables("field"))
        return Registration(row.text("where"), row.text("url", default=""), row.text("words"), fields, fact)

    return made


def _registration_field(row: DataTable, fact: Fact) -> RegistrationField:
    value = row.choice("value", FormValue)
    answer = row.text("answer") if value is FormValue.FIXED else ""
    return RegistrationField(
        row.text("name"), value, answer, row.text("advice", default=""), row.flag("required"), fact
    )
