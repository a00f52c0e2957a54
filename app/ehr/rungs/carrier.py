"""What the rungs of notes share: one save is one note, written once, which holds its records and is read back.

A later change of a record stands in a later note, with a higher number; `mappings.fold` lays them together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.ehr.capabilities import SEARCH, Offer
from app.ehr.gateway import Gateway
from app.ehr.reads import ChartRead, read_type
from app.ehr.rungs.notes import Notes
from mappings.authorship import Authorship
from mappings.fold import CarriedBlock, carried_blocks
from mappings.reading import Reading
from mappings.rung import Rung
from smart_launch.errors import FhirError, Unauthorized, Unreachable


@dataclass(frozen=True)
class Form:
    """Which form is filed and by whom: what a note says of itself. `id` is that from which its identifiers derive."""

    id: UUID
    author: Authorship


@dataclass(frozen=True)
class Content:
    """What one note holds: the records, the form that filed them, its number, and the notes that it supersedes."""

    records: Sequence[dict[str, Any]]
    form: Form
    number: int
    replaces: Sequence[str] = ()


class Carrier(ABC):
    """A resource type whose text carries the records of a save. `kind` is that type, `reads` the search for ours."""

    rung: Rung
    kind: str
    reads: ChartRead

    @abstractmethod
    def made(self, gateway: Gateway, content: Content) -> dict[str, Any]:
        """The note of these records. Raises NotForABlock where they could not be read back exactly."""

    def can(self, gateway: Gateway, resource_type: str, interaction: str) -> bool:
        """Whether this launch may file such notes; a note holds records of any type, new or changed."""
        return gateway.offer(self.kind, "create") is Offer.YES

    def shows_again(self, gateway: Gateway, resource_type: str) -> bool:
        """Whether this launch may read such notes back."""
        return gateway.offer(self.kind, SEARCH) is Offer.YES

    def read(self, gateway: Gateway) -> Notes:
        """Our notes as the EHR holds them now. Raises only what ends the session."""
        return self.notes_from(gateway, read_type(gateway, self.reads))

    def notes_from(self, gateway: Gateway, reading: Reading) -> Notes:
        """Our notes among what was read. Raises only what ends the session."""
        found: list[CarriedBlock] = []
        missing = False
        for resource in reading.resources:
            try:
                whole = self.whole(gateway, resource)
            except Unauthorized:
                raise
            except (FhirError, Unreachable):
                missing = True
                continue
            found += carried_blocks(whole)
        return Notes(reading.status, tuple(found), reading.incomplete or missing)

    def whole(self, gateway: Gateway, resource: dict[str, Any]) -> dict[str, Any]:
        """The note with its text, where the EHR keeps that elsewhere."""
        return resource
