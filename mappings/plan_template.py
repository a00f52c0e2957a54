"""Templates of a plan of care: goals, actions, self-care steps and services for a condition or a risk tier.

They are FHIR PlanDefinitions with ActivityDefinitions for the services they share, in `plan_templates/`, all in our own
words and with links to what they go by (https://hl7.org/fhir/R4/plandefinition.html). The words for the patient stand
beside those of the staff as translations: `en-simple` in plain English, `es` in Spanish
(https://hl7.org/fhir/R4/extension-translation.html). They are suggestions; what is filed is what a person ticked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import orjson

from fhir_profiles import canonical
from mappings import dates, pick_lists
from mappings.element import as_object, as_objects, as_text
from mappings.terminology import words_of

BLANK = "blank"
_TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
_DAYS = {"d": 1, "wk": 7, "mo": 30}
_OWNERS = {"Care manager": "care-manager", "Patient": "patient", "Provider": "provider"}


@dataclass(frozen=True)
class Wording:
    """One wording: as the staff reads it, for the patient in plain English, and in Spanish ("" where there is none)."""

    text: str
    plain: str
    spanish: str

    @property
    def for_patient(self) -> str:
        """The plain English words; the staff's own where they are plain already."""
        return self.plain or self.text


@dataclass(frozen=True)
class TemplateGoal:
    """One goal suggested: a measure of pick_lists with comparator and value, or "own" with words; due in `weeks`.

    `checked` says whether it is ticked to begin with.
    """

    id: str
    words: Wording
    measure: str
    comparator: str
    value: str
    own_measure: Wording
    own_target: Wording
    weeks: int
    checked: bool


@dataclass(frozen=True)
class TemplateStep:
    """One task suggested: `kind` is action, self-care or service, `owner` a key of to_do.OWNERS, `goal` its goal's id.

    `checked` says whether it is ticked to begin with; of the services of one `family` the most frequent does for all,
    and `every` is the number of days from one to the next (0.0 where that is not said).
    """

    id: str
    kind: str
    part: str
    owner: str
    words: Wording
    often: Wording
    days: int
    goal: str
    checked: bool
    family: str
    every: float


@dataclass(frozen=True)
class PlanTemplate:
    """One template. `groups` are names of chronic condition groups, `tier` a code of risk-tier or "".

    `sources` are pairs of a name and an address; `written` is the day its words were written or last changed.
    """

    id: str
    title: str
    spanish_title: str
    description: str
    groups: tuple[str, ...]
    tier: str
    sources: tuple[tuple[str, str], ...]
    written: str
    goals: tuple[TemplateGoal, ...]
    steps: tuple[TemplateStep, ...]

    def of_kind(self, kind: str) -> tuple[TemplateStep, ...]:
        """The steps of one kind, in their order."""
        return tuple(step for step in self.steps if step.kind == kind)


@cache
def resources() -> tuple[dict[str, Any], ...]:
    """Every PlanDefinition and ActivityDefinition as it stands in its file. They are shared: never change one."""
    folder = files("mappings") / "plan_templates"
    found = sorted(folder.iterdir(), key=lambda each: each.name)
    return tuple(orjson.loads(each.read_bytes()) for each in found if each.name.endswith(".json"))


@cache
def templates() -> Mapping[str, PlanTemplate]:
    """Every template by its id: conditions by their titles, tiers from low to highly complex, the blank one last."""
    services = {each["url"]: each for each in resources() if each["resourceType"] == "ActivityDefinition"}
    plans = [each for each in resources() if each["resourceType"] == "PlanDefinition"]
    made = [_template(each, services) for each in plans]
    tiers = ("low", "rising", "high", "highly-complex")
    made.sort(
        key=lambda each: (each.id == BLANK, tiers.index(each.tier) if each.tier else -1, each.title.lower())
    )
    return MappingProxyType({each.id: each for each in made})


@cache
def wordings() -> Mapping[str, Wording]:
    """Every wording of every template by `spoken(text)`: how a goal or a step that was filed is known again."""
    return MappingProxyType({spoken(each.text): each for each in _all_wordings() if each.text})


def spoken(text: str) -> str:
    """A text for comparing: case, spacing and the last full stop apart."""
    return " ".join(text.casefold().split()).rstrip(".")


