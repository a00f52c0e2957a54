"""Scopes with a search parameter: which resources `patient/Observation.rs?category=laboratory` reaches.

The same rule twice, as SQL for a search and on one resource for a read or a write. Token parameters only: a value is
`code`, `system|code` or `system|`, several are separated by commas.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters
"""

from __future__ import annotations

from typing import Any

from samples.fhir.access import Limit
from samples.fhir.criteria import Select, split_escaped
from samples.fhir.index_rows import IMPLIED_SYSTEM, IndexContext, kind_rows
from samples.fhir.search_table import extractors, parameters

_WANTED = {
    (False, True): "code = ?",
    (True, False): "system = ?",
    (True, True): f"(system IN (?, '{IMPLIED_SYSTEM}') AND code = ?)",
}


def limits_on(resource_type: str) -> frozenset[str]:
    """The search parameters that a scope on this type may be limited by."""
    served = parameters(resource_type)
    return frozenset({"category"} & served.keys()) if "category" in served else frozenset()


def token_values(value: str) -> tuple[tuple[str, str], ...]:
    """The (system, code) pairs that a value names, "" for what it leaves open; empty when it cannot be read."""
    pairs = []
    for part in value.split(","):
        pieces = split_escaped(part, "|")
        if not part or len(pieces) > 2 or pieces in (["", ""], [""]):
            return ()
        system, code = pieces if len(pieces) == 2 else ("", pieces[0])
        pairs.append((system, code))
    return tuple(pairs)


def limit_select(limit: Limit) -> Select:
    """The keys of the resources within a limit."""
    parameter = parameters(limit.resource_type)[limit.parameter]
    wanted: list[str] = []
    arguments: list[Any] = [parameter.number]
    for system, code in token_values(limit.value):
        wanted.append(_WANTED[bool(system), bool(code)])
        arguments += [each for each in (system, code) if each]
    sql = " OR ".join(wanted) or "FALSE"
    # The words of the condition are this file's own; what was sent is bound.
    return Select(f"SELECT key FROM token_index WHERE param = ? AND ({sql})", tuple(arguments))  # noqa: S608  # placeholders


def within_limit(limit: Limit, resource: dict[str, Any], context: IndexContext) -> bool:
    """True when the resource is one that the limit's search would find."""
    rows = {
        row[:2]
        for parameter, extract in extractors(resource["resourceType"])
        if parameter.code == limit.parameter
        for row in kind_rows("token", extract(resource), context)
    }
    return any(_matches(row, wanted) for row in rows for wanted in token_values(limit.value))


def _matches(row: tuple[str, str], wanted: tuple[str, str]) -> bool:
    (system, code), (wanted_system, wanted_code) = row, wanted
    if wanted_code and code != wanted_code:
        return False
    if not wanted_system:
        return True
    return system == wanted_system or (bool(wanted_code) and system == IMPLIED_SYSTEM)
