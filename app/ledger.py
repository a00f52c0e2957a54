"""What one launch has filed, receipt by receipt: ids and versions alone, encrypted, for a day.

And what was thrown away within the hour, so that it can be put back. Neither is a record: the chart is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from app.ehr.drafts import Draft, DraftKey, Drafts
from app.ehr.receipt import Receipt
from app.store import Store

RECEIPT, LEDGER, DISCARDED = "receipt", "ledger", "discarded"
KEPT = timedelta(hours=24)
UNDO = timedelta(hours=1)


class Ledger:
    """The receipts of each launch, newest first, and the drafts that can still be put back."""

    def __init__(self, store: Store, drafts: Drafts, now: Callable[[], float]) -> None:
        self._store = store
        self._drafts = drafts
        self._thrown = Drafts(_Discarded(store), hours=1)
        self._now = now

    def add(self, launch_id: str, receipt_id: str, receipt: Receipt) -> None:
        """Keeps a receipt for a day, for this launch alone. One that comes again is not listed a second time."""
        until = self._now() + KEPT.total_seconds()
        row = json.dumps(receipt.to_json()).encode()
        self._store.put(RECEIPT, f"{launch_id}/{receipt_id}", row, expires_at=until)
        with self._store.lock(f"ledger:{launch_id}"):
            listed = {item.reference for _, kept in self.receipts(launch_id) for item in kept.filed}
            if receipt.again and listed >= {item.reference for item in receipt.filed}:
                return
            ids = json.dumps([receipt_id, *self._ids(launch_id)]).encode()
            self._store.put(LEDGER, launch_id, ids, expires_at=until)

    def receipt(self, launch_id: str, receipt_id: str) -> Receipt | None:
        """One receipt of this launch; None for another's, or one older than a day."""
        row = self._store.get(RECEIPT, f"{launch_id}/{receipt_id}")
        return Receipt.from_json(json.loads(row)) if row else None

    def receipts(self, launch_id: str) -> tuple[tuple[str, Receipt], ...]:
        """Id and receipt of everything that this launch has filed within the day, newest first."""
        found = ((each, self.receipt(launch_id, each)) for each in self._ids(launch_id))
        return tuple((each, receipt) for each, receipt in found if receipt)

    def _ids(self, launch_id: str) -> list[str]:
        row = self._store.get(LEDGER, launch_id)
        return list(json.loads(row)) if row else []

    def throw_away(self, key: DraftKey, *, now: datetime) -> None:
        """Takes a draft out of the queue; for an hour it can be put back."""
        draft = self._drafts.load(key)
        if draft:
            self._thrown.save(key, draft.values, draft.form_id, now=now, reason=draft.reason)
        self._drafts.wipe(key)

    def thrown_away(self, key: DraftKey) -> Draft | None:
        """What was thrown away within the hour; `saved_at` is when."""
        return self._thrown.load(key)

    def put_back(self, key: DraftKey, *, now: datetime) -> bool:
        """Makes it a draft again. False where there is nothing to put back, or something newer is kept there."""
        draft = self._thrown.load(key)
        if draft is None or self._drafts.load(key):
            return False
        self._drafts.save(key, draft.values, draft.form_id, now=now, reason=draft.reason)
        self._thrown.wipe(key)
        return True


class _Discarded:
    """The same store under a kind of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, kind: str, key: str, value: bytes, *, expires_at: float) -> None:
        self._store.put(DISCARDED, key, value, expires_at=expires_at)

    def get(self, kind: str, key: str) -> bytes | None:
        return self._store.get(DISCARDED, key)

    def delete(self, kind: str, key: str) -> None:
        self._store.delete(DISCARDED, key)
