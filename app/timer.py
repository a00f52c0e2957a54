"""The clock of a contact: started, paused, resumed or thrown away by hand, and never lost with a tab.

It belongs to one user and one patient at one EHR rather than to a page, so a nurse who opens another chart in between
finds her clock where she left it, also after a restart of the app. Minutes are payment facts: what the clock says is
only offered to the form, where the user states them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import orjson

from app.store import Store

KIND = "timer"
HOURS_KEPT = 72


@dataclass(frozen=True)
class TimerKey:
    """Whose clock it is. `user` is the fhirUser reference, `ehr` the EHR's `iss`."""

    ehr: str
    user: str
    patient_id: str

    def text(self) -> str:
        """The store's key. JSON, since any of the parts may hold any character."""
        return orjson.dumps([self.ehr, self.user, self.patient_id]).decode()


@dataclass(frozen=True)
class Timer:
    """Times in seconds since the epoch. `started_at` is the latest start or resume, `accrued` the seconds before it.

    `reason` says why its time was set by hand, "" where it was not.
    """

    first_started_at: float
    started_at: float
    paused_at: float | None = None
    accrued: float = 0.0
    reason: str = ""

    @property
    def running(self) -> bool:
        """True unless it is paused."""
        return self.paused_at is None

    def elapsed(self, now: float) -> float:
        """Seconds counted so far, pauses left out. A clock set back counts nothing."""
        return self.accrued if self.paused_at is not None else self.accrued + max(0.0, now - self.started_at)

    def pause(self, now: float) -> Timer:
        """The timer paused; one that is paused stays as it is."""
        return self if not self.running else replace(self, paused_at=now, accrued=self.elapsed(now))

    def resume(self, now: float) -> Timer:
        """The timer running again; one that runs stays as it is."""
        return self if self.running else replace(self, started_at=now, paused_at=None)

    def set_to(self, seconds: float, now: float, reason: str) -> Timer:
        """The timer with another time, running or paused as before; who set it forward began it that much earlier."""
        before, after = int(self.elapsed(now)) // 60, int(seconds) // 60
        said = f"{reason} (timer set from {before} to {after} min)"
        return replace(
            self,
            first_started_at=min(self.first_started_at, now - seconds),
            started_at=now,
            paused_at=None if self.running else now,
            accrued=seconds,
            reason="; ".join(filter(None, (self.reason, said))),
        )


class Timers:
    """Keeps timers in the store. Every change is safe against the same click in two tabs."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    def get(self, key: TimerKey) -> Timer | None:
        """The timer, or None when none was started or its 72 hours are over."""
        row = self._store.get(KIND, key.text())
        return None if row is None else Timer(**orjson.loads(row))

    def start(self, key: TimerKey) -> Timer:
        """Starts a timer; where there is one, it stays as it is."""
        with self._store.lock(_lock(key)):
            timer = self.get(key)
            return timer or self._keep(key, Timer(self._now(), self._now()))

    def pause(self, key: TimerKey) -> Timer | None:
        """Pauses the timer, if there is one."""
        with self._store.lock(_lock(key)):
            timer = self.get(key)
            return timer and self._keep(key, timer.pause(self._now()))

    def resume(self, key: TimerKey) -> Timer | None:
        """Lets the timer run again, if there is one."""
        with self._store.lock(_lock(key)):
            timer = self.get(key)
            return timer and self._keep(key, timer.resume(self._now()))

    def set_to(self, key: TimerKey, seconds: float, reason: str) -> Timer | None:
        """Sets the timer to another time with the reason, if there is one."""
        with self._store.lock(_lock(key)):
            timer = self.get(key)
            return timer and self._keep(key, timer.set_to(seconds, self._now(), reason))

    def discard(self, key: TimerKey) -> None:
        """Throws the timer away: its contact was filed, or the user said so."""
        with self._store.lock(_lock(key)):
            self._store.delete(KIND, key.text())

    def _keep(self, key: TimerKey, timer: Timer) -> Timer:
        expires_at = self._now() + HOURS_KEPT * 3600
        self._store.put(KIND, key.text(), orjson.dumps(asdict(timer)), expires_at=expires_at)
        return timer


def _lock(key: TimerKey) -> str:
    return f"timer:{key.text()}"
