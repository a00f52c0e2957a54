"""Which failures are switched on now. Threads of the server ask it while a test or a person switches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from samples.faults.fault import Fault, Occasion, fault

MOST_AT_ONCE = 50


@dataclass
class Switched:
    """A failure that is on, how often it has struck, and how many requests it has let pass first."""

    fault: Fault
    struck: int = 0
    passed: int = 0
    number: int = field(default=0)

    def to_json(self) -> dict[str, Any]:
        """The failure, how often it struck, and the number to switch it off by."""
        return {"number": self.number, **self.fault.to_json(), "struck": self.struck}


class Switchboard:
    """The failures of one sandbox. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._on: list[Switched] = []
        self._numbers = 0
        self._clears = 0

    def set(self, name: str, **details: Any) -> int:
        """Switches a failure on; gives its number. Raises FaultNotUnderstood.

        One of the same name and filters is replaced, so that "slow, 3 seconds" after "slow, 1 second" is not both.
        """
        wanted = fault(name, **details)
        with self._changed:
            self._on = [each for each in self._on if not _same_aim(each.fault, wanted)][-MOST_AT_ONCE:]
            self._numbers += 1
            self._on.append(Switched(wanted, number=self._numbers))
            return self._numbers

    def clear(self, name: str | None = None, *, number: int | None = None) -> int:
        """Switches off all failures, those of a name, or the one of a number; gives how many were on.

        Whoever waits in `pause` goes on at once.
        """
        with self._changed:
            kept = [
                each
                for each in self._on
                if (name is not None and each.fault.name != name)
                or (number is not None and each.number != number)
            ]
            ended = len(self._on) - len(kept)
            self._on = kept
            self._clears += 1
            self._changed.notify_all()
            return ended

    @contextmanager
    def on(self, name: str, **details: Any) -> Iterator[Switched]:
        """Inside, the failure is on; yields it, so that a test can see how often it struck."""
        number = self.set(name, **details)
        with self._changed:
            switched = next(each for each in self._on if each.number == number)
        try:
            yield switched
        finally:
            self.clear(number=number)

    def now(self) -> tuple[Switched, ...]:
        """Those that are on, the oldest first."""
        with self._changed:
            return tuple(self._on)

    def strike(self, names: Sequence[str], occasion: Occasion | None = None) -> Fault | None:
        """The first failure of these names that is on and meant for this request; it counts as struck.

        Without an occasion the filters are not looked at: the caller is the only place where it can strike.
        """
        with self._changed:
            for each in self._on:
                if each.fault.name in names and (occasion is None or each.fault.strikes(occasion)):
                    if each.passed < each.fault.after:
                        each.passed += 1
                        continue
                    each.struck += 1
                    if each.fault.times is not None and each.struck >= each.fault.times:
                        self._on.remove(each)
                    return each.fault
        return None

    def expect(self, name: str) -> Fault | None:
        """The failure of this name if it is on, without counting: for one that strikes only some requests."""
        with self._changed:
            return next((each.fault for each in self._on if each.fault.name == name), None)

    def pause(self, seconds: float) -> None:
        """Waits, or until something is switched off: nobody has to wait for a failure that is over."""
        with self._changed:
            before = self._clears
            self._changed.wait_for(lambda: self._clears != before, timeout=seconds)


def _same_aim(one: Fault, other: Fault) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("name", "path", "method", "resource_type", "after")
    )
