"""The latest readings: the right code, the right unit, the right day, and trends that mix nothing."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from mappings.coding_systems import LOINC, UCUM
from mappings.observation import READING_CODES, latest_readings
from mappings.panel import Absence
from mappings.reading import ReadStatus
from mappings.reading_kinds import reading_kinds
from tests.mappings.charts import NEW_YORK, NOW, chart_of, coded


def observation(code="4548-4", value=8.6, unit="%", when="2026-11-03", **more):
    body = {"resourceType": "Observation", "id": when, "status": "final", "code": coded(LOINC, code)}
    quantity = {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}
    return body | ({} if value is None else quantity) | {"effectiveDateTime": when} | more


def pressure(systolic=148, diastolic=86, when="2026-11-03", unit="mm[Hg]", **more):
    def component(code, value):
        return {"code": coded(LOINC, code), "valueQuantity": {"value": value, "unit": unit}}

    parts = [component("8462-4", diastolic), component("8480-6", systolic)]
    return observation("85354-9", None, when=when, component=parts) | more


def reading(*observations):
    (row,) = latest_readings(chart_of(*observations), now=NOW).rows
    return row


def test_the_newest_a1c_stands_with_unit_date_and_trend():
    row = reading(
        observation(value=9.4, when="2026-05-01"), observation(), observation(value=8.9, when="2026-08")
    )
    assert (row.name, row.value_words, row.date_words) == ("A1c", "8.6 %", "3 Nov 2026")
    assert row.when == datetime(2026, 11, 3, tzinfo=NEW_YORK)
    assert row.trend == ((date(2026, 5, 1), 9.4), (date(2026, 11, 3), 8.6))
    assert (row.flag, row.target_high, row.unit) == ("high", 7.0, "%")
    assert "American Diabetes Association" in row.target_source


def test_percent_and_mmol_per_mol_are_never_mixed():
    row = reading(
        observation(value=8.6, when="2025-01-01"),
        observation("59261-8", 70, "mmol/mol", "2026-11-03"),
        observation(value=8.0, when="2026-01-01"),
        observation("59261-8", 75, "mmol/mol", "2026-06-01"),
    )
    assert row.value_words == "70 mmol/mol"
    assert [value for _, value in row.trend] == [75, 70]
    assert (row.target_high, row.flag) == (53.0, "high")


def test_an_a1c_without_a_unit_is_not_taken_for_percent():
    bare = observation(when="2026-11-10")
    bare["valueQuantity"] = {"value": 53}
    row = reading(observation(), bare)
    assert (row.value_words, row.flag, row.target_high) == ("53 (unit not recorded)", "", None)
    assert [value for _, value in row.trend] == [53]


def test_an_unknown_unit_is_shown_without_bounds():
    row = reading(observation(unit="g/dL"))
    assert (row.value_words, row.flag, row.target_high) == ("8.6 g/dL", "", None)


@pytest.mark.parametrize("spelling", ["%", "percent", "% of total Hgb", "%{HbA1c}"])
def test_spellings_of_one_unit_are_one_unit(spelling):
    row = reading(observation(value=9, unit=spelling, when="2026-01-01"), observation())
    assert [value for _, value in row.trend] == [9, 8.6]


def test_a_printed_unit_serves_where_the_code_is_of_another_system():
    item = observation()
    item["valueQuantity"] = {"value": 8.6, "unit": "%", "system": "urn:local", "code": "PCT"}
    assert reading(item).unit == "%"


@pytest.mark.parametrize(
    ("value", "words"), [(8.0, "8 %"), (5.314300264456399, "5.3 %"), (7.96, "8 %"), (10, "10 %")]
)
def test_a_value_has_no_needless_decimals(value, words):
    assert reading(observation(value=value)).value_words == words


def test_what_is_flagged_is_what_is_shown():
    assert reading(observation(value=7.96)).flag == "high"
    assert reading(observation(value=7.94)).flag == ""
    assert reading(pressure(139.6, 70)).flag == "high"


@pytest.mark.parametrize(
    ("item", "words", "flag"),
    [
        (pressure(), "148/86 mm Hg", "high"),
        (pressure(118, 76), "118/76 mm Hg", ""),
        (pressure(118, 92), "118/92 mm Hg", "high"),
        (pressure(88, 50), "88/50 mm Hg", "low"),
        (pressure(148, None), "systolic 148 mm Hg", "high"),
        (pressure(None, 86), "diastolic 86 mm Hg", ""),
        (pressure(unit="kPa", systolic=19.7, diastolic=11.5), "19.7/11.5 kPa", ""),
    ],
)
def test_blood_pressure_from_components(item, words, flag):
    row = reading(item)
    assert (row.name, row.value_words, row.flag) == ("BP", words, flag)


def test_halves_of_different_units_are_not_one_pressure():
    mixed = pressure()
    mixed["component"][0]["valueQuantity"]["unit"] = "kPa"
    assert reading(mixed).value_words == "systolic 148 mm Hg"


def test_systolic_and_diastolic_filed_apart_are_paired_by_their_moment():
    row = reading(
        observation("8480-6", 148, "mm[Hg]", "2026-11-03T10:00:00-05:00"),
        observation("8462-4", 86, "mm[Hg]", "2026-11-03T10:00:00-05:00"),
        observation("8462-4", 99, "mm[Hg]", "2026-11-01T10:00:00-05:00"),
    )
    assert row.value_words == "148/86 mm Hg"
    assert row.diastolic_trend == ((date(2026, 11, 3), 86.0),)


def test_a_pressure_has_both_trends():
    row = reading(pressure(150, 90, "2026-01-01"), pressure())
    assert row.trend == ((date(2026, 1, 1), 150.0), (date(2026, 11, 3), 148.0))
    assert row.diastolic_trend == ((date(2026, 1, 1), 90.0), (date(2026, 11, 3), 86.0))


@pytest.mark.parametrize(
    "value",
    [{"valueInteger": 14}, {"valueString": "14"}, {"valueQuantity": {"value": 14, "code": "{score}"}}],
)
def test_a_phq_9_score_is_read_from_whatever_holds_it(value):
    row = reading(observation("44261-6", None, **value))
    assert (row.name, row.value_words, row.flag) == ("PHQ-9", "14 of 27", "high")


def test_a_result_in_words_or_below_a_limit_is_shown_and_enters_no_trend():
    words = reading(observation(value=None, valueString="see report"))
    assert (words.value_words, words.trend, words.flag) == ("see report", (), "")
    item = observation(value=4)
    item["valueQuantity"]["comparator"] = "<"
    below = reading(item)
    assert (below.value_words, below.trend, below.flag) == ("< 4 %", (), "")


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_result_that_was_taken_back_is_left_out(status):
    assert (
        reading(observation(value=99, when="2026-11-20", status=status), observation()).value_words == "8.6 %"
    )


def test_a_preliminary_result_says_so():
    assert reading(observation(status="preliminary")).status == "preliminary"
    assert reading(observation()).status == ""


def test_the_trend_is_the_last_twelve_oldest_first():
    row = reading(
        *(
            observation(value=month / 10 + 6, when=f"{2025 + month // 12}-{month % 12 + 1:02d}-15")
            for month in range(20)
        )
    )
    assert len(row.trend) == 12
    assert [day for day, _ in row.trend] == sorted(day for day, _ in row.trend)
    assert row.trend[-1] == (date(2026, 8, 15), 7.9)


def test_days_are_the_ehrs():
    row = reading(observation(when="2026-11-21T03:00:00Z"))
    assert (row.date_words, row.trend[0][0]) == ("yesterday", date(2026, 11, 20))


def test_an_undated_result_is_shown_as_undated_and_never_before_a_dated_one():
    undated = observation(value=9.9, when="unknown")
    assert reading(undated, observation()).value_words == "8.6 %"
    assert (reading(undated).date_words, reading(undated).when) == ("date not recorded", None)
    assert reading(undated | {"issued": "2026-11-20T12:00:00Z"}).date_words == "yesterday"


def test_the_ldl_goal_code_and_codes_of_other_systems_are_not_readings():
    goal = observation("86911-5", 70, "mg/dL")
    local = observation() | {"code": coded("urn:local", "4548-4")}
    shown = latest_readings(chart_of(goal, local), now=NOW)
    assert (shown.rows, shown.absence) == ((), Absence.NONE_RECORDED)


def test_readings_stand_in_the_order_of_the_table():
    shown = latest_readings(
        chart_of(
            observation("29463-7", 82.1, "kg"),
            observation("39156-5", 31.2, "kg/m2"),
            observation(),
            pressure(),
        ),
        now=NOW,
    )
    assert [(row.name, row.value_words, row.flag) for row in shown.rows] == [
        ("A1c", "8.6 %", "high"),
        ("BP", "148/86 mm Hg", "high"),
        ("BMI", "31.2 kg/m²", "high"),
        ("Weight", "82.1 kg", ""),
    ]


def test_the_codes_to_ask_for_are_unique_and_hold_every_kind_and_component():
    assert len(set(READING_CODES)) == len(READING_CODES)
    for kind in reading_kinds():
        assert kind.codes <= set(READING_CODES)
        assert all(unit.target_source for unit in kind.units if unit.target_high or unit.flag_high)
    assert {"8480-6", "8462-4", "44261-6"} <= set(READING_CODES)


def test_absence_is_the_reads():
    assert latest_readings(chart_of(Observation=ReadStatus.NO_ACCESS), now=NOW).absence is Absence.NO_ACCESS
