"""The store keeps secrets secret, gives a value once where it must, and locks over processes; SQLite and Redis."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet

from app.errors import StoreBusy
from app.redis_store import RedisStore
from app.sqlite_store import SqliteStore
from app.store import Store, _digest
from tests.redis_server import PASSWORD, RedisServer, redis_server

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@dataclass
class Backend:
    """One of the two: opens stores on the same ground, and looks at what lies there."""

    clock: Callable[[], float]
    path: Path | None = None
    server: RedisServer | None = None

    def open(self, *keys: str, clock: Callable[[], float] | None = None) -> Store:
        fernet, now = MultiFernet([Fernet(key) for key in keys or (OLD,)]), clock or self.clock
        if self.path:
            return SqliteStore(self.path, fernet, now=now)
        assert self.server
        return RedisStore(self.server.url, fernet, password=PASSWORD, now=now)

    def kept(self) -> bytes:
        """Every byte that lies there, names included."""
        if self.path:
            return b"".join(file.read_bytes() for file in self.path.parent.iterdir())
        assert self.server
        client = self.server.client()
        return b"".join(name + client.get(name) for name in client.scan_iter())

    def move(self, kind: str, key: str, to_kind: str, to_key: str) -> None:
        """Lays the sealed value of one row into another, as somebody who may write there could."""
        store = self.open()
        sealed = store._read(kind, _digest(key))
        assert sealed
        store._write(to_kind, _digest(to_key), sealed, self.clock() + 60)
        store.close()

    def let_leases_pass(self, seconds: float) -> None:
        """Redis reckons leases by its own clock, SQLite by ours."""
        if self.path:
            self.clock.pass_by(seconds=seconds)  # type: ignore[attr-defined]
            return
        assert self.server
        give_up_at = time.monotonic() + 20
        while self.server.client().keys("chartside-lock:*") and time.monotonic() < give_up_at:
            time.sleep(0.005)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(params=["sqlite", "redis"])
def backend(request: pytest.FixtureRequest, tmp_path: Path, clock) -> Iterator[Backend]:
    if request.param == "sqlite":
        yield Backend(clock, path=tmp_path / "state" / "chartside.sqlite")
        return
    server: RedisServer = request.getfixturevalue("redis")
    server.client().flushall()
    yield Backend(clock, server=server)


@pytest.fixture
def store(backend: Backend) -> Iterator[Store]:
    opened = backend.open()
    yield opened
    opened.close()


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


@pytest.mark.requirement("client@16")
@pytest.mark.requirement("client@16")
def test_neither_key_nor_value_can_be_read_where_they_are_kept(store: Store, backend: Backend, clock) -> None:
    store.put("draft", "patient-margery", b"chest pain", expires_at=clock() + 60)
    written = backend.kept()
    assert len(written) > 100
    assert b"margery" not in written
    assert b"chest" not in written


def test_a_value_outlives_the_process_that_wrote_it(store: Store, backend: Backend, clock) -> None:
    store.put("draft", "a", b"1", expires_at=clock() + 60)
    store.close()
    assert backend.open().get("draft", "a") == b"1"


def test_a_rotated_key_still_opens_and_the_next_write_uses_the_new_one(
    store: Store, backend: Backend, clock
) -> None:
    store.put("draft", "a", b"1", expires_at=clock() + 60)
    rotated = backend.open(NEW, OLD)
    assert rotated.get("draft", "a") == b"1"
    rotated.put("draft", "a", b"2", expires_at=clock() + 60)
    assert backend.open(NEW).get("draft", "a") == b"2"


def test_a_value_of_a_lost_key_reads_as_absent_and_is_logged_without_content(
    store: Store, backend: Backend, clock, log_lines
) -> None:
    store.put("draft", "patient-margery", b"chest pain", expires_at=clock() + 60)
    other = backend.open(NEW)
    assert other.get("draft", "patient-margery") is None
    assert list(other.items("draft")) == []
    assert other.pop("draft", "patient-margery") is None
    assert '"event":"stored-value-unreadable","kind":"draft"' in log_lines()
    assert "margery" not in log_lines()


@pytest.mark.parametrize("to", [("session", "theirs"), ("launch", "mine")])
def test_a_value_moved_to_another_row_reads_as_absent(
    store: Store, backend: Backend, clock, to: tuple[str, str]
) -> None:
    store.put("session", "mine", b"1", expires_at=clock() + 60)
    backend.move("session", "mine", *to)
    assert store.get(*to) is None
    assert list(store.items(to[0])) == ([("mine", b"1")] if to[0] == "session" else [])
    assert store.get("session", "mine") == b"1"


def test_who_may_write_there_cannot_prolong_a_value(store: Store, backend: Backend, clock) -> None:
    store.put("session", "mine", b"1", expires_at=clock() + 30)
    backend.move("session", "mine", "session", "mine")
    clock.pass_by(seconds=30)
    assert store.get("session", "mine") is None


def test_what_was_forgotten_is_not_brought_back_by_a_late_write(store: Store, clock) -> None:
    store.put("session", "a", b"1", expires_at=clock() + 60)
    assert store.replace("session", "a", b"2", expires_at=clock() + 60)
    assert store.get("session", "a") == b"2"
    store.delete("session", "a")
    assert not store.replace("session", "a", b"3", expires_at=clock() + 60)
    assert store.get("session", "a") is None


def test_what_expired_is_not_brought_back_by_a_late_write(store: Store, clock) -> None:
    store.put("session", "a", b"1", expires_at=clock() + 60)
    clock.pass_by(seconds=60)
    assert not store.replace("session", "a", b"2", expires_at=clock() + 60)
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


def test_everything_of_a_kind_that_is_kept_now_is_given_with_its_key(store: Store, clock) -> None:
    store.put("launch", "a", b"1", expires_at=clock() + 60)
    store.put("launch", "b\0c", b"", expires_at=clock() + 60)
    store.put("launch", "old", b"3", expires_at=clock() + 10)
    store.put("draft", "d", b"4", expires_at=clock() + 60)
    clock.pass_by(seconds=10)
    assert dict(store.items("launch")) == {"a": b"1", "b\0c": b""}
    assert dict(store.items("nothing")) == {}


def test_a_kind_of_many_rows_comes_whole(store: Store, clock) -> None:
    expected = {f"key-{n}": str(n).encode() for n in range(600)}
    for key, value in expected.items():
        store.put("launch", key, value, expires_at=clock() + 60)
    assert dict(store.items("launch")) == expected


def test_what_is_deleted_while_a_kind_is_read_does_no_harm(store: Store, clock) -> None:
    for n in range(5):
        store.put("launch", str(n), b"1", expires_at=clock() + 60)
    for key, _ in store.items("launch"):
        store.delete("launch", key)
    assert list(store.items("launch")) == []


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


def test_a_lock_is_given_back_when_what_was_done_under_it_failed(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.lock("refresh:1"):
        raise ZeroDivisionError
    with store.lock("refresh:1", timeout=0):
        pass


def test_a_lock_whose_holder_died_is_free_after_its_lease(store: Store, backend: Backend) -> None:
    died = store.lock("refresh:1", lease=0.2)
    died.__enter__()
    with pytest.raises(StoreBusy), store.lock("refresh:1", timeout=0):
        pass
    backend.let_leases_pass(0.2)
    with store.lock("refresh:1", timeout=0):
        pass
    died.__exit__(None, None, None)


def test_a_holder_that_came_too_late_does_not_free_the_next_ones_lock(store: Store, backend: Backend) -> None:
    slow = store.lock("refresh:1", lease=0.1)
    slow.__enter__()
    backend.let_leases_pass(0.1)
    with store.lock("refresh:1", timeout=0):
        slow.__exit__(None, None, None)
        with pytest.raises(StoreBusy), store.lock("refresh:1", timeout=0):
            pass


def _count_up(backend: Backend, times: int) -> None:
    store = backend.open(clock=time.time)
    for _ in range(times):
        with store.lock("counter"):
            value = int(store.get("count", "n") or b"0")
            store.put("count", "n", str(value + 1).encode(), expires_at=9e9)
    store.close()


@pytest.mark.requirement("client@17")
def test_processes_that_count_under_the_lock_lose_nothing(backend: Backend) -> None:
    backend.open().close()
    # The key must be the same in all, so they are forked from here, each with its own connection.
    processes = [
        multiprocessing.get_context("fork").Process(target=_count_up, args=(backend, 20)) for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert backend.open(clock=time.time).get("count", "n") == b"60"
