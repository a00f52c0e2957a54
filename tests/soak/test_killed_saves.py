"""`kill -9` of the app at 200 random moments of a save: nothing is lost, nothing is doubled.

Real processes, a real SIGKILL to gunicorn and its worker at once, the EHR a little away; every moment is drawn from a
seed. Bounded in count; loopback only. It takes about ten minutes on two idle cores.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.soak.counting_ehr import patient_id
from tests.soak.killed_saves import EPIC, IN_ORDER, OPEN, Office, Stage, Tally, kill_through, measure, running

SHARES = ((OPEN, 66), (IN_ORDER, 68), (EPIC, 66))
"""How many moments each office has; 200 in all. A save may be killed twice, so there may be one more."""
PATIENTS = 20
SEED = 20261122


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing_and_double_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures are printed, and kept in docs/measurements.md."""
    tallies = {}
    for office, moments in SHARES:
        with capsys.disabled():
            tallies[office.name] = _work(office, moments, tmp_path / office.name)
            sys.stdout.write(f"{figures(office, tallies[office.name])}\n")
    for tally in tallies.values():
        assert (tally.lost, tally.doubled, tally.failures) == ([], [], [])
    # The run has teeth: it struck wherever a kill can strike, also between the writes of those that are several.
    stages = sum((tally.stages for tally in tallies.values()), Counter())
    assert stages.total() >= 200
    assert set(stages) == set(Stage)
    assert min(stages[stage] for stage in Stage) >= 5
    assert tallies[IN_ORDER.name].stages[Stage.BETWEEN] >= 5


def _work(office: Office, moments: int, folder: Path) -> Tally:
    with running(office, folder, patients=PATIENTS, seed=SEED) as run:
        measure(run, patient_id(0))
        kill_through(run, range(1, PATIENTS), moments=moments)
        return run.tally


def figures(office: Office, tally: Tally) -> str:
    """One line for docs/measurements.md."""
    stages = ", ".join(f"{tally.stages[stage]} {stage}" for stage in Stage)
    steps = ", ".join(f"{times} {name}" for name, times in tally.steps.items())
    return (
        f"{office.name}: {tally.moments} moments ({stages}); {steps}; {tally.second_press} completed by another press;"
        f" {len(tally.lost)} lost, {len(tally.doubled)} doubled {[*tally.lost, *tally.doubled, *tally.failures][:5]}"
    )
