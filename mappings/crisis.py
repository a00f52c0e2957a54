"""An answer that means danger: what it asks for at once, who was told, and what is still open of it.

A save with such an answer says who was told and what was done, or that nobody was reached yet; both go with the
assessment in one fixed line, so that they are read back wherever the record is held. A task for a provider goes with it
the same day. Which answers these are stands in the catalogue of questionnaires.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.element import as_objects, as_text
from mappings.form import Fields
from mappings.identity import own, reference_to
from mappings.narrative import clean, fixed_line, read_fixed_line
from mappings.practice import Practice
from mappings.prompt import Prompt
from mappings.questionnaire import safety
from mappings.questionnaire.catalogue import Instrument
from mappings.questionnaire.entry import typed_answers
from mappings.questionnaire.history import assessments
from mappings.questionnaire.recorded import AssessmentView
from mappings.questionnaire.safety import Danger
from mappings.terminology import status_code
from mappings.to_do import ToDoEntry, ToDoView, to_do_kind, to_do_resource, to_dos

LINE = "Crisis steps"
KIND = "safety"
"""The kind of the task for a provider."""
TOLD: Mapping[str, str] = {
    "provider": "A provider of the practice",
    "lifeline": "988 or 911, together with the patient",
    "family": "A family member or helper who stays with the patient",
    "nobody": "Nobody could be reached yet",
}
"""Who may have been told; "nobody" leaves the crisis open."""
NOBODY = "nobody"
FIELDS = ("crisis_told", "crisis_done")
_SAY_WHO = "Before this is saved: say who was told, or that nobody could be reached yet."
_SAY_WHAT = "Say in a few words what was done, and by whom."
_NOT_BOTH = "Either somebody was told or nobody was: take one of the two away."
_DAYS_SHOWN = 30


@dataclass(frozen=True)
class Acknowledgement:
    """What was done about a danger: `told` are keys of TOLD, `done` is in the care manager's words."""

    told: tuple[str, ...]
    done: str

    @property
    def settled(self) -> bool:
        """True when somebody was told."""
        return bool(self.told) and NOBODY not in self.told

    @property
    def told_words(self) -> str:
        """As "A provider of the practice, 988 or 911, together with the patient"."""
        return ", ".join(TOLD[each] for each in self.told)


def read_acknowledgement(fields: Fields) -> Acknowledgement | None:
    """The answer to "who was told, what was done"; None after a refusal at its fields."""
    told = fields.many_of("crisis_told", TOLD)
    if not told:
        fields.refuse("crisis_told", _SAY_WHO)
    elif NOBODY in told and len(told) > 1:
        fields.refuse("crisis_told", _NOT_BOTH)
    done = fields.text("crisis_done", required=_SAY_WHAT, limit=600)
    return None if fields.errors.keys() & set(FIELDS) else Acknowledgement(told, done)


def crisis_line(dangers: Sequence[Danger], said: Acknowledgement) -> str:
    """The line that goes with the assessment, and is read back by `acknowledged`."""
    facts = [("Because", because(dangers)), ("Told", said.told_words), ("Done", said.done)]
    return fixed_line(LINE, facts)


def because(dangers: Sequence[Danger]) -> str:
    """The answers that mean danger, as “No” to “Do you feel safe at home?”."""
    return ", ".join(f"“{each.answer}” to “{each.question}”" for each in dangers)


def acknowledged(task: Mapping[str, Any]) -> bool:
    """True when the assessment says that somebody was told of its danger."""
    told = _line_in(task).get("Told", "")
    return bool(told) and told != TOLD[NOBODY]


def _line_in(task: Mapping[str, Any]) -> dict[str, str]:
    """The facts of the line in a Task's notes; {} where no note holds it."""
    texts = (note.get("text") for note in as_objects(task.get("note")))
    found = (read_fixed_line(clean(text), LINE) for text in texts if isinstance(text, str))
    return next(filter(None, found), {})


def safety_task(
    dangers: Sequence[Danger],
    assessment: dict[str, Any],
    author: Authorship,
    form_id: UUID,
    *,
    provider: dict[str, Any] | None = None,
    plan: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The urgent task of today for a provider; `assessment` is the record that holds the answers."""
    entry = ToDoEntry(
        text=f"See or call the patient today. {because(dangers)}",
        due=author.now.date(),
        owner="provider",
        priority="urgent",
        kind=KIND,
    )
    about = reference_to(assessment)
    return to_do_resource(entry, author, form_id, slot="safety", focus=about, provider=provider, plan=plan)


def has_safety_task(chart: Chart, dangers: Sequence[Danger], now: datetime) -> bool:
    """True where the task for just these answers is open and not yet overdue: a second save files no second one."""
    return any(
        row.kind == KIND and row.ours and row.due and row.due >= now.date() and because(dangers) in row.text
        for row in to_dos(chart, now).rows
    )


def dangers_typed(
    instrument: Instrument, values: Mapping[str, Sequence[str]], *, now: datetime
) -> tuple[Danger, ...]:
    """The answers among what was typed that mean danger, whatever else of the form is wrong or missing."""
    return safety.dangers(instrument, typed_answers(instrument.definition, Fields(values), now=now))


def earlier_acknowledgement(task: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What a half-done assessment says of who was told, as the form's fields; {} where it says nothing."""
    said = _line_in(task)
    told = tuple(key for key, words in TOLD.items() if words in said.get("Told", ""))
    return {"crisis_told": told, "crisis_done": tuple(filter(None, [said.get("Done", "")]))} if said else {}


def prompts(chart: Chart, *, now: datetime, practice: Practice) -> tuple[Prompt, ...]:
    """What is still open of a danger: an answer of which nobody was told, and the task that waits for a provider."""
    unheard = [view for view in assessments(chart, now=now) if _is_open(chart, view, now)]
    told_of = [because(view.dangers) for view in unheard]
    waiting = [
        _waiting(row)
        for row in to_dos(chart, now).rows
        if row.kind == KIND and row.ours and not any(words in row.text for words in told_of)
    ]
    return (*map(_unheard, unheard), *waiting)


def _is_open(chart: Chart, view: AssessmentView, now: datetime) -> bool:
    """Of the last month only: what is older was seen by somebody, or is told by its open task."""
    day = view.when.local_day(now.tzinfo) if view.when else None
    fresh = day is None or (now.date() - day).days <= _DAYS_SHOWN
    if not (view.dangers and view.ours and fresh) or acknowledged(view.resource):
        return False
    return not any(_settles(task, because(view.dangers)) for task in own(chart, "Task"))


def _settles(task: Mapping[str, Any], words: str) -> bool:
    """Whether this is the provider's task for just these answers, and is done."""
    is_done = status_code(task.get("status")) == "completed" and to_do_kind(dict(task)) == KIND
    return is_done and words in as_text(task.get("description"))


def _unheard(view: AssessmentView) -> Prompt:
    by = f", {view.by}" if view.by else ""
    return Prompt(
        sentence=f"Nobody is recorded as told: {because(view.dangers)}",
        why=f"{view.instrument.title}, {view.date_words}{by}",
        label="Open the crisis steps",
        endpoint="crisis.show",
        urgent=True,
    )


def _waiting(row: ToDoView) -> Prompt:
    due = f"{'overdue since' if row.overdue else 'due'} {row.due_words}" if row.due_words else ""
    return Prompt(
        sentence=row.text,
        why=", ".join(filter(None, ("Task for safety", due, row.owner))),
        label="Document what was done",
        endpoint="contact.show",
        parameters={"answers": row.id},
        urgent=True,
    )
