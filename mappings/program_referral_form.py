"""The form that refers a patient to the care manager: why, where the word came from, and what else she should know.

Everything but the words is prefilled, so that a referral is one press. Reasons are those of the code system
cm-referral-reason; days and origins stand in `program_referral.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from mappings.data_file import DataTable, data_table
from mappings.form import Fields, Submitted


@dataclass(frozen=True)
class Reason:
    """A reason by its code, the days until somebody is to look at it, and whether it is urgent."""

    code: str
    days: int
    urgent: bool


@dataclass(frozen=True)
class ReferralEntry:
    """One referral: `origin` is a key of `origins()`, `asked_by` the person who asked where it was not the user."""

    reason: str
    origin: str
    asked_by: str
    words: str


def read(values: Mapping[str, Sequence[str]], *, refusal: str = "") -> Submitted[ReferralEntry]:
    """The form as sent; `refusal` stops it as a whole (key "form")."""
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    reason = fields.one_of("reason", reasons(), required="Choose why the patient is referred.")
    origin = fields.one_of("origin", origins()) or next(iter(origins()))
    asked_by = fields.text("asked_by")
    needed = "Say the reason in a few words." if reason == "other" else ""
    words = fields.text("words", required=needed, limit=1000)
    return fields.submitted(lambda: ReferralEntry(reason, origin, asked_by, words))


def reasons() -> Mapping[str, Reason]:
    """Every reason by its code, in the order offered."""
    return _file()[0]


def origins() -> Mapping[str, str]:
    """Where the word may have come from: code -> words, the usual one first."""
    return _file()[1]


@cache
def _file() -> tuple[Mapping[str, Reason], Mapping[str, str]]:
    table = data_table("program_referral.toml")
    table.text("source")
    table.day("checked")
    found = {each.code: each for each in map(_reason, table.tables("reason"))}
    words = {row.text("code"): row.text("words") for row in table.tables("origin")}
    table.done()
    return found, words


def _reason(row: DataTable) -> Reason:
    made = Reason(row.text("code"), row.number("days") or 0, row.flag("urgent", default=False))
    row.done()
    return made
