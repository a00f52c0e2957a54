"""How many chronic conditions a choice of problems makes, and which problem stands for which condition.

Several diagnoses of one group count once, as HCUP counts (https://hcup-us.ahrq.gov/toolssoftware/chronic_icd10), and
one diagnosis never counts twice although its code may name two groups: "hypertensive heart disease" alone is one. A
problem that no value set knows counts by itself when the clinician picks it: the pick is the truth, the groups only
keep the same thing from being counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mappings.condition import Problem


@dataclass(frozen=True)
class CountedCondition:
    """One condition that counts: the group's name (or the problem's words) and the problems that make it up."""

    name: str
    problems: tuple[Problem, ...]


def counted(chosen: Sequence[Problem]) -> tuple[CountedCondition, ...]:
    """The conditions that these problems make, in the order of the problems; its length is the count.

    Each problem stands for one of its groups so that as many conditions as possible are told apart, and every other
    problem is listed with the condition that it repeats.
    """
    groups = {index: row.chronic_groups or (row.text,) for index, row in enumerate(chosen)}
    holder = _holders(groups)
    names = {index: name for name, index in holder.items()}
    for index, of in groups.items():
        names.setdefault(index, next(name for name in of if name in holder))
    order = dict.fromkeys(names[index] for index in groups)
    return tuple(
        CountedCondition(name, tuple(row for index, row in enumerate(chosen) if names[index] == name))
        for name in order
    )


def _holders(groups: Mapping[int, Sequence[str]]) -> dict[str, int]:
    """Which problem holds each group, in a largest possible pairing (Kuhn's augmenting paths)."""
    holder: dict[str, int] = {}
    for index in groups:
        _place(index, groups, holder, set())
    return holder


def _place(index: int, groups: Mapping[int, Sequence[str]], holder: dict[str, int], tried: set[str]) -> bool:
    for name in groups[index]:
        if name in tried:
            continue
        tried.add(name)
        if name not in holder or _place(holder[name], groups, holder, tried):
            holder[name] = index
            return True
    return False
