"""SMART scopes, v1 and v2, as one question: may this launch do that with this resource type?

What was granted is what counts, not what was asked: the screen follows it. A scope that is not understood grants
nothing but is kept in the text. A v2 scope with a filter (`?category=...`) counts as allowing, since the server applies
the filter. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Level = Literal["patient", "user", "system"]
LEVELS: tuple[Level, ...] = ("patient", "user", "system")

_RESOURCE_SCOPE = re.compile(
    r"(?P<level>patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]*)\."
    r"(?P<may>read|write|\*|c?r?u?d?s?)(?:\?(?P<filter>\S+))?"
)
"""v2 letters come in the order c r u d s ("SHALL be in order"); v1 scopes have no filter."""

_V1_LETTERS = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True)
class ScopeSet:
    """The scopes of one grant, in the order in which they were written, each once."""

    scopes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> ScopeSet:
        """Reads a `scope` parameter (RFC 6749 section 3.3: tokens separated by spaces)."""
        return cls(tuple(dict.fromkeys(text.split())))

    @property
    def text(self) -> str:
        """The `scope` parameter again."""
        return " ".join(self.scopes)

    def __contains__(self, scope: str) -> bool:
        return scope in self.scopes

    def __iter__(self) -> Iterator[str]:
        return iter(self.scopes)

    def allows(self, resource_type: str, letter: str, *, levels: tuple[Level, ...] = LEVELS) -> bool:
        """Whether a scope of one of `levels` allows the interaction.

        `letter` is SMART v2's: c create, r read, u update, d delete, s search. v1's `read` is r and s, `write` is
        c, u and d.
        """
        return any((level, name, letter) in self._grants for level in levels for name in (resource_type, "*"))

    def within(self, limit: ScopeSet) -> ScopeSet:
        """Of these scopes what `limit` allows as well, each in the narrower of its two spellings.

        A scope that opens no resources (`openid`) stays. A server that gives more than it was asked for, or more at a
        refresh than before, gives no more by that (SMART: "the same as the scope of the original access token").
        """
        kept = [scope for scope in self if limit._covers(scope)]
        narrower = [scope for scope in limit if any(_grants_of(scope)) and self._covers(scope)]
        return ScopeSet(tuple(dict.fromkeys((*kept, *narrower))))

    def _covers(self, scope: str) -> bool:
        return all(self.allows(name, letter, levels=(level,)) for level, name, letter in _grants_of(scope))

    @cached_property
    def _grants(self) -> frozenset[tuple[Level, str, str]]:
        return frozenset(grant for scope in self.scopes for grant in _grants_of(scope))


def _grants_of(scope: str) -> Iterator[tuple[Level, str, str]]:
    found = _RESOURCE_SCOPE.fullmatch(scope)
    if found is None or (found["may"] in _V1_LETTERS and found["filter"]):
        return
    level: Level = next(name for name in LEVELS if name == found["level"])
    for letter in _V1_LETTERS.get(found["may"], found["may"]):
        yield level, found["type"], letter


ENUMERATES = 3
"""Resource types that a server names at one level, without a wildcard there, before its list is taken for complete."""


def without_unsupported(asked: ScopeSet, supported: Iterable[str]) -> ScopeSet:
    """`asked` without the resource scopes that `scopes_supported` evidently leaves out.

    Real lists are mostly examples or wildcards, and such a list says nothing. At a level where one names several types
    and no wildcard, a type that is missing, or a v2 letter that no listed scope has, would only be refused.
    https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#metadata (`scopes_supported`)
    """
    listed = frozenset(grant for scope in supported for grant in _grants_of(scope))
    complete = {
        level
        for level in LEVELS
        if not any((level, "*") == grant[:2] for grant in listed)
        if len({name for of, name, _ in listed if of == level}) >= ENUMERATES
    }
    return ScopeSet(tuple(kept for scope in asked for kept in _supported(scope, listed, complete)))


def _supported(scope: str, listed: frozenset[tuple[Level, str, str]], complete: Set[str]) -> Iterator[str]:
    found = _RESOURCE_SCOPE.fullmatch(scope)
    if found is None or found["level"] not in complete or found["type"] == "*":
        yield scope
        return
    asked = _V1_LETTERS.get(found["may"], found["may"])
    letters = "".join(letter for letter in asked if (found["level"], found["type"], letter) in listed)
    if not letters:
        return
    if found["may"] in _V1_LETTERS or letters == asked:
        yield scope
    else:
        yield f"{found['level']}/{found['type']}.{letters}" + (
            f"?{found['filter']}" if found["filter"] else ""
        )


def for_launch(text: str, *, in_ehr: bool) -> ScopeSet:
    """The scopes to ask for, with the launch scope that fits: `launch` in the EHR, `launch/patient` outside it.

    Asking for both makes some EHRs show a patient picker inside the chart. Standalone, `launch/patient` is added where
    a `patient/` scope needs a patient.
    https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#requesting-context-with-scopes
    """
    asked = ScopeSet.parse(text).scopes
    if in_ehr:
        kept = tuple(scope for scope in asked if scope not in ("launch", "launch/patient"))
        return ScopeSet(("launch", *kept))
    kept = tuple(scope for scope in asked if scope != "launch")
    wants_patient = any(scope.startswith("patient/") for scope in kept) and "launch/patient" not in kept
    return ScopeSet(("launch/patient", *kept) if wants_patient else kept)
