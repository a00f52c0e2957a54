"""Each patient of the cast really has the story that the patient list tells, on every day."""

from __future__ import annotations

import base64
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from samples import cast
from tests.samples.test_cast import on_every_day, patient_of, walk


class Told:
    """One patient's chart on one day, asked for by resource type or by the end of an id."""

    def __init__(self, patient_id: str, today: date) -> None:
        self.patient_id, self.today = patient_id, today
        self.resources = [r for r in cast.resources(today) if patient_of(r) == patient_id]
        self.patient = self.resources[0]

    def all(self, resource_type: str) -> list[dict[str, Any]]:
        return [r for r in self.resources if r["resourceType"] == resource_type]

    def one(self, resource_type: str, slug: str) -> dict[str, Any]:
        (found,) = (r for r in self.all(resource_type) if r["id"] == f"{self.patient_id}-{slug}")
        return found

    def trend(self, slug: str) -> list[float]:
        """The values `slug-1`, `slug-2`, ... after checking that they are dated oldest first."""
        named = re.compile(rf"{self.patient_id}-{slug}-\d+")
        found = [r for r in self.all("Observation") if named.fullmatch(r["id"])]
        times = [r["effectiveDateTime"] for r in found]
        assert times == sorted(times)
        return [r["valueQuantity"]["value"] for r in found]

    def visits(self, act_code: str) -> list[dict[str, Any]]:
        return [r for r in self.all("Encounter") if r["class"]["code"] == act_code]

    def days_since(self, value: str) -> int:
        return (self.today - datetime.fromisoformat(value).date()).days


def icd10(told: Told) -> set[str]:
    """ICD-10-CM codes of the active, confirmed problems."""
    return {
        coding["code"]
        for problem in told.all("Condition")
        if problem["clinicalStatus"]["coding"][0]["code"] == "active"
        for coding in problem["code"].get("coding", ())
        if "icd-10" in coding["system"]
    }


@on_every_day
def test_gloria_is_out_of_range_and_unseen_for_six_months(today: date) -> None:
    told = Told("gloria-reyes", today)
    assert told.trend("a1c") == [7.8, 8.3, 8.9, 9.4, 10.1]
    assert min(told.days_since(visit["period"]["start"]) for visit in told.all("Encounter")) > 183
    assert told.days_since(told.one("Observation", "a1c-5")["effectiveDateTime"]) < 30
    assert told.days_since(told.one("Procedure", "eye-exam")["performedDateTime"]) > 730
    assert told.one("ServiceRequest", "eye-referral")["status"] == "active"
    assert told.one("Appointment", "missed")["status"] == "noshow"
    assert told.trend("ldl")[-1] > 100
    assert told.trend("egfr")[-1] < 60
    assert told.trend("urine-albumin")[-1] > 30
    flag = told.one("Observation", "a1c-5")["interpretation"][0]["coding"][0]["code"]
    assert flag == "H"
    assert told.one("Observation", "egfr-2")["interpretation"][0]["coding"][0]["code"] == "L"


@on_every_day
def test_walter_came_home_yesterday(today: date) -> None:
    told = Told("walter-boone", today)
    (stay,) = told.visits("IMP")
    assert stay["status"] == "finished"
    assert told.days_since(stay["period"]["end"]) == 1
    disposition = {c["code"] for c in stay["hospitalization"]["dischargeDisposition"]["coding"]}
    assert disposition == {"01", "home"}
    assert len(told.visits("EMER")) == 2
    assert told.trend("weight")[-1] == 91.2
    follow_up = told.one("Appointment", "after-discharge")
    assert follow_up["status"] == "booked"
    assert told.days_since(follow_up["start"]) in (-6, -7, -8)


@on_every_day
def test_walters_summary_can_be_read_and_names_the_days(today: date) -> None:
    told = Told("walter-boone", today)
    document = told.one("DocumentReference", "discharge-summary")
    text = base64.b64decode(document["content"][0]["attachment"]["data"]).decode()
    assert f"Discharged: {(today - timedelta(days=1)).isoformat()} to home" in text
    assert "warfarin STOPPED" in text


@on_every_day
def test_walters_hospital_and_cardiologist_sent_what_machines_read(today: date) -> None:
    told = Told("walter-boone", today)
    sent = told.one("DocumentReference", "hospital-document")["content"][0]["attachment"]
    held = told.one("DocumentReference", "cardiology-document")["content"][0]["attachment"]
    (binary,) = told.all("Binary")
    assert held["url"] == f"Binary/{binary['id']}"
    for document in (sent["data"], binary["data"]):
        text = base64.b64decode(document).decode()
        assert '<birthTime value="19480730"/>' in text
        assert "<family>Boone</family>" in text
    days = [(today - timedelta(days=ago)).strftime("%Y%m%d") for ago in (6, 1)]
    assert all(f'value="{day}' in base64.b64decode(sent["data"]).decode() for day in days)


