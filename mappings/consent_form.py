"""The consent form: agreed or declined, how, by whom, what was told, when.

All four disclosures must have been made before the service starts; the sentences for them come from our own code
system. Rules: domain notes B.2 and C.1; https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from fhir_profiles.terminology import codes
from mappings import dates, pick_lists
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
    "practitioner",
    "visit",
    "visit_due",
    "decline_reason",
    "decline_words",
    "would_help",
    "ask_again",
    "brought_up",
)
DECISIONS = {"accept": "Agrees", "decline": "Declines"}
OLDEST_DAYS = 3650
ASK_AGAIN_DAYS = 366
SCHEDULE, NOT_NOW = "schedule", "not-now"
TOLD_ALL = "told_all"
"""One tick for all four points: each is recorded as if it had been ticked by itself."""


@dataclass(frozen=True)
class Bounds:
    """What the chart says about the day of an answer, and about asking at all.

    `birth` and `introduced` are days before which no answer can lie, `again` the day before which the patient asked not
    to be asked again; `replaces` is the first day of the consent that a new one takes the place of.
    """

    birth: date | None = None
    introduced: date | None = None
    again: date | None = None
    replaces: date | None = None


_UNBOUND = Bounds()


@dataclass(frozen=True)
class ServiceConsent:
    """What was agreed or declined. `moment` is None when only the day is known.

    `agreed_by` is "patient", "caregiver" (named in `caregiver_name`) or a RelatedPerson reference. `visit` is the
    reference of the initiating visit, `visit_due` the day by which one is to be scheduled; either, or neither.
    `brought_up` says why an answer is recorded before the day on which the patient wanted to be asked again.
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
    would_help: str = ""
    practitioner: str = ""
    visit: str = ""
    visit_words: str = ""
    visit_due: date | None = None
    brought_up: str = ""


