"""Users who work at the same time: each opens her patient's chart in two tabs, thinks, documents a contact, again.

Every answer is checked as it comes; what goes wrong is kept in words, and the run goes on, so that one failure does
not hide the next.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.journeys.enrolling import on_day
from tests.journeys.visitor import Seen, Visitor
from tests.soak.counting_ehr import patient_id

CONTACTS = itertools.count()
"""Each has an hour of its own: one person's minutes may not lie over one another."""

STAFF = ("nurse", "physician", "assistant")


@dataclass(frozen=True)
class Addresses:
    """What a Visitor needs to know of a running practice."""

    ehr_url: str
    app_url: str


@dataclass
class Tally:
    """What all users did and met. Spans are seconds."""

    opened: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    launches: int = 0
    failures: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, value: Any) -> None:
        with self._lock:
            getattr(self, name).append(value)

    def launched(self) -> None:
        with self._lock:
            self.launches += 1


@dataclass(frozen=True)
class Rhythm:
    """For how long they work, and how long each thinks between two steps, in seconds."""

    seconds: float
    think: tuple[float, float]


def work(addresses: Addresses, users: int, rhythm: Rhythm) -> Tally:
    """Lets so many users work at once, beginning spread over one time of thinking."""
    tally, ends_at = Tally(), time.monotonic() + rhythm.seconds
    with ThreadPoolExecutor(users) as crowd:
        for number in range(users):
            crowd.submit(_user, addresses, number, rhythm, ends_at, tally)
    return tally


def _user(addresses: Addresses, number: int, rhythm: Rhythm, ends_at: float, tally: Tally) -> None:
    chance = random.Random(number)  # noqa: S311  # a user's pace is no secret
    try:
        time.sleep(chance.uniform(0, rhythm.think[1]))
        with Visitor(addresses) as user, Visitor(addresses) as other_tab:
            at = user.launch(patient_id(number), user=STAFF[number % len(STAFF)])
            _expect(at, "Contact", tally, f"user {number} launching")
            tally.launched()
            other_tab._http.cookies = user._http.cookies
            turn = 0
            while time.monotonic() < ends_at:
                turn += 1
                _think(chance, rhythm, user, other_tab)
                _both(lambda tab: _open(tab, at.launch_id, tally), user, other_tab)
                _think(chance, rhythm, user, other_tab)
                _document(user, other_tab, at.launch_id, f"soak note {number}-{turn}", turn, tally)
    except (requests.RequestException, AssertionError, IndexError, ValueError) as error:
        tally.add("failures", f"user {number}: {type(error).__name__}: {str(error)[:300]}")


def _think(chance: random.Random, rhythm: Rhythm, *tabs: Visitor) -> None:
    """Idle connections end meanwhile, as the proxy's do (docs/deployment.md): one that the server is just closing
    would be reset under a request, which a browser sends again unasked and `requests` does not."""
    time.sleep(chance.uniform(*rhythm.think))
    for tab in tabs:
        tab._http.close()


def _both(act: Callable[[Visitor], Any], *tabs: Visitor) -> list[Any]:
    """The same in each tab at once; on connections of their own, so likely in different worker processes."""
    with ThreadPoolExecutor(len(tabs)) as pool:
        return list(pool.map(act, tabs))


def _open(tab: Visitor, launch_id: str, tally: Tally) -> None:
    begun = time.perf_counter()
    page = tab.get(f"/l/{launch_id}/today")
    tally.add("opened", time.perf_counter() - begun)
    _expect(page, "Earl", tally, "opening the chart")


def _document(user: Visitor, other_tab: Visitor, launch_id: str, note: str, turn: int, tally: Tally) -> None:
    """One contact; of every third the button is pressed twice at once."""
    form = user.get(f"/l/{launch_id}/contact")
    _expect(form, "Document a contact", tally, "opening the form")
    tally.add("notes", note)
    tabs = (user, other_tab) if turn % 3 == 0 else (user,)
    begun = time.perf_counter()
    number = next(CONTACTS)
    when = on_day(1 + number % 360, f"{8 + number // 360 % 10:02d}:00")
    for receipt in _both(lambda tab: tab.send(form, minutes="5", note=note, **when), *tabs):
        _expect(receipt, "Filed in the chart", tally, f"saving {note}")
    tally.add("saved", time.perf_counter() - begun)


def _expect(page: Seen, words: str, tally: Tally, doing: str) -> None:
    if page.status != 200 or words not in page.words:
        tally.add("failures", f"{doing}: status {page.status}, {page.words[:300]}")
