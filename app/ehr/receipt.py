"""What a save ended in: the ids and versions that the EHR gave, in words that a nurse can check against the chart.

A receipt holds no clinical value, so that it can be kept and shown again after a reload.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from mappings.panel import listed
from mappings.rung import Rung


@dataclass(frozen=True)
class Filed:
    """One resource as the EHR holds it: `reference` is "Task/812", `kind` its plain words, `updated` when not new.

    `rung` is the form in which it was filed (mappings.rung.Rung); for one in a note, `reference` is the note's and
    `version_id` the note's number.
    """

    reference: str
    version_id: str
    kind: str
    updated: bool = False
    rung: str = "record"

    @property
    def form(self) -> str:
        """The resource type, as "Task"; a note is called one."""
        kind = self.reference.split("/")[0]
        return kind if self.rung == Rung.NATIVE.value else f"a note ({kind})"


@dataclass(frozen=True)
class Receipt:
    """Everything one save filed. `at` is aware, in the EHR's time zone; `again`: a first try had arrived."""

    filed: tuple[Filed, ...]
    at: datetime
    again: bool = False

    @property
    def form(self) -> str:
        """In which resource types it was filed: "Task and Goal", "a note (DocumentReference)"."""
        return listed(sorted({item.form for item in self.filed}))

    def to_json(self) -> dict[str, Any]:
        """A JSON object for the encrypted store."""
        return {
            "filed": [asdict(item) for item in self.filed],
            "at": self.at.isoformat(),
            "again": self.again,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Receipt:
        """The receipt that `to_json` made."""
        filed = tuple(Filed(**item) for item in value["filed"])
        return cls(filed, datetime.fromisoformat(value["at"]), value["again"])
