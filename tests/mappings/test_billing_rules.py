"""The payment rules are dated rows: each service date has its own, and an unconfirmed date has none."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_profiles.terminology import codes
from mappings.billing_rules import (
    confirmed,
    confirmed_through,
    exclusions,
    families_on,
    family,
    family_codes,
    levels,
    once_only,
    thresholds,
)

TODAY = date(2026, 11, 21)
CCM = ("99490", 20)


@pytest.mark.requirement("domain@246", "domain@247")
@pytest.mark.parametrize(
    ("code", "day", "rows"),
    [
        ("ccm", "2014-12-31", []),
        ("ccm", "2015-01-01", [CCM]),
        ("ccm", "2019-12-31", [CCM]),
        ("ccm", "2020-01-01", [CCM, ("G2058", 40), ("G2058", 60)]),
        ("ccm", "2020-12-31", [CCM, ("G2058", 40), ("G2058", 60)]),
        ("ccm", "2021-01-01", [CCM, ("99439", 40), ("99439", 60)]),
        ("ccm", "2026-12-31", [CCM, ("99439", 40), ("99439", 60)]),
        ("ccm", "2027-01-01", []),
        ("complex-ccm", "2016-12-31", []),
        ("complex-ccm", "2017-01-01", [("99487", 60), ("99489", 90), ("99489", 120)]),
        ("complex-ccm", "2026-11-21", [("99487", 60), ("99489", 90), ("99489", 120)]),
        ("complex-ccm", "2027-01-01", []),
        ("practitioner-ccm", "2018-12-31", []),
        ("practitioner-ccm", "2019-01-01", [("99491", 30)]),
        ("practitioner-ccm", "2021-12-31", [("99491", 30)]),
        ("practitioner-ccm", "2022-01-01", [("99491", 30), ("99437", 60), ("99437", 90)]),
        ("general-rhc-fqhc", "2017-12-31", []),
        ("general-rhc-fqhc", "2018-01-01", [("G0511", 20)]),
        ("general-rhc-fqhc", "2025-09-30", [("G0511", 20)]),
        ("general-rhc-fqhc", "2025-10-01", []),
        ("general-rhc-fqhc", "2026-11-21", []),
        ("tcm", "2026-11-21", []),
        ("apcm", "2026-11-21", []),
    ],
)
def test_each_service_date_has_the_thresholds_of_its_day(code: str, day: str, rows: list[tuple[str, int]]):
    assert [(row.code, row.minutes) for row in thresholds(code, date.fromisoformat(day))] == rows


@pytest.mark.requirement("domain@249")
@pytest.mark.parametrize(
    ("code", "day", "rows"),
    [
        ("tcm", "2012-12-31", []),
        ("tcm", "2013-01-01", ["99495", "99496"]),
        ("tcm", "2026-12-31", ["99495", "99496"]),
        ("tcm", "2027-01-01", []),
        ("apcm", "2024-12-31", []),
        ("apcm", "2025-01-01", ["G0556", "G0557", "G0558"]),
        ("apcm", "2027-01-01", []),
        ("ccm", "2026-11-21", []),
    ],
)
def test_what_is_not_paid_by_minutes_has_levels_instead(code: str, day: str, rows: list[str]):
    assert [row.code for row in levels(code, date.fromisoformat(day))] == rows


@pytest.mark.parametrize(
    ("conditions", "fitting"),
    [(0, ["G0556"]), (1, ["G0556"]), (2, ["G0557", "G0558"]), (7, ["G0557", "G0558"])],
)
def test_the_level_of_advanced_primary_care_goes_by_the_conditions(conditions: int, fitting: list[str]):
    assert [row.code for row in levels("apcm", TODAY) if row.fits(conditions)] == fitting


@pytest.mark.parametrize(
    ("code", "day", "others"),
    [
        ("ccm", "2026-11-21", {"practitioner-ccm", "complex-ccm", "apcm"}),
        ("complex-ccm", "2026-11-21", {"ccm", "practitioner-ccm", "apcm"}),
        ("practitioner-ccm", "2026-11-21", {"ccm", "complex-ccm", "apcm"}),
        ("apcm", "2026-11-21", {"ccm", "complex-ccm", "practitioner-ccm", "tcm"}),
        ("tcm", "2026-11-21", {"apcm"}),
        ("tcm", "2019-12-31", {"ccm"}),
        ("tcm", "2020-01-01", set()),
        ("ccm", "2024-12-31", {"practitioner-ccm", "complex-ccm"}),
        ("ccm", "2016-06-01", {"tcm"}),
        ("ccm", "2027-01-01", set()),
    ],
)
def test_one_family_a_month(code: str, day: str, others: set[str]):
    found = exclusions(code, date.fromisoformat(day))
    assert {each.other for each in found} == others
    for each in found:
        back = exclusions(each.other, date.fromisoformat(day))
        assert code in {other.other for other in back}, "an exclusion holds both ways"


@pytest.mark.parametrize(
    ("day", "known"),
    [
        ("2010-01-01", set()),
        ("2016-06-01", {"ccm", "tcm"}),
        ("2018-06-01", {"ccm", "tcm", "complex-ccm", "general-rhc-fqhc"}),
        ("2026-11-21", {"ccm", "tcm", "complex-ccm", "practitioner-ccm", "apcm"}),
        ("2027-01-01", set()),
    ],
)
def test_the_families_of_a_day(day: str, known: set[str]):
    found = families_on(date.fromisoformat(day))
    assert {each.code for each in found} == known
    assert confirmed(date.fromisoformat(day)) is bool(known)


def test_every_rule_names_its_source_and_the_day_it_was_looked_up():
    for code in family_codes():
        of = family(code)
        rows = [*thresholds(code, TODAY), *levels(code, TODAY), *exclusions(code, TODAY), of]
        for row in rows:
            assert row.source.startswith("https://")
            assert date(2026, 11, 1) <= row.source_date <= date(2026, 11, 30)


def test_labels_are_our_own_words_without_codes_or_money():
    for code in family_codes():
        for row in (*thresholds(code, TODAY), *levels(code, TODAY)):
            assert row.code not in row.label
            assert "$" not in row.label


@pytest.mark.parametrize("code", family_codes())
def test_a_family_names_only_what_a_contact_can_say(code: str):
    of = family(code)
    assert of.results <= set(codes("contact-result"))
    assert of.services <= set(codes("service-type"))
    assert of.staff <= {"clinical-staff", "practitioner", "other-staff"}
    assert "other-staff" not in of.staff
    assert of.needs_consent is ("consent" in of.needs)


def test_a_family_says_what_counts_and_that_consent_is_needed():
    ccm = family("ccm")
    assert (ccm.needs_consent, ccm.results) == (True, frozenset({"talked", "done"}))
    assert family("practitioner-ccm").staff == {"practitioner"}
    assert family("tcm").needs_consent is False
    with pytest.raises(KeyError):
        family("no-such-family")


def test_the_rules_end_where_nobody_has_confirmed_them():
    assert confirmed_through() == date(2026, 12, 31)


@pytest.mark.requirement("domain@248")
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
