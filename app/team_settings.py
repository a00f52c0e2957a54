"""What `[ehr.practice]` says of the team: where the care manager is, who answers which questions, and how soon."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from app.origins import is_origin
from app.problems import Problems
from fhir_profiles.terminology import codes
from mappings.dates import WEEKDAYS

MOST_DAYS = 30
TEAM_NAMES = ("answer_days", "answered_by", "needs_answer", "whereabouts", "chart_link")
PATIENT = "{patient}"


def read_team(given: Mapping[str, Any], where: str, problems: Problems) -> dict[str, Any]:
    """The fields of a Practice in TEAM_NAMES; what is wrong goes into `problems` and counts as not said."""
    topics = codes("question-topic")
    return {
        "answer_days": _days(given, where, topics, problems),
        "answered_by": _texts(given, "answered_by", where, topics, problems, 'help = "Kim Ortiz"'),
        "needs_answer": _topics(given, where, topics, problems),
        "whereabouts": _texts(
            given, "whereabouts", where, WEEKDAYS, problems, 'Mon = "Main Street, 8 to 12"'
        ),
        "chart_link": _chart_link(given, where, problems),
    }


def _chart_link(given: Mapping[str, Any], where: str, problems: Problems) -> str:
    link = problems.text(given, "chart_link", default="", where=where)
    parts = urlsplit(link)
    if link and not (is_origin(f"{parts.scheme}://{parts.netloc}") and link.count(PATIENT) == 1):
        example = f"https://ehr.example/chart/{PATIENT}"
        problems.add(f"{where}chart_link must be an address with {PATIENT} in it, as {example}")
        return ""
    return link


def _texts(
    given: Mapping[str, Any],
    name: str,
    where: str,
    known: Collection[str],
    problems: Problems,
    example: str,
) -> tuple[tuple[str, str], ...]:
    table = given.get(name, {})
    right = isinstance(table, dict) and all(isinstance(each, str) and each.strip() for each in table.values())
    if right and not set(table) - set(known):
        return tuple((key, table[key]) for key in known if key in table)
    problems.add(f"{where}{name} must be a table of texts, as {{ {example} }}, for {', '.join(known)}")
    return ()


def _days(
    given: Mapping[str, Any], where: str, topics: Collection[str], problems: Problems
) -> tuple[tuple[str, int], ...]:
    table = given.get("answer_days", {})
    right = isinstance(table, dict) and all(type(each) is int for each in table.values())
    if right and not set(table) - set(topics) and all(0 <= each <= MOST_DAYS for each in table.values()):
        return tuple((key, table[key]) for key in topics if key in table)
    problems.add(
        f"{where}answer_days must be a table of whole numbers from 0 to {MOST_DAYS}, as {{ medicines = 1 }},"
        f" for {', '.join(topics)}"
    )
    return ()


def _topics(
    given: Mapping[str, Any], where: str, topics: Collection[str], problems: Problems
) -> tuple[str, ...]:
    if "needs_answer" not in given:
        return ()
    found = problems.texts(given, "needs_answer", where=where)
    if set(found) <= set(topics):
        return found
    problems.add(f"{where}needs_answer must name topics of {', '.join(topics)}")
    return ()
