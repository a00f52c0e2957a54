"""Reads a practice's directory file, row by row: a broken row is told with its line and left out, the others stay.

TOML's own reader stops at the first fault of a file and knows no lines of what it has read, so the file is cut at its
`[[...]]` headings and each row is read alone. https://toml.io/en/v1.0.0#array-of-tables
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

from mappings import pick_lists
from mappings.narrative import clean
from mappings.resource_directory import Partner, PayerNote, Resource, ResourceDirectory
from mappings.resource_topic import topic_rules

_HEADING = re.compile(r"\s*\[\[\s*([A-Za-z_-]+)\s*\]\]\s*(#.*)?")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_PHONE = re.compile(r"[0-9+(][0-9 ().+/-]{1,30}((,? ?(ext|x)\.? ?)[0-9]{1,8})?", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s<>\"']{3,300}")
_REFERENCE = re.compile(r"(Organization|HealthcareService|PractitionerRole)/[A-Za-z0-9.-]{1,64}")
LINE_LIMIT, TEXT_LIMIT = 120, 600
MOST_CHARACTERS = 2_000_000
_KINDS = ("resource", "payer", "partner")


class BadRow(ValueError):
    """A row that cannot stand; its text says which value, and what would be right."""


def read_directory(text: str, file: str) -> ResourceDirectory:
    """The directory that the text of the file named `file` holds. Never raises: what is wrong is in `problems`."""
    if len(text) > MOST_CHARACTERS:
        return ResourceDirectory(file, problems=(f"{file} is too large: at most 2 MB",))
    made = ResourceDirectory(file)
    problems: list[str] = []
    taken: set[str] = set()
    for line, kind, block in _blocks(text):
        try:
            row = _row(kind, block, line)
            if isinstance(row, Resource):
                if row.id in taken:
                    raise BadRow(f'id = "{row.id}" stands on an earlier row already')
                taken.add(row.id)
            made = _with(made, row)
        except BadRow as error:
            problems.append(f"{file}, line {line}: {error}. The row is left out.")
    return replace(made, problems=tuple(problems))


def _blocks(text: str) -> Iterator[tuple[int, str, str]]:
    """The line of each heading, its name, and the lines below it; what stands before the first is a row of its own."""
    line, kind, block = 1, "", list[str]()
    for number, each in enumerate(text.splitlines(), start=1):
        found = _HEADING.fullmatch(each)
        if found:
            yield line, kind, "\n".join(block)
            line, kind, block = number, found.group(1), []
        else:
            block.append(each)
    yield line, kind, "\n".join(block)


def _with(made: ResourceDirectory, row: Resource | PayerNote | Partner | None) -> ResourceDirectory:
    match row:
        case Resource():
            return replace(made, resources=(*made.resources, row))
        case PayerNote():
            return replace(made, payers=(*made.payers, row))
        case Partner():
            return replace(made, partners=(*made.partners, row))
        case None:
            return made


def _row(kind: str, block: str, line: int) -> Resource | PayerNote | Partner | None:
    try:
        table = tomllib.loads(block)
    except tomllib.TOMLDecodeError as error:
        raise BadRow(f"this is not TOML: {_in_file(str(error), line if kind else 0)}") from None
    if not kind:
        if table:
            raise BadRow(f"{', '.join(sorted(table))} stands before the first [[resource]]")
        return None
    if kind not in _KINDS:
        raise BadRow(f"[[{kind}]] is unknown{_near(kind, _KINDS)}")
    makers: Mapping[str, Callable[[_Row], Resource | PayerNote | Partner]] = {
        "resource": lambda row: _resource(row, line),
        "payer": _payer,
        "partner": _partner,
    }
    row = _Row(table)
    made = makers[kind](row)
    row.done({each.name for each in fields(made)} - {"line"})
    return made


def _in_file(fault: str, line: int) -> str:
    """The reader's words with lines counted in the file and not in the row."""
    return re.sub(r"at line (\d+)", lambda found: f"at line {int(found.group(1)) + line}", fault)


