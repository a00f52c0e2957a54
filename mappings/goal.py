"""Goals: what the patient wants to reach, how important and how likely they find it, and how it goes.

The 1-10 ruler stands in an extension and in one fixed note line, `Importance 8/10, confidence 6/10 (2026-11-21)`,
because servers drop extensions; every earlier line stays, so the trend is in the chart. `statusDate` is the day of
`achievementStatus`. Shape: https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-goal.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fhir_profiles import canonical
from mappings import dates
from mappings.authorship import Authorship, annotation, patient_reference, user_reference
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.goal_target import GoalEntry, due_day, target_of, target_words
from mappings.identity import US_CORE_GOAL, fold, full_url, is_ours, stamp
from mappings.narrative import clean, narrative
from mappings.panel import Panel, panel
from mappings.ruler import Ruler, is_ruler, ruler_of, rulers, trend
from mappings.terminology import status_code, words_of

ACHIEVEMENT_SYSTEM = "http://terminology.hl7.org/CodeSystem/goal-achievement"
OPEN = frozenset({"proposed", "planned", "accepted", "active", "on-hold"})
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
_ACHIEVEMENT = {
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
_WORDS_LINE = "In the patient's words: "
_HOW_LINE = "How: "


@dataclass(frozen=True)
class ProgressEntry:
    """What a contact said about one goal; `progress` is a key of PROGRESS or "", the ruler both numbers or neither."""

    goal: str
    progress: str
    importance: int | None
    confidence: int | None

    @property
    def words(self) -> str:
        """ "better, importance 8/10, confidence 6/10"."""
        ruled = self.importance is not None and self.confidence is not None
        ruler = f"importance {self.importance}/10, confidence {self.confidence}/10" if ruled else ""
        return ", ".join(filter(None, (self.progress, ruler)))


@dataclass(frozen=True)
class GoalView:
    """One goal on screen. `achievement` is in the nurse's words; `trend` is up, down, same or "" of confidence."""

    id: str
    reference: str
    text: str
    patients_words: str
    target_words: str
    due_words: str
    overdue: bool
    importance: int | None
    confidence: int | None
    ruler_words: str
    trend: str
    achievement: str
    achievement_date_words: str
    lifecycle: str
    active: bool
    ours: bool
    resource: dict[str, Any]