@on_every_day
def test_harold_has_emergencies_and_no_ride_money_or_food(today: date) -> None:
    told = Told("harold-pike", today)
    emergencies = [told.days_since(visit["period"]["start"]) for visit in told.visits("EMER")]
    assert len([days for days in emergencies if days <= 183]) == 4
    assert icd10(told) >= {"J44.9", "Z59.82", "Z59.86", "Z59.41"}
    ride = told.one("Observation", "ride")
    assert ride["code"]["coding"][0]["code"] == "93030-5"
    assert ride["valueCodeableConcept"]["coding"][0]["code"] == "LA30133-5"
    assert told.one("MedicationStatement", "inhaler-not-taken")["status"] == "not-taken"
    assert {r["id"].removeprefix("harold-pike-") for r in told.all("Coverage")} == {
        "medicare",
        "ohio-medicaid",
    }


@on_every_day
def test_denise_got_better_and_then_worse(today: date) -> None:
    told = Told("denise-whitaker", today)
    assert told.trend("phq9") == [22, 18, 12, 9, 17]
    assert told.one("Observation", "phq9-1")["code"]["coding"][0]["code"] == "44261-6"
    assert told.one("Observation", "phq9-item-9")["valueCodeableConcept"]["text"] == "Not at all"


@on_every_day
def test_maria_jose_speaks_spanish_and_comes_today_or_on_the_next_open_day(today: date) -> None:
    told = Told("maria-jose-nunez", today)
    assert told.patient["name"][0]["family"] == "Núñez Peña"
    (spoken,) = told.patient["communication"]
    assert spoken["language"]["coding"][0]["code"] == "es"
    needs = [e for e in told.patient["extension"] if e["url"].endswith("/patient-interpreterRequired")]
    assert needs[0]["valueBoolean"] is True
    expected = 0 if today.weekday() < 5 else today.weekday() - 7
    assert told.days_since(told.one("Appointment", "today")["start"]) == expected
    assert told.one("RelatedPerson", "lucia")["relationship"][0]["coding"][0]["code"] == "DAU"


@on_every_day
def test_raymond_declined_another_programme_more_than_a_year_ago(today: date) -> None:
    told = Told("raymond-tull", today)
    (refusal,), (outreach,) = told.all("Consent"), told.all("Task")
    assert refusal["status"] == "rejected"
    assert refusal["policyRule"]["text"]
    assert told.days_since(refusal["dateTime"]) > 365
    assert outreach["status"] == "completed"
    assert outreach["businessStatus"]["text"] == "Declined"
    assert outreach["owner"]["reference"] == "Organization/northlake-health"


@on_every_day
def test_beatrice_died_and_nothing_happened_after(today: date) -> None:
    told = Told("beatrice-lund", today)
    died = told.patient["deceasedDateTime"]
    assert told.days_since(died) == 23
    later = [
        (resource["id"], value)
        for resource in told.resources
        if resource["resourceType"] != "Appointment"
        for _, value in walk(resource)
        if isinstance(value, str) and value[:2] == "20" and value[4:5] == "-" and value > died
    ]
    assert later == []
    assert told.one("Encounter", "last-stay")["period"]["end"] == died
    assert told.one("Appointment", "still-booked")["status"] == "booked"


def test_robin_has_nothing_but_a_name() -> None:
    told = Told("robin-ashby", date(2026, 11, 21))
    assert [r["resourceType"] for r in told.resources] == ["Patient"]
    assert "telecom" not in told.patient


def test_linda_has_the_ehrs_own_plan_goal_and_team() -> None:
    told = Told("linda-cho", date(2026, 11, 21))
    (plan,), (goal,), (team,) = told.all("CarePlan"), told.all("Goal"), told.all("CareTeam")
    assert plan["goal"] == [{"reference": f"Goal/{goal['id']}"}]
    assert plan["careTeam"] == [{"reference": f"CareTeam/{team['id']}"}]
    assert "130/80" in plan["text"]["div"]
    assert told.trend("egfr") == [43, 40, 37]
    for resource in (plan, goal):
        assert "identifier" not in resource
        assert "tag" not in resource["meta"]


@on_every_day
def test_noah_was_never_seen_and_comes_soon(today: date) -> None:
    told = Told("noah-park", today)
    assert {r["resourceType"] for r in told.resources} == {
        "Patient",
        "Coverage",
        "Appointment",
        "MedicationStatement",
    }
    assert told.days_since(told.one("Appointment", "first")["start"]) <= -7


@on_every_day
def test_lily_is_nine_and_her_mother_speaks_for_her(today: date) -> None:
    told = Told("lily-tran", today)
    assert 9 * 365 < told.days_since(told.patient["birthDate"]) < 10 * 365
    assert told.one("RelatedPerson", "mother")["relationship"][0]["coding"][0]["code"] == "MTH"
    assert told.days_since(told.visits("EMER")[0]["period"]["start"]) == 31


def test_kevin_is_borderline_without_a_diagnosis() -> None:
    told = Told("kevin-marsh", date(2026, 11, 21))
    assert 5.7 <= told.trend("a1c")[-1] <= 6.4
    assert icd10(told) == {"E78.5"}


@pytest.mark.parametrize("patient_id", ["walter-boone", "linda-cho", "maria-jose-nunez"])
def test_no_known_allergy_is_written_down_where_somebody_asked(patient_id: str) -> None:
    (allergy,) = Told(patient_id, date(2026, 11, 21)).all("AllergyIntolerance")
    assert allergy["code"]["coding"][0]["code"] == "716186003"
    assert "reaction" not in allergy
