"""The form that closes a care plan: the outcome, the reason, how each goal ended, who has the patient now.

Ending well is part of the service: the guides ask for the point at which a patient graduates, transfers or stops, and
for a record of it (https://hl7.org/fhir/R4/careplan.html has no statusReason, so the reason stands in a note).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_profiles.terminology import codes
from mappings import pick_lists
from mappings.closing_rules import triggers
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.goal import FINAL_WORDS

FIELDS = (
    "outcome",
    "reason",
    "hand_back_to",
    "look_again",
    "look_again_words",
    "look_again_on",
    "tell_provider",
    "note",
)
AGAIN_DAYS = 731
FINAL_PREFIX = "final."
"""Before a goal's id: the field that says how that goal ended."""


@dataclass(frozen=True)
class CloseEntry:
    """A close from a form: `outcome` is a code of pick_lists.outcomes, `reason` of close-reason, `finals` per goal.

    `look_again` are codes of closing_rules.triggers, with more in words and perhaps a day; `tell_provider` asks for a
    message.
    """

    outcome: str
    reason: str
    finals: Mapping[str, str]
    hand_back_to: str
    note: str
    look_again: tuple[str, ...] = ()
    look_again_words: str = ""
    tell_provider: bool = False
    look_again_on: date | None = None


def read(
    values: Mapping[str, Sequence[str]], *, goal_ids: Sequence[str], today: date, refusal: str = ""
) -> Submitted[CloseEntry]:
    """The form as sent; `goal_ids` are our open goals, each of which needs an end. `refusal` stops the form."""
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    outcome = fields.one_of("outcome", pick_lists.outcomes(), required="Choose how the plan ended.")
    reason = fields.one_of("reason", codes("close-reason"), required="Choose the reason.")
    if reason == "deceased" and outcome in ("graduated", "stopped"):
        fields.refuse(
            "outcome", "For a patient who has died choose that the practice ended it for another reason."
        )
    needed = "Write the reason in a few words." if reason == "other" else ""
    note = fields.text("note", required=needed, limit=NOTE_LIMIT)
    hand_back = fields.text("hand_back_to")
    finals = {
        goal: fields.one_of(FINAL_PREFIX + goal, FINAL_WORDS, required="Say how this goal ended.")
        for goal in goal_ids
    }
    again = fields.many_of("look_again", triggers())
    again_words = fields.text("look_again_words")
    tell = fields.flag("tell_provider")
    again_on = _again_on(fields, today)
    return fields.submitted(
        lambda: CloseEntry(outcome, reason, finals, hand_back, note, again, again_words, tell, again_on)
    )


def _again_on(fields: Fields, today: date) -> date | None:
    return fields.day(
        "look_again_on",
        earliest=today + timedelta(days=1),
        latest=today + timedelta(days=AGAIN_DAYS),
        too_early="Choose a day after today, or leave it empty.",
        too_late="Choose a day within two years.",
    )
