"""The manner of an EHR that is played, as the FHIR service asks for it."""

from __future__ import annotations

from typing import Any, cast

from flask import Response
from werkzeug.datastructures import Headers

from samples.fhir.interactions import Interactions
from samples.fhir.manner import Manner
from samples.fhir.search import Search
from samples.personas.interactions import PersonaInteractions
from samples.personas.persona import Behaviour, Persona
from samples.personas.statement import persona_statement


def manner_of(persona: Persona) -> Manner:
    """The sandbox's own manner for the open persona, else that of the EHR it plays."""
    return PersonaManner(persona, persona.behaviour) if persona.behaviour else Manner()


class PersonaManner(Manner):
    """The manner of one EHR."""

    def __init__(self, persona: Persona, behaviour: Behaviour) -> None:
        self._persona = persona
        self._behaviour = behaviour

    def statement(self, statement: dict[str, Any]) -> dict[str, Any]:
        """The CapabilityStatement, cut down to what this EHR offers."""
        return persona_statement(statement, self._persona, self._behaviour)

    def interactions(self, interactions: Interactions, headers: Headers) -> Interactions:
        """The interactions as this EHR performs them."""
        search = cast(Search, interactions.search)
        moment = headers.get("If-Unmodified-Since", "")
        return PersonaInteractions(self._behaviour, interactions, search, moment)

    def require_system(self, kind: str) -> None:
        """Raises Refused for a Bundle of a kind that this EHR does not take."""
        refusals = self._behaviour.refusals
        if kind not in self._behaviour.offers.system:
            raise refusals.refused(refusals.system, "not-supported", f"a {kind} is not supported")

    def finish(self, response: Response) -> Response:
        """Without an ETag where this EHR gives none."""
        if not self._behaviour.versions.tags:
            response.headers.pop("ETag", None)
        return response
