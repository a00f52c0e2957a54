"""What a page of the app says, as the person in front of it reads it: filed, not filed, or why there is no page."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import ModuleType

import app.errors
from app.ehr import errors as ehr_errors
from app.ehr.looking import HELD_ALREADY
from smart_launch import errors as smart_errors
from tests.journeys.visitor import Seen

RAW = ("simulated", "Traceback", "OperationOutcome", "<html", "urn:uuid", "HTTPConnection", "Exception")
"""Nothing that a server, a proxy or a defect says may stand on a page."""


class Screen(StrEnum):
    """What became of a press of Save, as the page tells it."""

    FILED = "filed"
    FOUND = "found"
    ASKS = "asks"
    """It may be in the chart, and a person is asked to look."""
    NOT_FILED = "not filed"
    CONFLICT = "conflict"
    GATE = "gate"
    UNSURE = "unsure"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Told:
    """A page's kind, and its one sentence of what happened and what to do."""

    screen: Screen
    sentence: str

    @property
    def filed(self) -> bool:
        """Whether it is a receipt."""
        return self.screen in (Screen.FILED, Screen.FOUND)


def told(page: Seen) -> Told:
    """Reads the page. Fails where it says nothing, or something that is not for people."""
    assert page.status != 500, page.words
    raw = [each for each in RAW if each.lower() in page.words.lower()]
    assert not raw, f"{raw} on the page: {page.words}"
    if "Filed in the chart" in page.words:
        again = "already filed by your first try" in page.words
        return Told(Screen.FOUND if again else Screen.FILED, "")
    asks = page.document.xpath("//button[@name='settle.way'][@value='again']")
    for screen, path in (
        (Screen.NOT_FILED, "//*[@id='not-filed']"),
        (Screen.CONFLICT, "//*[@id='conflict']"),
        (Screen.UNSURE, "//*[contains(@class, 'usa-alert')][@role='alert']"),
        (Screen.GATE, "//*[contains(@class, 'line--due')][@role='status']"),
        (Screen.PROBLEM, "//p[contains(@class, 'lead')]"),
    ):
        found = [" ".join(each.text_content().split()) for each in page.document.xpath(path)]
        if found:
            return Told(Screen.ASKS if asks else screen, _without_clock(" ".join(found)))
    raise AssertionError(f"{page.status}, and no sentence: {page.words}")


def _without_clock(sentence: str) -> str:
    """Without the time at which the draft was kept, and what follows it."""
    return re.sub(r" Kept \d\d:\d\d.*$", "", re.sub(r"^NOT [A-Z ]+\. ", "", sentence))


def is_ours(sentence: str) -> bool:
    """Whether one of the app's own errors says this; a half-filed save tells what is there, and then why."""
    return any(each in sentence for each in _reasons()) or bool(
        re.search(
            r"Your EHR account may not write .* from Chartside\.|This EHR does not accept .* from", sentence
        )
    )


@cache
def _reasons() -> frozenset[str]:
    return frozenset({HELD_ALREADY}) | frozenset(
        reason
        for module in (ehr_errors, smart_errors, app.errors)
        for _, kind in _classes(module)
        for reason in (getattr(kind, "page_reason", ""), getattr(kind, "what_happened", ""))
        if isinstance(reason, str) and reason
    )


def _classes(module: ModuleType) -> list[tuple[str, type]]:
    return inspect.getmembers(module, inspect.isclass)
