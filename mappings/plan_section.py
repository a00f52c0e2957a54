"""What a plan says in words beside its goals and tasks: its sections, its care type, the team and the agreement.

CarePlan has no element for most of it, so each fact is one signed note that begins with fixed words; the last one of
each stands and the earlier ones stay as its history. What has an element too (category, contributor) is written to both
and read from either, since servers drop elements that they do not know.
Shape: https://hl7.org/fhir/R4/careplan.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from fhir_profiles.terminology import concept, display
from mappings import dates
from mappings.authorship import Authorship, annotation
from mappings.element import as_object, as_objects, as_text
from mappings.identity import code_in
from mappings.narrative import clean, fixed_line, read_fixed_line
from mappings.plan_element import sections

PALLIATIVE = "palliative-care"
CARE_TYPES = {"chronic": "Chronic care", PALLIATIVE: "Palliative or end-of-life care"}
AGREED = "Discussed with and agreed by"
"""How every note of an agreement begins."""
AGREED_HOW = {"phone": "by phone", "in-person": "in person", "video": "by video", "message": "by message"}
_NOTHING = "nothing to say any more"
_CARE_TYPE_LINE = "Care type: "
_TEAM = "Care team"
_PROVIDER, _MANAGER, _BACK_UP = "Designated provider", "Care manager", "Back-up"

Resource = dict[str, Any]


@dataclass(frozen=True)
class Team:
    """Who answers for a plan, by name; "" where nobody is named."""

    provider: str = ""
    manager: str = ""
    back_up: str = ""


@dataclass(frozen=True)
class Agreement:
    """One agreement: when, by whom it was noted, and the whole sentence."""

    day: date | None
    sentence: str
    noted_by: str


def section_words(plan: Resource) -> Mapping[str, str]:
    """What the plan says under each heading, as last written: code of a section -> words."""
    found: dict[str, str] = {}
    by_label = {label: code for code, label in sections().items()}
    for text in _texts(plan):
        label, colon, words = text.partition(": ")
        if colon and label in by_label:
            found[by_label[label]] = words.strip().removeprefix(_NOTHING)
    return {code: words for code, words in found.items() if words}


def section_notes(plan: Resource, changed: Mapping[str, str], author: Authorship) -> list[Resource]:
    """The notes that write down those headings of `changed` (code -> words) that read otherwise so far."""
    before = section_words(plan)
    labels = sections()
    return [
        annotation(f"{labels[code]}: {words or _NOTHING}", author)
        for code, words in changed.items()
        if words != before.get(code, "")
    ]


def care_type(plan: Resource) -> str:
    """A key of CARE_TYPES: by the category, else as last noted; "chronic" where neither says otherwise."""
    if any(code_in(each, "care-plan-category") == PALLIATIVE for each in as_objects(plan.get("category"))):
        return PALLIATIVE
    noted = [text.removeprefix(_CARE_TYPE_LINE) for text in _texts(plan) if text.startswith(_CARE_TYPE_LINE)]
    by_words = {words: code for code, words in CARE_TYPES.items()}
    return by_words.get(noted[-1], "chronic") if noted else "chronic"


def with_care_type(plan: Resource, wanted: str, author: Authorship) -> Resource:
    """The plan with this care type in its categories and notes; unchanged where it is that already."""
    if not wanted or wanted == care_type(plan):
        return plan
    others = [
        each for each in as_objects(plan.get("category")) if code_in(each, "care-plan-category") != PALLIATIVE
    ]
    palliative = [concept("care-plan-category", PALLIATIVE)] if wanted == PALLIATIVE else []
    note = annotation(f"{_CARE_TYPE_LINE}{CARE_TYPES[wanted]}", author)
    return {**plan, "category": [*others, *palliative], "note": [*as_objects(plan.get("note")), note]}


def team_of(plan: Resource) -> Team:
    """Who answers for the plan: as last noted; whoever wrote it is its care manager where nobody else is named."""
    lines = [read_fixed_line(text, _TEAM) for text in _texts(plan)]
    said = next((line for line in reversed(lines) if line), {})
    author = as_text(as_object(plan.get("author")).get("display"))
    return Team(said.get(_PROVIDER, ""), said.get(_MANAGER, "") or author, said.get(_BACK_UP, ""))


def team_words(plan: Resource) -> str:
    """The team in one line: "Designated provider: Dr Alvarez; Back-up: Omar Reed"; "" where nobody is noted."""
    team = team_of(plan)
    named = ((_PROVIDER, team.provider), (_MANAGER, team.manager), (_BACK_UP, team.back_up))
    return "; ".join(f"{role}: {name}" for role, name in named if name)


def with_team(plan: Resource, team: Team, author: Authorship) -> Resource:
    """The plan with this team among its contributors and notes; what others added to the contributors stays."""
    if team == team_of(plan):
        return plan
    named = ((_PROVIDER, team.provider), (_MANAGER, team.manager), (_BACK_UP, team.back_up))
    roles = tuple(f" ({role.lower()})" for role, _ in named)
    others = [
        each
        for each in as_objects(plan.get("contributor"))
        if not as_text(each.get("display")).endswith(roles)
    ]
    ours = [{"display": f"{name} ({role.lower()})"} for role, name in named if name]
    note = annotation(fixed_line(_TEAM, named), author)
    changed = {**plan, "note": [*as_objects(plan.get("note")), note]}
    contributors = [*others, *ours]
    changed.pop("contributor", None)
    return {**changed, **({"contributor": contributors} if contributors else {})}


def agreement_note(author: Authorship, *, how: str = "", who: str = "", day: date | None = None) -> Resource:
    """The note that the plan was discussed and agreed: `how` a key of AGREED_HOW or "", `who` else than the patient."""
    manner = f", {AGREED_HOW[how]}" if how else ""
    said = f"{AGREED} {who or 'the patient'} on {dates.day_words(day or author.now.date())}{manner}."
    return annotation(said, author)


def agreements(plan: Resource, zone: tzinfo | None = None) -> tuple[Agreement, ...]:
    """Every agreement that the plan's notes hold, the latest last; its day as it was in `zone`, the EHR's."""
    return tuple(
        Agreement(_noted_day(note, zone), _text_of(note), _noted_by(note))
        for note in as_objects(plan.get("note"))
        if _text_of(note).startswith(AGREED)
    )


def care_type_words(plan: Resource) -> str:
    """The words for the narrative and the screen; "" for the usual care type."""
    return display("care-plan-category", PALLIATIVE) if care_type(plan) == PALLIATIVE else ""


def fixed_lines() -> tuple[str, ...]:
    """The beginnings of all lines that are read here: the other notes of a plan are somebody's free words."""
    return (*(f"{label}: " for label in sections().values()), AGREED, _CARE_TYPE_LINE, f"{_TEAM}. ")


def _texts(plan: Resource) -> Sequence[str]:
    return [_text_of(note) for note in as_objects(plan.get("note"))]


def _text_of(note: Resource) -> str:
    text = note.get("text")
    return clean(text).strip() if isinstance(text, str) else ""


def _noted_day(note: Resource, zone: tzinfo | None) -> date | None:
    when = dates.parse(note.get("time"))
    return when.start(zone).date() if when else None


def _noted_by(note: Resource) -> str:
    signed = as_text(as_object(note.get("authorReference")).get("display"))
    return signed or as_text(note.get("authorString"))
