"""The copy of the plan that a patient, or the person who helps, takes home: all of it read from the chart.

What a template worded is said in the language of the copy; what a person wrote stays as it is and is marked as such in
another language than English, because a machine's translation of a promise is a new promise. What could not be read
is named: a copy that looks complete and is not would be worse than none (domain rows 7 and 58).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import pick_lists
from mappings.chart import Chart
from mappings.condition import problems
from mappings.copy_words import CopyWords, WarningSigns
from mappings.element import as_number, as_object, as_objects, as_text
from mappings.episode import open_plan
from mappings.goal import goal_view, own_open_goals
from mappings.goal_target import due_day, target_words
from mappings.identity import is_ours
from mappings.medication import Medication, medications
from mappings.patient import patient_banner
from mappings.plan_section import team_of
from mappings.plan_template import spoken, templates
from mappings.practice import Practice
from mappings.reading import ReadStatus
from mappings.reading_grade import english_grade
from mappings.sight import Sight, sight
from mappings.template_row import wording_of
from mappings.terminology import words_of
from mappings.to_do import due_day as task_day
from mappings.to_do import frequency, open_to_dos, to_do_kind

READS = ("CarePlan", "Goal", "Task", "Condition")
"""Without these a copy is not complete."""
PARTS = ("goals", "steps", "medicines", "warnings")
"""What may be left out of a copy, at the wish of the patient."""
MEETINGS = frozenset({"next-contact", "schedule-initiating-visit"})
TEAM = frozenset({"action", "service"})
HARD_GRADE = 8.0
_SAID = frozenset({"lb", "kg", "mmHg", "mg/dL"})
"""The units that are said with a number."""


@dataclass(frozen=True)
class Words:
    """One wording on the copy. `typed` where a person wrote it and it is not in the language of the copy."""

    text: str
    typed: bool = False


@dataclass(frozen=True)
class CopyGoal:
    """One goal: `said` are the patient's own words ("" where none were noted), `target` its parts, `by` a sentence."""

    said: str
    words: Words
    target: tuple[Words, ...]
    by: str


@dataclass(frozen=True)
class CopyStep:
    """One thing that the patient or the team does, how often, and until or by when."""

    words: Words
    often: Words
    by: str


@dataclass(frozen=True)
class CopyMedicine:
    """One medicine as recorded; `note` says what the chart leaves open."""

    name: str
    dose: str
    note: str


@dataclass(frozen=True)
class Call:
    """One line of who to call. `number` is "" where the practice set none: room is left to write it."""

    label: str
    number: str
    detail: Words


@dataclass(frozen=True)
class PatientCopy:
    """The whole copy. `missing` are the types that could not all be read, `medicines_say` stands over the medicines."""

    words: CopyWords
    patient: str
    matters: Words
    goals: tuple[CopyGoal, ...]
    steps: tuple[CopyStep, ...]
    meetings: tuple[str, ...]
    team: tuple[CopyStep, ...]
    medicines: tuple[CopyMedicine, ...]
    medicines_say: str
    calls: tuple[Call, ...]
    warnings: tuple[WarningSigns, ...]
    missing: tuple[str, ...]
    draft: bool
    has_plan: bool
    hard: tuple[tuple[float, str], ...]

    @property
    def missing_words(self) -> tuple[str, ...]:
        """What could not all be read, in the language of the copy."""
        return tuple(map(self.words.part, self.missing))

    @property
    def any_typed(self) -> bool:
        """Whether any words on it bear the sign of those that a person wrote."""
        steps = (*self.steps, *self.team)
        goals = (each for goal in self.goals for each in (goal.words, *goal.target))
        every = (self.matters, *goals, *(w for step in steps for w in (step.words, step.often)))
        return any(each.typed for each in (*every, *(call.detail for call in self.calls)))


