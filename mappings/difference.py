"""Two versions of one of our records, field by field in words, and one made of both.

A field here is what a person decides about ("how it goes", "importance and confidence"), not a FHIR element: its
elements, and the note lines that say the same, go together, so that no choice can make a record contradict itself.
Element names: https://hl7.org/fhir/R4/goal.html, task.html, careplan.html, consent.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fhir_profiles.terminology import display
from mappings import (
    attainment,
    consent_record,
    dates,
    episode,
    goal,
    goal_lines,
    goal_target,
    plan_section,
    sharing,
    to_do,
)
from mappings.consent_standing import is_sharing
from mappings.element import as_object, as_objects, as_text
from mappings.identity import code_in, task_kind
from mappings.narrative import clean
from mappings.plan_element import sections
from mappings.ruler import rulers
from mappings.terminology import status_code, words_of

Resource = dict[str, Any]
NOTE = "note"
RULER = "ruler"
_STATUS_WORDS = {
    "draft": "drafted",
    "requested": "to be done",
    "received": "to be done",
    "accepted": "accepted",
    "ready": "to be done",
    "in-progress": "under way",
    "on-hold": "resting",
    "completed": "done",
    "cancelled": "called off",
    "failed": "tried without success",
    "active": "active",
    "inactive": "no longer in force",
    "rejected": "declined",
    "revoked": "ended early",
    "proposed": "proposed",
    "planned": "planned",
    "entered-in-error": "marked as filed wrongly",
}


@dataclass(frozen=True)
class Topic:
    """One field of a record. `lines` are the beginnings of its note lines, `extensions` the ends of their addresses."""

    name: str
    label: str
    elements: tuple[str, ...]
    words: Callable[[Resource], str]
    lines: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """One field that differs, in words; an empty side says nothing about it."""

    name: str
    label: str
    theirs: str
    mine: str


def _status(name: str, reason: Callable[[Resource], str]) -> Callable[[Resource], str]:
    def words(resource: Resource) -> str:
        code = status_code(resource.get(name))
        said, why = _STATUS_WORDS.get(code, code), reason(resource)
        return f"{said}: {why}" if said and why else said or why

    return words


def _displays(name: str) -> Callable[[Resource], str]:
    return lambda resource: "; ".join(
        filter(None, (as_text(each.get("display")) for each in as_objects(resource.get(name))))
    )


def _period(value: Any) -> str:
    period = as_object(value)
    start, end = dates.plain_words(period.get("start")), dates.plain_words(period.get("end"))
    return " ".join(filter(None, (start and f"from {start}", end and f"until {end}")))


def _progress(resource: Resource) -> str:
    day = dates.plain_words(resource.get("statusDate"))
    words = words_of(resource.get("achievementStatus"))
    return f"{words} ({day})" if words and day else words


def _ruler(resource: Resource) -> str:
    found = rulers(note_texts(resource), resource.get("extension"))
    return found[-1].line if found else ""


def _target(resource: Resource) -> str:
    due = goal_target.due_day(resource)
    words = [
        *map(goal_target.target_words, as_objects(resource.get("target"))),
        dates.day_words(due) if due else "",
    ]
    return "; ".join(filter(None, words))


def _line(begins: str) -> Callable[[Resource], str]:
    return lambda resource: goal_lines.last_line(resource, begins)


def _scale(resource: Resource) -> str:
    return "; ".join(attainment.levels_of(note_texts(resource), resource.get("extension")))


def _activities(resource: Resource) -> str:
    named = (as_object(each.get("reference")) for each in as_objects(resource.get("activity")))
    return "; ".join(filter(None, (as_text(each.get("display")) for each in named)))


def _section(code: str) -> Callable[[Resource], str]:
    return lambda resource: plan_section.section_words(resource).get(code, "")


def _result(resource: Resource) -> str:
    code = code_in(resource.get("businessStatus"), "contact-result")
    return display("contact-result", code) if code else words_of(resource.get("businessStatus"))


def note_texts(resource: Resource) -> list[str]:
    """The texts of a record's notes, oldest first."""
    texts = (note.get("text") for note in as_objects(resource.get("note")))
    return [clean(text).strip() for text in texts if isinstance(text, str)]