def _all_wordings() -> Iterator[Wording]:
    for template in templates().values():
        for goal in template.goals:
            yield from (goal.words, goal.own_measure, goal.own_target)
        for step in template.steps:
            yield from (step.words, step.often)


def _template(plan: dict[str, Any], services: Mapping[str, dict[str, Any]]) -> PlanTemplate:
    uses = [as_object(each.get("valueCodeableConcept")) for each in as_objects(plan.get("useContext"))]
    tiers = [
        as_text(code.get("code"))
        for use in uses
        for code in as_objects(use.get("coding"))
        if as_text(code.get("system")) == canonical.code_system("risk-tier")
    ]
    cited = as_objects(plan.get("relatedArtifact"))
    return PlanTemplate(
        id=plan["id"],
        title=plan["title"],
        spanish_title=_wording(plan, "title").spanish or plan["title"],
        description=plan["description"],
        groups=tuple(filter(None, (as_text(use.get("text")) for use in uses))),
        tier=next(iter(tiers), ""),
        sources=tuple((as_text(each.get("display")), as_text(each.get("url"))) for each in cited),
        written=dates.plain_words(plan["date"]),
        goals=tuple(map(_goal, as_objects(plan.get("goal")))),
        steps=tuple(_step(each, services) for each in as_objects(plan.get("action"))),
    )


def _goal(goal: dict[str, Any]) -> TemplateGoal:
    target = as_object(goal["target"][0])
    quantity, measure = as_object(target.get("detailQuantity")), as_object(target.get("measure"))
    weeks = int(as_object(target.get("due"))["value"])
    return TemplateGoal(
        id=goal["id"],
        words=_wording(goal["description"], "text"),
        measure=_measure_code(measure) if quantity else "own",
        comparator=as_text(quantity.get("comparator")),
        value=f"{quantity['value']:g}" if quantity else "",
        own_measure=_wording({} if quantity else measure, "text"),
        own_target=_wording(as_object(target.get("detailCodeableConcept")), "text"),
        weeks=weeks,
        checked=not _has_code(goal.get("priority"), "low-priority"),
    )


def _has_code(concept: Any, code: str) -> bool:
    return any(as_text(each.get("code")) == code for each in as_objects(as_object(concept).get("coding")))


def _measure_code(measure: dict[str, Any]) -> str:
    loinc = as_text(as_objects(measure.get("coding"))[0].get("code"))
    return next(code for code, each in pick_lists.measures().items() if each.loinc == loinc)


def _step(action: dict[str, Any], services: Mapping[str, dict[str, Any]]) -> TemplateStep:
    definition = services.get(as_text(action.get("definitionCanonical")), action)
    codes = [code for concept in as_objects(action.get("code")) for code in as_objects(concept.get("coding"))]
    by_system = {as_text(code.get("system")): as_text(code.get("code")) for code in codes}
    timing = as_object(definition.get("timingTiming"))
    bounds = as_object(as_object(timing.get("repeat")).get("boundsDuration"))
    days = as_object(action.get("timingDuration")) or bounds
    role = words_of(as_object(next(iter(as_objects(definition.get("participant"))), {})).get("role"))
    return TemplateStep(
        id=action["id"],
        kind=by_system[canonical.code_system("to-do-kind")],
        part=by_system[canonical.code_system("plan-part")],
        owner=_OWNERS[role],
        words=_wording(definition, "title"),
        often=_wording(as_object(timing.get("code")), "text"),
        days=int(days["value"]),
        goal=next(iter(action.get("goalId", ())), ""),
        checked=action.get("precheckBehavior") != "no",
        family=words_of(next(iter(as_objects(definition.get("topic"))), None)),
        every=_every(as_object(timing.get("repeat"))),
    )


def _every(repeat: dict[str, Any]) -> float:
    unit = _DAYS.get(as_text(repeat.get("periodUnit")), 0)
    return unit * repeat["period"] / repeat["frequency"] if unit else 0.0


def _wording(element: Mapping[str, Any], name: str) -> Wording:
    said: dict[str, str] = {}
    for extension in as_objects(as_object(element.get(f"_{name}")).get("extension")):
        if as_text(extension.get("url")) == _TRANSLATION:
            parts = {as_text(each.get("url")): each for each in as_objects(extension.get("extension"))}
            said[as_text(parts["lang"].get("valueCode"))] = as_text(parts["content"].get("valueString"))
    return Wording(as_text(element.get(name)), said.get("en-simple", ""), said.get("es", ""))
