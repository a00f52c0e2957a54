"""A process that is no more is known by its mark, however it ended; a living one never."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.process_mark import ProcessMarks

OTHER = """
import sys
from pathlib import Path
from app.process_mark import ProcessMarks
marks = ProcessMarks(Path(sys.argv[1]))
print(marks.own(), flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that has made its mark, and the mark."""
    command = [sys.executable, "-c", OTHER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip(), process
        process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "running"


def test_the_mark_of_a_killed_process_is_of_the_dead(folder: Path) -> None:
    marks = ProcessMarks(folder)
    with another_process(folder) as (mark, process):
        assert mark
        assert not marks.is_of_the_dead(mark)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        assert marks.is_of_the_dead(mark)


def test_a_process_has_one_mark_and_lives(folder: Path) -> None:
    marks, beside = ProcessMarks(folder), ProcessMarks(folder)
    own = marks.own()
    assert marks.own() == own
    assert beside.own() != own
    assert not marks.is_of_the_dead(own)
    assert not beside.is_of_the_dead(own)


def test_a_mark_that_is_not_there_is_of_the_dead(folder: Path) -> None:
    assert ProcessMarks(folder).is_of_the_dead("0123456789abcdef")


def test_the_sweep_removes_the_marks_of_the_dead_alone(folder: Path) -> None:
    marks = ProcessMarks(folder)
    with another_process(folder) as (dead, process), another_process(folder) as (living, _):
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        own = marks.own()
        marks.sweep()
        assert {file.name for file in folder.iterdir()} == {own, living}
        assert marks.is_of_the_dead(dead)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names the descriptors of a process")
def test_a_forked_process_makes_its_own_and_leaves_its_parents(folder: Path) -> None:
    process = [os.getpid()]
    marks = ProcessMarks(folder, process=lambda: process[0])
    parents = marks.own()
    # As fork does it: a second descriptor of the same open file, which the child closes.
    held = os.dup(
        next(int(name) for name in os.listdir("/proc/self/fd") if _leads_to(name, folder / parents))
    )
    process[0] += 1
    assert marks.own() != parents
    assert not marks.is_of_the_dead(parents)
    os.close(held)
    assert marks.is_of_the_dead(parents)


def _leads_to(descriptor: str, path: Path) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}") == str(path)
    except FileNotFoundError:
        return False


def test_only_the_owner_may_read_them(folder: Path) -> None:
    mark = ProcessMarks(folder).own()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / mark).stat().st_mode) == 0o600
