"""What a nurse saves in the matrix: how it is prepared, what she types, and how it is known again in the EHR."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fault_matrix.held import Copy
from tests.journeys.enrolling import AGREES, filed, in_days, plan
from tests.journeys.visitor import Seen, Visitor

Held = list[Copy]


@dataclass(frozen=True)
class Action:
    """One kind of save. `form` names its drafts, `path` its page.

    `needs` are the actions that come before it. `fill(page, word)` is what is typed: `word` stands in it. `counted`
    gives the number of copies of each thing that it documents, by what the copies say.
    """

    name: str
    words: str
    form: str
    path: str
    needs: tuple[str, ...]
    fill: Callable[[Seen, str], Mapping[str, Any]]
    counted: Callable[[Held, str], Mapping[str, int]]

    def offered(self, page: Seen) -> bool:
        """Whether the form has the fields for it."""
        return self.name != "goal" or any(name.startswith("importance.") for name in page.form())

    def open(self, nurse: Visitor, launch_id: str) -> Seen:
        """The page of the form."""
        return nurse.get(f"/l/{launch_id}/{self.path}")

    def file(self, nurse: Visitor, launch_id: str, word: str) -> None:
        """Fills it in and saves it where nothing is wrong."""
        form = self.open(nurse, launch_id)
        filed(nurse.post(form.url, form.form() | dict(self.fill(form, word))))


def _distinct(held: Held, kind: str, word: str, *also: str) -> int:
    """How many records of a type say these words: later versions in later notes are the same record."""
    return len({each.identifier for each in held if each.kind == kind and _says(each, word, *also)})


def _says(copy: Copy, *words: str) -> bool:
    return all(each in copy.text for each in words)


def _consent(page: Seen, word: str) -> Mapping[str, Any]:
    return {**AGREES, "discussed_by": f"Dr {word}"}


def _consents(held: Held, word: str) -> Mapping[str, int]:
    return {"consent": _distinct(held, "Consent", word)}


def _plan(page: Seen, word: str) -> Mapping[str, Any]:
    typed = plan()
    return {
        **typed,
        "goal_text": f"Walks with {word}",
        "what_matters": f"Dancing with {word}",
        "to_do_text": f"Call about {word}",
    }


def _plans(held: Held, word: str) -> Mapping[str, int]:
    return {
        "care plan": _distinct(held, "CarePlan", f"Dancing with {word}"),
        "goal": _distinct(held, "Goal", f"Walks with {word}"),
        "next task": _distinct(held, "Task", f"Call about {word}", '"to-do"'),
    }


def _contact(page: Seen, word: str) -> Mapping[str, Any]:
    return {
        "answers": [],
        "minutes": "6",
        "note": f"Said {word} at noon.",
        "next_text": f"Ask again {word}",
        "next_date": in_days(9),
    }


def _contacts(held: Held, word: str) -> Mapping[str, int]:
    return {
        "contact": _distinct(held, "Task", f"Said {word} at noon.", '"contact"'),
        "next task": _distinct(held, "Task", f"Ask again {word}", '"to-do"'),
    }


def _progress(page: Seen, word: str) -> Mapping[str, Any]:
    (goal,) = {name for name in page.form() if name.startswith("importance.")}
    return {
        "answers": [],
        "minutes": "4",
        "note": f"Heard {word} at one.",
        goal.replace("importance.", "progress."): "better",
    }


def _better(held: Held, word: str) -> Mapping[str, int]:
    """The contact, and the progress in the goal's newest version: there once, however often Save was pressed."""
    goals = [each for each in held if each.kind == "Goal"]
    newest = max(goals, key=lambda each: each.number) if goals else None
    noted = [] if newest is None else [note["text"] for note in newest.resource.get("note", [])]
    return {
        "contact": _distinct(held, "Task", f"Heard {word} at one.", '"contact"'),
        "progress": sum("Progress: better" in each for each in noted),
    }


CONSENT = Action("consent", "Save consent", "consent", "consent", (), _consent, _consents)
PLAN = Action("plan", "Save plan", "care-plan", "care-plan", ("consent",), _plan, _plans)
CONTACT = Action("contact", "Save contact", "contact", "contact", ("consent", "plan"), _contact, _contacts)
PROGRESS = Action("goal", "Update goal", "contact", "contact", ("consent", "plan"), _progress, _better)
ACTIONS = {each.name: each for each in (CONSENT, PLAN, CONTACT, PROGRESS)}
