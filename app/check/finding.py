"""What a probe found, and what all of it together means: the shapes that the table, the JSON and the page share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How one thing stands. Only FAILED means that something of Chartside will not work."""

    OK = "ok"
    NOTE = "note"
    """It works, and there is something to know or to decide."""
    MISSING = "missing"
    """The EHR does not offer it, and Chartside does without; the sentence says how."""
    FAILED = "failed"


class Area(StrEnum):
    """The sections of the report, in their order."""

    SETTINGS = "settings"
    CONNECTION = "connection"
    SIGN_IN = "sign-in"
    SCOPES = "scopes"
    KEYS = "keys"
    METADATA = "metadata"
    SEARCHES = "searches"
    LADDER = "ladder"
    FORMS = "forms"
    WRITE_TEST = "write-test"


TITLES: Mapping[Area, str] = {
    Area.SETTINGS: "Settings",
    Area.CONNECTION: "Address and encryption",
    Area.SIGN_IN: "Signing in",
    Area.SCOPES: "Scopes",
    Area.KEYS: "Keys",
    Area.METADATA: "What the EHR offers",
    Area.SEARCHES: "Reading a chart",
    Area.LADDER: "What can be filed, and in what form",
    Area.FORMS: "Which of Chartside's forms can be saved",
    Area.WRITE_TEST: "Write test",
}


@dataclass(frozen=True)
class Finding:
    """One line of the report. `detail` is plain JSON (texts, numbers, lists), for programs and for the curious.

    `unanswered` is True where the thing could not be looked at, because no answer came.
    """

    area: Area
    name: str
    state: State
    sentence: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    unanswered: bool = False


@dataclass(frozen=True)
class Section:
    """The findings of one area."""

    area: Area
    findings: tuple[Finding, ...]

    @property
    def title(self) -> str:
        """The heading that a person reads."""
        return TITLES[self.area]


class Result(StrEnum):
    """What the whole report comes to."""

    WORKS = "works"
    WILL_NOT_WORK = "will-not-work"
    NOT_CHECKED = "not-checked"


EXIT_STATUS: Mapping[Result, int] = {Result.WORKS: 0, Result.WILL_NOT_WORK: 1, Result.NOT_CHECKED: 2}


def result_of(sections: Iterable[Section]) -> Result:
    """NOT_CHECKED where something could not be looked at, else WILL_NOT_WORK where something failed, else WORKS."""
    findings = [finding for section in sections for finding in section.findings]
    if any(finding.unanswered for finding in findings):
        return Result.NOT_CHECKED
    if any(finding.state is State.FAILED for finding in findings):
        return Result.WILL_NOT_WORK
    return Result.WORKS


def failed(sections: Iterable[Section]) -> tuple[Finding, ...]:
    """The findings that need somebody to act."""
    return tuple(
        finding for section in sections for finding in section.findings if finding.state is State.FAILED
    )
