"""One moment after the other in which the app dies while a nurse saves; she comes back, and what the EHR holds is told.

An undisturbed patient of the same EHR tells how long each save takes and what it leaves: a save that was killed and
completed must leave just that, no record and no version more or less.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from statistics import median

import requests

from tests.journeys.visitor import Seen, Visitor
from tests.running import ZONE, free_port, known_of
from tests.soak.counting_ehr import patient_id
from tests.soak.crowd import Addresses
from tests.soak.distant_ehr import DistantEhr, distant_ehr
from tests.soak.kill_story import STEPS, Step
from tests.soak.killable_app import KillableApp

BEYOND = 1.15
"""Moments are drawn from the beginning of a save to a bit beyond its end."""
KEPT, FILED, NOTHING_WAITS = "Kept and not yet filed", "Filed in the chart", "Nothing waits"


class Stage(StrEnum):
    """What had happened when the kill struck."""

    TYPED = "kept while typing, Save not pressed"
    BEFORE = "before anything was written"
    BETWEEN = "between two writes"
    WRITTEN = "all written, before the receipt"
    TOLD = "after the receipt"


@dataclass(frozen=True)
class Office:
    """One EHR of the run: its name in the figures, the persona, and whether it takes the transactions that it lists."""

    name: str
    persona: str
    transactions: bool = True
    writes_once: bool = False
    """Whether a save is one write, so that no moment is between two."""


OPEN = Office("one transaction", "open", writes_once=True)
IN_ORDER = Office("one after the other", "open", transactions=False)
EPIC = Office("one note (epic)", "epic", writes_once=True)
CANVAS = Office("records beside answers (canvas)", "canvas")


@dataclass(frozen=True)
class Left:
    """What a save left in the EHR: new records and versions by type, and where its words stand."""

    made: Counter[str]
    holding: Counter[str]


@dataclass
class Tally:
    """What was met. `lost` and `doubled` name the save; `failures` are anything else that was not as it must be."""

    stages: Counter[Stage] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    second_press: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def moments(self) -> int:
        return sum(self.stages.values())


@dataclass
class Run:
    """One office at work: the EHR, the app that is killed, chance, and what came of it."""

    office: Office
    ehr: DistantEhr
    app: KillableApp
    chance: random.Random
    tally: Tally = field(default_factory=Tally)
    usual: dict[str, Left] = field(default_factory=dict)
    """By step: what an undisturbed save leaves."""
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By step: how long each save took that reached its receipt before the app was killed, or undisturbed."""

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.ehr.url, self.app.url)


@contextmanager
def running(office: Office, folder: Path, *, patients: int, seed: int) -> Iterator[Run]:
    """The EHR and the app of one office, both up."""
    ehr_port, app_port = free_port(), free_port()
    config = folder / "chartside.toml"
    folder.mkdir(parents=True, exist_ok=True)
    known = known_of(office.persona)
    config.write_text(
        f'public_url = "http://127.0.0.1:{app_port}"\nstate_dir = "{folder / "state"}"\n\n[[ehr]]\n'
        f'name = "sandbox"\niss = "http://localhost:{ehr_port}/fhir"\nclient_id = "chartside"\nauthorize = "get"\n'
        f'frame_origins = ["http://localhost:{ehr_port}"]\ntime_zone = "{ZONE}"\n'
        f'vendor = "{known["vendor"]}"\nscope_style = "{known["scope_style"]}"\n'
    )
    app = KillableApp(config, app_port, folder / "app.log")
    try:
        with distant_ehr(
            folder / "ehr",
            persona=office.persona,
            port=ehr_port,
            app_url=app.url,
            count=patients,
            transactions=office.transactions,
        ) as ehr:
            app.start()
            yield Run(office, ehr, app, random.Random(seed))  # noqa: S311  # moments are no secret
    finally:
        app.end()


def measure(run: Run, patient: str, *, anew: bool = True) -> None:
    """Documents one patient undisturbed; `anew` with a new app for each save, as it is whenever a moment is struck."""
    with Visitor(run.addresses) as nurse:
        for step in STEPS:
            form = _form(nurse, nurse.launch(patient), step)
            words, before = f"undisturbed {step.name}", run.ehr.versions(patient)
            begun = time.perf_counter()
            receipt = nurse.send(form, **_underscored(step.fill(form, words)))
            run.seconds[step.name].append(time.perf_counter() - begun)
            assert FILED in receipt.words, f"{run.office.name}, {step.name}: {receipt.words[:600]}"
            run.usual[step.name] = _left(run, patient, words, before)
            if anew:
                run.app.kill()
                run.app.start()


def kill_through(run: Run, patients: range, *, moments: int) -> None:
    """Documents these patients, the app killed during every save, until so many moments have been struck."""
    for number in patients:
        with Visitor(run.addresses) as nurse:
            try:
                today = nurse.launch(patient_id(number))
                for step in STEPS:
                    if run.tally.moments >= moments:
                        return
                    today = _Moment(run, nurse, today, patient_id(number), step).strike()
            except (requests.RequestException, AssertionError, ValueError, IndexError) as error:
                run.tally.failures.append(f"{patient_id(number)}, {step.name}: {error!r}"[:900])
        _tell(run)


