"""What a form held when it was last sent to the EHR, so that other words are never taken for filed.

The chart tells that a form was filed, not with which words. Where an entry was changed after a try whose answer was
lost, or was typed into a second tab of the same form, the records look like its own although they hold older words.
Kept is a digest, which says whether two entries are the same and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
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

    def note(self, form_id: UUID, values: Values, *, filed: bool = False) -> None:
        """Remembers what is sent now; `filed` once the EHR has it."""
        row = orjson.dumps({"digest": _digest(values), "filed": filed})
        self._store.put(KIND, str(form_id), row, expires_at=self._now() + self._life)

    def held_other_words(self, form_id: UUID, values: Values) -> bool:
        """True when the form is known to have been sent with another entry than this."""
        kept = self._kept(form_id)
        return kept is not None and kept["digest"] != _digest(values)

    def has_filed(self, form_id: UUID, values: Values) -> bool:
        """True when exactly this entry is known to be in the chart."""
        return self._kept(form_id) == {"digest": _digest(values), "filed": True}

    def _kept(self, form_id: UUID) -> dict[str, object] | None:
        row = self._store.get(KIND, str(form_id))
        return None if row is None else orjson.loads(row)


def _digest(values: Values) -> str:
    typed = {name: list(items) for name, items in values.items() if any(items)}
    return hashlib.sha256(orjson.dumps(typed, option=orjson.OPT_SORT_KEYS)).hexdigest()
