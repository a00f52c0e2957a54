"""One broken rule in one resource: where, which, and what would be right.

Messages speak of elements and rules and never repeat a value, so they may be logged and shown to anyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

NOT_FHIR: Final = "structure"
UNKNOWN_ELEMENT: Final = "unknown-element"
CARDINALITY: Final = "cardinality"
TYPE: Final = "type"
CHOICE: Final = "choice"
FIXED: Final = "fixed"
PATTERN: Final = "pattern"
SLICE: Final = "slice"
BINDING: Final = "binding"
RANGE: Final = "range"
REFERENCE: Final = "reference"
NARRATIVE: Final = "narrative"
PROFILE: Final = "profile"
CONTEXT: Final = "context"


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule. ``rule`` is one of this module's names, or the key of an invariant such as ``gol-1``."""

    path: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: [{self.rule}] {self.message}"

    def below(self, prefix: str) -> Problem:
        """The same problem in a resource that stands at ``prefix`` of another."""
        return replace(self, path=f"{prefix}:{self.path}")


def json_path(root: str, parts: Iterable[str | int]) -> str:
    """``Task`` and ``("output", 0, "type")`` as ``Task.output[0].type``."""
    return root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def distinct(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """One problem for each place and rule: several checks may find the same thing."""
    return tuple({(each.path, each.rule): each for each in reversed(problems)}.values())[::-1]
