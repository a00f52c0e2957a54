"""Texts that a person is to paste into the EHR by hand, since it takes them from Chartside in no form: kept until then.

Encrypted beside the drafts and kept as long, by EHR, user and patient, so that no text shows up in another patient's
chart or for another person. The id of a text is that of the form it was made from: a form makes one text, however
often it is sent. What was pasted or discarded can be put back for an hour, and then its words are gone; that a form was
pasted is remembered for as long as a text is kept, so that an old page of it makes no second one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from app.store import Store

KIND, ENDED = "text-to-paste", "text-ended"
UNDO = timedelta(hours=1)


class State(StrEnum):
    """What became of a text."""

    WAITING = "waiting"
    PASTED = "pasted"
    DISCARDED = "discarded"


@dataclass(frozen=True)
class PasteKey:
    """Whose texts they are. `user` is the fhirUser reference, `iss` the EHR's."""

    iss: str
    user: str
    patient_id: str

    def text(self) -> str:
        """The store's key. JSON, since any of the parts may hold any character."""
        return orjson.dumps([self.iss, self.user, self.patient_id]).decode()


@dataclass(frozen=True)
class PasteText:
    """One text. `form` is the noun of its form, `id` the form's id, `values` what was typed, as in a draft.

    `reason` is the sentence why the EHR did not take it. `receipt_id` names the receipt of what is in the chart already
    where a part of the save is. `made_at` and `ended_at` are aware. Once the hour of putting back is over, `text` and
    `values` are empty.
    """

    id: UUID
    form: str
    values: Mapping[str, tuple[str, ...]]
    text: str
    made_at: datetime
    reason: str
    receipt_id: str = ""
    state: State = State.WAITING
    ended_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object for the encrypted store."""
        return {
            "id": str(self.id),
            "form": self.form,
            "values": {name: list(items) for name, items in self.values.items()},
            "text": self.text,
            "made_at": self.made_at.isoformat(),
            "reason": self.reason,
            "receipt_id": self.receipt_id,
            "state": self.state.value,
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> PasteText:
        """The text that `to_json` made."""
        return cls(
            id=UUID(row["id"]),
            form=row["form"],
            values={name: tuple(items) for name, items in row["values"].items()},
            text=row["text"],
            made_at=datetime.fromisoformat(row["made_at"]),
            reason=row["reason"],
            receipt_id=row["receipt_id"],
            state=State(row["state"]),
            ended_at=datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None,
        )


class PasteTexts:
    """Keeps, lists and ends texts. `hours` is how long one is kept, `now` the clock in seconds since the epoch."""

    def __init__(self, store: Store, now: Callable[[], float], *, hours: int) -> None:
        self._store = store
        self._now = now
        self._life = timedelta(hours=hours)

    def keep(self, key: PasteKey, made: PasteText) -> None:
        """Keeps a text that waits; one of the same id is replaced."""
        with self._changing(key):
            self._write(key, [*self._others(key, made.id), made])
            self._store.delete(ENDED, _ended_key(key, made.id))

    def waiting(self, key: PasteKey) -> tuple[PasteText, ...]:
        """The texts that nobody has pasted yet, oldest first."""
        return tuple(each for each in self._rows(key) if each.state is State.WAITING)

    def find(self, key: PasteKey, text_id: UUID) -> PasteText | None:
        """The text of this form: waiting, pasted, or discarded within the hour."""
        found = next((each for each in self._rows(key) if each.id == text_id), None)
        return found if found and found.state is State.WAITING else self._ended(key, text_id) or found

    def made_from(self, key: PasteKey, form_id: UUID) -> PasteText | None:
        """The text that this form was made into, waiting or pasted; None for one that was discarded."""
        found = self.find(key, form_id)
        return found if found and found.state is not State.DISCARDED else None

    def end(self, key: PasteKey, text_id: UUID, state: State, *, at: datetime) -> None:
        """A waiting text is pasted or discarded; for an hour it can be put back. Nothing happens to any other."""
        with self._changing(key):
            found = self._waiting(key, text_id)
            if found is None:
                return
            ended = replace(found, state=state, ended_at=at)
            row = orjson.dumps(ended.to_json())
            until = at + UNDO
            self._store.put(ENDED, _ended_key(key, text_id), row, expires_at=until.timestamp())
            left = [replace(ended, text="", values={})] if state is State.PASTED else []
            self._write(key, [*self._others(key, text_id), *left])

    def put_back(self, key: PasteKey, text_id: UUID) -> bool:
        """Lets a text wait again; False where the hour is over or nothing was ended."""
        with self._changing(key):
            ended = self._ended(key, text_id)
            if ended is None:
                return False
            again = replace(ended, state=State.WAITING, ended_at=None)
            self._write(key, [*self._others(key, text_id), again])
            self._store.delete(ENDED, _ended_key(key, text_id))
            return True

    def withdraw(self, key: PasteKey, text_id: UUID) -> None:
        """Forgets a waiting text: what it says is kept as a draft again, or filed."""
        with self._changing(key):
            if self._waiting(key, text_id):
                self._write(key, self._others(key, text_id))

    def _changing(self, key: PasteKey) -> AbstractContextManager[None]:
        return self._store.lock(f"{KIND}:{key.text()}")

    def _waiting(self, key: PasteKey, text_id: UUID) -> PasteText | None:
        return next((each for each in self.waiting(key) if each.id == text_id), None)

    def _others(self, key: PasteKey, text_id: UUID) -> list[PasteText]:
        return [each for each in self._rows(key) if each.id != text_id]

    def _ended(self, key: PasteKey, text_id: UUID) -> PasteText | None:
        row = self._store.get(ENDED, _ended_key(key, text_id))
        return PasteText.from_json(orjson.loads(row)) if row else None

    def _rows(self, key: PasteKey) -> tuple[PasteText, ...]:
        row = self._store.get(KIND, key.text())
        return tuple(self._alive(PasteText.from_json(each) for each in orjson.loads(row))) if row else ()

    def _alive(self, rows: Iterator[PasteText]) -> Iterator[PasteText]:
        """All texts of a patient share one row of the store; each has its own end all the same."""
        return (each for each in rows if self._end_of(each) > self._now())

    def _end_of(self, text: PasteText) -> float:
        return (text.made_at + self._life).timestamp()

    def _write(self, key: PasteKey, texts: list[PasteText]) -> None:
        if not texts:
            self._store.delete(KIND, key.text())
            return
        row = orjson.dumps([each.to_json() for each in texts])
        self._store.put(KIND, key.text(), row, expires_at=max(map(self._end_of, texts)))


def _ended_key(key: PasteKey, text_id: UUID) -> str:
    return orjson.dumps([key.text(), str(text_id)]).decode()