_TOPICS: Mapping[str, tuple[Topic, ...]] = {
    "Goal": (
        Topic(
            "text",
            "Goal",
            ("description",),
            lambda each: words_of(each.get("description")),
            ("Goal changed, goal: ",),
        ),
        Topic(
            "target",
            "Target",
            ("target",),
            _target,
            ("Goal changed, target: ", "Goal changed, due day: "),
        ),
        Topic("progress", "How it goes", ("achievementStatus", "statusDate"), _progress, ("Progress: ",)),
        Topic(RULER, "Importance and confidence", (), _ruler, ("Importance ",), ("ruler",)),
        Topic(
            "words",
            "In the patient's words",
            (),
            goal_lines.patients_words,
            ("In the patient's words: ", "Goal changed, patient's words: "),
            ("patients-words",),
        ),
        Topic("how", "How", (), _line("How: "), ("How: ", "Goal changed, how: ")),
        Topic(
            "why",
            "Why it matters",
            (),
            _line("Why it matters: "),
            ("Why it matters: ", "Goal changed, why: "),
        ),
        Topic("for", "Problems", ("addresses",), _displays("addresses"), ("Goal changed, problems: ",)),
        Topic("term", "Term", ("category",), goal_lines.term_of, ("Goal changed, term: ",)),
        Topic("agreement", "Agreement", (), _line("Agreement: "), ("Agreement: ",), ("goal-acceptance",)),
        Topic(
            "scale",
            "Attainment scale",
            (),
            _scale,
            ("Attainment scale: ", "Goal changed, scale: "),
            ("attainment-scale",),
        ),
        Topic(
            "status",
            "Status",
            ("lifecycleStatus", "statusReason"),
            _status("lifecycleStatus", lambda each: as_text(each.get("statusReason"))),
            ("Care management ended", "Goal ended "),
        ),
    ),
    "Task": (
        Topic("text", "What", ("description",), lambda each: as_text(each.get("description"))),
        Topic(
            "status",
            "Status",
            ("status", "statusReason"),
            _status("status", lambda each: as_text(as_object(each.get("statusReason")).get("text"))),
            ("Called off: ", "Done in the contact", "Done on "),
        ),
        Topic("result", "Result", ("businessStatus",), _result),
        Topic(
            "due",
            "Due",
            ("restriction",),
            lambda each: _period(as_object(each.get("restriction")).get("period")),
        ),
        Topic("often", "How often", (), to_do.frequency, ("How often: ",)),
        Topic(
            "about", "About", ("focus",), lambda each: as_text(as_object(each.get("focus")).get("display"))
        ),
        Topic("time", "When", ("executionPeriod",), lambda each: _period(each.get("executionPeriod"))),
        Topic("owner", "Who does it", ("owner",), _displays("owner")),
        Topic("priority", "Priority", ("priority",), lambda each: as_text(each.get("priority"))),
    ),
    "CarePlan": (
        Topic(
            "status",
            "Status",
            ("status",),
            _status("status", lambda each: ""),
            ("Care management ended", "Discussed with and agreed"),
        ),
        Topic("text", "What matters most", ("description",), lambda each: as_text(each.get("description"))),
        Topic("time", "Time", ("period",), lambda each: _period(each.get("period"))),
        Topic("for", "Conditions", ("addresses",), _displays("addresses")),
        Topic("based-on", "Based on", ("supportingInfo",), _displays("supportingInfo")),
        Topic("goals", "Goals", ("goal",), _displays("goal")),
        Topic("agreed-next", "Agreed next", ("activity",), _activities),
        Topic(
            "care-type",
            "Care type",
            ("category",),
            lambda each: plan_section.CARE_TYPES[plan_section.care_type(each)],
            ("Care type: ",),
        ),
        Topic("team", "Care team", ("contributor",), plan_section.team_words, ("Care team. ",)),
        *(
            Topic(f"section-{code}", label, (), _section(code), (f"{label}: ",))
            for code, label in sections().items()
        ),
    ),
    "ServiceRequest": (Topic("status", "Status", ("status",), _status("status", lambda each: "")),),
    "Consent": (
        Topic("status", "Status", ("status",), _status("status", lambda each: "")),
        Topic(
            "time",
            "In force",
            ("provision",),
            lambda each: _period(as_object(each.get("provision")).get("period")),
        ),
        Topic(
            "agreement",
            "Agreement",
            ("policyRule",),
            lambda each: as_text(as_object(each.get("policyRule")).get("text")),
        ),
    ),
}


