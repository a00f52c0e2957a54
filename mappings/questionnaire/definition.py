"""A FHIR Questionnaire as typed items: the subset of SDC that Chartside draws, reads and computes.

Groups, display, boolean, choice, open-choice, integer, decimal, date, string and text; repeats of questions (never of
groups); required; enableWhen; answerOption and our own answerValueSets; weights; limits; hidden and calculated items;
prefill; translations. Anything else is refused when a definition is read, so that nothing is silently not asked.
https://hl7.org/fhir/R4/questionnaire.html, https://hl7.org/fhir/uv/sdc/STU3/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from fhir_profiles.definitions import definition as definition_at
from mappings.element import as_flag, as_number, as_object, as_objects, as_text
from mappings.questionnaire.extension import coded, expression_of, found, texts
from mappings.questionnaire.value import Value, key_of

QUESTION_TYPES = frozenset(
    {"boolean", "choice", "open-choice", "integer", "decimal", "date", "string", "text"}
)
TYPES = QUESTION_TYPES | {"group", "display"}
OPERATORS = frozenset({"exists", "=", "!=", ">", "<", ">=", "<="})
QUERY = "application/x-fhir-query"
PAST = "answer.value <= today()"


class DefinitionError(ValueError):
    """A Questionnaire of ours asks for something that the engine does not know."""


@dataclass(frozen=True)
class Words:
    """One text in English and whatever it is translated into."""

    by_language: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """The text in a language such as "es", else in English."""
        return self.by_language.get(language) or self.by_language.get("en", "")

    def __str__(self) -> str:
        return self.in_language("en")


@dataclass(frozen=True)
class Option:
    """One answer offered. `key` is what a form sends for it; `value` its FHIR value, as {"valueCoding": …}."""

    key: str
    value: Value
    words: Words
    weight: float | None = None
    exclusive: bool = False


@dataclass(frozen=True)
class Condition:
    """One enableWhen: the question it asks, how, and the FHIR value it compares with."""

    question: str
    operator: str
    value: Value


@dataclass(frozen=True)
class Limits:
    """How long, how small and how large an answer may be; "today" as a date is the day of the form."""

    length: int | None = None
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Item:
    """One item with its children. `initial` and `calculated` are FHIRPath; `control` is SDC's itemControl code.

    `unit` is the unit's words, `unit_code` its UCUM code where it has one.
    """

    link_id: str
    type: str
    text: Words
    short: str
    help: Words
    codes: tuple[Mapping[str, Any], ...]
    required: bool
    repeats: bool
    hidden: bool
    read_only: bool
    options: tuple[Option, ...]
    conditions: tuple[Condition, ...]
    any_condition: bool
    limits: Limits
    unit: str
    control: str
    initial: str
    calculated: str
    items: tuple[Item, ...]
    unit_code: str = ""

    @property
    def is_question(self) -> bool:
        """True for an item that takes an answer, typed or calculated."""
        return self.type in QUESTION_TYPES

    @property
    def is_asked(self) -> bool:
        """True for a question that a person answers."""
        return self.is_question and not (self.calculated or self.read_only or self.hidden)

    @property
    def label(self) -> str:
        """The short text; for a page that has little room, and for the line that repeats the answers."""
        return self.short or str(self.text)


@dataclass(frozen=True)
class Definition:
    """A whole Questionnaire. `queries` are its variables: name -> x-fhir-query."""

    url: str
    version: str
    title: Words
    description: str
    items: tuple[Item, ...]
    queries: Mapping[str, str]

    @property
    def canonical(self) -> str:
        """The address with its version, as a response names it."""
        return f"{self.url}|{self.version}" if self.version else self.url

    @cached_property
    def by_link(self) -> Mapping[str, Item]:
        """Every item by its linkId, in the order of the form."""
        return {item.link_id: item for item in walk(self.items)}

    @property
    def questions(self) -> tuple[Item, ...]:
        """Every item that takes an answer, calculated ones too."""
        return tuple(item for item in self.by_link.values() if item.is_question)


def walk(items: tuple[Item, ...]) -> Iterator[Item]:
    """The items and all that is in them, in the order of the form."""
    for item in items:
        yield item
        yield from walk(item.items)


@cache
def definition(url: str) -> Definition:
    """Our Questionnaire at this canonical address. Raises DefinitionError for none or a wrong one."""
    raw = definition_at(url)
    if raw is None or raw["resourceType"] != "Questionnaire":
        raise DefinitionError(f"there is no questionnaire {url}")
    return read_definition(raw)


def read_definition(raw: Mapping[str, Any]) -> Definition:
    """A Questionnaire resource, understood as a whole. Raises DefinitionError."""
    made = Definition(
        url=as_text(raw.get("url")),
        version=as_text(raw.get("version")),
        title=_words(raw, "title"),
        description=as_text(raw.get("description")),
        items=tuple(_item(each) for each in as_objects(raw.get("item"))),
        queries=_queries(raw),
    )
    links = [item.link_id for item in walk(made.items)]
    if len(links) != len(set(links)):
        raise DefinitionError(f"{made.url}: a linkId stands twice")
    for item in walk(made.items):
        _check(item, made)
    return made


def _queries(raw: Mapping[str, Any]) -> dict[str, str]:
    queries = {}
    for extension in found(raw, "variable"):
        said = as_object(extension.get("valueExpression"))
        if said.get("language") != QUERY:
            raise DefinitionError(f"{raw.get('url')}: a variable is not in {QUERY}")
        queries[as_text(said.get("name"))] = as_text(said.get("expression"))
    return queries


def _item(raw: dict[str, Any]) -> Item:
    helps, children = _children(raw)
    return Item(
        link_id=as_text(raw.get("linkId")),
        type=as_text(raw.get("type")),
        text=_words(raw, "text"),
        short=texts(raw, "shortText"),
        help=helps,
        codes=as_objects(raw.get("code")),
        required=as_flag(raw.get("required")) is True,
        repeats=as_flag(raw.get("repeats")) is True,
        hidden=any(each.get("valueBoolean") is True for each in found(raw, "hidden")),
        read_only=as_flag(raw.get("readOnly")) is True,
        options=_options(raw),
        conditions=tuple(_condition(each) for each in as_objects(raw.get("enableWhen"))),
        any_condition=as_text(raw.get("enableBehavior")) == "any",
        limits=_limits(raw),
        unit=_unit(raw, "display"),
        control=coded(raw, "itemControl"),
        initial=expression_of(raw, "initialExpression"),
        calculated=expression_of(raw, "calculatedExpression"),
        items=tuple(_item(each) for each in children),
        unit_code=_unit(raw, "code"),
    )


def _unit(raw: Mapping[str, Any], part: str) -> str:
    """The unit's words ("display") or its UCUM code ("code"), or ""."""
    return next((as_text(as_object(each.get("valueCoding")).get(part)) for each in found(raw, "unit")), "")