def patient_copy(
    chart: Chart,
    *,
    now: datetime,
    practice: Practice,
    user_name: str,
    language: str,
    caregiver: bool = False,
    without: Collection[str] = (),
) -> PatientCopy:
    """The copy of the open plan. `language` is a key of LANGUAGES, `without` are members of PARTS to leave out."""
    banner = patient_banner(chart, today=now.date())
    words = CopyWords(language, caregiver, banner.given.split(" ")[0] or banner.name)
    plan = open_plan(chart) or {}
    tasks = _agreed(chart)
    list_of, say = _medicines(chart, words, now) if "medicines" not in without else ((), "")
    steps = [task for task in tasks if to_do_kind(task) == "self-care"]
    team = [task for task in tasks if to_do_kind(task) in TEAM]
    return PatientCopy(
        words=words,
        patient=banner.name,
        matters=_typed(as_text(plan.get("description")), words),
        goals=tuple(_goals(chart, words, now)) if "goals" not in without else (),
        steps=tuple(_step(each, words, now) for each in steps) if "steps" not in without else (),
        meetings=tuple(_meetings(tasks, words, now)) if "steps" not in without else (),
        team=tuple(_step(each, words, now) for each in team) if "steps" not in without else (),
        medicines=list_of,
        medicines_say=say,
        calls=_calls(practice, words, team_of(plan).manager or user_name),
        warnings=words.warnings(_groups(chart, now)) if "warnings" not in without else (),
        missing=_missing(chart),
        draft=plan.get("status") == "draft",
        has_plan=bool(plan),
        hard=_hard(chart, plan, tasks),
    )


def _missing(chart: Chart) -> tuple[str, ...]:
    return tuple(kind for kind in READS if sight(chart, kind) is not Sight.WHOLE)


def _agreed(chart: Chart) -> list[dict[str, Any]]:
    """Our open tasks that a patient is told of, the soonest first; questions to providers and the like are not."""
    told = MEETINGS | TEAM | {"self-care"}
    found = [task for task in open_to_dos(chart) if is_ours(task) and to_do_kind(task) in told]
    return sorted(found, key=_end)


def _end(task: dict[str, Any]) -> str:
    return as_text(as_object(as_object(task.get("restriction")).get("period")).get("end"))


def _goals(chart: Chart, words: CopyWords, now: datetime) -> Iterator[CopyGoal]:
    for goal in own_open_goals(chart):
        due = due_day(goal)
        yield CopyGoal(
            said=goal_view(goal, now=now).patients_words,
            words=_said(words_of(goal.get("description")), words),
            target=tuple(_targets(goal, words)),
            by=words.label("by", date=words.day(due)) if due else "",
        )


def _targets(goal: dict[str, Any], words: CopyWords) -> Iterator[Words]:
    """Each target, its measure and value said plainly where they are known."""
    for target in as_objects(goal.get("target")):
        measure = words.measure(_measure_code(target))
        quantity = as_object(target.get("detailQuantity"))
        number = as_number(quantity.get("value"))
        if measure and number is not None:
            unit = as_text(quantity.get("unit"))
            shown = (
                f"{number:g}%" if unit == "%" else f"{number:g} {unit}" if unit in _SAID else f"{number:g}"
            )
            yield Words(f"{measure}: {words.compared(as_text(quantity.get('comparator')), shown)}")
            continue
        own = _said(words_of(target.get("measure")), words)
        detail = _said(as_text(target.get("detailString")), words)
        if own.text and detail.text:
            yield Words(f"{own.text}: {detail.text}", own.typed or detail.typed)
        elif said := target_words(target):
            yield _typed(said, words)


def _measure_code(target: dict[str, Any]) -> str:
    codes = {as_text(each.get("code")) for each in as_objects(as_object(target.get("measure")).get("coding"))}
    return next((code for code, each in pick_lists.measures().items() if each.loinc in codes), "")


def _step(task: dict[str, Any], words: CopyWords, now: datetime) -> CopyStep:
    kind, often, due = to_do_kind(task), frequency(task), task_day(task, now)
    label = "by" if kind == "action" or not often else "until" if kind == "self-care" else "next-by"
    return CopyStep(
        words=_said(as_text(task.get("description")), words),
        often=_said(often, words),
        by=words.label(label, date=words.day(due)) if due else "",
    )


