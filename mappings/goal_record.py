"""A goal as a FHIR record: set, its progress, its end, and the words that every version of it has for a reader.

The 1-10 ruler stands in an extension and in one fixed note line, `Importance 8/10, confidence 6/10 (2026-11-21)`,
because servers drop extensions; every earlier line stays, so the trend is in the chart. `statusDate` is the day of
`achievementStatus`. Shape: https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-goal.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fhir_profiles import canonical
from fhir_profiles.terminology import coding, display
from mappings import attainment, dates
from mappings.authorship import Authorship, annotation, patient_reference, user_reference
from mappings.element import as_object, as_objects, as_text
from mappings.goal_lines import (
    AGREEMENT_LINE,
    CONFIDENT_LINE,
    FOLLOWS_LINE,
    HOW_LINE,
    PROGRESS_LINE,
    WHY_LINE,
    WORDS_LINE,
    agreement_line,
    facts_line,
    last_line,
    lines_of,
    note_texts,
    patients_words,
    term_of,
)
from mappings.goal_target import GoalEntry, due_day, target_of, target_words
from mappings.identity import US_CORE_GOAL, stamp
from mappings.narrative import narrative
from mappings.ruler import Ruler, is_ruler, ruler_of, rulers
from mappings.terminology import words_of

ACHIEVEMENT_SYSTEM = "http://terminology.hl7.org/CodeSystem/goal-achievement"
PROGRESS = {"better": "improving", "same": "no-change", "worse": "worsening", "met": "achieved"}
FINAL_WORDS = {
    "met": "Met",
    "not-met": "Not met",
    "not-attainable": "Not attainable",
    "goes-on": "The patient goes on with it alone",
}
_FINAL = {
    "met": ("completed", "achieved"),
    "not-met": ("cancelled", "not-achieved"),
    "not-attainable": ("cancelled", "not-attainable"),
}
ACHIEVEMENT_WORDS = {
    "in-progress": ("In Progress", "in progress"),
    "improving": ("Improving", "better"),
    "worsening": ("Worsening", "worse"),
    "no-change": ("No Change", "same"),
    "achieved": ("Achieved", "met"),
    "sustaining": ("Sustaining", "met and kept"),
    "not-achieved": ("Not Achieved", "not met"),
    "no-progress": ("No Progress", "no progress"),
    "not-attainable": ("Not Attainable", "not attainable"),
}
ACCEPTANCE_URL = "http://hl7.org/fhir/StructureDefinition/goal-acceptance"


@dataclass(frozen=True)
class ProgressEntry:
    """What a contact said about one goal; `progress` is a key of PROGRESS or "", the ruler both numbers or neither."""

    goal: str
    progress: str
    importance: int | None
    confidence: int | None
    step: int | None = None
    """The level of attainment that is reached, -2 to 2, for a goal that is scaled."""
    more_confident: str = ""
    note: str = ""

    @property
    def words(self) -> str:
        """ "better, importance 8/10, confidence 6/10"."""
        ruled = self.importance is not None and self.confidence is not None
        ruler = f"importance {self.importance}/10, confidence {self.confidence}/10" if ruled else ""
        return ", ".join(filter(None, (self.progress, ruler)))


def goal_resource(
    entry: GoalEntry,
    author: Authorship,
    form_id: UUID,
    *,
    slot: str,
    addresses: Sequence[dict[str, Any]] = (),
    provider: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A new active Goal; `addresses` are References to the problems it is about, `provider` to the patient's own."""
    today = author.now.date()
    term = entry.term and {
        "coding": [coding("goal-term", entry.term)],
        "text": display("goal-term", entry.term),
    }
    notes = _first_lines(entry, today)
    extensions = _extensions(entry, author)
    goal = {
        "resourceType": "Goal",
        **({"extension": extensions} if extensions else {}),
        "lifecycleStatus": "active",
        "achievementStatus": achievement("in-progress"),
        **({"category": [term]} if term else {}),
        "description": {"text": entry.text},
        "subject": patient_reference(author),
        "startDate": (entry.start or today).isoformat(),
        "target": [target_of(entry)],
        "statusDate": today.isoformat(),
        "expressedBy": _expressed_by(entry, author, provider),
        **({"addresses": list(addresses)} if addresses else {}),
        **({"note": [annotation(line, author) for line in notes]} if notes else {}),
    }
    stamped = stamp(goal, profile="goal", form_id=form_id, slot=slot, also=(US_CORE_GOAL,))
    return with_text(stamped)


def _first_lines(entry: GoalEntry, today: date) -> list[str]:
    ruled = ruler_of(entry.importance, entry.confidence, today)
    return [
        facts_line(entry.whose, entry.expressed_name, entry.term),
        *lines_of(
            [
                (WORDS_LINE, entry.patients_words),
                (HOW_LINE, entry.how),
                (WHY_LINE, entry.why),
                (CONFIDENT_LINE, entry.more_confident),
            ]
        ),
        *([attainment.scale_line(entry.levels)] if entry.levels else []),
        *([agreement_line(entry.accepted, today)] if entry.accepted else []),
        *([ruled.line] if ruled else []),
    ]


def _extensions(entry: GoalEntry, author: Authorship) -> list[dict[str, Any]]:
    ruled = ruler_of(entry.importance, entry.confidence, author.now.date())
    words = {"url": canonical.extension("patients-words"), "valueString": entry.patients_words}
    return [
        *([ruled.extension] if ruled else []),
        *([words] if entry.patients_words else []),
        *([attainment.scale_extension(entry.levels)] if entry.levels else []),
        *([acceptance(entry.accepted, author)] if entry.accepted else []),
    ]


