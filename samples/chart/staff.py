"""The four people who use the sandbox EHR, and what each is there for.

They are Practitioner resources of the cast; this fixes only which of them can be signed in as, in which order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from samples.chart.words import human_name
from samples.fhir.store import Store

ROLES: Final = {
    "nurse": ("Care manager", "reads and writes everything"),
    "physician": ("Family physician", "reads and writes everything"),
    "assistant": ("Medical assistant", "no care plans, goals or consents"),
    "manager": ("Practice manager", "reads only"),
}
FIRST: Final = "nurse"


@dataclass(frozen=True)
class Member:
    """One user of the EHR: the Practitioner's id, name, role and what that role may do in an app."""

    id: str
    name: str
    role: str
    may: str


def staff(store: Store) -> tuple[Member, ...]:
    """The users whose Practitioner is in the store, in the order of the switcher."""
    found = ((user, store.read("Practitioner", user)) for user in ROLES)
    return tuple(
        Member(user, human_name(person), *ROLES[user]) for user, person in found if person is not None
    )


def member(store: Store, user: str) -> Member | None:
    """The user of that id, or None."""
    return next((person for person in staff(store) if person.id == user), None)
