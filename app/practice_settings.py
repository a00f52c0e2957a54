"""The `[ehr.practice]` table: what a practice says of itself, read with the EHR that it works in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.problems import Problems
from app.resource_directory_settings import read_resource_directory
from app.team_settings import read_team
from mappings.billing_rules import family_codes
from mappings.practice import Practice

PRACTICE_NAMES = frozenset(each.name for each in fields(Practice))
_BOUNDS = {
    "lost_after_attempts": (1, 20),
    "lost_within_days": (1, 366),
    "in_person_days": (7, 366),
    "ask_again_days": (1, 366),
}


def read_practice(
    table: Mapping[str, Any], where: str, problems: Problems, *, folder: Path = Path()
) -> Practice:
    """The practice of one `[[ehr]]` table; what is wrong goes into `problems`, and the default stands in its place.

    `folder` is that of the settings file, from which the files are found that it names.
    """
    given = table.get("practice", {})
    where = f"{where}practice: "
    if not isinstance(given, dict):
        problems.add(f"{where}must be a table, as [ehr.practice]")
        return Practice()
    problems.unknown_names(given, PRACTICE_NAMES, where=where)
    usual = Practice()

    def text(name: str) -> str:
        return problems.text(given, name, default=getattr(usual, name), where=where)

    def count(name: str) -> int:
        least, most = _BOUNDS[name]
        return problems.whole_number(
            given, name, default=getattr(usual, name), least=least, most=most, where=where
        )

    steps = "crisis_steps" in given
    return Practice(
        name=text("name"),
        program_name=text("program_name"),
        role_title=text("role_title"),
        care_manager_phone=text("care_manager_phone"),
        phone_hours=text("phone_hours"),
        after_hours_phone=text("after_hours_phone"),
        crisis_steps=problems.texts(given, "crisis_steps", where=where) if steps else usual.crisis_steps,
        crisis_numbers=_numbers(given, where, problems),
        lost_after_attempts=count("lost_after_attempts"),
        lost_within_days=count("lost_within_days"),
        in_person_days=count("in_person_days"),
        ask_again_days=count("ask_again_days"),
        program_families=_families(given, where, problems),
        **read_team(given, where, problems),
        resource_directory=read_resource_directory(given, where, folder, problems),
    )


def _numbers(given: Mapping[str, Any], where: str, problems: Problems) -> tuple[tuple[str, str], ...]:
    rows = given.get("crisis_numbers")
    if rows is None:
        return Practice().crisis_numbers
    if (
        isinstance(rows, dict)
        and rows
        and all(isinstance(each, str) and each.strip() for each in rows.values())
    ):
        return tuple((str(label), number) for label, number in rows.items())
    problems.add(
        f"{where}crisis_numbers must be a table of labels and numbers in quotes,"
        ' as { "County crisis line" = "555-0100" }'
    )
    return Practice().crisis_numbers


def _families(given: Mapping[str, Any], where: str, problems: Problems) -> tuple[str, ...]:
    usual = Practice().program_families
    if "program_families" not in given:
        return usual
    found = problems.texts(given, "program_families", where=where)
    known = family_codes()
    if found and len(set(found)) == len(found) and all(code in known for code in found):
        return found
    problems.add(f"{where}program_families must name services that are billed, each once: {', '.join(known)}")
    return usual
