"""Search parameters that an EHR insists on, alone, together or beside another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samples.fhir.search_table import parameters
from samples.personas.fact import Fact
from samples.personas.offers import ANY, Offers
from samples.personas.refusals import Refusals

Params = Sequence[tuple[str, str]]
PATIENT_PARAMETERS = ("patient", "subject")


@dataclass(frozen=True, kw_only=True)
class RequiredSearch(Fact):
    """One demand on the searches of `types` ("*": of every type that is searched by patient).

    At least one entry of `needs` must be met: an entry is the names of parameters that must all be there, separated by
    spaces, each perhaps with the code it must have (`category=assess-plan`). With `when`, the demand is made of
    searches with that parameter only. `number` is the EHR's own for the refusal.
    """

    types: tuple[str, ...]
    needs: tuple[str, ...]
    when: str = ""
    number: str = ""
    says: str = ""

    def demanded_of(self, resource_type: str, offers: Offers) -> bool:
        """True when this demand is made of searches of this type."""
        if resource_type in self.types:
            return True
        offer = offers.types.get(resource_type)
        return ANY in self.types and offer is not None and bool(set(PATIENT_PARAMETERS) & set(offer.by))

    def met(self, params: Params) -> bool:
        """True when these parameters, in full, are enough."""
        given: dict[str, list[str]] = {}
        for name, value in params:
            if value.strip():
                given.setdefault(name.partition(":")[0], []).append(value)
        if self.when and self.when not in given:
            return True
        return any(all(_named(each, given) for each in way.split()) for way in self.needs)


def require_parameters(
    rules: Sequence[RequiredSearch], resource_type: str, params: Params, offers: Offers, refusals: Refusals
) -> None:
    """Raises Refused (400, IssueType `required`) for a search that lacks what is insisted on."""
    for rule in rules:
        if rule.demanded_of(resource_type, offers) and not rule.met(params):
            says = rule.says or f"Required search parameter missing from request: {_in_words(rule)}"
            raise refusals.refused(400, "required", says, number=rule.number)


def require_known(rules: Sequence[RequiredSearch]) -> None:
    """Raises ValueError for a demand that no search of a type it is made of could meet."""
    for rule in rules:
        for resource_type in set(rule.types) - {ANY}:
            known = parameters(resource_type).keys()
            ways = [{each.partition("=")[0] for each in way.split()} for way in rule.needs]
            if not any(way <= known for way in ways) or (rule.when and rule.when not in known):
                raise ValueError(f"no search of {resource_type} can have {' or '.join(rule.needs)}")


def _named(wanted: str, given: Mapping[str, list[str]]) -> bool:
    name, _, code = wanted.partition("=")
    codes = [part.rpartition("|")[2] for value in given.get(name, []) for part in value.split(",")]
    return (code in codes) if code else name in given


def _in_words(rule: RequiredSearch) -> str:
    return " or ".join(way.replace(" ", " with ") for way in rule.needs)
