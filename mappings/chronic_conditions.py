"""Which chronic condition groups a coded problem belongs to, from `chronic_conditions.toml`.

The group is a suggestion for the person enrolling; two diagnoses of one group count once, as HCUP counts
chronic conditions (https://hcup-us.ahrq.gov/toolssoftware/chronic_icd10/chronic_icd10.jsp). A code matches by
its system: ICD-10-CM by prefix, dotted or not, and SNOMED CT by the exact concepts listed.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mappings.coding_systems import ICD10CM, SNOMED
from mappings.terminology import codes_of


@dataclass(frozen=True)
class ChronicGroup:
    """One plain-words group; the prefixes bear no dots."""

    name: str
    icd10cm: tuple[str, ...]
    snomed: frozenset[str]


@cache
def chronic_groups() -> tuple[ChronicGroup, ...]:
    """Every group, in the order in which they are shown."""
    table = tomllib.loads(files("mappings").joinpath("chronic_conditions.toml").read_text("utf-8"))
    return tuple(
        ChronicGroup(row["name"], tuple(map(_undotted, row["icd10cm"])), frozenset(row["snomed"]))
        for row in table["group"]
    )


def groups_of(code: Any) -> tuple[str, ...]:
    """The names of the groups that a Condition.code belongs to, most important first; () for none."""
    snomed = codes_of(code, SNOMED)
    icd = tuple(_undotted(item) for item in codes_of(code, ICD10CM))
    return tuple(
        group.name
        for group in chronic_groups()
        if snomed & group.snomed or any(item.startswith(group.icd10cm) for item in icd)
    )


def _undotted(code: str) -> str:
    return code.replace(".", "").upper()
