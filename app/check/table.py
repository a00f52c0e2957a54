"""The report as text for a terminal or a mail: sections, a sign and a sentence a line, what to act on last."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.check.finding import Area, Finding, Result, Section, State, failed, result_of
from app.check.subject import Subject

_LEAST, _MOST = 40, 110
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"

RESULT_WORDS: Mapping[Result, str] = {
    Result.WORKS: "All that Chartside needs works.",
    Result.WILL_NOT_WORK: "Something will not work:",
    Result.NOT_CHECKED: "Not everything could be checked:",
}


@dataclass(frozen=True)
class Style:
    """How to write: columns of the terminal, whether it takes bold, whether it can show signs beyond ASCII."""

    width: int = 100
    bold: bool = False
    plain: bool = False

    def sign(self, state: State) -> str:
        """The sign before a sentence; both "!" mean that there is something to know."""
        signs = {State.OK: "ok", State.NOTE: "!", State.MISSING: "!", State.FAILED: "x"}
        drawn = {State.OK: "✓", State.NOTE: "!", State.MISSING: "!", State.FAILED: "✗"}
        return f"{signs[state]:<2}" if self.plain else drawn[state]

    def heading(self, text: str) -> str:
        """A title, bold where that can be shown."""
        return f"{_BOLD}{text}{_RESET}" if self.bold else text


def heading(subject: Subject, *, now: float, app_version: str, style: Style) -> str:
    """What was checked, and when."""
    moment = datetime.fromtimestamp(now, UTC)
    return (
        f"{style.heading(f'Readiness of {subject.label}')}\n"
        f"{_printable(subject.shown)}\n"
        f"{moment.day} {moment:%b %Y, %H:%M} UTC, Chartside {app_version}"
    )


def section_text(section: Section, *, style: Style) -> str:
    """One section with its findings; "" where it has none."""
    if not section.findings:
        return ""
    return "\n".join([style.heading(section.title), *_rows(section.findings, style)])


def closing(sections: Sequence[Section], *, style: Style) -> str:
    """What it comes to, and each thing that somebody must act on, named."""
    result = result_of(sections)
    lines = [style.heading(RESULT_WORDS[result])]
    for section in sections if result is not Result.WORKS else ():
        if findings := failed([section]):
            lines += _rows(_summed(section, findings) if section.area in _SUMMED else findings, style)
    return "\n".join(lines)


_SUMMED = frozenset({Area.LADDER, Area.FORMS})
"""Sections of one kind of line each: at the end their names are enough."""


def _summed(section: Section, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    names = [finding.sentence.partition(":")[0] for finding in findings]
    words = {Area.LADDER: "Not filed", Area.FORMS: "Cannot be saved"}[section.area]
    return (Finding(section.area, "sum", State.FAILED, f"{words}: {', '.join(names)}."),)


def _rows(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    width = max(_LEAST, min(style.width, _MOST))
    for finding in findings:
        sign = f"  {style.sign(finding.state)} "
        yield textwrap.fill(
            _printable(finding.sentence),
            width,
            initial_indent=sign,
            subsequent_indent=" " * len(sign),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in str(finding.detail.get("toml", "")).splitlines():
            yield f"{' ' * (len(sign) + 2)}{line}"


def _printable(text: str) -> str:
    """Without control characters: what a server wrote must not steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