def _near(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f': did you mean "{near[0]}"?' if near else f": known are {', '.join(sorted(known))}"


def _resource(row: _Row, line: int) -> Resource:
    rules = topic_rules()
    topics = row.texts("topics")
    for topic in topics:
        if topic not in rules.topics:
            raise BadRow(f'topics: "{topic}" is unknown{_near(topic, rules.topics)}')
    if not topics:
        raise BadRow('topics is missing: name at least one, as topics = ["nutrition"]')
    identity = row.text("id", required=True)
    if not _ID.fullmatch(identity):
        raise BadRow("id must be of small letters, digits and hyphens: referrals remember it")
    facts = row.texts("facts") or ("contact",)
    unknown = [each for each in facts if each not in pick_lists.shared_facts()]
    if unknown:
        raise BadRow(f'facts: "{unknown[0]}" is unknown{_near(unknown[0], pick_lists.shared_facts())}')
    return Resource(
        id=identity,
        name=row.text("name", required=True),
        topics=topics,
        group=row.code("group", rules.groups, required=True),
        kind=row.code("kind", rules.kinds) or "agency",
        about=row.text("about", limit=TEXT_LIMIT),
        cost=row.code("cost", rules.costs) or "unknown",
        cost_words=row.text("cost_words"),
        who_qualifies=row.text("who_qualifies", limit=TEXT_LIMIT),
        how_to_refer=row.text("how_to_refer", limit=TEXT_LIMIT),
        contact=row.text("contact"),
        phone=row.like("phone", _PHONE, 'a number as "555-010-0142 ext. 3"'),
        web=row.like("web", _WEB, "an address that begins with https://"),
        hours=row.text("hours"),
        languages=row.texts("languages"),
        facts=facts,
        reference=row.like("reference", _REFERENCE, 'a record of the EHR, as "Organization/17"'),
        checked=row.day("checked", required=True),
        checked_by=row.text("checked_by"),
        line=line,
    )


def _payer(row: _Row) -> PayerNote:
    match = row.texts("match")
    if not match:
        raise BadRow('match is missing: parts of the plan\'s name, as match = ["Humana"]')
    return PayerNote(
        name=row.text("name", required=True),
        match=match,
        note=row.text("note", required=True, limit=TEXT_LIMIT),
        services=row.text("services", limit=TEXT_LIMIT),
        phone=row.like("phone", _PHONE, 'a number as "555-010-0142"'),
        checked=row.day("checked", required=True),
    )


def _partner(row: _Row) -> Partner:
    return Partner(
        name=row.text("name", required=True),
        service=row.text("service", required=True),
        agreement=row.text("agreement", required=True, limit=TEXT_LIMIT),
        contact=row.text("contact"),
        phone=row.like("phone", _PHONE, 'a number as "555-010-0142"'),
        until=row.day("until"),
        checked=row.day("checked", required=True),
    )


class _Row:
    """One row while it is read. Each method raises BadRow for a value that is missing or of another kind."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def done(self, known: set[str]) -> None:
        for name in self._values:
            if name not in known:
                raise BadRow(f"{clean(name)[:40]} is unknown{_near(name, known)}")

    def text(self, name: str, *, required: bool = False, limit: int = LINE_LIMIT) -> str:
        value = self._values.get(name, "")
        if not isinstance(value, str):
            raise BadRow(f"{name} must be a text in quotes")
        # What nobody can see is taken out; what is left is text wherever it is shown.
        text = " ".join(clean(value).split())
        if required and not text:
            raise BadRow(f"{name} is missing: it must be a text in quotes")
        if len(text) > limit:
            raise BadRow(f"{name} has {len(text)} characters: at most {limit}")
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            raise BadRow(f'{name} must be a list of texts, as {name} = ["..."]')
        return tuple(dict.fromkeys(" ".join(clean(each).split())[:LINE_LIMIT] for each in value))

    def code(self, name: str, known: Mapping[str, Any], *, required: bool = False) -> str:
        code = self.text(name, required=required)
        if code and code not in known:
            raise BadRow(f'{name} = "{code}" is unknown{_near(code, known)}')
        return code

    def like(self, name: str, pattern: re.Pattern[str], right: str) -> str:
        text = self.text(name, limit=TEXT_LIMIT)
        if text and not pattern.fullmatch(text):
            raise BadRow(f"{name} must be {right}")
        return text

    def day(self, name: str, *, required: bool = False) -> date | None:
        value = self._values.get(name)
        if value is None and not required:
            return None
        if type(value) is not date:
            wrong = "is missing: it must be" if value is None else "must be"
            raise BadRow(f"{name} {wrong} a date without quotes, as {name} = 2026-11-21")
        return value
