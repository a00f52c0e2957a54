"""What one caller may do: the scopes that a token carries, and the one patient it may be bound to.

SMART v2 writes a scope as `patient/Observation.rs`: a level, a resource type and the letters of create, read, update,
delete and search. A `patient/` scope reaches only the launch patient's data; a `user/` scope reaches what the user
may see. Spec: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = "cruds"
ANY_TYPE = "*"

Grants = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Access:
    """The rights of one token: grants are pairs of a resource type (or `*`) and one letter of c, r, u, d, s.

    `patient` is the launch patient's id, `user` the FHIR user (`Practitioner/nurse`), `client_id` the app.
    """

    patient_grants: Grants
    user_grants: Grants
    patient: str | None
    user: str
    client_id: str

    def allows(self, resource_type: str, letter: str) -> bool:
        """True when some scope grants this interaction on this type, be it for one patient only."""
        if _granted(self.user_grants, resource_type, letter):
            return True
        return self.patient is not None and _granted(self.patient_grants, resource_type, letter)

    def confined(self, resource_type: str, letter: str) -> bool:
        """True when only a `patient/` scope grants it, so that nothing outside that patient's data may be touched."""
        return not _granted(self.user_grants, resource_type, letter)

    @property
    def holder(self) -> tuple[str | None, str, str]:
        """Whose this is: what a paging link is bound to."""
        return (self.patient, self.user, self.client_id)


def _granted(grants: Grants, resource_type: str, letter: str) -> bool:
    return (resource_type, letter) in grants or (ANY_TYPE, letter) in grants


EVERYTHING = Access(
    patient_grants=frozenset(),
    user_grants=frozenset((ANY_TYPE, letter) for letter in LETTERS),
    patient=None,
    user="",
    client_id="",
)
"""The chart shell's own access: it is the EHR."""
