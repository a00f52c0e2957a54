"""The clock of a contact counts what it should, for one user and one patient, and survives a restart."""

from __future__ import annotations

import pytest

from app.sqlite_store import SqliteStore
from app.timer import Timer, TimerKey, Timers

KEY = TimerKey("https://fhir.ehr.example/r4", "Practitioner/nurse", "margery")


@pytest.fixture
def store(settings, clock) -> SqliteStore:
    return SqliteStore(settings.state_dir / "t.sqlite", settings.fernet, now=clock)


@pytest.fixture
def timers(store: SqliteStore, clock) -> Timers:
    return Timers(store, clock)


def seconds(timers: Timers, clock) -> float:
    timer = timers.get(KEY)
    assert timer is not None
    return timer.elapsed(clock())


def test_it_counts_from_its_start(timers: Timers, clock) -> None:
    timers.start(KEY)
    clock.pass_by(minutes=12)
    assert seconds(timers, clock) == 720


def test_a_pause_counts_nothing_and_resuming_goes_on(timers: Timers, clock) -> None:
    begun = clock()
    timers.start(KEY)
    clock.pass_by(minutes=5)
    timers.pause(KEY)
    clock.pass_by(hours=1)
    assert seconds(timers, clock) == 300
    timers.resume(KEY)
    clock.pass_by(minutes=2)
    assert seconds(timers, clock) == 420
    timer = timers.get(KEY)
    assert timer is not None
    assert (timer.first_started_at, timer.started_at, timer.running) == (begun, begun + 3900, True)


@pytest.mark.parametrize("action", ["start", "resume"])
def test_the_same_click_in_two_tabs_changes_nothing(timers: Timers, clock, action: str) -> None:
    timers.start(KEY)
    clock.pass_by(minutes=3)
    getattr(timers, action)(KEY)
    clock.pass_by(minutes=1)
    assert seconds(timers, clock) == 240


def test_pausing_twice_keeps_the_first_pause(timers: Timers, clock) -> None:
    timers.start(KEY)
    clock.pass_by(minutes=3)
    timers.pause(KEY)
    clock.pass_by(minutes=3)
    timers.pause(KEY)
    assert seconds(timers, clock) == 180


def test_without_a_timer_pause_and_resume_start_none(timers: Timers) -> None:
    assert timers.pause(KEY) is None
    assert timers.resume(KEY) is None
    assert timers.get(KEY) is None


def test_a_discarded_timer_is_gone(timers: Timers) -> None:
    timers.start(KEY)
    timers.discard(KEY)
    assert timers.get(KEY) is None


def test_it_survives_a_restart_and_ends_after_72_hours(timers: Timers, settings, clock) -> None:
    timers.start(KEY)
    clock.pass_by(hours=71)
    restarted = Timers(SqliteStore(settings.state_dir / "t.sqlite", settings.fernet, now=clock), clock)
    assert seconds(restarted, clock) == 71 * 3600
    clock.pass_by(hours=1)
    assert restarted.get(KEY) is None


@pytest.mark.parametrize(
    "other",
    [
        TimerKey("https://other.example/r4", KEY.user, KEY.patient_id),
        TimerKey(KEY.ehr, "Practitioner/other", KEY.patient_id),
        TimerKey(KEY.ehr, KEY.user, "wendell"),
    ],
)
def test_another_ehr_user_or_patient_has_another_timer(timers: Timers, other: TimerKey) -> None:
    timers.start(KEY)
    assert timers.get(other) is None


def test_a_clock_set_back_counts_nothing() -> None:
    assert Timer(1000.0, 1000.0).elapsed(900.0) == 0


def test_a_time_set_by_hand_is_counted_on_and_keeps_every_reason(timers: Timers, clock) -> None:
    timers.start(KEY)
    clock.pass_by(minutes=4)
    timers.set_to(KEY, 720, "Began before I pressed start")
    clock.pass_by(minutes=1)
    assert seconds(timers, clock) == 780
    timers.pause(KEY)
    timers.set_to(KEY, 300, "The rest was another patient")
    clock.pass_by(minutes=9)
    assert seconds(timers, clock) == 300
    timer = timers.get(KEY)
    assert timer is not None
    assert timer.reason == (
        "Began before I pressed start (timer set from 4 to 12 min);"
        " The rest was another patient (timer set from 13 to 5 min)"
    )
    # Set forward, it began that much earlier.
    assert clock() - timer.first_started_at == 22 * 60
    assert timers.set_to(TimerKey("x", "y", "z"), 60, "None runs") is None
