"""Remembers how the tests that prove a requirement ended, for `chartside requirements`.

A test's report carries its requirements from a worker of xdist to the process that writes, so a run with `-n 2` leaves
the same file as one without. Runs at the same time take turns; a run of some tests leaves the others' outcomes alone.
Nothing of the app is imported, so that a test of another room runs also where the app is broken.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from mappings.requirement_outcome import (
    MARKER,
    OUTCOMES_FILE,
    Row,
    outcome_row,
    outcomes_text,
    parse_outcomes,
)

WORST_LAST = ("passed", "skipped", "failed")


class Recorder:
    """Collects the outcomes of one run and adds them to the file of the checkout at `root`."""

    def __init__(self, root: Path, day: date) -> None:
        self._root = root
        self._day = day
        self._ended: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test's setup, call and teardown each send one; the worst of them is how it ended."""
        if not any(name == MARKER for name, _ in report.user_properties):
            return
        before = self._ended.get(report.nodeid, "passed")
        self._ended[report.nodeid] = max(before, report.outcome, key=WORST_LAST.index)

    def pytest_sessionfinish(self) -> None:
        """Writes what this run found."""
        if self._ended:
            self.write()

    def write(self) -> None:
        """Adds this run's outcomes to the file; those of tests whose file has gone are dropped."""
        path = self._root / OUTCOMES_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.with_suffix(".lock")):
            kept = parse_outcomes(path.read_text("utf-8")) if path.exists() else {}
            rows = {test: row for test, row in kept.items() if self._file(test).is_file()}
            rows.update({test: self._row(test, outcome) for test, outcome in self._ended.items()})
            new = path.with_suffix(".new")
            new.write_text(outcomes_text(rows), "utf-8")
            os.replace(new, path)

    def _row(self, test: str, outcome: str) -> Row:
        return outcome_row(outcome, self._day, self._file(test).read_bytes())

    def _file(self, test: str) -> Path:
        return self._root / test.partition("::")[0]


def pytest_configure(config: pytest.Config) -> None:
    """Only the process that gathers the reports writes: with xdist that is the one without `workerinput`."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(config.rootpath, _today()), "requirement-outcomes")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Gives each test's reports the requirements that the test names."""
    item.user_properties.extend(
        (MARKER, requirement) for mark in item.iter_markers(MARKER) for requirement in mark.args
    )


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the day on which somebody at this machine ran the tests.