_ASSESSMENT_LINE = "Assessment. "
_ASSESSMENT = Topic(
    "answers",
    "Answers",
    ("status", "description", "text", "contained", "output", "executionPeriod", "owner"),
    lambda each: next((text for text in note_texts(each) if text.startswith(_ASSESSMENT_LINE)), ""),
    (_ASSESSMENT_LINE,),
)
"""The answers of an assessment go together: half of one and half of another would be an answer that nobody gave."""


def topics_of(resource: Mapping[str, Any]) -> tuple[Topic, ...]:
    """The fields of a record of ours, its notes last."""
    is_assessment = task_kind(resource) == "assessment"
    return (
        *((_ASSESSMENT,) if is_assessment else _TOPICS.get(as_text(resource.get("resourceType")), ())),
        Topic(NOTE, "Notes", (), lambda each: "\n".join(note_texts(each))),
    )


def difference(theirs: Resource, mine: Resource) -> tuple[Difference, ...]:
    """The fields in which two versions differ. Of the notes only those are named that the other lacks."""
    found = []
    for topic in topics_of(theirs):
        here, there = topic.words(theirs), topic.words(mine)
        if topic.name == NOTE:
            here, there = (_own_notes(theirs, mine), _own_notes(mine, theirs))
        if here != there:
            found.append(Difference(topic.name, topic.label, here, there))
    return tuple(found)


def _own_notes(of: Resource, other: Resource) -> str:
    """The notes of one version that the other lacks and that say nothing which a field says already."""
    told = tuple(line for topic in topics_of(of) for line in topic.lines)
    known = set(note_texts(other))
    return "\n".join(
        text for text in note_texts(of) if text not in known and not text.startswith(told or ("\0",))
    )


def merged(theirs: Resource, mine: Resource, keep_mine: Sequence[str]) -> Resource:
    """Their version with the named fields of ours on top; the text is made anew from what it then says.

    `keep_mine` are names of topics. Id and version stay theirs, so that the save is guarded by the version just seen.
    """
    made = dict(theirs)
    chosen = [topic for topic in topics_of(theirs) if topic.name in keep_mine]
    for element in (name for topic in chosen for name in topic.elements):
        made.pop(element, None)
        if element in mine:
            made[element] = mine[element]
    names = {name for topic in chosen for name in topic.extensions}
    if names:
        others = [each for each in as_objects(theirs.get("extension")) if _end(each) not in names]
        ours = [each for each in as_objects(mine.get("extension")) if _end(each) in names]
        made.update({"extension": [*ours, *others]} if ours or others else {})
    notes = [*as_objects(theirs.get("note")), *_kept_notes(theirs, mine, keep_mine)]
    made.update({"note": notes} if notes else {})
    if "lastModified" in mine:
        made["lastModified"] = mine["lastModified"]
    return retold(made)


def _end(extension: dict[str, Any]) -> str:
    return as_text(extension.get("url")).rpartition("/")[2]


def _kept_notes(theirs: Resource, mine: Resource, keep_mine: Sequence[str]) -> list[dict[str, Any]]:
    held = as_objects(theirs.get("note"))
    return [
        note
        for note in as_objects(mine.get("note"))
        if note not in held and _topic_of(theirs, as_text(note.get("text"))) in keep_mine
    ]


def _topic_of(resource: Resource, text: str) -> str:
    owners = (topic.name for topic in topics_of(resource) if topic.lines and text.startswith(topic.lines))
    return next(owners, NOTE)


def retold(resource: Resource) -> Resource:
    """A goal, to-do, plan or consent of ours, its narrative made anew; anything else as it is."""
    match resource.get("resourceType"):
        case "Goal":
            return goal.with_text(resource)
        case "CarePlan":
            return episode.with_text(resource)
        case "Consent" if is_sharing(resource):
            return sharing.with_text(resource)
        case "Consent":
            return consent_record.with_text(resource)
        case "Task" if task_kind(resource) == "to-do":
            return to_do.with_text(resource)
    return resource
