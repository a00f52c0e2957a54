"""The steps of a patient through the program, each a completed Task, and the gates between them.

A step is its own small record, so the history survives a plan that somebody rewrites, and so the program has a state
before there is any CarePlan (none exists before consent). Shape: https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes, concept, display
from mappings import dates
from mappings.authorship import (
    Authorship,
    annotation,
)
from mappings.chart import Chart, once
from mappings.done_task import done_now, signed
from mappings.element import as_object, as_objects, as_text
from mappings.identity import code_in, own, stamp, task_kind
from mappings.narrative import fixed_line, narrative, read_fixed_line
from mappings.panel import PLAIN_WORDS
from mappings.sight import Sight, sight
from mappings.terminology import status_code

_LINE = "Enrollment step"
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Gate:
    """Whether a step may be taken now; `reason` is one plain sentence when it may not, else "".

    `caution` is what to look at first where it may be taken although the EHR does not show what it depends on.
    """

    reason: str = ""
    caution: str = ""

    @property
    def allowed(self) -> bool:
        """True when nothing stands against the step."""
        return not self.reason

    def __bool__(self) -> bool:
        return self.allowed


def unread(chart: Chart, resource_type: str) -> str:
    """Why nothing that depends on this type may be changed now: it could not be seen; "" when it was read.

    What this EHR never shows again (Sight.UNSEEN) is a case of its own: "" as well.
    """
    if sight(chart, resource_type) is not Sight.DARK:
        return ""
    return f"The {PLAIN_WORDS[resource_type]} of this patient could not be seen, so nothing is changed in the dark."


@dataclass(frozen=True)
class StateStep:
    """One step reached: its code, the words for it, when, and why.

    `facts` are what else its line says, by label: until when a pause lasts, to whom a patient was handed back.
    """

    state: str
    words: str
    when: dates.FhirDate | None
    reason: str
    by: str
    resource: dict[str, Any]
    facts: Mapping[str, str] = field(default_factory=dict)


def state_task(
    state: str,
    author: Authorship,
    form_id: UUID,
    *,
    plan: dict[str, Any] | None = None,
    reason: str = "",
    slot: str = "enrolment-state",
    more: Sequence[tuple[str, str]] = (),
    told: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """The completed Task that says the patient reached `state`; `plan` is a Reference to its CarePlan, if any.

    `more` are facts that a later page reads from its line, `told` those that stand in its readable text alone.
    """
    facts = [("State", display("enrolment-state", state)), ("Reason", reason), *more]
    task = {
        **done_now(author, plan=plan),
        "text": narrative("Care management enrollment", [*signed(author), *_in_words(facts), *told]),
        "businessStatus": concept("enrolment-state", state),
        "code": concept("task-code", "enrolment-state"),
        "description": f"Care management: {display('enrolment-state', state).lower()}",
        **({"reasonCode": {"text": reason}} if reason else {}),
        "note": [annotation(fixed_line(_LINE, facts), author)],
    }
    return stamp(task, profile="task-enrolment-state", form_id=form_id, slot=slot)


def _in_words(facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The line bears a day as 2027-01-08, since it is read back; "8 Jan 2027" is for people."""
    return [
        (label, dates.plain_words(words) if _ISO_DAY.fullmatch(words) else words) for label, words in facts
    ]


@once
def state_steps(chart: Chart) -> tuple[StateStep, ...]:
    """Every step of ours, newest first; what cannot be told is left out.

    Of two steps at one moment the one further along the program counts as the newer.
    """
    tasks = [task for task in own(chart, "Task") if task_kind(task) == "enrolment-state"]
    order = codes("enrolment-state")
    steps = [step for step in map(_step, tasks) if step]
    steps.sort(key=lambda step: order.index(step.state), reverse=True)
    return tuple(sorted(steps, key=lambda step: dates.newest_first_key(step.when)))


def _step(task: dict[str, Any]) -> StateStep | None:
    written = _fixed_facts(task)
    by_words = {display("enrolment-state", code): code for code in codes("enrolment-state")}
    state = code_in(task.get("businessStatus"), "enrolment-state") or by_words.get(
        written.get("State", ""), ""
    )
    if state not in codes("enrolment-state") or status_code(task.get("status")) != "completed":
        return None
    period = as_object(task.get("executionPeriod"))
    return StateStep(
        state=state,
        words=display("enrolment-state", state),
        when=dates.parse(period.get("start")) or dates.parse(task.get("authoredOn")),
        reason=as_text(as_object(task.get("reasonCode")).get("text")) or written.get("Reason", ""),
        by=as_text(as_object(task.get("owner")).get("display")),
        resource=task,
        facts={label: words for label, words in written.items() if label not in ("State", "Reason")},
    )


def _fixed_facts(task: dict[str, Any]) -> dict[str, str]:
    for note in as_objects(task.get("note")):
        found = read_fixed_line(as_text(note.get("text")), _LINE)
        if found:
            return found
    return {}