def _children(raw: dict[str, Any]) -> tuple[Words, list[dict[str, Any]]]:
    """The help that SDC gives as a display item of its own, and the other children."""
    children = list(as_objects(raw.get("item")))
    helps = [
        each for each in children if each.get("type") == "display" and coded(each, "itemControl") == "help"
    ]
    return (_words(helps[0], "text") if helps else Words({})), [
        each for each in children if each not in helps
    ]


def _words(holder: Mapping[str, Any], element: str) -> Words:
    said = {"en": as_text(holder.get(element))}
    for extension in found(as_object(holder.get(f"_{element}")), "translation"):
        parts = {as_text(part.get("url")): part for part in as_objects(extension.get("extension"))}
        language = as_text(as_object(parts.get("lang")).get("valueCode"))
        said[language] = as_text(as_object(parts.get("content")).get("valueString"))
    return Words(said)


def _options(raw: Mapping[str, Any]) -> tuple[Option, ...]:
    listed = tuple(_option(each) for each in as_objects(raw.get("answerOption")))
    address = as_text(raw.get("answerValueSet"))
    options = listed or (_members(address) if address else ())
    if len({option.key for option in options}) != len(options):
        raise DefinitionError(f"{raw.get('linkId')}: an answer is offered twice")
    return options


def _option(raw: dict[str, Any]) -> Option:
    value = {name: raw[name] for name in raw if name.startswith("value")}
    if len(value) != 1:
        raise DefinitionError("an answerOption has no value, or two")
    coding = as_object(raw.get("valueCoding"))
    key = key_of(value)
    return Option(
        key=key,
        value={"valueCoding": _plain(coding)} if coding else value,
        words=_words(coding, "display") if coding else Words({"en": key}),
        weight=_weight(raw, coding),
        exclusive=any(each.get("valueBoolean") is True for each in found(raw, "optionExclusive")),
    )


