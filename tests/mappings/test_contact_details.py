"""What is told of a contact beside its five facts: typed once, and read back from whatever the EHR kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from fhir_profiles.terminology import codes, display
from mappings.contact import ContactView, contact_views
from mappings.contact_details import TAUGHT_PREFIX, items, outside_care, usual_activity
from mappings.contact_record import LINE, OWN_LABELS
from mappings.contact_save import parse_contact
from mappings.month import month_view
from mappings.narrative import read_fixed_line
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    CONTACT,
    DIABETES,
    Resource,
    Shelf,
    problems_of,
    without_extensions,
    without_identifiers,
    without_meta,
    without_outputs,
)

Changes = dict[str, Sequence[str]]
EVERYTHING: Changes = {
    "mode": ["home"],
    "staff": ["practitioner"],
    "activity": ["education"],
    "minutes_reason": ["Started too late (timer set from 4 to 12 min)"],
    "issue": ["Feet hurt at night; worse since Monday"],
    "topics": ["feet-skin", "eating"],
    f"{TAUGHT_PREFIX}feet-skin": ["yes"],
    f"{TAUGHT_PREFIX}medicines": ["partly"],
    "barriers": ["transport", "medicine-cost"],
    "barrier_words": ["Afraid of the dog"],
    "interventions": ["motivational", "goal-review"],
    "given": ["sugar-log", "packet"],
    "given_words": ["Bus tokens"],
    "consulted_who": ["Dr Lee"],
    "consulted_time": ["09:20"],
    "consulted_about": ["Evening dose"],
    "complaint": ["Nobody called back"],
    "compliment": ["The front desk was kind"],
}
FACTS = {
    "Whose time": "Practitioner",
    "Minutes set by hand": "Started too late (timer set from 4 to 12 min)",
    "Activity": "Education",
    "Key issue": "Feet hurt at night, worse since Monday",
    "Topics": "Feet and skin, Eating, Medicines",
    "Teach-back": "Medicines: partly, Feet and skin: yes",
    "Barriers": "Transport, Cost of medicine, Afraid of the dog",
    "Done": "Motivational conversation, Goal review",
    "Given": "Blood sugar log, Packet of resources, Bus tokens",
    "Others consulted": "Dr Lee at 09:20: Evening dose",
    "Concern": "Nobody called back",
    "Compliment": "The front desk was kind",
}


def enrolled(lose: Callable[[Resource], Resource] | None = None) -> Shelf:
    shelf = Shelf(DIABETES, lose=lose)
    shelf.consent()
    shelf.plan()
    return shelf


def filed(lose: Callable[[Resource], Resource] | None = None, **changes: Sequence[str]) -> Resource:
    return enrolled(lose).contact(**changes)[0]


def view(lose: Callable[[Resource], Resource] | None = None, **changes: Sequence[str]) -> ContactView:
    shelf = enrolled(lose)
    shelf.contact(**changes)
    (row,) = contact_views(shelf.chart(), NOW)
    return row


def outputs(task: Resource, name: str) -> list[Resource]:
    return [each for each in task["output"] if each["type"]["coding"][0]["code"] == name]


@pytest.mark.requirement("domain@104")
def test_one_form_holds_everything_that_an_activity_record_asks_for():
    task = filed(**EVERYTHING)
    assert problems_of(task) == []
    line = read_fixed_line(task["note"][0]["text"], LINE)
    assert {label: line.get(label) for label in FACTS} == FACTS
    assert set(line) <= OWN_LABELS
    assert view(**EVERYTHING).told == {}
    for label, words in FACTS.items():
        assert words.split(", ")[0] in task["text"]["div"], label
    assert (line["How"], line["Minutes"], line["Service"]) == ("Home visit", "12", "Education and follow-up")
    # Visits that did not take place, and refusals, are results of the same form.
    assert {"no-answer", "no-show", "refused", "rescheduled"} <= set(codes("contact-result"))


@pytest.mark.parametrize("lose", [without_extensions, without_outputs, without_meta, without_identifiers])
def test_the_details_come_back_the_same_whatever_the_server_lost(lose: Callable[[Resource], Resource]):
    changes = {**EVERYTHING, "issue": ["Feet hurt at night"]}
    kept, lost = view(**changes), view(lose, **changes)
    assert replace(lost, resource={}) == replace(kept, resource={})
    assert kept.details.topics == ("feet-skin", "eating", "medicines")
    assert kept.details.taught == (("medicines", "partly"), ("feet-skin", "yes"))
    assert (kept.staff, kept.staff_words) == ("practitioner", "Practitioner")


@pytest.mark.requirement("domain@99")
@pytest.mark.parametrize("how", codes("teach-back"))
def test_a_teach_back_is_kept_for_its_topic(how: str):
    task = filed(**{f"{TAUGHT_PREFIX}medicines": [how]})
    (row,) = outputs(task, "teach-back")
    coded = {each["code"] for each in row["valueCodeableConcept"]["coding"]}
    assert coded == {how, "medicines"}
    # What was taught back was talked about.
    assert [each["valueCodeableConcept"]["coding"][0]["code"] for each in outputs(task, "topic")] == [
        "medicines"
    ]
    assert f"Medicines: {display('teach-back', how).lower()}" in task["text"]["div"]


@pytest.mark.requirement("domain@102")
def test_a_home_visit_is_a_way_to_be_in_touch():
    task = filed(mode=["home"])
    assert outputs(task, "mode")[0]["valueCodeableConcept"]["coding"][0]["code"] == "home"
    assert (view(mode=["home"]).mode, view(mode=["home"]).details.activity) == ("home", "visit")


@pytest.mark.requirement("domain@107", "domain@110")
@pytest.mark.parametrize("activity", codes("activity-type"))
def test_every_kind_of_work_that_payers_name_can_be_told(activity: str):
    task = filed(activity=[activity])
    assert problems_of(task) == []
    assert outputs(task, "activity")[0]["valueCodeableConcept"]["coding"][0]["code"] == activity
    assert view(activity=[activity]).details.activity == activity


@pytest.mark.requirement("domain@107", "domain@110")
def test_the_kinds_of_work_are_those_of_the_sources():
    assert set(codes("activity-type")) >= {
        *("phone-call", "message", "coordination", "prescriptions", "medication-reconciliation"),
        *("record-review", "care-plan", "education", "motivational"),
    }
    assert [usual_activity(mode) for mode in codes("contact-mode")] == [
        *("phone-call", "visit", "visit", "visit", "message", "record-review")
    ]


@pytest.mark.requirement("domain@108")
@pytest.mark.parametrize(
    ("changes", "counted"),
    [({}, 12), ({"not_chronic_care": ["yes"]}, 0), ({"activity": ["other-work"]}, 0)],
)
def test_minutes_of_acute_care_and_other_work_are_documented_and_not_counted(changes: Changes, counted: int):
    shelf = enrolled()
    shelf.contact(**changes)
    month = month_view(shelf.chart(), now=NOW)
    assert (month.documented, month.minutes) == (12, counted)


@pytest.mark.requirement("domain@162")
def test_work_outside_care_management_never_counts_and_says_so():
    task = filed(activity=["other-work"], note=["Roomed three patients, two injections."])
    assert outputs(task, "not-chronic-care")[0]["valueBoolean"] is True
    assert "no, not chronic care" in task["text"]["div"]
    assert "Work outside care management" in task["text"]["div"]
    assert view(activity=["other-work"]).not_chronic_care
    assert [code for code in codes("activity-type") if outside_care(code)] == ["other-work"]


@pytest.mark.requirement("domain@171")
def test_what_is_kept_at_hand_is_ticked_as_given():
    task = filed(given=[code for code, _ in items()], given_words=["Bus tokens"])
    assert [row["valueString"] for row in outputs(task, "given")] == [
        *(label for _, label in items()),
        "Bus tokens",
    ]
    assert problems_of(task) == []
    assert all("," not in label and ";" not in label for _, label in items())


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"staff": ["doctor"]}, {"staff"}),
        ({"activity": ["surfing"]}, {"activity"}),
        ({"topics": ["weather"]}, {"topics"}),
        ({f"{TAUGHT_PREFIX}medicines": ["maybe"]}, {f"{TAUGHT_PREFIX}medicines"}),
        ({"barriers": ["dog"]}, {"barriers"}),
        ({"interventions": ["surgery"]}, {"interventions"}),
        ({"given": ["money"]}, {"given"}),
        ({"consulted_about": ["Evening dose"]}, {"consulted_who"}),
        ({"consulted_time": ["25:00"], "consulted_who": ["Dr Lee"]}, {"consulted_time"}),
        ({"complaint": ["x" * 301]}, {"complaint"}),
        ({"topics": ["eating"], "barriers": ["pain", "food"]}, set()),
    ],
)
def test_a_fault_in_the_details_is_told_at_its_field(changes: Changes, fields: set[str]):
    assert set(parse_contact({**CONTACT, **changes}, chart=Shelf().chart(), now=NOW).errors) == fields