class _Moment:
    """One save that is killed at least once, and completed. `today` is the page from which the nurse goes on."""

    def __init__(self, run: Run, nurse: Visitor, today: Seen, patient: str, step: Step) -> None:
        self._run, self._nurse, self._today, self._patient, self._step = run, nurse, today, patient, step
        self._words = f"{step.name} of {patient}."
        self._usual, self._seconds = run.usual[step.name], run.seconds[step.name]
        self._before = run.ehr.versions(patient)
        self._form = _form(nurse, today, step)
        self._typed = _underscored(step.fill(self._form, self._words))

    def strike(self) -> Seen:
        """Types, is killed, comes back, presses Save where it is offered, and counts. Gives her *Today* of then."""
        chance = self._run.chance
        # What is in the browser's page is pressed again there; whoever launches anew must find it kept.
        same_page = chance.random() < 0.25
        if not same_page or chance.random() < 0.5:
            self._autosave()
        only_typed = not same_page and chance.random() < 0.1
        self._kill(None if only_typed else self._form, self._typed)
        if chance.random() < 0.2:
            self._kill_again(same_page)
        self._come_back(same_page)
        self._count()
        return self._today

    def _autosave(self) -> None:
        fields = self._form.form() | {name.replace("__", "."): value for name, value in self._typed.items()}
        kept = self._nurse.post(f"/l/{self._today.launch_id}/draft/{self._step.draft}", fields)
        assert (kept.status, "Kept" in kept.text) == (200, True), kept.text[:300]

    def _kill(self, pressed: Seen | None, typed: Mapping[str, object]) -> None:
        """Kills the app at a moment of the save, starts it again, and notes what the moment had met."""
        after = self._run.chance.uniform(0, median(self._seconds) * BEYOND)
        receipt: Seen | None = None
        with ThreadPoolExecutor(1) as hand:
            pressing = hand.submit(self._press, pressed, typed) if pressed else None
            time.sleep(after)
            self._run.app.kill()
            if pressing and pressing.exception() is None:
                receipt = pressing.result()
        self._run.app.start()
        self._run.ehr.settle()
        self._run.tally.steps[self._step.name] += 1
        self._run.tally.stages[self._stage(receipt, pressed)] += 1

    def _press(self, form: Seen, typed: Mapping[str, object]) -> Seen:
        begun = time.perf_counter()
        receipt = self._nurse.send(form, **typed)
        self._seconds.append(time.perf_counter() - begun)
        return receipt

    def _stage(self, receipt: Seen | None, pressed: Seen | None) -> Stage:
        if receipt is not None and FILED in receipt.words:
            return Stage.TOLD
        made = _left(self._run, self._patient, self._words, self._before).made
        if made == self._usual.made:
            return Stage.WRITTEN
        if made:
            return Stage.BETWEEN
        return Stage.BEFORE if pressed else Stage.TYPED

    def _kill_again(self, same_page: bool) -> None:
        """The second press is killed as well."""
        if same_page:
            self._kill(self._form, self._typed)
            return
        offered = self._offered()
        if offered is not None and _is_form(offered):
            self._kill(offered, {})

    def _come_back(self, same_page: bool) -> None:
        offered = self._form if same_page else self._offered()
        if offered is not None:
            typed = self._typed if same_page else {}
            receipt = self._nurse.send(offered, **typed) if _is_form(offered) else offered
            assert FILED in receipt.words, f"pressed again: {receipt.status} {receipt.words[:500]}"
            self._run.tally.second_press += 1
        self._today = self._nurse.get(f"/l/{self._today.launch_id}/today")
        assert KEPT not in self._today.words, "a draft is left"
        ledger = self._nurse.get(f"/l/{self._today.launch_id}/filed")
        assert NOTHING_WAITS in ledger.words, "the ledger says that something waits"

    def _offered(self) -> Seen | None:
        """Launches again as the same user; the form with what was typed in it, or None where the chart has it all."""
        self._nurse._http.cookies.clear()
        self._today = self._nurse.launch(self._patient)
        offered, form = KEPT in self._today.words, _form(self._nurse, self._today, self._step)
        if _is_form(form):
            kept = self._words in str(form.form())
            assert kept is offered, "the draft that is offered is not what was typed"
        return form if offered else None

    def _count(self) -> None:
        """Compares what the EHR holds with what an undisturbed save leaves there."""
        found = _left(self._run, self._patient, self._words, self._before)
        tally, name = self._run.tally, f"{self._patient}, {self._step.name}"
        missing = (self._usual.made - found.made) + (self._usual.holding - found.holding)
        more = (found.made - self._usual.made) + (found.holding - self._usual.holding)
        if missing:
            tally.lost.append(f"{name}: {dict(missing)}")
        if more:
            tally.doubled.append(f"{name}: {dict(more)}")
        twice = self._run.ehr.twice(self._patient)
        if twice:
            tally.doubled.append(f"{name}: twice {twice}")


def _is_form(page: Seen) -> bool:
    """Not so where the chart already holds what was typed: then the form's address leads to its receipt."""
    return bool(page.document.xpath("//form[@id='form']"))


def _form(nurse: Visitor, today: Seen, step: Step) -> Seen:
    return nurse.get(f"/l/{today.launch_id}/{step.path}")


def _underscored(values: Mapping[str, object]) -> dict[str, object]:
    """The names of fields as `Visitor.send` wants them."""
    return {name.replace(".", "__"): value for name, value in values.items()}


def _left(run: Run, patient: str, words: str, before: Mapping[str, int]) -> Left:
    now, made = run.ehr.versions(patient), Counter[str]()
    for place, versions in now.items():
        kind = place.split("/")[0]
        if place not in before:
            made[f"{kind} new"] += 1
        made[f"{kind} changed"] += versions - before.get(place, 1)
    return Left(+made, run.ehr.holding(patient, words))


def _tell(run: Run) -> None:
    """A line on how far it is: the run takes minutes."""
    tally = run.tally
    sys.stderr.write(
        f"{run.office.name}: {tally.moments} moments, {len(tally.lost)} lost, {len(tally.doubled)} doubled,"
        f" {len(tally.failures)} failures\n"
    )
    sys.stderr.flush()
