"""A questionnaire as a page draws it: its items with what was typed, what is open now, and what the chart knew.

A prefilled answer says where it came from for as long as nobody has changed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings.chart import Chart
from mappings.form import Fields
from mappings.questionnaire.catalogue import Instrument
from mappings.questionnaire.definition import Condition, Item, Option
from mappings.questionnaire.enable import enabled_links
from mappings.questionnaire.entry import typed_answers
from mappings.questionnaire.field import NOTE, field_of, form_values, other_of
from mappings.questionnaire.prefill import Prefill, prefills
from mappings.questionnaire.progress import Progress, progress_of
from mappings.questionnaire.recorded import AssessmentView
from mappings.questionnaire.response import settled
from mappings.questionnaire.safety import danger_keys
from mappings.questionnaire.score import Score, scores
from mappings.questionnaire.value import Value, key_of, same_value, words_of_value

_MANY_OPTIONS = 8
_PLAIN = {"boolean": "yes-no", "integer": "number", "decimal": "number", "date": "date", "text": "text"}
_YES_NO = {"en": ("Yes", "No"), "es": ("Sí", "No")}


@dataclass(frozen=True)
class RenderedOption:
    """One answer offered; `danger` when it calls for the crisis steps, `exclusive` when it stands alone."""

    value: str
    words: str
    chosen: bool
    exclusive: bool
    danger: bool


@dataclass(frozen=True)
class RenderedCondition:
    """One enableWhen for a page's script: the field it looks at, how, and the value as a form sends it."""

    field: str
    operator: str
    value: str


@dataclass(frozen=True)
class RenderedItem:
    """One item as it is drawn. `prefill` stands while its answer is the chart's; `only_if` says when it is asked."""

    link_id: str
    field: str
    text: str
    short: str
    help: str
    type: str
    control: str
    options: tuple[RenderedOption, ...]
    other_field: str
    other_value: str
    values: tuple[str, ...]
    required: bool
    enabled: bool
    repeats: bool
    error: str
    unit: str
    low: str
    high: str
    length: int | None
    prefill: Prefill | None
    only_if: str
    enable_when: tuple[RenderedCondition, ...]
    enable_any: bool
    items: tuple[RenderedItem, ...]
    read_only: bool = False

    @property
    def value(self) -> str:
        """The first value typed, or ""."""
        return next(iter(self.values), "")


@dataclass(frozen=True)
class RenderedForm:
    """The whole form. `from_chart` is how many answers stand as the chart gave them; `scores` those reached so far."""

    instrument: Instrument
    title: str
    intro: str
    items: tuple[RenderedItem, ...]
    progress: Progress
    scores: tuple[Score, ...]
    from_chart: int

    @property
    def progress_words(self) -> str:
        """As "7 of 10 answered"."""
        return self.progress.words


def defaults(
    instrument: Instrument, chart: Chart, *, now: datetime, saved: AssessmentView | None = None
) -> dict[str, tuple[str, ...]]:
    """What the form opens with: the answers of the half-done one, and what the chart knows of the others."""
    items = instrument.definition.questions
    known = {link: each.values for link, each in prefills(instrument, chart, now=now).items()}
    answers = {**known, **(saved.answers if saved else {})}
    note = {NOTE: (saved.note,)} if saved and saved.note else {}
    asked = tuple(item for item in items if item.is_asked)
    return {**form_values(asked, answers), **note}


def render(
    instrument: Instrument,
    values: Mapping[str, Sequence[str]],
    *,
    chart: Chart,
    now: datetime,
    errors: Mapping[str, str] | None = None,
    language: str = "en",
) -> RenderedForm:
    """The form with these values in it, whatever they are; hidden items are not in it."""
    of = instrument.definition
    answers = typed_answers(of, Fields(values), now=now)
    counting = settled(of, answers)
    drawer = _Drawer(
        instrument,
        values,
        errors or {},
        language,
        enabled_links(of, counting),
        prefills(instrument, chart, now=now),
    )
    items = drawer.all(of.items)
    return RenderedForm(
        instrument=instrument,
        title=of.title.in_language(language),
        intro=instrument.purpose,
        items=items,
        progress=progress_of(of, answers),
        scores=scores(instrument, answers),
        from_chart=drawer.from_chart,
    )


