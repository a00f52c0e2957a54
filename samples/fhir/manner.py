"""Where an EHR that the sandbox plays has its say: what it offers, how it answers, what it adds to a response.

The service asks its manner at these four places and nowhere else; this one, the sandbox's own, changes nothing.
"""

from __future__ import annotations

from typing import Any

from flask import Response
from werkzeug.datastructures import Headers

from samples.fhir.interactions import Interactions


class Manner:
    """The manner of a server that offers all it can."""

    def statement(self, statement: dict[str, Any]) -> dict[str, Any]:
        """The CapabilityStatement, cut down to what this EHR offers."""
        return statement

    def interactions(self, interactions: Interactions, headers: Headers) -> Interactions:
        """The interactions as this EHR performs them, for a request with these headers."""
        del headers
        return interactions

    def require_system(self, kind: str) -> None:
        """Raises FhirProblem when this EHR takes no Bundle of this kind ("batch" or "transaction")."""

    def finish(self, response: Response) -> Response:
        """An answer, just before it is sent."""
        return response