def _plain(coding: Mapping[str, Any]) -> dict[str, Any]:
    return {name: coding[name] for name in ("system", "code", "display") if name in coding}


def _weight(*holders: Mapping[str, Any]) -> float | None:
    said = (
        each for holder in holders for kind in ("ordinalValue", "itemWeight") for each in found(holder, kind)
    )
    return next(
        (number for each in said if (number := as_number(each.get("valueDecimal"))) is not None), None
    )


def _members(url: str) -> tuple[Option, ...]:
    """The codes of a value set of ours in its own order, with our code system's words."""
    value_set = definition_at(url)
    if value_set is None:
        raise DefinitionError(f"there is no value set {url}")
    made = []
    for include in value_set["compose"]["include"]:
        system = definition_at(include["system"]) or {"concept": ()}
        known = {each["code"]: each for each in system["concept"]}
        for listed in include.get("concept", system["concept"]):
            concept = {**known.get(listed["code"], {}), **listed}
            coding = {"system": include["system"], "code": concept["code"], "display": concept["display"]}
            made.append(
                Option(concept["code"], {"valueCoding": coding}, _member_words(concept), _weight(concept))
            )
    return tuple(made)


def _member_words(concept: Mapping[str, Any]) -> Words:
    said = {each["language"]: each["value"] for each in concept.get("designation", ())}
    return Words({"en": concept["display"], **said})


def _condition(raw: dict[str, Any]) -> Condition:
    value = {f"value{name.removeprefix('answer')}": raw[name] for name in raw if name.startswith("answer")}
    if raw.get("operator") not in OPERATORS or len(value) != 1:
        raise DefinitionError(f"enableWhen on {raw.get('question')} is not understood")
    return Condition(as_text(raw.get("question")), raw["operator"], value)


def _limits(raw: Mapping[str, Any]) -> Limits:
    length = as_number(raw.get("maxLength"))
    high = _limit(raw, "maxValue") or ("today" if _is_past(raw) else "")
    return Limits(int(length) if length else None, _limit(raw, "minValue"), high)


def _is_past(raw: Mapping[str, Any]) -> bool:
    """Whether a constraint says that the day is not to come: the one constraint that is understood."""
    parts = (part for each in found(raw, "constraint") for part in as_objects(each.get("extension")))
    return any(part.get("url") == "expression" and part.get("valueString") == PAST for part in parts)


def _limit(raw: Mapping[str, Any], kind: str) -> str:
    for extension in found(raw, kind):
        if expression_of(as_object(extension.get("_valueDate")), "calculatedValue") == "today()":
            return "today"
        return next((str(extension[name]) for name in extension if name.startswith("value")), "")
    return ""


def _check(item: Item, of: Definition) -> None:
    if item.type not in TYPES:
        raise DefinitionError(f"{of.url} {item.link_id}: type {item.type} is not understood")
    if item.type == "group" and item.repeats:
        raise DefinitionError(f"{of.url} {item.link_id}: a group does not repeat")
    if item.type == "choice" and not item.options and not item.calculated:
        raise DefinitionError(f"{of.url} {item.link_id}: a choice without answers")
    for condition in item.conditions:
        if condition.question not in of.by_link or condition.question == item.link_id:
            raise DefinitionError(f"{of.url} {item.link_id}: asks {condition.question}, which is not there")
