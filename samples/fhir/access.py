"""What one caller may do: the scopes that a token carries, and the one patient it may be bound to.

SMART v2 writes a scope as `patient/Observation.rs`: a level, a resource type and the letters of create, read, update,
delete and search. A `patient/` scope reaches only the launch patient's data; a `user/` scope reaches what the user
may see, a `system/` scope what was agreed with a backend service. A scope with search parameters
(`patient/Observation.rs?category=laboratory`) reaches only what that search would find.
Spec: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

LETTERS = "cruds"
ANY_TYPE = "*"

Grants = frozenset[tuple[str, str]]


class Limit(NamedTuple):
    """A grant with a search parameter: level "patient", "user" or "system"; `value` as in a search, commas for OR."""

    level: str
    resource_type: str
    letter: str
    parameter: str
    value: str


class Reach(NamedTuple):
    """One way to reach resources: only the launch patient's, or (`confined` False) anybody's, and within a limit."""

    confined: bool
    limit: Limit | None


@dataclass(frozen=True)
class Access:
    """The rights of one token: grants are pairs of a resource type (or `*`) and one letter of c, r, u, d, s.

    `patient` is the launch patient's id, `user` the FHIR user (`Practitioner/nurse`; "" for a backend service),
    `client_id` the app.
    """

    patient_grants: Grants
    user_grants: Grants
    patient: str | None
    user: str
    client_id: str
    system_grants: Grants = frozenset()
    limits: frozenset[Limit] = frozenset()

    def allows(self, resource_type: str, letter: str) -> bool:
        """True when some scope grants this interaction on this type, be it for one patient or one category only."""
        return bool(self.reaches(resource_type, letter))

    def confined(self, resource_type: str, letter: str) -> bool:
        """True when only a `patient/` scope grants it, so that nothing outside that patient's data may be touched."""
        return all(reach.confined for reach in self.reaches(resource_type, letter))

    def reaches(self, resource_type: str, letter: str) -> tuple[Reach, ...]:
        """The ways to this type, the widest alone where it holds the others; empty when nothing grants it."""
        ways = dict.fromkeys(self._ways(resource_type, letter))
        return tuple(way for way in ways if not any(_within(way, other) for other in ways if other != way))

    def _ways(self, resource_type: str, letter: str) -> Iterator[Reach]:
        if _granted(self.user_grants, resource_type, letter) or _granted(
            self.system_grants, resource_type, letter
        ):
            yield Reach(confined=False, limit=None)
        if self.patient is not None and _granted(self.patient_grants, resource_type, letter):
            yield Reach(confined=True, limit=None)
        for limit in sorted(self.limits):
            of_patient = limit.level == "patient"
            meant = limit.resource_type == resource_type and limit.letter == letter
            if meant and (not of_patient or self.patient is not None):
                yield Reach(confined=of_patient, limit=limit)

    @property
    def holder(self) -> tuple[str | None, str, str]:
        """Whose this is: what a paging link is bound to."""
        return (self.patient, self.user, self.client_id)


def _granted(grants: Grants, resource_type: str, letter: str) -> bool:
    return (resource_type, letter) in grants or (ANY_TYPE, letter) in grants


def _within(way: Reach, other: Reach) -> bool:
    """True when everything that `way` reaches is reached by `other` too."""
    return (way.confined or not other.confined) and other.limit in (None, way.limit)


EVERYTHING = Access(
    patient_grants=frozenset(),
    user_grants=frozenset((ANY_TYPE, letter) for letter in LETTERS),
    patient=None,
    user="",
    client_id="",
)
"""The chart shell's own access: it is the EHR."""
