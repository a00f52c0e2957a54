"""The five parts of a SMART goal, and the gentle question at a field whose part is weak.

The parts and the sentences are data (`goal_checks.toml`); what makes a part weak is a rule here. A rule speaks only
once the goal's sentence is begun, so that an empty form asks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from mappings import dates
from mappings.data_file import DataTable, data_table
from mappings.form import Submitted
from mappings.last_value import LastValue, doubt_about

Values = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Part:
    """One of the five: its name, the field it stands at, and the question."""

    name: str
    field: str
    question: str


@dataclass(frozen=True)
class Check:
    """One question: where it stands, which rule decides, and what the rule looks for."""

    field: str
    rule: str
    sentence: str
    words: tuple[str, ...]
    least: int
    most: int


@dataclass(frozen=True)
class Typed:
    """A goal's form as it is typed so far; `last` are the last values by measure."""

    values: Values
    today: date
    last: Mapping[str, LastValue]

    def text(self, name: str) -> str:
        """What stands in a field."""
        return next(iter(self.values.get(name, ())), "").strip()

    def number(self, name: str) -> int | None:
        """A whole number from 1 to 10, else None."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdecimal() and 1 <= int(text) <= 10 else None

    @property
    def to_the_end(self) -> bool:
        """True once the last part is begun: before that, what is empty was merely not reached yet."""
        return any(self.text(name) for name in ("importance", "confidence", "goal_accepted"))

    @property
    def days_ahead(self) -> int | None:
        """How many days the due day lies ahead."""
        due = dates.valid_form_date(self.text("target_due"))
        return (due - self.today).days if due else None


def parts() -> tuple[Part, ...]:
    """The five parts of a goal in their order. Raises DataFileError where our own file is wrong."""
    return _table()[0]


def goal_checks(values: Values, *, today: date, last: Mapping[str, LastValue]) -> Mapping[str, str]:
    """The question at each field whose part is weak, by field; {} before the goal's sentence is begun."""
    typed = Typed(values, today, last)
    if not typed.text("goal_text"):
        return {}
    found: dict[str, str] = {}
    for check in _table()[1]:
        said = RULES[check.rule](check, typed) if check.field not in found else None
        if said is not None:
            found[check.field] = check.sentence.format(words=said, number=said)
    return found


def checks_of(form: Submitted[object], *, today: date, last: Mapping[str, LastValue]) -> Mapping[str, str]:
    """The same for a form that was sent, without a question where a message stands already."""
    found = goal_checks(form.values, today=today, last=last)
    return {name: sentence for name, sentence in found.items() if name not in form.errors}


def _words_missing(check: Check, typed: Typed) -> str | None:
    theirs = typed.text("goal_by") in ("patient", "")
    return "" if theirs and not typed.text(check.field) else None


def _empty(check: Check, typed: Typed) -> str | None:
    return None if typed.text(check.field) or not typed.to_the_end else ""


def _fewer_words(check: Check, typed: Typed) -> str | None:
    return "" if len(typed.text(check.field).split()) < check.least else None


def _word_in(check: Check, typed: Typed) -> str | None:
    """The first of the words that stands in the field, as a word of its own."""
    said = f" {' '.join(_letters(typed.text(check.field)).split())} "
    return next((word for word in check.words if f" {word} " in said), None)


def _vague(check: Check, typed: Typed) -> str | None:
    counted = any(sign.isdigit() for sign in typed.text(check.field))
    return None if counted else _word_in(check, typed)


def _letters(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign == "'" else " " for sign in text.casefold())


def _several(check: Check, typed: Typed) -> str | None:
    return "" if any(word in typed.text(check.field).casefold() for word in check.words) else None


def _nothing_to_count(check: Check, typed: Typed) -> str | None:
    said = typed.text(check.field).casefold()
    counts = any(sign.isdigit() for sign in said) or any(word in f"{said} " for word in check.words)
    return None if counts or not said else ""


def _doubtful(check: Check, typed: Typed) -> str | None:
    try:
        value = float(typed.text(check.field))
    except ValueError:
        return None
    measure, comparator = typed.text("measure"), typed.text("target_comparator")
    return doubt_about(measure, comparator, value, typed.last.get(measure)) or None


def _no_reason(check: Check, typed: Typed) -> str | None:
    about = any(each.strip() for each in typed.values.get("goal_addresses", ()))
    return None if about or typed.text(check.field) or not typed.to_the_end else ""


def _soon(check: Check, typed: Typed) -> str | None:
    days = typed.days_ahead
    return "" if days is not None and 0 < days < check.least else None


def _far(check: Check, typed: Typed) -> str | None:
    days = typed.days_ahead
    return "" if days is not None and days > check.most and typed.text("goal_term") != "long-term" else None


def _rated_under(check: Check, typed: Typed) -> str | None:
    number = typed.number("importance")
    return str(number) if number is not None and number < check.least else None


def _confidence_under(check: Check, typed: Typed) -> str | None:
    number = typed.number("confidence")
    answered = bool(typed.text(check.field))
    return str(number) if number is not None and number < check.least and not answered else None


Rule = Callable[[Check, Typed], str | None]
RULES: Mapping[str, Rule] = {
    "patients-words-missing": _words_missing,
    "empty": _empty,
    "fewer-words": _fewer_words,
    "vague-words": _vague,
    "several-goals": _several,
    "nothing-to-count": _nothing_to_count,
    "doubtful-target": _doubtful,
    "not-a-step": _word_in,
    "no-reason": _no_reason,
    "days-ahead-fewer": _soon,
    "days-ahead-more": _far,
    "rated-under": _rated_under,
    "confidence-under": _confidence_under,
}
"""What each rule found: None for nothing, else the words or the number for its sentence."""


@cache
def _table() -> tuple[tuple[Part, ...], tuple[Check, ...]]:
    table = data_table("goal_checks.toml")
    table.text("source")
    table.day("checked")
    made = (
        tuple(_part(row) for row in table.tables("part")),
        tuple(_check(row) for row in table.tables("check")),
    )
    table.done()
    return made


def _part(row: DataTable) -> Part:
    made = Part(row.text("name"), row.text("field"), row.text("question"))
    row.done()
    return made


def _check(row: DataTable) -> Check:
    rule = row.text("rule")
    if rule not in RULES:
        raise row.error("rule", "is no rule")
    none: Sequence[str] = ()
    made = Check(
        field=row.text("field"),
        rule=rule,
        sentence=row.text("sentence"),
        words=row.texts("words", default=none),
        least=row.number("least") or 0,
        most=row.number("most") or 0,
    )
    row.done()
    return made
