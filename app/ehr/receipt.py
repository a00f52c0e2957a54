"""What a save ended in: the ids and versions that the EHR gave, in words that a nurse can check against the chart.

And what the EHR kept of it: named, never quoted. A receipt holds no clinical value, so that it can be kept and shown
again after a reload.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mappings.kept import Bearing, Dropped
from mappings.panel import listed
from mappings.rung import Rung


class ReadBack(StrEnum):
    """What came of laying the record that was sent beside the one that the EHR holds."""

    NOT_COMPARED = ""
    """Nothing was sent this time: an earlier try had filed it."""
    KEPT = "kept"
    LOST = "lost"
    """Something of it was dropped or changed: `Filed.dropped` names it."""
    UNSEEN = "unseen"
    """It is filed, and the EHR could not be asked what it kept just now."""


class SignOff(StrEnum):
    """Whether the EHR holds what was filed until a clinician signs it."""

    NONE_KNOWN = ""
    AWAITED = "awaited"
    POSSIBLE = "possible"
    """Some products of this vendor do, and its metadata does not tell which one this is."""


_FORM_WORDS: Mapping[str, str] = {
    Rung.QUESTIONNAIRE_RESPONSE: "answers to a questionnaire",
    Rung.DOCUMENT: "a note",
    Rung.COPY_READY: "text copied by hand",
}
CHANGED = "The EHR holds this otherwise than it was sent, so look at it there: {}."
_WORDS: Mapping[Bearing, str] = {
    Bearing.LOST: "The EHR did not keep: {}.",
    Bearing.IN_TEXT: "Only the record's own text in the EHR says this now: {}.",
    Bearing.IN_NOTE: "Kept in the words of the note, from which Chartside reads it: {}.",
    Bearing.MINOR: "Left out or reworded by the EHR, and nothing is shown differently for it: {}.",
}
GRAVE = (Bearing.LOST, Bearing.IN_TEXT)
WHOLE = "The EHR kept all of it."
UNSEEN = "Filed; what the EHR kept could not be looked at just now."
NOT_SHOWN = "Filed, but this EHR will not show it to us again."


@dataclass(frozen=True)
class Filed:
    """One resource as the EHR holds it: `reference` is "Task/812", `kind` its plain words, `updated` when not new.

    `rung` is the form in which it was filed (mappings.rung.Rung); for one in a note, `reference` is the note's,
    `version_id` the note's number and `record` what the record itself is called, as "Task/<our identifier>".
    `dropped` names what the EHR did not keep as it was sent. `shown_again` is False where the EHR takes it and never
    gives it out again.
    """

    reference: str
    version_id: str
    kind: str
    updated: bool = False
    rung: str = Rung.NATIVE.value
    read_back: ReadBack = ReadBack.NOT_COMPARED
    dropped: tuple[Dropped, ...] = ()
    shown_again: bool = True
    sign_off: SignOff = SignOff.NONE_KNOWN
    record: str = ""

    @property
    def place(self) -> str:
        """What the chart calls the record, as "Task/812", wherever it stands."""
        return self.record or self.reference

    @property
    def native(self) -> bool:
        """Whether the EHR holds it as a record of its own type."""
        return self.rung == Rung.NATIVE.value

    @property
    def form(self) -> str:
        """The resource type, as "Task"; "a note (DocumentReference)" where it stands in one."""
        kind = self.reference.split("/")[0]
        words = _FORM_WORDS.get(self.rung, "")
        return f"{words} ({kind})" if words and kind else words or kind

    @property
    def form_words(self) -> str:
        """The form by itself, as "a record of its own" or "a note"."""
        return _FORM_WORDS.get(self.rung, "a record of its own")

    @property
    def version_words(self) -> str:
        """ "2"; "note 3" for one in a note, since notes are counted and never changed; "not told"."""
        if not self.version_id:
            return "not told"
        return self.version_id if self.native else f"note {self.version_id}"

    @property
    def differs(self) -> bool:
        """Whether the EHR holds it in a way that shows less, or other, than what was typed."""
        return any(item.bearing in GRAVE for item in self.dropped)

    @property
    def remark(self) -> str:
        """What a list of receipts says beside it, in a few words; "" where nothing is to be said."""
        said = (
            (not self.shown_again, "Not shown again by this EHR"),
            (self.differs, "Not all of it kept"),
            (self.sign_off is SignOff.AWAITED, "Awaiting sign-off"),
        )
        return next((words for true, words in said if true), "")

    @property
    def grave_sentences(self) -> tuple[str, ...]:
        """What of it a person should look at in the EHR: what is changed there, lost, or out of Chartside's sight."""
        changed = [item.what for item in self.dropped if item.changed and item.bearing is not Bearing.MINOR]
        return _sentences(((CHANGED, changed), *(self._said(bearing) for bearing in GRAVE)))

    @property
    def quiet_sentences(self) -> tuple[str, ...]:
        """What else there is to say of what the EHR kept; () where nothing was compared."""
        if not self.shown_again:
            return (NOT_SHOWN,)
        whole = {ReadBack.NOT_COMPARED: (), ReadBack.UNSEEN: (UNSEEN,), ReadBack.KEPT: (WHOLE,)}
        if self.read_back in whole:
            return whole[self.read_back]
        return _sentences(self._said(bearing) for bearing in _WORDS if bearing not in GRAVE)

    def _said(self, bearing: Bearing) -> tuple[str, list[str]]:
        changes_too = bearing is Bearing.MINOR
        found = [
            item for item in self.dropped if item.bearing is bearing and (changes_too or not item.changed)
        ]
        return _WORDS[bearing], [item.what for item in found]


def _sentences(said: Iterable[tuple[str, list[str]]]) -> tuple[str, ...]:
    return tuple(sentence.format("; ".join(names)) for sentence, names in said if names)


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

    @property
    def sign_off(self) -> SignOff:
        """Whether any of it waits for a clinician's signature."""
        found = {item.sign_off for item in self.filed}
        return next(
            (each for each in (SignOff.AWAITED, SignOff.POSSIBLE) if each in found), SignOff.NONE_KNOWN
        )

    @property
    def shown_again(self) -> bool:
        """False where the EHR will not show some of it again."""
        return all(item.shown_again for item in self.filed)

    @property
    def partly_shown(self) -> bool:
        """Whether the EHR will show some of it again and some not."""
        return len({item.shown_again for item in self.filed}) > 1

    @property
    def differs(self) -> tuple[Filed, ...]:
        """What the EHR holds in a way that shows less, or other, than what was typed."""
        return tuple(item for item in self.filed if item.differs)

    def to_json(self) -> dict[str, Any]:
        """A JSON object for the encrypted store."""
        return {
            "filed": [asdict(item) for item in self.filed],
            "at": self.at.isoformat(),
            "again": self.again,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Receipt:
        """The receipt that `to_json` made, now or in an earlier version."""
        filed = tuple(_filed(item) for item in value["filed"])
        return cls(filed, datetime.fromisoformat(value["at"]), value["again"])


def _filed(item: Mapping[str, Any]) -> Filed:
    told = {
        "read_back": ReadBack(item.get("read_back", "")),
        "sign_off": SignOff(item.get("sign_off", "")),
        "dropped": tuple(Dropped.from_json(each) for each in item.get("dropped", ())),
    }
    return Filed(**{**item, **told})