def goal_resource(
    entry: GoalEntry,
    author: Authorship,
    form_id: UUID,
    *,
    slot: str,
    addresses: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """A new active Goal; `addresses` are References to the problems it is about."""
    today = author.now.date()
    ruler = ruler_of(entry.importance, entry.confidence, today)
    lines = [entry.patients_words and _WORDS_LINE + entry.patients_words, entry.how and _HOW_LINE + entry.how]
    notes = [*filter(None, lines), *([ruler.line] if ruler else [])]
    words = {"url": canonical.extension("patients-words"), "valueString": entry.patients_words}
    extensions = [*([ruler.extension] if ruler else []), *([words] if entry.patients_words else [])]
    goal = {
        "resourceType": "Goal",
        **({"extension": extensions} if extensions else {}),
        "lifecycleStatus": "active",
        "achievementStatus": _achievement("in-progress"),
        "description": {"text": entry.text},
        "subject": patient_reference(author),
        "startDate": today.isoformat(),
        "target": [target_of(entry)],
        "statusDate": today.isoformat(),
        "expressedBy": patient_reference(author) if entry.by_patient else user_reference(author),
        **({"addresses": list(addresses)} if addresses else {}),
        **({"note": [annotation(line, author) for line in notes]} if notes else {}),
    }
    stamped = stamp(goal, profile="goal", form_id=form_id, slot=slot, also=(US_CORE_GOAL,))
    return with_text(stamped)


def goal_progress(goal: dict[str, Any], entry: ProgressEntry, author: Authorship) -> dict[str, Any]:
    """The Goal with today's progress: an update that keeps everything else of it, and every earlier ruler line."""
    today = author.now.date()
    changed = dict(goal)
    notes = list(as_objects(goal.get("note")))
    if entry.progress:
        changed["achievementStatus"] = _achievement(PROGRESS[entry.progress])
        changed["statusDate"] = today.isoformat()
        notes.append(annotation(f"Progress: {entry.progress} ({today.isoformat()})", author))
    ruler = ruler_of(entry.importance, entry.confidence, today)
    if ruler:
        others = [each for each in as_objects(goal.get("extension")) if not is_ruler(each)]
        changed["extension"] = [ruler.extension, *others]
        notes.append(annotation(ruler.line, author))
    return with_text({**changed, **({"note": notes} if notes else {})})


def goal_final(goal: dict[str, Any], final: str, reason: str, author: Authorship) -> dict[str, Any]:
    """The Goal as its plan closes; `final` is a key of FINAL_WORDS. "goes-on" leaves it active, with a note."""
    today = author.now.date().isoformat()
    said = annotation(
        f"Care management ended ({today}): {FINAL_WORDS[final].lower()}. {reason}".strip(), author
    )
    changed = {**goal, "note": [*as_objects(goal.get("note")), said]}
    if final in _FINAL:
        lifecycle, achievement = _FINAL[final]
        changed["lifecycleStatus"] = lifecycle
        changed["achievementStatus"] = _achievement(achievement)
        changed["statusDate"] = today
        changed["statusReason"] = f"Care management ended: {reason}" if reason else "Care management ended"
    return with_text(changed)


def goals(chart: Chart, now: datetime) -> Panel[GoalView]:
    """The open goals, ours first; rejected, cancelled, completed and mistaken ones are never among them."""
    rows = [goal_view(goal, now=now) for goal in open_goals(chart)]
    rows.sort(key=lambda row: (not row.ours, not row.active))
    return panel("goals", "Goals", rows, chart.reading("Goal"))


def open_goals(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Every Goal of any author that has not ended, each once."""
    kept = fold(chart.resources("Goal"))
    return tuple(goal for goal in kept if status_code(goal.get("lifecycleStatus")) in OPEN)


def own_open_goals(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Those of them that are ours and on file: the only ones that a form may change."""
    return tuple(goal for goal in open_goals(chart) if is_ours(goal) and as_text(goal.get("id")))


def goal_view(goal: dict[str, Any], *, now: datetime) -> GoalView:
    """One Goal of any author as it is shown; whatever it lacks is empty."""
    found = _rulers(goal)
    due = due_day(goal)
    status_date = dates.parse(goal.get("statusDate"))
    lifecycle = status_code(goal.get("lifecycleStatus"))
    late = due is not None and due < now.date() and _achievement_code(goal) not in {"achieved", "sustaining"}
    return GoalView(
        id=as_text(goal.get("id")),
        reference=relative_reference(goal) or full_url(goal),
        text=words_of(goal.get("description")) or "Goal without words",
        patients_words=_patients_words(goal),
        target_words="; ".join(filter(None, map(target_words, as_objects(goal.get("target"))))),
        due_words=dates.day_words(due) if due else "",
        overdue=late,
        importance=found[-1].importance if found else None,
        confidence=found[-1].confidence if found else None,
        ruler_words=found[-1].line if found else "",
        trend=trend(found),
        achievement=_achievement_words(goal),
        achievement_date_words=dates.words(status_date, now),
        lifecycle=lifecycle,
        active=lifecycle in {"active", "accepted", "planned"},
        ours=is_ours(goal),
        resource=goal,
    )


def _achievement(code: str) -> dict[str, Any]:
    coding = {"system": ACHIEVEMENT_SYSTEM, "code": code, "display": _ACHIEVEMENT[code][0]}
    return {"coding": [coding], "text": _ACHIEVEMENT[code][1]}


def _achievement_code(goal: dict[str, Any]) -> str:
    for coding in as_objects(as_object(goal.get("achievementStatus")).get("coding")):
        if as_text(coding.get("code")) in _ACHIEVEMENT:
            return as_text(coding.get("code"))
    return ""


def _achievement_words(goal: dict[str, Any]) -> str:
    known = _ACHIEVEMENT.get(_achievement_code(goal))
    return known[1] if known else words_of(goal.get("achievementStatus"))


def _rulers(goal: dict[str, Any]) -> tuple[Ruler, ...]:
    return rulers(_notes(goal), goal.get("extension"))


def _notes(goal: dict[str, Any]) -> list[str]:
    texts = (note.get("text") for note in as_objects(goal.get("note")))
    return [clean(text) for text in texts if isinstance(text, str)]


def _patients_words(goal: dict[str, Any]) -> str:
    for extension in as_objects(goal.get("extension")):
        said = as_text(extension.get("valueString"))
        if as_text(extension.get("url")) == canonical.extension("patients-words") and said:
            return said
    return next((as_text(n.removeprefix(_WORDS_LINE)) for n in _notes(goal) if n.startswith(_WORDS_LINE)), "")


def with_text(goal: dict[str, Any]) -> dict[str, Any]:
    """The Goal with its narrative made anew from what it now says, first among its elements as a reader expects."""
    due, found = due_day(goal), _rulers(goal)
    how = next((note.removeprefix(_HOW_LINE) for note in _notes(goal) if note.startswith(_HOW_LINE)), "")
    facts = [
        ("Goal", words_of(goal.get("description"))),
        ("Patient", as_text(as_object(goal.get("subject")).get("display"))),
        ("In the patient's words", _patients_words(goal)),
        ("Target", "; ".join(filter(None, map(target_words, as_objects(goal.get("target")))))),
        ("Due", dates.day_words(due) if due else ""),
        ("How", how),
        ("Set on", dates.plain_words(goal.get("startDate"))),
        ("Said by", as_text(as_object(goal.get("expressedBy")).get("display"))),
        ("Status", as_text(goal.get("lifecycleStatus"))),
        ("Progress", f"{words_of(goal.get('achievementStatus'))} ({as_text(goal.get('statusDate'))})"),
        ("Ruler", found[-1].line if found else ""),
        ("Why it ended", as_text(goal.get("statusReason"))),
    ]
    return {**goal, "text": narrative("Care management goal", facts)}
