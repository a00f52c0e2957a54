"""What a form held when it was last sent to the EHR, so that other words are never taken for filed.

The chart tells that a form was filed, not with which words. Where an entry was changed after a try whose answer was
lost, or was typed into a second tab of the same form, the records look like its own although they hold older words.
Kept is a digest, which says whether two entries are the same and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.store import Store

KIND = "try"
Values = Mapping[str, Sequence[str]]


class Tries:
    """Keeps the last try of each form, for as long as its draft would be kept. `now` is seconds since the epoch."""

    def __init__(self, store: Store, now: Callable[[], float], *, hours: int) -> None:
        self._store = store
        self._now = now
        self._life = hours * 3600.0

    def note(
        self,
        form_id: UUID,
        values: Values,
        *,
        filed: bool = False,
        refused: bool = False,
        receipt: Mapping[str, Any] | None = None,
    ) -> None:
        """Remembers what is sent now; `filed` once the EHR has it, `refused` once it is known not to have it.

        `receipt` is the JSON of what it was filed as, for an EHR that never shows it again.
        """
        row = {"digest": _digest(values), "filed": filed, "refused": refused, "receipt": receipt}
        self._store.put(KIND, str(form_id), orjson.dumps(row), expires_at=self._now() + self._life)

    def held_other_words(self, form_id: UUID, values: Values) -> bool:
        """True when the form is known to have been sent with another entry than this."""
        kept = self._kept(form_id)
        return kept is not None and kept["digest"] != _digest(values)

    def has_filed(self, form_id: UUID, values: Values) -> bool:
        """True when exactly this entry is known to be in the chart."""
        kept = self._kept(form_id)
        return kept is not None and kept["filed"] and kept["digest"] == _digest(values)

    def receipt(self, form_id: UUID) -> dict[str, Any] | None:
        """The receipt, as JSON, of a form that is known to be filed, with whatever words."""
        kept = self._kept(form_id)
        return kept["receipt"] if kept and kept["filed"] else None

    def unanswered(self, form_id: UUID) -> bool:
        """True when the form was sent and it is not known whether the EHR took it."""
        kept = self._kept(form_id)
        return kept is not None and not kept["filed"] and not kept["refused"]

    def _kept(self, form_id: UUID) -> dict[str, Any] | None:
        row = self._store.get(KIND, str(form_id))
        return None if row is None else orjson.loads(row)


def _digest(values: Values) -> str:
    typed = {name: list(items) for name, items in values.items() if any(items)}
    return hashlib.sha256(orjson.dumps(typed, option=orjson.OPT_SORT_KEYS)).hexdigest()
