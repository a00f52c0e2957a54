"""`chartside validate FILE...`: records judged by the same validator that stands before every save.

For those who connect an EHR, load patients into the sandbox or write a mapping: each line names the file, the place,
the rule and what would be right. No value of a record is printed, so the output may go into a ticket.
Spec: https://hl7.org/fhir/R4/validation.html, https://hl7.org/fhir/R4/nd-json.html
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from fhir_profiles.canonical import BASE
from fhir_profiles.validator import Problem, validate

if TYPE_CHECKING:
    from app.commands import Commands

STANDARD_INPUT: Final = "-"
_LINE_SUFFIXES: Final = (".ndjson", ".jsonl")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_LONGEST_PATH: Final = 300
"""Characters of a path that are printed; one as long as this holds a name that no FHIR element has."""


class NotReadable(Exception):
    """A file that cannot be judged: it is not there, or not JSON. The text says which, and never what it holds."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One record of a file and what is wrong with it."""

    file: str
    line: int | None
    """Of NDJSON, from 1; None for a file of one JSON value."""
    claims: bool
    """True where it, or a record of its Bundle, claims a profile of Chartside."""
    problems: tuple[Problem, ...]

    @property
    def place(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


def add(commands: Commands) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser(
        "validate",
        help="check FHIR records in files against R4 and Chartside's profiles",
        description="Checks FHIR records against R4 and, where they claim one, Chartside's profiles. Prints the place,"
        " the rule and what would be right, and no value of a record. Exit status 0 all are right, 1 something is"
        " wrong, 2 a file could not be read.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a resource or a Bundle in JSON, or NDJSON; - for standard input",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Checks every file, also after one that cannot be read."""
    checked: list[Checked] = []
    unreadable: dict[str, str] = {}
    for name in options.files:
        try:
            checked += check_file(name)
        except NotReadable as error:
            unreadable[name] = str(error)
    _print_json(checked, unreadable) if options.json else _print_lines(checked, unreadable)
    wrong = any(each.problems for each in checked)
    return 2 if unreadable else int(wrong)


def check_file(name: str) -> list[Checked]:
    """The records of one file, each judged. Raises NotReadable, and then says nothing of its other records."""
    content = _content(name)
    as_lines = name.lower().endswith(_LINE_SUFFIXES)
    try:
        if not as_lines:
            return [_judged(name, None, orjson.loads(content))]
    except orjson.JSONDecodeError:
        if content.strip().count(b"\n") == 0:
            raise NotReadable("is not JSON") from None
    return [_judged(name, line, record) for line, record in _records(content)]


def _content(name: str) -> bytes:
    try:
        found = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    except OSError as error:
        raise NotReadable(f"cannot be read: {error.strerror or 'the system refused'}") from None
    return found.removeprefix(_BYTE_ORDER_MARK)


def _records(content: bytes) -> Iterator[tuple[int, Any]]:
    """NDJSON: the number of each line that is not empty, and what stands on it. Raises NotReadable."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            try:
                yield number, orjson.loads(line)
            except orjson.JSONDecodeError:
                raise NotReadable(f"is neither JSON nor NDJSON: line {number} is not JSON") from None


def _judged(name: str, line: int | None, record: Any) -> Checked:
    return Checked(name, line, _claims(record), validate(record))


def _claims(record: Any) -> bool:
    entries = record.get("entry") if isinstance(record, dict) else None
    inside = (
        [each.get("resource") for each in entries if isinstance(each, dict)]
        if isinstance(entries, list)
        else []
    )
    return any(_claims_itself(each) for each in (record, *inside))


def _claims_itself(record: Any) -> bool:
    meta = record.get("meta") if isinstance(record, dict) else None
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    listed = profiles if isinstance(profiles, list) else []
    return any(isinstance(each, str) and each.startswith(f"{BASE}/") for each in listed)


def _print_json(checked: list[Checked], unreadable: dict[str, str]) -> None:
    records = [
        {
            "file": each.file,
            "line": each.line,
            "claimsChartsideProfile": each.claims,
            "problems": [asdict(problem) for problem in each.problems],
        }
        for each in checked
    ]
    files = [{"file": name, "message": message} for name, message in unreadable.items()]
    # ASCII, so that a pipe or a terminal of any encoding keeps it whole.
    print(json.dumps({"records": records, "unreadable": files}, indent=2))


def _print_lines(checked: list[Checked], unreadable: dict[str, str]) -> None:
    for each in checked:
        for problem in each.problems:
            print(f"{_safe(each.place)}: {_safe(problem.path)}: {problem.message} [{problem.rule}]")
    for name, message in unreadable.items():
        print(f"{_safe(name)} {message}.", file=sys.stderr)
    print(_summary(checked))


def _summary(checked: list[Checked]) -> str:
    found = sum(len(each.problems) for each in checked)
    wrong = sum(1 for each in checked if each.problems)
    ours = sum(1 for each in checked if each.claims)
    what = f"{found} {_plural(found, 'problem')} in {wrong} of them" if found else "nothing wrong"
    return (
        f"Checked {len(checked)} {_plural(len(checked), 'record')} against R4,"
        f" {ours} of them against profiles of Chartside, too: {what}."
    )


def _plural(number: int, word: str) -> str:
    return word if number == 1 else f"{word}s"


def _safe(text: str) -> str:
    """A file's name or a path as one printable line: an element's name may hold anything, an escape code, too."""
    shown = text if len(text) <= _LONGEST_PATH else f"{text[:_LONGEST_PATH]}..."
    return "".join(each if each.isascii() and each.isprintable() else "?" for each in shown)
