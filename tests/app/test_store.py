"""The store keeps secrets secret, gives a value once where it must, and locks over processes."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet

from app.errors import StoreBusy
from app.sqlite_store import SqliteStore
from app.store import Store

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "chartside.sqlite"


@pytest.fixture
def store(path: Path, clock) -> Store:
    return SqliteStore(path, MultiFernet([Fernet(OLD)]), now=clock)


def test_a_value_is_given_back_until_it_expires(store: Store, clock) -> None:
    store.put("draft", "a", b"text", expires_at=clock() + 60)
    clock.pass_by(seconds=59)
    assert store.get("draft", "a") == b"text"
    clock.pass_by(seconds=1)
    assert store.get("draft", "a") is None


def test_kinds_and_keys_stay_apart(store: Store, clock) -> None:
    store.put("draft", "a", b"1", expires_at=clock() + 60)
    store.put("timer", "a", b"2", expires_at=clock() + 60)
    store.put("draft", "b", b"3", expires_at=clock() + 60)
    store.delete("draft", "a")
    assert (store.get("draft", "a"), store.get("timer", "a"), store.get("draft", "b")) == (None, b"2", b"3")


def test_neither_key_nor_value_can_be_read_in_the_files(store: Store, path: Path, clock) -> None:
    store.put("draft", "patient-margery", b"chest pain", expires_at=clock() + 60)
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"margery" not in written
    assert b"chest" not in written


def test_only_the_owner_may_read_the_files(store: Store, path: Path, clock) -> None:
    store.put("draft", "a", b"1", expires_at=clock() + 60)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_value_outlives_the_process_that_wrote_it(store: Store, path: Path, clock) -> None:
    store.put("draft", "a", b"1", expires_at=clock() + 60)
    store.close()
    assert SqliteStore(path, MultiFernet([Fernet(OLD)]), now=clock).get("draft", "a") == b"1"


def test_a_rotated_key_still_opens_and_the_next_write_uses_the_new_one(
    store: Store, path: Path, clock
) -> None:
    store.put("draft", "a", b"1", expires_at=clock() + 60)
    rotated = SqliteStore(path, MultiFernet([Fernet(NEW), Fernet(OLD)]), now=clock)
    assert rotated.get("draft", "a") == b"1"
    rotated.put("draft", "a", b"2", expires_at=clock() + 60)
    assert SqliteStore(path, MultiFernet([Fernet(NEW)]), now=clock).get("draft", "a") == b"2"


def test_a_value_of_a_lost_key_reads_as_absent_and_is_logged_without_content(
    store: Store, path: Path, clock, log_lines
) -> None:
    store.put("draft", "patient-margery", b"chest pain", expires_at=clock() + 60)
    other = SqliteStore(path, MultiFernet([Fernet(NEW)]), now=clock)
    assert other.get("draft", "patient-margery") is None
    assert other.pop("draft", "patient-margery") is None
    assert '"event":"stored-value-unreadable","kind":"draft"' in log_lines()
    assert "margery" not in log_lines()


def test_a_value_moved_to_another_row_reads_as_absent(store: Store, path: Path, clock) -> None:
    store.put("session", "mine", b"1", expires_at=clock() + 60)
    store.put("session", "theirs", b"2", expires_at=clock() + 60)
    with sqlite3.connect(path) as outside:
        (value,) = outside.execute("SELECT value FROM item ORDER BY key LIMIT 1").fetchone()
        outside.execute("UPDATE item SET value = ?", (value,))
    outside.close()
    assert sorted([store.get("session", "mine") or b"", store.get("session", "theirs") or b""])[0] == b""


def test_what_was_forgotten_is_not_brought_back_by_a_late_write(store: Store, clock) -> None:
    store.put("session", "a", b"1", expires_at=clock() + 60)
    assert store.replace("session", "a", b"2", expires_at=clock() + 60)
    store.delete("session", "a")
    assert not store.replace("session", "a", b"3", expires_at=clock() + 60)
    assert store.get("session", "a") is None


def test_of_many_who_take_a_value_at_once_one_gets_it(store: Store, clock) -> None:
    store.put("pending", "state", b"launch", expires_at=clock() + 600)
    together = threading.Barrier(8)

    def take(_: int) -> bytes | None:
        together.wait()
        return store.pop("pending", "state")

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, range(8)))
    assert sorted(taken, key=str) == sorted([b"launch"] + [None] * 7, key=str)


def test_an_expired_value_cannot_be_taken(store: Store, clock) -> None:
    store.put("pending", "state", b"launch", expires_at=clock() + 600)
    clock.pass_by(minutes=10)
    assert store.pop("pending", "state") is None


def test_the_sweep_removes_what_expired_and_nothing_else(store: Store, path: Path, clock) -> None:
    store.put("a", "old", b"1", expires_at=clock() + 10)
    store.put("a", "new", b"2", expires_at=clock() + 100)
    clock.pass_by(seconds=10)
    assert store.sweep() == 1
    with sqlite3.connect(path) as outside:
        assert outside.execute("SELECT count(*) FROM item").fetchone() == (1,)
    outside.close()


def test_everything_of_a_kind_that_is_kept_now_is_given_with_its_key(store: Store, clock) -> None:
    store.put("launch", "a", b"1", expires_at=clock() + 60)
    store.put("launch", "b\0c", b"", expires_at=clock() + 60)
    store.put("launch", "old", b"3", expires_at=clock() + 10)
    store.put("draft", "d", b"4", expires_at=clock() + 60)
    clock.pass_by(seconds=10)
    assert dict(store.items("launch")) == {"a": b"1", "b\0c": b""}
    assert dict(store.items("nothing")) == {}


def test_what_expired_is_not_brought_back_by_a_late_write(store: Store, clock) -> None:
    store.put("session", "a", b"1", expires_at=clock() + 60)
    clock.pass_by(seconds=60)
    assert not store.replace("session", "a", b"2", expires_at=clock() + 60)
    assert store.get("session", "a") is None


def test_a_held_lock_is_refused_when_the_time_is_over(store: Store) -> None:
    with store.lock("refresh:1"), pytest.raises(StoreBusy), store.lock("refresh:1", timeout=0):
        pass
    with store.lock("refresh:1", timeout=0), store.lock("refresh:2", timeout=0):
        pass


def test_a_waiter_gets_the_lock_when_it_is_given_back(store: Store) -> None:
    holding = store.lock("refresh:1")
    holding.__enter__()
    waits: list[float] = []

    def give_back(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            holding.__exit__(None, None, None)

    with store.lock("refresh:1", wait=give_back):
        assert len(waits) == 3


def test_a_lock_whose_holder_died_is_free_after_its_lease(store: Store, clock) -> None:
    store.lock("refresh:1", lease=60).__enter__()
    clock.pass_by(seconds=60)
    with store.lock("refresh:1", timeout=0):
        pass


def test_a_holder_that_came_too_late_does_not_free_the_next_ones_lock(store: Store, clock) -> None:
    slow = store.lock("refresh:1", lease=60)
    slow.__enter__()
    clock.pass_by(seconds=60)
    with store.lock("refresh:1", timeout=0):
        slow.__exit__(None, None, None)
        with pytest.raises(StoreBusy), store.lock("refresh:1", timeout=0):
            pass


def _count_up(path: Path, times: int) -> None:
    store = SqliteStore(path, MultiFernet([Fernet(OLD)]))
    for _ in range(times):
        with store.lock("counter"):
            value = int(store.get("count", "n") or b"0")
            store.put("count", "n", str(value + 1).encode(), expires_at=9e9)
    store.close()


def test_processes_that_count_under_the_lock_lose_nothing(path: Path) -> None:
    SqliteStore(path, MultiFernet([Fernet(OLD)])).close()
    # The key must be the same in all, so they are forked from here, each with its own connection.
    processes = [
        multiprocessing.get_context("fork").Process(target=_count_up, args=(path, 20)) for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert SqliteStore(path, MultiFernet([Fernet(OLD)])).get("count", "n") == b"60"


def test_a_forked_process_opens_its_own_connection(store: Store, clock) -> None:
    store.put("a", "b", b"1", expires_at=clock() + 60)
    connection = store._connection()
    store._local.process = -1
    assert store._connection() is not connection
    connection.close()


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
