"""The parameters of a search, read: criteria, includes, sort order and paging wishes.

What is not understood is left out of `used`, and so out of the self link, which is how a server admits it; under
`Prefer: handling=strict` it is refused instead. Spec: https://hl7.org/fhir/R4/search.html#errors
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from samples.fhir.access import Access
from samples.fhir.confinement import require_own_patient
from samples.fhir.criteria import Criterion, criterion
from samples.fhir.errors import BadRequest, NotSupported
from samples.fhir.index_rows import IndexContext
from samples.fhir.search_table import SearchParameter, parameters, served_types

DEFAULT_COUNT = 50
MAX_COUNT = 200
_TRANSPORT = frozenset({"_format", "_pretty"})
"""Parameters of the answer's form, which are no part of the search."""


@dataclass(frozen=True)
class Include:
    """One _include (`reverse` False) or _revinclude: a reference parameter, perhaps with one target type."""

    parameter: SearchParameter
    target_type: str
    reverse: bool


@dataclass
class SearchRequest:
    """A search as it was understood; `used` are the parameters that counted."""

    resource_type: str
    criteria: list[Criterion] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    order: list[tuple[SearchParameter, bool]] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    with_total: bool = True
    used: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class SearchReader:
    """Reads search parameters for one caller."""

    access: Access
    context: IndexContext
    now: datetime

    def read(
        self, resource_type: str, params: Iterable[tuple[str, str]], *, strict: bool = False
    ) -> SearchRequest:
        """The search that these parameters ask for.

        Raises BadRequest for a value that cannot be read and, when strict, for a parameter that is not known; Forbidden
        when a confined caller names another patient.
        """
        request = SearchRequest(resource_type)
        for name, value in params:
            if name in _TRANSPORT:
                continue
            if self._apply(request, name, value):
                request.used.append((name, value))
            elif strict:
                raise NotSupported(
                    "a search parameter is unknown or empty, and handling=strict was asked for"
                )
        return request

    def _apply(self, request: SearchRequest, name: str, value: str) -> bool:
        control = _CONTROLS.get(name)
        if control:
            return control(request, value)
        code, _, modifier = name.partition(":")
        if code in ("_include", "_revinclude"):
            return _include(request, value, modifier, reverse=code == "_revinclude")
        parameter = parameters(request.resource_type).get(code)
        if parameter is None or not value.strip():
            return False
        condition = criterion(parameter, modifier, value, self.context, self.now)
        if modifier not in ("missing", "identifier"):
            for select in condition.selects:
                require_own_patient(self.access, parameter, request.resource_type, select)
        request.criteria.append(condition)
        return True


def _count(request: SearchRequest, value: str) -> bool:
    if not value.isascii() or not value.isdigit():
        raise BadRequest("_count must be a whole number")
    # Python refuses thousands of digits.
    request.count = min(int(value[:9]), MAX_COUNT)
    return True


def _sort(request: SearchRequest, value: str) -> bool:
    known = parameters(request.resource_type)
    for part in value.split(","):
        code = part.removeprefix("-")
        if code not in known:
            raise NotSupported("_sort names a parameter that this type is not sorted by")
        request.order.append((known[code], part.startswith("-")))
    return True


def _summary(request: SearchRequest, value: str) -> bool:
    if value == "count":
        request.count = 0
        return True
    if value == "false":
        return True
    if value in ("true", "text", "data"):
        return False  # whole resources are sent, and the self link says so
    raise BadRequest("_summary must be true, text, data, count or false")


def _total(request: SearchRequest, value: str) -> bool:
    if value not in ("none", "estimate", "accurate"):
        raise BadRequest("_total must be none, estimate or accurate")
    request.with_total = value != "none"
    return True


_CONTROLS: dict[str, Callable[[SearchRequest, str], bool]] = {
    "_count": _count,
    "_sort": _sort,
    "_summary": _summary,
    "_total": _total,
}


def _include(request: SearchRequest, value: str, modifier: str, *, reverse: bool) -> bool:
    """Reads `Task:owner` or `Task:owner:Practitioner`."""
    if modifier:
        raise NotSupported("_include and _revinclude are served without modifiers")
    source, code, target = (*value.split(":"), "", "")[:3]
    parameter = parameters(source).get(code) if source in served_types() else None
    if parameter is None or parameter.kind != "reference" or value.count(":") > 2:
        raise NotSupported(
            "_include and _revinclude take Type:parameter or Type:parameter:Type of a reference"
        )
    if target and target not in served_types():
        raise BadRequest("the target type of an include is not a type this server keeps")
    if not reverse and source != request.resource_type:
        raise BadRequest("an _include starts from the type that is searched")
    request.includes.append(Include(parameter, target, reverse))
    return True