def acceptance(accepted: str, author: Authorship) -> dict[str, Any]:
    """What the patient says to the goal, as HL7's extension (http://hl7.org/fhir/StructureDefinition/goal-acceptance)."""
    parts = [
        {"url": "individual", "valueReference": patient_reference(author)},
        {"url": "status", "valueCode": accepted},
    ]
    return {"url": ACCEPTANCE_URL, "extension": parts}


def _expressed_by(entry: GoalEntry, author: Authorship, provider: dict[str, Any] | None) -> dict[str, Any]:
    """R4 lets no Organization express a goal; one who is not on file stands by name."""
    match entry.whose:
        case "patient":
            return patient_reference(author)
        case "care-manager":
            return user_reference(author)
        case "provider":
            known = as_text(as_object(provider).get("reference")).startswith(
                ("Practitioner/", "PractitionerRole/")
            )
            name = as_text(as_object(provider).get("display")) or "The patient's provider"
            return dict(provider) if provider and known else {"display": name}
        case "caregiver":
            return {"display": entry.expressed_name}
    return {"reference": entry.whose, **({"display": entry.expressed_name} if entry.expressed_name else {})}


def goal_progress(goal: dict[str, Any], entry: ProgressEntry, author: Authorship) -> dict[str, Any]:
    """The Goal with today's progress: an update that keeps everything else of it, and every earlier ruler line."""
    today = author.now.date()
    changed = dict(goal)
    notes = list(as_objects(goal.get("note")))
    if entry.progress:
        changed["achievementStatus"] = achievement(PROGRESS[entry.progress])
        changed["statusDate"] = today.isoformat()
        notes.append(annotation(f"{PROGRESS_LINE}{entry.progress} ({today.isoformat()})", author))
    ruler = ruler_of(entry.importance, entry.confidence, today)
    if ruler:
        others = [each for each in as_objects(goal.get("extension")) if not is_ruler(each)]
        changed["extension"] = [ruler.extension, *others]
        notes.append(annotation(ruler.line, author))
    rating = [] if entry.step is None else [attainment.Rating(entry.step, today).line]
    said = [*rating, *lines_of([(CONFIDENT_LINE, entry.more_confident)]), *filter(None, [entry.note])]
    notes.extend(annotation(line, author) for line in said)
    return with_text({**changed, **({"note": notes} if notes else {})})


def goal_final(goal: dict[str, Any], final: str, reason: str, author: Authorship) -> dict[str, Any]:
    """The Goal as its plan closes; `final` is a key of FINAL_WORDS. "goes-on" leaves it active, with a note."""
    today = author.now.date().isoformat()
    said = annotation(
        f"Care management ended ({today}): {FINAL_WORDS[final].lower()}. {reason}".strip(), author
    )
    changed = {**goal, "note": [*as_objects(goal.get("note")), said]}
    if final in _FINAL:
        lifecycle, reached = _FINAL[final]
        changed["lifecycleStatus"] = lifecycle
        changed["achievementStatus"] = achievement(reached)
        changed["statusDate"] = today
        changed["statusReason"] = f"Care management ended: {reason}" if reason else "Care management ended"
    return with_text(changed)


def achievement(code: str) -> dict[str, Any]:
    """The CodeableConcept of one code of goal-achievement, in the nurse's words."""
    coding = {"system": ACHIEVEMENT_SYSTEM, "code": code, "display": ACHIEVEMENT_WORDS[code][0]}
    return {"coding": [coding], "text": ACHIEVEMENT_WORDS[code][1]}


def goal_rulers(goal: dict[str, Any]) -> tuple[Ruler, ...]:
    """Every importance and confidence of a goal, oldest first."""
    return rulers(note_texts(goal), goal.get("extension"))


def with_text(goal: dict[str, Any]) -> dict[str, Any]:
    """The Goal with its narrative made anew from what it now says, first among its elements as a reader expects."""
    due, found = due_day(goal), goal_rulers(goal)
    levels = attainment.levels_of(note_texts(goal), goal.get("extension"))
    rated = attainment.ratings(note_texts(goal))
    facts = [
        ("Goal", words_of(goal.get("description"))),
        ("Patient", as_text(as_object(goal.get("subject")).get("display"))),
        ("In the patient's words", patients_words(goal)),
        ("Target", "; ".join(filter(None, map(target_words, as_objects(goal.get("target")))))),
        ("Due", dates.day_words(due) if due else ""),
        ("Term", display("goal-term", term_of(goal)) if term_of(goal) else ""),
        ("How", last_line(goal, HOW_LINE)),
        ("Why it matters", last_line(goal, WHY_LINE)),
        (
            "Problems",
            "; ".join(filter(None, (as_text(e.get("display")) for e in as_objects(goal.get("addresses"))))),
        ),
        ("Set on", dates.plain_words(goal.get("startDate"))),
        ("Said by", as_text(as_object(goal.get("expressedBy")).get("display"))),
        ("Agreement", last_line(goal, AGREEMENT_LINE)),
        ("Status", as_text(goal.get("lifecycleStatus"))),
        ("Progress", f"{words_of(goal.get('achievementStatus'))} ({as_text(goal.get('statusDate'))})"),
        ("Ruler", found[-1].line if found else ""),
        ("To be more confident", last_line(goal, CONFIDENT_LINE)),
        (
            "Attainment scale",
            attainment.scale_line(levels).removeprefix(attainment.SCALE_LINE) if levels else "",
        ),
        ("Attained", rated[-1].line if rated else ""),
        ("Follows the goal in the chart", last_line(goal, FOLLOWS_LINE)),
        ("Why it ended", as_text(goal.get("statusReason"))),
    ]
    return {**goal, "text": narrative("Care management goal", facts)}
