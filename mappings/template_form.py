"""The preview of templates as a form: every row ticked or not, its words, target and day as a person left them.

A ticked goal is read as every goal is (mappings.goal_form); a ticked step needs words and a day. What is not ticked is
not read, so an old value in it stops nothing. Opening a draft needs a goal, an action and a step of the patient's own
(domain row 5: no plan without the patient's part).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.goal_form import OPENING_GOAL_BY, read_goal
from mappings.goal_target import GoalEntry
from mappings.template_row import TemplateRow
from mappings.to_do import ToDoEntry

TAKE = "take"
"""The field whose values are the keys of the ticked rows."""
USE = "use"
"""The field that holds the ids of the chosen templates, with commas between."""
MOST_TEMPLATES = 3
LONGEST_STEP_DAYS = 730
# No dots: what stands before a dot in a field's name is taken for a kind of record (app.views.unread).
OWN_GOAL = "own:goal:"
OWN_STEPS = {
    "own:self-care-1": "self-care",
    "own:self-care-2": "self-care",
    "own:action-1": "action",
    "own:action-2": "action",
}
"""The rows that a person writes: the beginning of their fields' names, and their kind."""
NOTHING = "Tick at least one row, or write one of your own."
NO_GOAL = "A plan opens with at least one goal. Tick a goal, or write one of your own."
NO_SELF_CARE = (
    "A plan opens with at least one step that the patient takes. Tick one, or write one of your own."
)
NO_ACTION = (
    "A plan opens with at least one action or service of the team. Tick one, or write one of your own."
)


@dataclass(frozen=True)
class Step:
    """One task to file: `row` is its key, `goal` the key of the row whose goal it serves, or ""."""

    row: str
    goal: str
    entry: ToDoEntry


@dataclass(frozen=True)
class TemplateEntry:
    """What is to be filed: goals and steps by the keys of their rows; the rest only where a plan is opened."""

    templates: tuple[str, ...]
    goals: tuple[tuple[str, GoalEntry], ...]
    steps: tuple[Step, ...]
    what_matters: str
    agreed: bool
    note: str


@dataclass(frozen=True)
class Standing:
    """What the plan is when the form is read: whether it would be opened, and what it has already."""

    opens: bool
    has_goal: bool = False
    has_self_care: bool = False
    has_action: bool = False


def template_ids(values: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The chosen templates, in the order chosen, each once."""
    said = ",".join(values.get(USE, ())).split(",")
    return tuple(dict.fromkeys(filter(None, map(str.strip, said))))


def read(
    values: Mapping[str, Sequence[str]],
    *,
    rows: Sequence[TemplateRow],
    today: date,
    standing: Standing,
    refusal: str = "",
    birth_date: date | None = None,
) -> Submitted[TemplateEntry]:
    """The form as sent; `refusal` stops it as a whole, `rows` are those of the chosen templates."""
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    ticked = set(fields.many_of(TAKE, [row.key for row in rows]))
    taken = [row for row in rows if row.key in ticked and row.offered]
    goals = [_goal(fields, f"{row.key}:", row.key, today, birth_date) for row in taken if row.goal]
    if _typed(fields, f"{OWN_GOAL}goal_text") or _typed(fields, f"{OWN_GOAL}goal_words"):
        goals.append(_goal(fields, OWN_GOAL, "own:goal", today, birth_date))
    steps = [_step(fields, row, today) for row in taken if row.step]
    steps += [_own_step(fields, key, kind, today) for key, kind in OWN_STEPS.items() if _written(fields, key)]
    matters = fields.text("what_matters", limit=1000)
    agreed, note = fields.flag("agreed"), fields.text("note", limit=NOTE_LIMIT)
    if not fields.errors:
        _enough(fields, [each for each in goals if each], [each for each in steps if each], standing)

    def entry() -> TemplateEntry:
        return TemplateEntry(
            template_ids(values),
            tuple(each for each in goals if each),
            tuple(each for each in steps if each),
            matters,
            agreed,
            note,
        )

    return fields.submitted(entry)


def _goal(
    fields: Fields, prefix: str, key: str, today: date, birth_date: date | None
) -> tuple[str, GoalEntry] | None:
    entry = read_goal(fields, today, birth_date=birth_date, prefix=prefix)
    return (key, entry) if entry else None


def _step(fields: Fields, row: TemplateRow, today: date) -> Step | None:
    if row.step is None:
        return None
    due = _due(fields, row.key, today)
    text = fields.text(f"{row.key}:text", required="Write what is to be done, or untick the row.")
    often = fields.text(f"{row.key}:often", limit=100)
    goal = f"{row.template}:{row.step.goal}" if row.step.goal else ""
    if due is None:
        return None
    return Step(
        row.key,
        goal,
        ToDoEntry(text, due, row.step.owner, "routine", row.step.kind, row.step.part, frequency=often),
    )


def _own_step(fields: Fields, key: str, kind: str, today: date) -> Step | None:
    due = _due(fields, key, today)
    text = fields.text(f"{key}:text", required="Write what is to be done.")
    often = fields.text(f"{key}:often", limit=100)
    mine = kind == "self-care"
    owner, part = ("patient", "patient-action") if mine else ("care-manager", "care-manager")
    if due is None:
        return None
    return Step(key, "own:goal", ToDoEntry(text, due, owner, "routine", kind, part, frequency=often))


def _due(fields: Fields, key: str, today: date) -> date | None:
    return fields.day(
        f"{key}:due",
        earliest=today,
        latest=today + timedelta(days=LONGEST_STEP_DAYS),
        required="Give the day by which it is done.",
        too_early="This day has passed. Choose today or a later day.",
        too_late="Choose a day within two years.",
    )


def _written(fields: Fields, key: str) -> bool:
    return bool(_typed(fields, f"{key}:text"))


def _typed(fields: Fields, name: str) -> str:
    return next(iter(fields.values.get(name, ())), "").strip()


def _enough(fields: Fields, goals: Sequence[object], steps: Sequence[Step], standing: Standing) -> None:
    """Refuses a form that files nothing, and one that would open a plan without its three parts."""
    if not goals and not steps:
        fields.refuse("form", NOTHING)
        return
    if not standing.opens:
        return
    kinds = {each.entry.kind for each in steps}
    if not (goals or standing.has_goal):
        fields.refuse("form", NO_GOAL)
    elif not ("self-care" in kinds or standing.has_self_care):
        fields.refuse("form", NO_SELF_CARE)
    elif not (kinds & {"action", "service"} or standing.has_action):
        fields.refuse("form", NO_ACTION)


def goal_by() -> Mapping[str, str]:
    """Whose goal one of a template may be: code -> words."""
    return OPENING_GOAL_BY
