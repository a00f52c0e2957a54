"""The payment rules are dated rows: each service date has its own, and an unconfirmed date has none."""

from __future__ import annotations

from datetime import date

import pytest

from mappings.billing_rules import confirmed, confirmed_through, family, once_only, thresholds


@pytest.mark.parametrize(
    ("day", "rows"),
    [
        ("2014-12-31", []),
        ("2015-01-01", [("99490", 20)]),
        ("2019-12-31", [("99490", 20)]),
        ("2020-01-01", [("99490", 20), ("G2058", 40), ("G2058", 60)]),
        ("2020-12-31", [("99490", 20), ("G2058", 40), ("G2058", 60)]),
        ("2021-01-01", [("99490", 20), ("99439", 40), ("99439", 60)]),
        ("2026-12-31", [("99490", 20), ("99439", 40), ("99439", 60)]),
        ("2027-01-01", []),
    ],
)
def test_each_service_date_has_the_rules_of_its_day(day: str, rows: list[tuple[str, int]]):
    found = thresholds("ccm", date.fromisoformat(day))
    assert [(row.code, row.minutes) for row in found] == rows
    assert confirmed(date.fromisoformat(day)) is bool(rows)


def test_every_rule_names_its_source_and_the_day_it_was_looked_up():
    for row in thresholds("ccm", date(2026, 11, 21)):
        assert row.source.startswith("https://")
        assert row.source_date == date(2026, 11, 21)


def test_labels_are_our_own_words_without_codes_or_money():
    for row in thresholds("ccm", date(2026, 11, 21)):
        assert row.code not in row.label
        assert "$" not in row.label


def test_a_family_says_what_counts_and_that_consent_is_needed():
    ccm = family("ccm")
    assert (ccm.needs_consent, ccm.results) == (True, frozenset({"talked"}))
    with pytest.raises(KeyError):
        family("no-such-family")


def test_the_rules_end_where_nobody_has_confirmed_them():
    assert confirmed_through() == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("code", "day", "there"),
    [
        ("G0506", "2016-12-31", False),
        ("G0506", "2017-01-01", True),
        ("G0506", "2026-11-21", True),
        ("G0506", "2027-01-01", False),
        ("G0511", "2026-11-21", False),
    ],
)
def test_what_is_paid_once_only_has_its_dates(code: str, day: str, there: bool):
    found = once_only(code, date.fromisoformat(day))
    assert (found is not None) is there
    assert found is None or (found.source.startswith("https://") and code not in found.label)
