"""Whose app state a token reaches, from its scopes, its launch and its client.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-state.html#security-and-access-controls
"""

from __future__ import annotations

from dataclasses import dataclass

from samples.fhir.errors import Forbidden
from samples.oauth import scopes
from samples.oauth.tokens import Issued


@dataclass(frozen=True)
class AppStateRights:
    """`grants` are (level, letter, code), code "" for every code; references are absolute, "" where there is none."""

    client_id: str
    user: str
    patient: str
    grants: frozenset[tuple[str, str, str]]

    @classmethod
    def of(cls, issued: Issued, fhir_base: str) -> AppStateRights:
        """The rights of an access token that is good."""
        chart = issued.chart
        return cls(
            client_id=issued.client_id,
            user=f"{fhir_base}/Practitioner/{chart.user}" if chart.user else "",
            patient=f"{fhir_base}/Patient/{chart.patient}" if chart.patient else "",
            grants=frozenset(
                (scope.level, letter, scope.limit[1] if scope.limit else "")
                for scope in scopes.parse(issued.scope).clinical
                if scope.resource_type in (scopes.APP_STATE, scopes.EVERY_TYPE)
                if not scope.query or scope.limit
                for letter in scope.letters
            ),
        )

    def require(self, letter: str, code: str, subject: str) -> None:
        """Raises Forbidden unless the token may do this ("c", "u", "d" or "s") to this subject's state of this code.

        `subject` "" is state that belongs to everybody: it may be looked for, and changed only by whoever runs the EHR.
        """
        levels = self._levels(subject)
        if not subject and letter != "s":
            raise Forbidden("state without a subject is changed by administrators only")
        if not any((level, letter, each) in self.grants for level in levels for each in ("", code)):
            raise Forbidden("no granted scope reaches this app state")

    def _levels(self, subject: str) -> tuple[str, ...]:
        """The levels of scope that reach a subject's state."""
        if not subject or (self.user and subject == self.user):
            return ("user",)
        if self.patient and subject == self.patient:
            return ("patient", "user")
        return ()
