"""Saves that were begun one record after the other: kept, encrypted, until all of it is in the chart.

The next press of Save goes on with just these records, since a form built anew upon a chart that holds a part of it
would change twice what is changed already. Short-lived like a draft, and forgotten with its receipt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.ehr.drafts import DraftStore

KIND = "begun-save"


class BegunSaves:
    """Keyed by the id of the form as its records bear it. `hours` is how long one is kept."""

    def __init__(self, store: DraftStore, *, hours: int = 72) -> None:
        self._store = store
        self._life = timedelta(hours=hours)

    def keep(self, form_id: UUID, resources: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
        """Keeps the records just before the first of them is written. `now` is aware."""
        row = json.dumps([dict(resource) for resource in resources]).encode()
        self._store.put(KIND, str(form_id), row, expires_at=(now + self._life).timestamp())

    def load(self, form_id: UUID) -> tuple[dict[str, Any], ...]:
        """The records of a save that was begun and is not known to be whole; () where there is none."""
        row = self._store.get(KIND, str(form_id))
        return tuple(json.loads(row)) if row else ()

    def wipe(self, form_id: UUID) -> None:
        """Forgets it: all of it is in the chart, or none."""
        self._store.delete(KIND, str(form_id))
