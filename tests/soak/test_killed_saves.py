"""`kill -9` of the app at 200 random moments of a save: nothing is lost, nothing is doubled.

Real processes, a real SIGKILL to gunicorn and its worker at once, the EHR a little away; every moment is drawn from a
seed. Bounded in count; loopback only. It takes about ten minutes on two idle cores.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.soak.counting_ehr import patient_id
from tests.soak.killed_saves import (
    CANVAS,
    EPIC,
    IN_ORDER,
    OPEN,
    Office,
    Stage,
    Tally,
    kill_through,
    measure,
    running,
)

SHARES = {OPEN: 50, IN_ORDER: 50, EPIC: 50, CANVAS: 50}
"""How many moments each office has. A save may be killed twice, so there may be one more."""
PATIENTS = 20
SEED = 20261122


def test_there_are_two_hundred_moments() -> None:
    assert sum(SHARES.values()) >= 200


@pytest.mark.soak
@pytest.mark.parametrize("office", SHARES, ids=lambda office: office.name)
def test_kills_during_a_save_lose_nothing_and_double_nothing(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures are printed, and kept in docs/measurements.md."""
    with capsys.disabled(), running(office, tmp_path, patients=PATIENTS, seed=SEED) as run:
        measure(run, patient_id(0))
        kill_through(run, range(1, PATIENTS), moments=SHARES[office])
        tally = run.tally
        sys.stdout.write(f"\n{figures(office, tally)}\n")
    assert (tally.lost, tally.doubled, tally.failures) == ([], [], [])
    # The run has teeth: it struck wherever a kill can strike.
    assert tally.moments >= SHARES[office]
    wherever = set(Stage) - ({Stage.BETWEEN} if office.writes_once else set())
    assert set(tally.stages) == wherever


def figures(office: Office, tally: Tally) -> str:
    """One line for docs/measurements.md."""
    stages = ", ".join(f"{tally.stages[stage]} {stage}" for stage in Stage)
    steps = ", ".join(f"{times} {name}" for name, times in tally.steps.items())
    return (
        f"{office.name}: {tally.moments} moments ({stages}); {steps}; {tally.second_press} completed by another press;"
        f" {len(tally.lost)} lost, {len(tally.doubled)} doubled {[*tally.lost, *tally.doubled, *tally.failures][:5]}"
    )
