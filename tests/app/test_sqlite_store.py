"""What only the store of one machine must do: its file, its modes, its processes."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import StoreBusy, StoreDown
from app.sqlite_store import SqliteStore
from tests.conftest import ROOT

HOLDER = """
import sys
from pathlib import Path
from cryptography.fernet import Fernet, MultiFernet
from app.sqlite_store import SqliteStore
store = SqliteStore(Path(sys.argv[1]), MultiFernet([Fernet(Fernet.generate_key())]))
with store.lock("filing", lease=3600):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "chartside.sqlite"


@pytest.fixture
def store(path: Path, settings, clock) -> SqliteStore:
    return SqliteStore(path, settings.fernet, now=clock)


def test_only_the_owner_may_read_the_files(store: SqliteStore, path: Path, clock) -> None:
    store.put("draft", "a", b"1", expires_at=clock() + 60)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_sweep_removes_what_expired_and_nothing_else(store: SqliteStore, path: Path, clock) -> None:
    store.put("a", "old", b"1", expires_at=clock() + 10)
    store.put("a", "new", b"2", expires_at=clock() + 100)
    clock.pass_by(seconds=10)
    assert store.sweep() == 1
    with sqlite3.connect(path) as outside:
        assert outside.execute("SELECT count(*) FROM item").fetchone() == (1,)
    outside.close()


def test_a_forked_process_opens_its_own_connection(store: SqliteStore, clock) -> None:
    store.put("a", "b", b"1", expires_at=clock() + 60)
    connection = store._connection()
    store._local.process = -1
    assert store._connection() is not connection
    connection.close()


def test_the_lock_of_a_killed_process_is_free_at_once_and_that_of_a_living_one_is_not(
    store: SqliteStore, path: Path, clock: Callable[[], float]
) -> None:
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreBusy), store.lock("filing", timeout=0):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=20)
        with store.lock("filing", timeout=0), pytest.raises(StoreBusy), store.lock("filing", timeout=0):
            pass
    assert store.sweep() == 0
    assert len(list((path.parent / "running").iterdir())) == 1


def test_a_folder_that_takes_no_mark_is_a_store_that_is_down(store: SqliteStore, path: Path) -> None:
    (path.parent / "running").write_text("in the way")
    with pytest.raises(StoreDown), store.lock("filing"):
        pass


def test_a_damaged_file_is_a_store_that_is_down(store: SqliteStore, path: Path, clock) -> None:
    store.put("a", "b", b"1", expires_at=clock() + 60)
    store._run("DROP TABLE item", ())
    for use in (
        lambda: store.get("a", "b"),
        lambda: store.put("a", "b", b"2", expires_at=clock() + 60),
        lambda: list(store.items("a")),
        store.sweep,
    ):
        with pytest.raises(StoreDown):
            use()


def test_of_two_workers_that_start_on_a_new_file_the_second_waits(
    path: Path, settings, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    first = sqlite3.connect(path, isolation_level=None)
    first.execute("BEGIN EXCLUSIVE")
    first.execute("CREATE TABLE being_made (row)")
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        first.execute("COMMIT")
        first.close()

    monkeypatch.setattr("app.sqlite_store.BUSY_SECONDS", 0.01)
    monkeypatch.setattr("app.sqlite_store.time.sleep", sleep)
    second = SqliteStore(path, settings.fernet, now=clock)
    second.put("kind", "key", b"value", expires_at=clock() + 1)
    assert second.get("kind", "key") == b"value"
    assert len(waits) == 1
    second.close()
