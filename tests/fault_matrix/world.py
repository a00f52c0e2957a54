"""One practice for many cells: an EHR of one persona, the app at it, and a new patient for each cell."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from app.logs import LOGGER, JsonLines
from app.services import EXTENSION, Services
from mappings.write_ladder import WRITTEN
from samples.faults import Switchboard
from samples.sandbox import sandbox_of
from smart_launch.http_message import HttpAnswer, HttpRequest
from smart_launch.transport import ANSWER_LIMIT, Http
from tests.journeys.newcomer import newcomer
from tests.running import Practice, practice

PERSONAS = ("open", "epic", "oracle", "athena", "ecw", "canvas")
SAID_OF_HER = ("Reyes", "Gloria", "1957-03")
"""Parts of the patient's name and birth date: none of them may stand in a log."""
PATIENCE = 1.0
"""Seconds that the app waits for the EHR in a cell about a time-out."""


class Impatient(Http):
    """The app's own transport, which waits only as long as the cell says. `seconds` is infinite but in such a cell."""

    seconds = math.inf

    def send(
        self, request: HttpRequest, *, limit: int = ANSWER_LIMIT, seconds: float = math.inf
    ) -> HttpAnswer:
        """As the transport sends, with no longer time-out than the cell's."""
        return super().send(request, limit=limit, seconds=min(seconds, self.seconds))


class _Kept(logging.Handler):
    """Every line of the log, as the server would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass
class World:
    """A running practice of one persona, what its app logged, and the failures that can be switched on."""

    persona: str
    running: Practice
    http: Impatient
    log: list[str] = field(default_factory=list)
    cells: int = 0

    @property
    def faults(self) -> Switchboard:
        """The EHR's switchboard."""
        return sandbox_of(self.running.ehr.app).faults

    @property
    def services(self) -> Services:
        """The app's own services: its drafts are looked at there."""
        found: Services = self.running.app.app.extensions[EXTENSION]
        return found

    def patient(self) -> tuple[str, str]:
        """A new patient, and a word that stands in everything that is typed for her and nowhere else.

        What the app learnt of the EHR in another cell (that it takes no such record) is forgotten.
        """
        self.cells += 1
        self.forget_refusals()
        return newcomer(self.running), f"Zq{self.cells:03}x"

    def forget_refusals(self) -> None:
        """As after an hour: the app tries again what this EHR refused as not supported."""
        # Nothing but an hour or another process makes the app forget it.
        self.services.capabilities._refused.clear()

    def calm(self) -> None:
        """Whatever a broken cell left on is off."""
        self.faults.clear()
        self.http.seconds = math.inf

    def draft(self, launch_id: str, form: str) -> dict[str, tuple[str, ...]] | None:
        """What the app keeps of a form that was not filed; None where it keeps nothing."""
        found = self.services.drafts.load(self.services.launches.find(launch_id).draft_key(form))
        return dict(found.values) if found else None

    def to_paste(self, launch_id: str, form_id: str) -> dict[str, tuple[str, ...]] | None:
        """What waits as text to be pasted by hand of this form; None where there is none."""
        key = self.services.launches.find(launch_id).paste_key
        found = [each for each in self.services.pastes.waiting(key) if str(each.id) == form_id]
        return dict(found[0].values) if found else None

    def begun(self, launch_id: str, form_id: str) -> bool:
        """Whether the app holds that a save of this form broke half-way."""
        launch = self.services.launches.find(launch_id)
        return bool(self.services.begun.load(launch.record_form(UUID(form_id))))

    def creates(self) -> frozenset[str]:
        """The types of which this EHR's metadata says that records can be created."""
        statement: dict[str, Any] = self.running.ehr.app.test_client().get("/fhir/metadata").get_json()
        return frozenset(
            listed["type"]
            for listed in statement["rest"][0]["resource"]
            if any(each["code"] == "create" for each in listed.get("interaction", ()))
        )

    def first_form(self) -> tuple[str, ...]:
        """The types in which this EHR's first choice of a form is written: records, else notes, else answers."""
        creates = self.creates()
        natives = tuple(kind for kind in WRITTEN if kind in creates)
        if natives:
            return natives
        documents = self.persona in ("epic", "oracle")
        return ("DocumentReference",) if documents else ("QuestionnaireResponse",)


@contextmanager
def world(folder: Path, persona: str) -> Iterator[World]:
    """A practice of this persona, running, with everything that is logged kept."""
    handler, http = _Kept(), Impatient()
    level = LOGGER.level
    with practice(folder, persona=persona, http=http, ehr={"authorize": "get"}) as running:
        logging.getLogger().addHandler(handler)
        try:
            yield World(persona, running, http, handler.lines)
        finally:
            logging.getLogger().removeHandler(handler)
            LOGGER.setLevel(level)
