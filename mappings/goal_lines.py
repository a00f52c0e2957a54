"""The note lines of a goal that Chartside reads again, so that a goal says the same where a server drops extensions.

Each begins in a fixed way; of lines of one kind the last counts, and every earlier one stays as the goal's history.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from fhir_profiles import canonical
from fhir_profiles.terminology import codes
from mappings import dates
from mappings.element import as_object, as_objects, as_text
from mappings.narrative import clean, fixed_line, read_fixed_line

_DAY = re.compile(r"\((\d{4}-\d{2}-\d{2})\)", re.ASCII)
WORDS_LINE = "In the patient's words: "
HOW_LINE = "How: "
WHY_LINE = "Why it matters: "
CONFIDENT_LINE = "To be more confident: "
AGREEMENT_LINE = "Agreement: "
FOLLOWS_LINE = "Follows the goal in the chart: "
PROGRESS_LINE = "Progress: "
ENDED_LINE = "Goal ended "
CHANGED_LINE = "Goal changed, "
TAKEN_OUT = "(taken out)"
"""What a line says from the day on which nothing is to stand there any more."""
FACTS_TITLE = "Care management goal"
AGREEMENT = {
    "agree": "the patient agrees to this goal",
    "pending": "the patient wants to think about this goal",
    "disagree": "the patient does not agree to this goal",
}
WHOSE = {
    "patient": "the patient",
    "caregiver": "a caregiver",
    "care-manager": "the care manager",
    "provider": "the provider",
}


def note_texts(goal: dict[str, Any]) -> list[str]:
    """The texts of a goal's notes, oldest first."""
    texts = (note.get("text") for note in as_objects(goal.get("note")))
    return [clean(text) for text in texts if isinstance(text, str)]


def last_line(goal: dict[str, Any], begins: str) -> str:
    """What the last line of a kind says after its beginning; "" where there is none."""
    found = [text for text in note_texts(goal) if text.startswith(begins)]
    said = as_text(found[-1].removeprefix(begins)) if found else ""
    return "" if said == TAKEN_OUT else said


def patients_words(goal: dict[str, Any]) -> str:
    """The goal as the patient put it."""
    for extension in as_objects(goal.get("extension")):
        said = as_text(extension.get("valueString"))
        if as_text(extension.get("url")) == canonical.extension("patients-words") and said:
            return said
    return last_line(goal, WORDS_LINE)


def agreement_line(accepted: str, day: date) -> str:
    """ "Agreement: the patient agrees to this goal (2026-11-21)"."""
    return f"{AGREEMENT_LINE}{AGREEMENT[accepted]} ({day.isoformat()})"


def facts_line(whose: str, name: str, term: str) -> str:
    """Whose goal it is and for how long it is meant: "Care management goal. Whose: the patient; Term: short-term"."""
    said = WHOSE.get(whose, "a caregiver")
    return fixed_line(FACTS_TITLE, [("Whose", f"{said}, {name}" if name else said), ("Term", term)])


def facts_of(goal: dict[str, Any]) -> dict[str, str]:
    """The facts of the last such line, keyed by label."""
    found = [facts for text in note_texts(goal) if (facts := read_fixed_line(text, FACTS_TITLE))]
    return found[-1] if found else {}


def whose_words(goal: dict[str, Any]) -> str:
    """Who expressed the goal: "the patient", "a caregiver, Anna Gibson", or the name that the record gives."""
    said = facts_of(goal).get("Whose", "")
    reference = as_object(goal.get("expressedBy"))
    kind = as_text(reference.get("reference")).split("/")[0] or as_text(reference.get("type"))
    return said or ("the patient" if kind == "Patient" else as_text(reference.get("display")))


def whose_of(goal: dict[str, Any]) -> str:
    """The same as a key of WHOSE; "" for anybody else."""
    said = whose_words(goal)
    return next((code for code, words in WHOSE.items() if said == words or said.startswith(f"{words}, ")), "")


def is_patients(goal: dict[str, Any]) -> bool:
    """True for a goal that the patient expressed."""
    return whose_words(goal) == WHOSE["patient"]


def term_of(goal: dict[str, Any]) -> str:
    """ "short-term", "long-term" or ""."""
    system = canonical.code_system("goal-term")
    for concept in as_objects(goal.get("category")):
        for coding in as_objects(concept.get("coding")):
            if as_text(coding.get("system")) == system and coding.get("code") in codes("goal-term"):
                return as_text(coding.get("code"))
    said = facts_of(goal).get("Term", "")
    return said if said in codes("goal-term") else ""


def with_days_in_words(text: str) -> str:
    """The same line with its days as a person writes them: "(21 Nov 2026)"."""
    return _DAY.sub(lambda found: f"({dates.plain_words(found.group(1))})", text)


def lines_of(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The lines of those pairs (beginning, words) that say something."""
    return [f"{begins}{words}" for begins, words in pairs if words]
