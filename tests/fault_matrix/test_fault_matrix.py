"""Every fault of an EHR, at every kind of EHR, while a chart is opened or a form saved: nothing lost, nothing doubled.

The whole matrix is `make soak`, which also writes `docs/faults.md`; `make test` runs the cells that differ most and
holds them to that page.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fault_matrix import table
from tests.fault_matrix.actions import ACTIONS
from tests.fault_matrix.cell import Outcome, save_cell
from tests.fault_matrix.opening import open_cell
from tests.fault_matrix.rows import BY_NAME, ROWS
from tests.fault_matrix.world import PERSONAS, World, world

SLICE = {
    "open": (
        ("answer-lost", "contact"),
        ("half", "goal"),
        ("401", "plan"),
        ("404", "consent"),
        ("withheld", "open"),
    ),
    "epic": (("answer-lost", "contact"), ("422", "plan"), ("ids", "goal"), ("500", "open")),
    "oracle": (("truncated", "consent"), ("not-supported", "contact")),
    "athena": (("answer-lost", "contact"), ("reset", "consent")),
    "ecw": (("answer-lost", "plan"), ("html", "goal")),
    "canvas": (("half", "plan"), ("405", "contact"), ("withheld", "contact")),
}
"""The cells that `make test` runs: of each EHR those where it differs most from the others."""


@pytest.fixture(scope="module", params=PERSONAS)
def at(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A practice of one persona, for all of its cells."""
    with world(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


def outcome(at: World, row: str, column: str) -> Outcome:
    """Runs one cell."""
    if column == table.OPEN:
        return open_cell(at, BY_NAME[row])
    return save_cell(at, BY_NAME[row], ACTIONS[column])


@pytest.mark.requirement("client@41", "client@45", "client@46")
def test_the_cells_that_differ_most_end_as_the_page_says(at: World) -> None:
    said = table.read()
    for row, column in SLICE[at.persona]:
        assert outcome(at, row, column).words == said[at.persona, row, column], (row, column)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_every_cell_ends_in_one_copy_or_one_draft(at: World) -> None:
    found: dict[table.Cell, Outcome] = {}
    broken: list[str] = []
    for row in ROWS:
        for column in table.COLUMNS:
            try:
                found[row.name, column] = outcome(at, row.name, column)
            except AssertionError as promise:
                broken.append(f"{at.persona}, {row.name}, {column}: {str(promise).splitlines()[0]}")
            finally:
                at.calm()
    assert not broken, "\n".join(broken)
    table.write(at.persona, found)


@pytest.mark.soak
def test_the_page_holds_the_whole_matrix() -> None:
    assert table.read()
