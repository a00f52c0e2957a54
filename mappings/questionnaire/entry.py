"""What was typed into a questionnaire: judged item by item, half-done ones as far as they go.

The names of the fields come from the linkIds (`field_of`); an answer to a question that is not enabled is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mappings import dates
from mappings.form import CHOOSE, NOTE_LIMIT, Fields, Submitted
from mappings.questionnaire.catalogue import Instrument
from mappings.questionnaire.definition import Definition, Item
from mappings.questionnaire.enable import enabled_links
from mappings.questionnaire.field import NOTE, field_of, other_of
from mappings.questionnaire.response import settled
from mappings.questionnaire.score import Score, scores
from mappings.questionnaire.value import Answers, Value

ANSWER = "Answer this question."
FILL_IN = "Fill this in."
NOTHING = "Nothing is answered yet. Answer at least one question."
_FARTHEST = 1_000_000_000
_FIRST_YEAR, _YEARS_AHEAD = 1850, 50


@dataclass(frozen=True)
class AssessmentEntry:
    """A questionnaire as answered. `answers` hold what counts, calculated ones too; `complete` is False half-way."""

    instrument: Instrument
    answers: Answers
    scores: tuple[Score, ...]
    complete: bool
    note: str = ""


def entry_of(instrument: Instrument, answers: Answers, *, complete: bool, note: str = "") -> AssessmentEntry:
    """The entry that these answers make."""
    counting = settled(instrument.definition, answers)
    return AssessmentEntry(instrument, counting, scores(instrument, answers), complete, note)


def read(
    instrument: Instrument,
    values: Mapping[str, Sequence[str]],
    *,
    now: datetime,
    partial: bool = False,
    birth_date: date | None = None,
    refusal: str = "",
) -> Submitted[AssessmentEntry]:
    """The form as sent. `partial` leaves out what is required and asks for one answer at least.

    Errors are keyed by field; what concerns the whole form, `refusal` too, stands at "form".
    """
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    answers = typed_answers(instrument.definition, fields, now=now, birth_date=birth_date)
    note = fields.text(NOTE, limit=NOTE_LIMIT)
    if not partial:
        _require(instrument.definition, answers, fields)
    if not answers and not fields.errors:
        fields.refuse("form", NOTHING)
    return fields.submitted(lambda: entry_of(instrument, answers, complete=not partial, note=note))


def typed_answers(
    of: Definition, fields: Fields, *, now: datetime, birth_date: date | None = None
) -> dict[str, tuple[Value, ...]]:
    """The answers typed to the questions that are enabled by them; a fault stands at its field.

    A fault in a question that is not enabled is nobody's business.
    """
    reader = _Reader(Fields(fields.values), now.date(), birth_date)
    found = {item.link_id: reader.values(item) for item in of.questions if item.is_asked}
    answers = {link: values for link, values in found.items() if values}
    enabled = enabled_links(of, settled(of, answers))
    for item in of.questions:
        for name in (field_of(item.link_id), other_of(item.link_id)):
            if item.link_id in enabled and name in reader.fields.errors:
                fields.refuse(name, reader.fields.errors[name])
    return {link: values for link, values in answers.items() if link in enabled}


def _require(of: Definition, answers: Answers, fields: Fields) -> None:
    enabled = enabled_links(of, settled(of, answers))
    for item in of.questions:
        if item.required and item.is_asked and item.link_id in enabled and item.link_id not in answers:
            message = ANSWER if item.options or item.type == "boolean" else FILL_IN
            fields.refuse(field_of(item.link_id), message)


class _Reader:
    """Reads each item's field by its type."""

    def __init__(self, fields: Fields, today: date, birth_date: date | None) -> None:
        self.fields = fields
        self._today = today
        self._birth = birth_date

    def values(self, item: Item) -> tuple[Value, ...]:
        """The answers to one question, () where there is none or it was refused."""
        if item.options or item.type == "open-choice":
            return self._chosen(item)
        if item.type in ("string", "text"):
            return self._texts(item)
        value = getattr(self, f"_{item.type}")(item, field_of(item.link_id))
        return (value,) if value else ()

    def _chosen(self, item: Item) -> tuple[Value, ...]:
        name, offered = field_of(item.link_id), {option.key: option for option in item.options}
        keys = self.fields.many_of(name, offered)
        own = self.fields.text(other_of(item.link_id)) if item.type == "open-choice" else ""
        if len(keys) + bool(own) > 1 and not item.repeats:
            self.fields.refuse(name, CHOOSE if not own else "Choose one answer, or write your own words.")
            return ()
        if len(keys) + bool(own) > 1 and any(offered[key].exclusive for key in keys):
            only = next(str(offered[key].words) for key in keys if offered[key].exclusive)
            self.fields.refuse(name, f"“{only}” cannot stand beside another answer.")
            return ()
        return (*(offered[key].value for key in keys), *([{"valueString": own}] if own else []))

    def _texts(self, item: Item) -> tuple[Value, ...]:
        limit = item.limits.length or (NOTE_LIMIT if item.type == "text" else 300)
        text = self.fields.text(field_of(item.link_id), limit=NOTE_LIMIT if item.repeats else limit)
        lines = [line.strip() for line in text.split("\n")] if item.repeats else [text]
        if any(len(line) > limit for line in lines):
            self.fields.refuse(field_of(item.link_id), f"Keep each line to {limit} characters.")
            return ()
        return tuple({"valueString": line} for line in lines if line)

    def _boolean(self, item: Item, name: str) -> Value | None:
        said = self.fields.one_of(name, ("yes", "no"))
        return {"valueBoolean": said == "yes"} if said else None

    def _integer(self, item: Item, name: str) -> Value | None:
        low, high = int(item.limits.low or -_FARTHEST), int(item.limits.high or _FARTHEST)
        message = f"Write a whole number{_between(item)}."
        number = self.fields.whole(name, low, high, message=message, required=False)
        return None if number is None else {"valueInteger": number}

    def _decimal(self, item: Item, name: str) -> Value | None:
        if not "".join(self.fields.values.get(name, ())).strip():
            return None
        low, high = float(item.limits.low or -_FARTHEST), float(item.limits.high or _FARTHEST)
        text = self.fields.decimal(name, low, high, message=f"Write a number{_between(item)}.")
        return {"valueDecimal": float(text)} if text else None

    def _date(self, item: Item, name: str) -> Value | None:
        low, high = self._day(item.limits.low), self._day(item.limits.high)
        born = self._birth if self._birth and (low is None or self._birth > low) else None
        earliest = born or low or date(_FIRST_YEAR, 1, 1)
        latest = high or date(self._today.year + _YEARS_AHEAD, 12, 31)
        day = self.fields.day(
            name,
            earliest=earliest,
            latest=latest,
            too_early="This is before the patient was born."
            if born
            else f"Choose a day from {dates.day_words(earliest)} on.",
            too_late="This day is still to come. Write when it was."
            if latest == self._today
            else f"Choose a day up to {dates.day_words(latest)}.",
        )
        return {"valueDate": day.isoformat()} if day else None

    def _day(self, limit: str) -> date | None:
        if limit == "today":
            return self._today
        found = dates.parse(limit)
        return found.day if found else None


def _between(item: Item) -> str:
    low, high = item.limits.low, item.limits.high
    if low and high:
        return f" from {low} to {high}"
    return f" of {low} or more" if low else f" up to {high}" if high else ""
