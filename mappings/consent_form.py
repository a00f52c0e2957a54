"""The consent form: agreed or declined, how, by whom, what was told, when.

All four disclosures must have been made before the service starts; the sentences for them come from our own code
system. Rules: domain notes B.2 and C.1; https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from fhir_profiles.terminology import codes
from mappings import pick_lists
from mappings.form import Fields, Submitted
from mappings.wall_clock import NO_SUCH_TIME, moment_at

FIELDS = (
    "decision",
    "mode",
    "agreed_by",
    "caregiver_name",
    "discussed_by",
    "disclosure",
    "date",
    "time",
    "decline_reason",
    "decline_words",
    "ask_again",
)
DECISIONS = {"accept": "Agrees", "decline": "Declines"}
OLDEST_DAYS = 3650
ASK_AGAIN_DAYS = 366


@dataclass(frozen=True)
class ServiceConsent:
    """What was agreed or declined. `moment` is None when only the day is known.

    `agreed_by` is "patient", "caregiver" (named in `caregiver_name`) or a RelatedPerson reference.
    """

    accepted: bool
    mode: str
    agreed_by: str
    caregiver_name: str
    discussed_by: str
    disclosures: tuple[str, ...]
    day: date
    moment: datetime | None
    decline_reason: str = ""
    decline_words: str = ""
    ask_again: date | None = None


def read(
    values: Mapping[str, Sequence[str]], *, now: datetime, related: Mapping[str, str], refusal: str = ""
) -> Submitted[ServiceConsent]:
    """The form as sent. `related` are the RelatedPersons offered (reference -> name); `refusal` stops the form.

    A refusal that concerns the whole form stands at the key "form".
    """
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    decision = fields.one_of("decision", DECISIONS, required="Say whether the patient agrees or declines.")
    accepted = decision == "accept"
    agreed_by = fields.one_of(
        "agreed_by", ("patient", "caregiver", *related), required="Say who gave this answer."
    )
    needs_name = agreed_by == "caregiver"
    caregiver = fields.text("caregiver_name", required="Write the caregiver's name." if needs_name else "")
    discussed = fields.text("discussed_by", required="Write who discussed the service with the patient.")
    day, moment = _when(fields, now)
    mode = _mode(fields) if accepted else ""
    disclosures = _disclosures(fields) if accepted else ()
    reason, words, again = _decline(fields, now.date()) if decision == "decline" else ("", "", None)
    return fields.submitted(
        lambda: ServiceConsent(
            accepted=accepted,
            mode=mode,
            agreed_by=agreed_by,
            caregiver_name=related.get(agreed_by, caregiver),
            discussed_by=discussed,
            disclosures=disclosures,
            day=day,
            moment=moment,
            decline_reason=reason,
            decline_words=words,
            ask_again=again,
        )
    )


def _mode(fields: Fields) -> str:
    return fields.one_of("mode", codes("consent-mode"), required="Say whether it was verbal or written.")


def _disclosures(fields: Fields) -> tuple[str, ...]:
    told = fields.many_of("disclosure", codes("disclosure"))
    missing = len(codes("disclosure")) - len(told)
    if missing:
        fields.refuse(
            "disclosure",
            "Tell the patient all four points and tick each; "
            f"{'one is' if missing == 1 else f'{missing} are'} still open.",
        )
    return told


def _decline(fields: Fields, today: date) -> tuple[str, str, date | None]:
    reasons = pick_lists.decline_reasons()
    code = fields.one_of("decline_reason", reasons, required="Choose why the patient declines.")
    needed = "Write the reason in a few words." if code == "other" else ""
    words = fields.text("decline_words", required=needed, limit=1000)
    again = fields.day(
        "ask_again",
        earliest=today + timedelta(days=1),
        latest=today + timedelta(days=ASK_AGAIN_DAYS),
        too_early="Choose a day after today, or leave it empty to not ask again.",
        too_late="Choose a day within a year.",
    )
    return reasons.get(code, ""), words, again


def _when(fields: Fields, now: datetime) -> tuple[date, datetime | None]:
    """The day and, where known, the moment; an empty time is now on today's date and unknown on an earlier one."""
    today = now.date()
    day = fields.day(
        "date",
        earliest=today - timedelta(days=OLDEST_DAYS),
        latest=today,
        required="Give the day of the answer.",
        too_early="This lies more than ten years back. Check the year.",
        too_late="This day is still to come. Give the day on which the patient answered.",
    )
    clock = fields.clock("time")
    if day is None:
        return today, None
    if clock is None:
        # To the minute, as a contact's times are: a call begun in the minute of the consent counts whole.
        return day, now.replace(second=0, microsecond=0) if day == today else None
    return day, _moment(fields, day, clock, now)


def _moment(fields: Fields, day: date, clock: time, now: datetime) -> datetime | None:
    moment = moment_at(day, clock, now.tzinfo)
    if moment is None:
        fields.refuse("time", NO_SUCH_TIME)
    elif moment > now:
        fields.refuse("time", "This time is still to come. Give the time at which the patient answered.")
    return moment
