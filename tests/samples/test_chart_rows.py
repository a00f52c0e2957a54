"""A resource as a row of the chart: its heading, its facts, its colour and its place."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import orjson
import pytest

from samples.chart.rows import newest_first, row

OHIO = ZoneInfo("America/New_York")
TAG = {"tag": [{"system": "https://chartside.example/fhir/CodeSystem/tag", "code": "chartside"}]}

ROWS = [
    (
        {"resourceType": "Condition", "code": {"text": "Hypertension"}, "onsetDateTime": "2009-02",
         "clinicalStatus": {"coding": [{"code": "active"}]}},
        "Hypertension", "active", "green", {"Onset": "Feb 2009"},
    ),
    (
        {"resourceType": "MedicationRequest", "status": "on-hold", "authoredOn": "2026-03-20",
         "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "lisinopril"}}],
         "medicationReference": {"reference": "#m"}, "dosageInstruction": [{"text": "once a day"}]},
        "lisinopril", "on-hold", "amber", {"Source": "order", "How taken": "once a day", "When": "20 Mar 2026"},
    ),
    (
        {"resourceType": "MedicationStatement", "status": "active",
         "medicationReference": {"reference": "Medication/9"}},
        "Medication/9", "active", "green", {"Source": "patient's list"},
    ),
    (
        {"resourceType": "Encounter", "status": "finished", "class": {"code": "EMER"},
         "hospitalization": {"dischargeDisposition": {"text": "Home"}}},
        "EMER", "finished", "grey", {"Class": "EMER", "Discharged to": "Home"},
    ),
    (
        {"resourceType": "CarePlan", "status": "draft", "intent": "plan", "category": [{"text": "Care management"}],
         "goal": [{}, {}]},
        "Care management", "draft", "amber", {"Intent": "plan", "Category": "Care management", "Goals": "2"},
    ),
    (
        {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "Walk"},
         "achievementStatus": {"text": "improving"},
         "target": [{"measure": {"text": "A1c"}, "detailQuantity": {"value": 8, "unit": "%"},
                     "dueDate": "2027-02-28"}]},
        "Walk", "active", "green", {"Progress": "improving", "Target": "A1c 8 %", "Due": "28 Feb 2027"},
    ),
    (
        {"resourceType": "Task", "status": "failed", "code": {"text": "contact"}, "description": "Phone call",
         "statusReason": {"text": "no answer"}, "restriction": {"period": {"end": "2026-12-08"}},
         "output": [{"type": {"text": "minutes"}, "valueInteger": 12}]},
        "Phone call", "failed", "red",
        {"Kind": "contact", "Due": "8 Dec 2026", "Why": "no answer", "Minutes": "12"},
    ),
    (
        {"resourceType": "Consent", "status": "active", "category": [{"text": "Care management service"}],
         "dateTime": "2026-10-11", "performer": [{"display": "Ada Ardmore"}], "scope": {"text": "Treatment"}},
        "Care management service", "active", "green",
        {"Given on": "11 Oct 2026", "By": "Ada Ardmore", "Scope": "Treatment"},
    ),
    ({"resourceType": "Goal"}, "Goal without words", "", "grey", {}),
    ({"resourceType": "Task", "output": "x", "executionPeriod": 7, "meta": None}, "Task without words", "", "grey", {}),
    ({"resourceType": "Basic", "code": {"text": "b"}}, "b", "", "grey", {}),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "heading", "status", "tone", "facts"), ROWS)
def test_a_row_says_what_the_resource_is_about(resource, heading, status, tone, facts):
    made = row({"id": "1", **resource}, OHIO)
    assert (made.heading, made.status, made.tone) == (heading, status, tone)
    assert facts.items() <= dict(made.facts).items()
    assert "" not in dict(made.facts).values()
    assert orjson.loads(made.json) == {"id": "1", **resource}


def test_a_row_names_its_version_and_who_filed_it():
    made = row({"resourceType": "Goal", "id": "1", "meta": {
        "versionId": "4", "lastUpdated": "2026-11-21T14:15:00.000Z", **TAG}}, OHIO)  # fmt: skip
    assert (made.version, made.last_updated, made.filed_by_app) == ("4", "21 Nov 2026, 09:15", True)
    assert not row(
        {"resourceType": "Goal", "id": "2", "meta": {"tag": [{"code": "other"}]}}, OHIO
    ).filed_by_app


def task(name, day, version="1", updated="2026-11-21T08:00:00Z"):
    found = {"resourceType": "Task", "id": name, "meta": {"versionId": version, "lastUpdated": updated}}
    return {**found, "authoredOn": day} if day else found


@pytest.mark.parametrize(
    ("resources", "order"),
    [
        ([task("old", "2019-01-01"), task("new", "2026-11-20")], "new old"),
        ([task("old", "2019-01-01", "2", "2026-11-21T09:00:00Z"), task("new", "2026-11-20")], "old new"),
        ([task("year", "2019"), task("month", "2019-06"), task("day", "2019-06-02")], "day month year"),
        ([task("none", ""), task("past", "2020-01-01")], "none past"),
        ([task("a", "2026-11-21T09:00:00-05:00"), task("b", "2026-11-21T13:30:00Z")], "a b"),
        ([task("nonsense", "soon"), task("past", "1950")], "past nonsense"),
        (
            [task("first", "2026-11-20", updated="2026-11-21T08:00:01Z"), task("second", "2026-11-20")],
            "first second",
        ),
    ],
)
def test_the_newest_stands_first(resources, order):
    assert " ".join(resource["id"] for resource in newest_first(resources)) == order
