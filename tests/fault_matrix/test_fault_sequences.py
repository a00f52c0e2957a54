"""Property: after any sequence of faults, saves, second presses and discards, nothing is lost and nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fault_matrix.machine import Documenting
from tests.fault_matrix.world import World, world

EHRS = {
    "open": ("open", False),
    "ordered": ("open", True),
    "note": ("epic", False),
    "mixed": ("canvas", False),
}
"""By how they take a save: all at once, one after the other, in one note, in records and answers."""
FEW, MANY = (5, 8), (20, 12)
"""Examples, and steps of each."""


@pytest.fixture(scope="module", params=EHRS)
def at(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, bool]]:
    """A practice, and whether its EHR refuses several writes at once."""
    persona, ordered = EHRS[request.param]
    with world(tmp_path_factory.mktemp(request.param), persona) as made:
        yield made, ordered


def run(at: tuple[World, bool], examples: int, steps: int) -> None:
    """The machine at this EHR. The examples are the same at every run."""

    class Here(Documenting):
        ordered = at[1]

    Here.at = at[0]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]  # hypothesis gives it no types
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("at", ["open", "ordered"], indirect=True)
@pytest.mark.requirement("client@45")
def test_a_few_sequences(at: tuple[World, bool]) -> None:
    run(at, *FEW)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_many_sequences(at: tuple[World, bool]) -> None:
    run(at, *MANY)
