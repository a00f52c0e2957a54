"""FHIR's interactions as the EHR that is played performs them: each is refused, or done with what it keeps back.

The order is: is it offered, is there such a resource, may its chart be opened, is the content what this EHR takes;
scopes, patients, versions and R4's rules are checked by the sandbox's own interactions below.
"""

from __future__ import annotations

from typing import Any

from samples.fhir import confinement
from samples.fhir.errors import PreconditionFailed, ResourceNotFound
from samples.fhir.interactions import Interactions, Written
from samples.fhir.records import Version
from samples.fhir.search import Search
from samples.personas.drops import kept
from samples.personas.duplicates import duplicate_rules
from samples.personas.persona import Behaviour
from samples.personas.search import PersonaSearch, require_offered, shown
from samples.personas.write_rules import require_writable


class PersonaInteractions(Interactions):
    """The interactions of one caller at one EHR; `unmodified_since` is the request's If-Unmodified-Since."""

    def __init__(
        self, behaviour: Behaviour, own: Interactions, search: Search, unmodified_since: str
    ) -> None:
        played = PersonaSearch(behaviour, search, own.access, own.records.context)
        super().__init__(own.records, own.access, played, own.moment)
        self._behaviour = behaviour
        self._everything = search.unconfined()
        self._unmodified_since = unmodified_since

    def read(self, resource_type: str, resource_id: str) -> Version:
        """The present version, as this EHR shows it."""
        require_offered(self._behaviour, resource_type, "read")
        version = super().read(resource_type, resource_id)
        self._require_open(version.resource)
        return shown(version, self._behaviour)

    def vread(self, resource_type: str, resource_id: str, number: str) -> Version:
        """One version, where that is offered."""
        require_offered(self._behaviour, resource_type, "vread")
        return super().vread(resource_type, resource_id, number)

    def history(self, resource_type: str, resource_id: str) -> list[Version]:
        """Every version, where that is offered."""
        require_offered(self._behaviour, resource_type, "history-instance")
        return super().history(resource_type, resource_id)

    def create(self, resource: dict[str, Any], *, if_none_exist: str = "", new_id: str = "") -> Written:
        """Create what this EHR takes. Where it knows no conditional create, `if_none_exist` is passed over."""
        resource = self._taken(resource, "create")
        self._require_new(resource)
        condition = if_none_exist if self._behaviour.offers.conditional_create else ""
        written = super().create(resource, if_none_exist=condition, new_id=new_id)
        return Written(written.status, shown(written.version, self._behaviour))

    def update(self, resource: dict[str, Any], *, if_match: str = "") -> Written:
        """Replace what is there; no EHR that is played creates by update."""
        require_offered(self._behaviour, resource["resourceType"], "update")
        self._require_present(resource["resourceType"], resource["id"], "u")
        resource = self._taken(resource, "update")
        try:
            written = super().update(resource, if_match=self._expected(if_match))
        except PreconditionFailed as stale:
            raise self._stale() from stale
        return Written(written.status, shown(written.version, self._behaviour))

    def patch(self, resource_type: str, resource_id: str, operations: Any, *, if_match: str = "") -> Written:
        """Apply a JSON Patch, where that is offered."""
        require_offered(self._behaviour, resource_type, "patch")
        self._require_present(resource_type, resource_id, "u")
        try:
            written = super().patch(resource_type, resource_id, operations, if_match=self._expected(if_match))
        except PreconditionFailed as stale:
            raise self._stale() from stale
        return Written(written.status, shown(written.version, self._behaviour))

    def delete(self, resource_type: str, resource_id: str, *, if_match: str = "") -> None:
        """Delete, where that is offered."""
        require_offered(self._behaviour, resource_type, "delete")
        self._require_present(resource_type, resource_id, "d")
        try:
            super().delete(resource_type, resource_id, if_match=self._expected(if_match))
        except PreconditionFailed as stale:
            raise self._stale() from stale

    def _taken(self, resource: dict[str, Any], interaction: str) -> dict[str, Any]:
        """The part of a resource that this EHR keeps, once it may be written at all."""
        behaviour = self._behaviour
        require_offered(behaviour, resource["resourceType"], interaction)
        confinement.require_scope(self.access, resource["resourceType"], interaction[0])
        # Whose record it may be comes first: a refusal must not tell about a chart that was never opened.
        confinement.require_writable(self.access, interaction[0], resource, self.records.context)
        self._require_open(resource)
        require_writable(resource, interaction, behaviour.write_rules, behaviour.refusals)
        return kept(resource, interaction, behaviour.kept)

    def _require_open(self, resource: dict[str, Any]) -> None:
        glass = self._behaviour.break_the_glass
        if glass:
            patients = confinement.patients_of(resource, self.records.context)
            glass.require_open(resource["resourceType"], patients, self._behaviour.refusals)

    def _require_present(self, resource_type: str, resource_id: str, letter: str) -> None:
        """Raises Forbidden and ResourceNotFound, and Refused for a restricted chart or an outdated precondition."""
        confinement.require_scope(self.access, resource_type, letter)
        present = self.records.find(resource_type, resource_id)
        if present is None or present.body is None:
            raise ResourceNotFound("there is no such resource")
        confinement.require_writable(self.access, letter, present.resource, self.records.context)
        self._require_open(present.resource)
        self._behaviour.versions.require_unmodified(present, self._unmodified_since, self._behaviour.refusals)

    def _require_new(self, resource: dict[str, Any]) -> None:
        refusals = self._behaviour.refusals
        for rule in duplicate_rules(self._behaviour.duplicates, resource["resourceType"]):
            if any(
                self._everything.matching(resource["resourceType"], query) for query in rule.queries(resource)
            ):
                says = "An attempt was made to create a duplicate record."
                raise refusals.refused(rule.status, "duplicate", says, number=rule.number)

    def _expected(self, if_match: str) -> str:
        return if_match if self._behaviour.versions.if_match else ""

    def _stale(self) -> Exception:
        refusals = self._behaviour.refusals
        says = "the resource has another version than If-Match names"
        return refusals.refused(refusals.stale_version, "conflict", says)
