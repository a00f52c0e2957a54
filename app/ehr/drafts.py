"""What was typed and not yet filed: encrypted, short-lived, offered again at the next launch of that patient.

A draft is not a record: it is wiped as soon as a receipt exists. It is keyed by EHR, user, patient and form, so that
it never shows up in another patient's chart or for another person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

KIND = "draft"


class DraftStore(Protocol):
    """The part of the encrypted store that drafts use."""

    def put(self, kind: str, key: str, value: bytes, *, expires_at: float) -> None: ...
    def get(self, kind: str, key: str) -> bytes | None: ...
    def delete(self, kind: str, key: str) -> None: ...


@dataclass(frozen=True)
class DraftKey:
    """Whose unfinished form this is. `user` is the fhirUser reference, `form` the noun ("contact")."""

    iss: str
    user: str
    patient_id: str
    form: str

    def text(self) -> str:
        """The store's key. JSON, since any of the parts may hold any character."""
        return json.dumps([self.iss, self.user, self.patient_id, self.form])


@dataclass(frozen=True)
class Draft:
    """The values just as typed, the form's id (which makes a retry the same save) and when it was kept."""

    values: Mapping[str, tuple[str, ...]]
    form_id: UUID
    saved_at: datetime
    reason: str = ""


class Drafts:
    """Saves, loads and wipes drafts. `hours` is how long one is kept."""

    def __init__(self, store: DraftStore, *, hours: int = 72) -> None:
        self._store = store
        self._life = timedelta(hours=hours)

    def save(
        self,
        key: DraftKey,
        values: Mapping[str, Sequence[str]],
        form_id: UUID,
        *,
        now: datetime,
        reason: str = "",
    ) -> Draft:
        """Keeps what was typed; a later save of the same form replaces it. `now` is aware."""
        draft = Draft({name: tuple(items) for name, items in values.items()}, form_id, now, reason)
        row = {
            "values": {name: list(items) for name, items in draft.values.items()},
            "form_id": str(form_id),
            "saved_at": now.isoformat(),
            "reason": reason,
        }
        expires_at = (now + self._life).timestamp()
        self._store.put(KIND, key.text(), json.dumps(row).encode(), expires_at=expires_at)
        return draft

    def load(self, key: DraftKey) -> Draft | None:
        """The kept draft, or None when there is none or it has expired."""
        row = self._store.get(KIND, key.text())
        if row is None:
            return None
        kept = json.loads(row)
        return Draft(
            values={name: tuple(items) for name, items in kept["values"].items()},
            form_id=UUID(kept["form_id"]),
            saved_at=datetime.fromisoformat(kept["saved_at"]),
            reason=kept["reason"],
        )

    def wipe(self, key: DraftKey) -> None:
        """Forgets the draft: after its receipt, or when the user throws it away."""
        self._store.delete(KIND, key.text())
