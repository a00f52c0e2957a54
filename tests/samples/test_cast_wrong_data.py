"""Everything that real charts get wrong is really in Bobby O'Shea's: each defect that the app must survive."""

from __future__ import annotations

from datetime import date

from tests.samples.test_cast_stories import Told

TOLD = Told("bobby-oshea", date(2026, 11, 21))


def test_the_birthday_is_a_year() -> None:
    assert TOLD.patient["birthDate"] == "1951"


def test_the_names_are_also_html_quotes_and_an_emoji() -> None:
    said = str(TOLD.patient["name"])
    for hostile in ("<b>", '"', "'", "&", "<script>", "🦋"):
        assert hostile in said


def test_problems_come_without_codes_and_in_every_partial_shape() -> None:
    problems = {r["id"].removeprefix("bobby-oshea-"): r for r in TOLD.all("Condition")}
    assert "code" not in problems["no-code"]
    assert "coding" not in problems["words-only"]["code"]
    assert "text" not in problems["code-only"]["code"]
    assert problems["unknown-system"]["code"]["coding"][0]["system"].startswith("urn:oid:")
    assert len(problems["long"]["code"]["text"]) == 300
    assert problems["told-onset"]["onsetString"]
    assert problems["contained"]["contained"][0]["resourceType"] == "Practitioner"
    assert problems["absolute"]["recorder"]["reference"].startswith("https://")


def test_what_was_taken_back_says_so() -> None:
    statuses = {
        r["verificationStatus"]["coding"][0]["code"]
        for r in TOLD.all("Condition")
        if "verificationStatus" in r
    }
    assert statuses == {"confirmed", "entered-in-error", "refuted"}
    assert TOLD.one("Observation", "a1c-in-error")["status"] == "entered-in-error"
    assert TOLD.one("Encounter", "in-error")["status"] == "entered-in-error"


def test_readings_come_without_dates_units_or_values() -> None:
    assert TOLD.one("Observation", "a1c-year")["effectiveDateTime"] == "2023"
    assert "effectiveDateTime" not in TOLD.one("Observation", "weight-undated")
    assert "unit" not in TOLD.one("Observation", "weight-unitless")["valueQuantity"]
    absent = TOLD.one("Observation", "bmi-absent")
    assert absent["dataAbsentReason"]
    assert not [name for name in absent if name.startswith("value")]
    assert TOLD.one("Observation", "blood-pressure-1")["component"][1]["dataAbsentReason"]


def test_visits_come_without_times_and_with_impossible_ones() -> None:
    assert "period" not in TOLD.one("Encounter", "no-period")
    backwards = TOLD.one("Encounter", "ends-before")["period"]
    assert backwards["end"] < backwards["start"]
    assert TOLD.one("Encounter", "local-class")["class"]["system"].startswith("urn:")


def test_no_profile_is_claimed_for_any_of_it() -> None:
    assert [r["id"] for r in TOLD.resources if "meta" in r] == []
