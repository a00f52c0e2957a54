"""What one saved contact asks of the EHR, counted there: a contact with progress of a goal and the next task."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.ehr_line import Received
from tests.journeys.enrolling import enrol_with_plan, in_days, on_day
from tests.journeys.steps import ours
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

PATIENT = "gloria-reyes"
_days = itertools.count(1)


@dataclass(frozen=True)
class Saved:
    """One press of Save: what the EHR received until the browser was sent on to the receipt, and how long that took."""

    received: tuple[Received, ...]
    seconds: float

    @property
    def writes(self) -> tuple[Received, ...]:
        """The requests that write, in their order."""
        return tuple(each for each in self.received if each.method != "GET")

    @property
    def written(self) -> list[str]:
        """What the first write holds, as "POST Task", "PUT Goal"."""
        entries = orjson.loads(self.writes[0].body)["entry"]
        return [f"{each['request']['method']} {each['resource']['resourceType']}" for each in entries]


@contextmanager
def enrolled(folder: Path, *, delay_ms: int = 0) -> Iterator[tuple[Practice, Visitor, Seen]]:
    """A practice, a nurse, and her *Today* of a patient who has consented and has a plan with one goal and a task."""
    with practice(folder, delay_ms=delay_ms) as running, Visitor(running) as nurse:
        yield running, nurse, enrol_with_plan(nurse, PATIENT)


def save_contact(running: Practice, nurse: Visitor, today: Seen) -> Saved:
    """Fills in the contact form whole and saves it. Raises AssertionError where it is not filed."""
    form = nurse.get(f"/l/{today.launch_id}/contact")
    (goal,) = [each for each in running.held("Goal", PATIENT) if ours(each)]
    said = {
        "minutes": "7",
        f"progress.{goal['id']}": "better",
        "note": "Walks to church now.",
        "next_text": "Ask about the second week",
        "next_date": in_days(7),
        **on_day(next(_days)),
    }
    before, begun = len(running.line.received), time.perf_counter()
    answer = nurse.post(form.url, form.form() | said, follow=False)
    took = time.perf_counter() - begun
    if answer.status != 303:
        raise AssertionError(f"the contact was not filed: {answer.status} {answer.words}")
    return Saved(tuple(running.line.received[before:]), took)
