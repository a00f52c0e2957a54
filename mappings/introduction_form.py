"""The form of an introduction: who introduced the patient, how, when, and when to try again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from mappings import dates
from mappings.chart import Chart
from mappings.consent import birth_day, is_deceased
from mappings.enrolment import enrolment_view
from mappings.enrolment_state import Gate, unread
from mappings.form import Fields, Submitted
from mappings.introduction import ANSWERS, HOW, IntroductionEntry
from mappings.sight import caution, unseen

OLDEST_DAYS, LATEST_DAYS = 366, 366


def may_introduce(chart: Chart, *, now: datetime) -> Gate:
    """Whether an introduction may be recorded: not after death, nor for somebody who has agreed already.

    Where the EHR never shows the steps again it may, with a caution.
    """
    if is_deceased(chart):
        return Gate("The chart says that this patient has died.")
    if dark := unread(chart, "Task"):
        return Gate(dark)
    standing = enrolment_view(chart, now=now)
    if standing.enrolled:
        return Gate(f"There is nothing to introduce any more: {standing.sentence}.")
    hidden = unseen(chart, "Task")
    return Gate(caution=caution(["whether the patient was introduced before"] if hidden else []))


def parse_introduction(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[IntroductionEntry]:
    """The form as sent; refused as a whole (key "form") where none may be recorded now."""
    fields = Fields(values)
    if refusal := may_introduce(chart, now=now).reason:
        fields.refuse("form", refusal)
    today = now.date()
    by = fields.text("introduced_by", required="Write who introduced the patient.")
    how = fields.one_of("how", HOW, required="Say how it was done.")
    answer = fields.one_of("answer", ANSWERS, required="Say what the patient answered.")
    note = fields.text("note", limit=1000)
    day = _day(fields, today, birth_day(chart))
    follow = fields.day(
        "follow",
        earliest=today,
        latest=today + timedelta(days=LATEST_DAYS),
        too_early="Choose today or a later day, or leave it empty.",
        too_late="Choose a day within a year.",
    )
    return fields.submitted(lambda: IntroductionEntry(by, how, day or today, answer, note, follow))


def _day(fields: Fields, today: date, birth: date | None) -> date | None:
    oldest = today - timedelta(days=OLDEST_DAYS)
    young = birth is not None and birth > oldest
    words = "This lies more than a year back. Check the year."
    if birth and young:
        words = f"This lies before the patient was born ({dates.day_words(birth)})."
    return fields.day(
        "date",
        earliest=birth if birth and young else oldest,
        latest=today,
        required="Give the day of the introduction.",
        too_early=words,
        too_late="This day is still to come. Record the introduction once it has taken place.",
    )
