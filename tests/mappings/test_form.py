"""A form keeps what was typed, says at the field what to do, and has an entry only when nothing is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time

import pytest

from mappings import care_plan_form, close_form, consent_form, contact_form
from mappings.form import CHOOSE, LINE_LIMIT, NOTE_LIMIT, Fields, too_long
from tests.mappings.shelf import ACCEPT, CLOSE, CONTACT, DECLINE, PLAN

TODAY = date(2026, 11, 21)


def test_what_was_typed_is_kept_as_it_came_even_where_it_is_refused():
    fields = Fields({"note": ["  <b>bold</b>\x00 "], "mode": ["pigeon"]})
    assert fields.text("note") == "<b>bold</b>"
    assert fields.one_of("mode", ("phone",)) == ""
    sent = fields.submitted(lambda: "entry")
    assert sent.values == {"note": ("  <b>bold</b>\x00 ",), "mode": ("pigeon",)}
    assert sent.errors == {"mode": CHOOSE}
    assert sent.entry is None
    assert sent.value("note") == "  <b>bold</b>\x00 "
    assert sent.value("absent") == ""
    assert sent.all("mode") == ("pigeon",)


@pytest.mark.parametrize(
    ("text", "refused"),
    [("x" * NOTE_LIMIT, False), ("x" * (NOTE_LIMIT + 1), True), ("x" * 10_000, True), ("😀" * NOTE_LIMIT, False)],
)  # fmt: skip
def test_a_note_over_its_limit_is_refused_with_the_count_and_kept(text: str, refused: bool):
    fields = Fields({"note": [text]})
    fields.text("note", limit=NOTE_LIMIT)
    assert ("note" in fields.errors) is refused
    assert fields.values["note"] == (text,)


def test_the_message_of_a_long_text_says_how_much_to_take_out():
    assert too_long(10_000, NOTE_LIMIT) == (
        "This has 10,000 characters and the chart takes 4,000. Shorten it by 6,000; nothing you typed was lost."
    )


def test_a_windows_line_end_counts_once():
    fields = Fields({"note": ["a\r\n" * 100]})
    fields.text("note", limit=200)
    assert not fields.errors


@pytest.mark.parametrize(
    ("sent", "number"),
    [("12", 12), (" 12 ", 12), ("+12", 12), ("1", 1), ("1440", 1440)],
)
def test_whole_numbers_within_bounds_are_read(sent: str, number: int):
    assert Fields({"n": [sent]}).whole("n", 1, 1440, message="no") == number


@pytest.mark.parametrize(
    "sent", ["", "0", "-5", "1441", "1500", "12.5", "twelve", "1e3", "٣", "²", "0x10", "12 min", "9" * 400]
)
def test_any_other_number_is_refused(sent: str):
    fields = Fields({"n": [sent]})
    assert fields.whole("n", 1, 1440, message="From 1 to 1440.") is None
    assert fields.errors == {"n": "From 1 to 1440."}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("8", "8"),
        ("8.0", "8.0"),
        ("+7.5", "7.5"),
        ("3", ""),
        ("21", ""),
        ("8,5", ""),
        ("nan", ""),
        ("inf", ""),
    ],
)
def test_a_decimal_keeps_its_own_digits(sent: str, kept: str):
    fields = Fields({"n": [sent]})
    assert fields.decimal("n", 4, 20, message="no") == kept
    assert bool(fields.errors) is (kept == "")


@pytest.mark.parametrize(
    ("sent", "day", "message"),
    [
        ("2026-12-08", date(2026, 12, 8), ""),
        ("12/8/2026", date(2026, 12, 8), ""),
        ("2026-11-20", None, "early"),
        ("2027-12-08", None, "late"),
        ("2026-02-30", None, "This is not a date in the calendar. Write it as 2026-12-08 or 12/8/2026."),
        ("next Tuesday", None, "This is not a date in the calendar. Write it as 2026-12-08 or 12/8/2026."),
        ("2026", None, "This is not a date in the calendar. Write it as 2026-12-08 or 12/8/2026."),
        ("", None, "needed"),
    ],
)
def test_a_day_is_read_or_the_message_says_what_to_do(sent: str, day: date | None, message: str):
    fields = Fields({"d": [sent]})
    found = fields.day(
        "d",
        earliest=TODAY,
        latest=date(2027, 11, 21),
        required="needed",
        too_early="early",
        too_late="late",
    )
    assert found == day
    assert fields.errors.get("d", "") == message


@pytest.mark.parametrize(
    ("sent", "clock", "refused"),
    [
        ("09:05", time(9, 5), False),
        ("9:05", time(9, 5), False),
        ("23:59", time(23, 59), False),
        ("09:05:30", time(9, 5), False),
        ("", None, False),
        ("24:00", None, True),
        ("09:60", None, True),
        ("9am", None, True),
    ],
)
def test_a_time_of_day_is_read_or_refused(sent: str, clock: time | None, refused: bool):
    fields = Fields({"t": [sent]})
    assert fields.clock("t") == clock
    assert ("t" in fields.errors) is refused


def test_codes_out_of_the_list_are_refused_and_doubles_count_once():
    fields = Fields({"many": ["a", "b", "a", " "], "bad": ["a", "z"], "two": ["a", "b"]})
    assert fields.many_of("many", ("a", "b")) == ("a", "b")
    assert fields.many_of("bad", ("a", "b")) == ()
    assert fields.one_of("two", ("a", "b")) == ""
    assert set(fields.errors) == {"bad", "two"}


def test_the_first_message_of_a_field_stands():
    fields = Fields({})
    fields.text("x", required="first")
    fields.refuse("x", "second")
    assert fields.errors == {"x": "first"}


def test_a_missing_box_is_no_and_a_ticked_one_is_yes():
    fields = Fields({"on": ["on"], "empty": [""]})
    assert (fields.flag("on"), fields.flag("empty"), fields.flag("absent")) == (True, False, False)


def test_a_line_has_its_own_limit():
    fields = Fields({"line": ["x" * (LINE_LIMIT + 1)]})
    fields.text("line")
    assert "Shorten it by 1;" in fields.errors["line"]


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        (consent_form.FIELDS, {**ACCEPT, **DECLINE}),
        (care_plan_form.FIELDS, PLAN),
        (contact_form.FIELDS, CONTACT),
        (close_form.FIELDS, CLOSE),
    ],
)
def test_each_form_names_its_fields(fields: tuple[str, ...], sent: Mapping[str, Sequence[str]]):
    assert set(sent) <= set(fields)
    assert len(set(fields)) == len(fields)
