"""Which resource types an EHR offers, what can be done with each, and by what each is searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from samples.fhir.search_table import parameters, served_types
from samples.personas.fact import Fact

INTERACTIONS = ("create", "read", "search-type", "update", "patch", "delete", "vread", "history-instance")
"""R4's codes (https://hl7.org/fhir/R4/valueset-type-restful-interaction.html) for what the sandbox can do."""
METHODS = {
    "create": "POST",
    "read": "GET",
    "search-type": "GET",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}
_ON_TYPES = ("create", "search-type")
ANY = "*"


class WrongOffer(ValueError):
    """An offer names something that the sandbox cannot do."""


@dataclass(frozen=True, kw_only=True)
class TypeOffer:
    """What is offered of one type: interactions, search parameters, and the values of _include and _revinclude."""

    does: tuple[str, ...]
    by: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    revinclude: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Offers(Fact):
    """Everything that an EHR offers; `system` are its Bundle interactions ("batch", "transaction")."""

    types: Mapping[str, TypeOffer] = field(default_factory=dict)
    system: tuple[str, ...] = ()
    conditional_create: bool = False

    def require_possible(self, paging_parameter: str) -> None:
        """Raises WrongOffer for what the sandbox could not keep."""
        for resource_type, offer in self.types.items():
            if resource_type not in served_types():
                raise WrongOffer(f"{resource_type} is no type that the sandbox keeps")
            impossible = {
                *(set(offer.does) - set(INTERACTIONS)),
                *(set(offer.by) - parameters(resource_type).keys() - {paging_parameter}),
                *(set(offer.include) - self._references(resource_type) - {ANY}),
                *(each for each in offer.revinclude if each not in self._references(each.partition(":")[0])),
            }
            if impossible:
                raise WrongOffer(f"{resource_type}: the sandbox has no {', '.join(sorted(impossible))}")

    def offered(self, resource_type: str, interaction: str) -> bool:
        """True when this interaction is offered on this type."""
        offer = self.types.get(resource_type)
        return offer is not None and interaction in offer.does

    def included(self, resource_type: str) -> tuple[str, ...]:
        """The values that an _include on this type may have."""
        offer = self.types[resource_type]
        return tuple(sorted(self._references(resource_type))) if ANY in offer.include else offer.include

    def methods(self, resource_type: str, interaction: str) -> tuple[str, ...]:
        """The HTTP methods that are served where this interaction would be, for the Allow header."""
        at_type = interaction in _ON_TYPES
        return tuple(
            dict.fromkeys(
                method
                for each, method in METHODS.items()
                if (each in _ON_TYPES) is at_type and self.offered(resource_type, each)
            )
        )

    @staticmethod
    def _references(resource_type: str) -> set[str]:
        if resource_type not in served_types():
            return set()
        table = parameters(resource_type)
        return {f"{resource_type}:{code}" for code, each in table.items() if each.kind == "reference"}