def _meetings(tasks: list[dict[str, Any]], words: CopyWords, now: datetime) -> Iterator[str]:
    """The next time that the team and the patient talk, by its last day."""
    days = sorted(day for task in tasks if to_do_kind(task) in MEETINGS and (day := task_day(task, now)))
    yield from (words.label("next-contact", date=words.day(day)) for day in days[:1])


def _said(text: str, words: CopyWords) -> Words:
    """The template's words for the patient in this language, else what was typed."""
    wording = wording_of(text)
    if wording is None:
        return _typed(text, words)
    if words.language == "es":
        return Words(wording.spanish) if wording.spanish else _typed(text, words)
    return Words(wording.for_patient)


def _typed(text: str, words: CopyWords) -> Words:
    return Words(text, typed=bool(text) and words.language != "en")


def _medicines(chart: Chart, words: CopyWords, now: datetime) -> tuple[tuple[CopyMedicine, ...], str]:
    """The active medicines as recorded, and the sentence over them: as of when, none, or not read."""
    day = words.day(now.date())
    readings = [chart.reading(kind) for kind in ("MedicationRequest", "MedicationStatement")]
    unseen = any(
        reading.withheld or reading.status not in (ReadStatus.READ, ReadStatus.NOT_AVAILABLE)
        for reading in readings
    )
    known = any(reading.status is ReadStatus.READ for reading in readings) and not unseen
    rows = tuple(_medicine(row, words) for row in medications(chart, now=now).rows if row.active)
    if rows:
        partly = "" if known else f" {words.label('medicines-partly')}"
        return rows, words.label("medicines-as-of", date=day) + partly
    return (), words.label("medicines-none", date=day) if known else words.label("medicines-unseen")


def _medicine(row: Medication, words: CopyWords) -> CopyMedicine:
    note = words.label("doses-differ") if row.other_doses or row.disagreement else ""
    return CopyMedicine(row.text, row.dose, note or ("" if row.dose else words.label("no-dose")))


def _calls(practice: Practice, words: CopyWords, manager: str) -> tuple[Call, ...]:
    """Whom to call. The practice's other crisis numbers stay with its staff.

    A hotline against violence on a sheet that hangs in the kitchen can harm the one whom it is to help.
    """
    hours = _typed(practice.phone_hours, words)
    title = words.label("manager", title=practice.role_title)
    own = f"{title}: {manager}" if manager else title
    return (
        Call(own, practice.care_manager_phone, hours),
        Call(words.label("after-hours"), practice.after_hours_phone, Words("")),
        Call(words.label("crisis"), words.label("crisis-number"), Words("")),
        Call(words.label("emergency"), words.label("emergency-number"), Words("")),
    )


def _groups(chart: Chart, now: datetime) -> frozenset[str]:
    """The conditions on the problem list, and those whose template a goal of the plan comes from."""
    rows = problems(chart, now=now).rows
    listed = {group for row in rows if row.active for group in row.chronic_groups}
    goals = {spoken(words_of(goal.get("description"))) for goal in own_open_goals(chart)}
    planned = {
        group
        for template in templates().values()
        if goals & {spoken(goal.words.text) for goal in template.goals}
        for group in template.groups
    }
    return frozenset(listed | planned)


def _hard(chart: Chart, plan: dict[str, Any], tasks: list[dict[str, Any]]) -> tuple[tuple[float, str], ...]:
    """What people wrote that reads above grade 8, with its grade: a hint for whoever prints it."""
    texts = [words_of(goal.get("description")) for goal in own_open_goals(chart)]
    texts += [as_text(plan.get("description")), *(as_text(task.get("description")) for task in tasks)]
    own = [
        text for text in dict.fromkeys(texts) if text and wording_of(text) is None and len(text.split()) > 4
    ]
    return tuple((grade, text) for text in own if (grade := english_grade(text)) > HARD_GRADE)