def read(
    values: Mapping[str, Sequence[str]],
    *,
    now: datetime,
    related: Mapping[str, str],
    visits: Mapping[str, str] | None = None,
    bounds: Bounds = _UNBOUND,
    refusal: str = "",
) -> Submitted[ServiceConsent]:
    """The form as sent. `related` are the RelatedPersons offered and `visits` the visits that may have initiated the
    service (reference -> words); `refusal` stops the form.

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
    day, moment = _when(fields, now, bounds)
    brought_up = _brought_up(fields, now.date(), bounds)
    practitioner = _practitioner(fields, replaces=bounds.replaces is not None)
    mode = _mode(fields) if accepted else ""
    disclosures = _disclosures(fields) if accepted else ()
    visit, visit_due = _visit(fields, visits or {}, now.date()) if accepted else ("", None)
    declined = _decline(fields, now.date()) if decision == "decline" else _Declined()
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
            decline_reason=declined.reason,
            decline_words=declined.words,
            ask_again=declined.again,
            would_help=declined.would_help,
            practitioner=practitioner,
            visit=visit,
            visit_words=(visits or {}).get(visit, ""),
            visit_due=visit_due,
            brought_up=brought_up,
        )
    )


def _brought_up(fields: Fields, today: date, bounds: Bounds) -> str:
    """Why it is asked before the agreed day; only then is it a question at all."""
    if bounds.again is None or bounds.again <= today:
        return ""
    reasons = pick_lists.re_ask_reasons()
    needed = (
        f"The patient asked not to be asked again before {dates.day_words(bounds.again)}."
        " Say why an answer is recorded today, or go back to Today."
    )
    return reasons.get(fields.one_of("brought_up", reasons, required=needed), "")


def _practitioner(fields: Fields, *, replaces: bool) -> str:
    needed = "Write the name of the practitioner who bills from now on." if replaces else ""
    return fields.text("practitioner", required=needed)


def _visit(fields: Fields, visits: Mapping[str, str], today: date) -> tuple[str, date | None]:
    """The initiating visit, or the day by which one is to be scheduled."""
    chosen = fields.one_of("visit", (*visits, SCHEDULE, NOT_NOW))
    if chosen != SCHEDULE:
        return (chosen if chosen in visits else ""), None
    due = fields.day(
        "visit_due",
        earliest=today,
        latest=today + timedelta(days=ASK_AGAIN_DAYS),
        required="Give the day by which the visit is to be scheduled.",
        too_early="Choose today or a later day.",
        too_late="Choose a day within a year.",
    )
    return "", due


def _mode(fields: Fields) -> str:
    return fields.one_of("mode", codes("consent-mode"), required="Say whether it was verbal or written.")


def _disclosures(fields: Fields) -> tuple[str, ...]:
    told = codes("disclosure") if fields.flag(TOLD_ALL) else fields.many_of("disclosure", codes("disclosure"))
    missing = len(codes("disclosure")) - len(told)
    if missing:
        fields.refuse(
            "disclosure",
            "Tell the patient all four points and tick each; "
            f"{'one is' if missing == 1 else f'{missing} are'} still open.",
        )
    return told


@dataclass(frozen=True)
class _Declined:
    reason: str = ""
    words: str = ""
    would_help: str = ""
    again: date | None = None


def _decline(fields: Fields, today: date) -> _Declined:
    reasons = pick_lists.decline_reasons()
    code = fields.one_of("decline_reason", reasons, required="Choose why the patient declines.")
    needed = "Write the reason in a few words." if code == "other" else ""
    words = fields.text("decline_words", required=needed, limit=1000)
    would_help = fields.text("would_help", limit=1000)
    again = fields.day(
        "ask_again",
        earliest=today + timedelta(days=1),
        latest=today + timedelta(days=ASK_AGAIN_DAYS),
        too_early="Choose a day after today, or leave it empty to not ask again.",
        too_late="Choose a day within a year.",
    )
    return _Declined(reasons.get(code, ""), words, would_help, again)


def _when(fields: Fields, now: datetime, bounds: Bounds) -> tuple[date, datetime | None]:
    """The day and, where known, the moment; an empty time is now on today's date and unknown on an earlier one."""
    today = now.date()
    earliest, too_early = _earliest(fields, today, bounds)
    day = fields.day(
        "date",
        earliest=earliest,
        latest=today,
        required="Give the day of the answer.",
        too_early=too_early,
        too_late="This day is still to come. Give the day on which the patient answered.",
    )
    clock = fields.clock("time")
    if day is None:
        return today, None
    if clock is None:
        # To the minute, as a contact's times are: a call begun in the minute of the consent counts whole.
        return day, now.replace(second=0, microsecond=0) if day == today else None
    return day, _moment(fields, day, clock, now)


def _earliest(fields: Fields, today: date, bounds: Bounds) -> tuple[date, str]:
    """The first day that an answer can have, and what to say of the one that was typed if it lies before that."""
    given = dates.valid_form_date(next(iter(fields.values.get("date", ())), ""))
    limits = [(today - timedelta(days=OLDEST_DAYS), "This lies more than ten years back. Check the year.")]
    if bounds.birth:
        born = dates.day_words(bounds.birth)
        limits.append((bounds.birth, f"This lies before the patient was born ({born}). Check the year."))
    if bounds.replaces:
        words = f"The consent that this one replaces is from {dates.day_words(bounds.replaces)}."
        limits.append((bounds.replaces, f"{words} The new one cannot come before it."))
    if bounds.introduced:
        words = f"Care management was introduced on {dates.day_words(bounds.introduced)}."
        limits.append((bounds.introduced, f"{words} The answer cannot come before that: check the day."))
    said = next((words for first, words in sorted(limits) if given and given < first), limits[0][1])
    return max(first for first, _ in limits), said


def _moment(fields: Fields, day: date, clock: time, now: datetime) -> datetime | None:
    moment = moment_at(day, clock, now.tzinfo)
    if moment is None:
        fields.refuse("time", NO_SUCH_TIME)
    elif moment > now:
        fields.refuse("time", "This time is still to come. Give the time at which the patient answered.")
    return moment