class _Drawer:
    """Draws the items of one form."""

    def __init__(
        self,
        instrument: Instrument,
        values: Mapping[str, Sequence[str]],
        errors: Mapping[str, str],
        language: str,
        enabled: frozenset[str],
        known: Mapping[str, Prefill],
    ) -> None:
        self._by_link = instrument.definition.by_link
        self._values = values
        self._errors = errors
        self._language = language
        self._enabled = enabled
        self._known = known
        self._dangers = danger_keys(instrument)
        self.from_chart = 0

    def all(self, items: tuple[Item, ...]) -> tuple[RenderedItem, ...]:
        """Those of the items that are shown."""
        return tuple(self._item(item) for item in items if not item.hidden)

    def _item(self, item: Item) -> RenderedItem:
        name, enabled = field_of(item.link_id), item.link_id in self._enabled
        prefill = self._prefill(item) if enabled else None
        self.from_chart += prefill is not None
        is_open = item.type == "open-choice"
        return RenderedItem(
            link_id=item.link_id,
            field=name,
            text=item.text.in_language(self._language),
            short=item.label,
            help=item.help.in_language(self._language),
            type=item.type,
            control=control_of(item),
            options=self._options(item),
            other_field=other_of(item.link_id) if is_open else "",
            other_value=next(iter(self._values.get(other_of(item.link_id), ())), "") if is_open else "",
            values=tuple(self._values.get(name, ())),
            required=item.required,
            enabled=enabled,
            repeats=item.repeats,
            error=self._errors.get(name, "")
            or (self._errors.get(other_of(item.link_id), "") if is_open else ""),
            unit=item.unit,
            low=item.limits.low,
            high=item.limits.high,
            length=item.limits.length,
            prefill=prefill,
            only_if=self._only_if(item),
            enable_when=tuple(_condition(each) for each in item.conditions),
            enable_any=item.any_condition,
            items=self.all(item.items),
            read_only=item.read_only,
        )

    def _prefill(self, item: Item) -> Prefill | None:
        known = self._known.get(item.link_id)
        if known is None:
            return None
        wanted = form_values((item,), {item.link_id: known.values})
        held = {name: tuple(self._values.get(name, ())) for name in wanted}
        return known if held == wanted else None

    def _options(self, item: Item) -> tuple[RenderedOption, ...]:
        chosen = self._values.get(field_of(item.link_id), ())
        dangers = self._dangers.get(item.link_id, frozenset())
        if item.type == "boolean":
            said = zip(("yes", "no"), _YES_NO.get(self._language, _YES_NO["en"]), strict=True)
            return tuple(
                RenderedOption(key, words, key in chosen, False, key in dangers) for key, words in said
            )
        return tuple(
            RenderedOption(
                each.key,
                each.words.in_language(self._language),
                each.key in chosen,
                each.exclusive,
                each.key in dangers,
            )
            for each in item.options
        )

    def _only_if(self, item: Item) -> str:
        """When the item is asked, in words; one of several conditions on one question is said with "or"."""
        if not item.conditions:
            return ""
        said: dict[str, list[str]] = {}
        for each in item.conditions:
            asked = self._by_link[each.question]
            said.setdefault(asked.label, []).append(_condition_words(each, asked.options, self._language))
        between = " or " if item.any_condition else " and "
        parts = [f"“{label}” {between.join(dict.fromkeys(words))}" for label, words in said.items()]
        if len(parts) > 3 and len({tuple(words) for words in said.values()}) == 1:
            words = next(iter(said.values()))[0]
            return f"Only if {'one' if item.any_condition else 'each'} of the questions above {words}"
        return f"Only if {between.join(parts)}"


def control_of(item: Item) -> str:
    """How an item is drawn: group, display, radio, checkboxes, select, yes-no, number, date, line or text."""
    if item.type in ("group", "display"):
        return item.type
    if item.options or item.type == "open-choice":
        if item.repeats:
            return "checkboxes"
        return "select" if item.control == "drop-down" or len(item.options) > _MANY_OPTIONS else "radio"
    return "text" if item.repeats else _PLAIN.get(item.type, "line")


def _condition(condition: Condition) -> RenderedCondition:
    return RenderedCondition(field_of(condition.question), condition.operator, key_of(condition.value))


_OPERATOR_WORDS = {
    "=": "is",
    "!=": "is not",
    ">": "is above",
    "<": "is below",
    ">=": "is at least",
    "<=": "is at most",
}


def _condition_words(condition: Condition, options: tuple[Option, ...], language: str) -> str:
    if condition.operator == "exists":
        return "is answered" if condition.value.get("valueBoolean") is True else "is not answered"
    said = next(
        (each.words.in_language(language) for each in options if _same(each.value, condition.value)), None
    )
    return f"{_OPERATOR_WORDS[condition.operator]} “{said or words_of_value(condition.value)}”"


def _same(one: Value, other: Mapping[str, Any]) -> bool:
    return same_value(one, other)
