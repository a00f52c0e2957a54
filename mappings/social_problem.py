"""Which problems of the list tell of a social need (no ride, no food, no safety), from `social_problems.toml`.

A social need is a reason to refer and a reason for a higher risk level; it is never counted as a chronic condition.
ICD-10-CM Z55 to Z65 by prefix, SNOMED CT by the findings listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from mappings.condition import Problem
from mappings.data_file import DataTable, data_table


@dataclass(frozen=True)
class SocialNeed:
    """One kind of need: its words, the reason for a referral that it gives, and its codes (ICD-10-CM undotted)."""

    name: str
    reason: str
    icd10cm: tuple[str, ...]
    snomed: frozenset[str]

    def holds(self, codes: frozenset[str]) -> bool:
        """True when one of a problem's codes belongs to this need."""
        return bool(codes & self.snomed) or any(
            code.replace(".", "").upper().startswith(self.icd10cm) for code in codes
        )


@dataclass(frozen=True)
class SocialProblem:
    """A problem of the list and the need that it tells of."""

    need: SocialNeed
    problem: Problem


@cache
def social_needs() -> tuple[SocialNeed, ...]:
    """Every need, in the order in which they are tried. Raises DataFileError where our own file is wrong."""
    table = data_table("social_problems.toml")
    table.text("source")
    table.day("checked")
    rows = tuple(_need(row) for row in table.tables("need"))
    table.done()
    return rows


def _need(row: DataTable) -> SocialNeed:
    made = SocialNeed(
        name=row.text("name"),
        reason=row.text("reason"),
        icd10cm=tuple(code.replace(".", "").upper() for code in row.texts("icd10cm")),
        snomed=frozenset(row.texts("snomed")),
    )
    row.done()
    return made


def social_problems(rows: Sequence[Problem]) -> tuple[SocialProblem, ...]:
    """The active problems that tell of a social need, in the order of the list."""
    found = ((next((need for need in social_needs() if need.holds(row.codes)), None), row) for row in rows)
    return tuple(SocialProblem(need, row) for need, row in found if need and row.active)
