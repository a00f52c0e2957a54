"""The meter names only what is missing, by dated data; what an EHR does not show is neither there nor missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from app.views.plan import _MEND
from mappings.chart import Chart
from mappings.completeness import CHECKS, completeness
from mappings.plan_element import elements, rules, section_field
from mappings.plan_revision import FIELDS
from mappings.questionnaire.catalogue import instrument
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Shelf
from tests.mappings.test_plan_action import add, opened
from tests.mappings.test_plan_revision import revise


def missing(chart: Chart) -> set[str]:
    return {each.code for each in completeness(chart, now=NOW).missing}


def test_every_element_has_its_source_a_check_that_exists_and_a_page_that_mends_it():
    assert (rules().source.startswith("CMS"), rules().review_days) == (True, 90)
    for element in elements():
        assert element.label or element.met_by
        assert set(element.met_by) <= set(CHECKS)
        assert element.mend in _MEND
        assert all(instrument(name) for name in element.assessments)
        if element.field and element.mend == "plan_revision":
            assert element.field in FIELDS
    assert len({element.code for element in elements()}) == len(elements())


def test_a_plan_as_it_is_opened_lacks_what_nobody_has_said_yet():
    assert missing(opened().chart()) == {
        "outlook",
        "function",
        "symptoms",
        "medicines",
        "surroundings",
        "caregiver",
        "coordination",
        "copy",
    }
    assert completeness(opened().chart(), now=NOW).words == "8 of 16"


@pytest.mark.parametrize(
    "code", ["outlook", "function", "symptoms", "medicines", "surroundings", "caregiver"]
)
def test_a_heading_that_is_written_is_missing_no_longer(code: str):
    shelf = opened()
    revise(shelf, **{section_field(code): ["Said"]})
    assert code not in missing(shelf.chart())


def _without(element: str) -> Callable[[Shelf], None]:
    def change(shelf: Shelf) -> None:
        plan = dict(shelf.only("CarePlan"))
        del plan[element]
        shelf.kept[f"CarePlan/{plan['id']}"] = plan

    return change


def _tasks_done(shelf: Shelf) -> None:
    for key, task in list(shelf.kept.items()):
        if task["resourceType"] == "Task" and "restriction" in task:
            shelf.kept[key] = {**task, "status": "completed"}


def _goal_without_measure(shelf: Shelf) -> None:
    goal = shelf.only("Goal")
    shelf.kept[f"Goal/{goal['id']}"] = {**goal, "target": [{"dueDate": "2027-01-31"}]}


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (_without("description"), {"what-matters"}),
        (_without("addresses"), {"problems"}),
        (_without("note"), {"agreement"}),
        (_tasks_done, {"actions", "self-care"}),
        (_goal_without_measure, {"goals"}),
        (add, set()),
    ],
)
def test_what_is_taken_away_is_missing(change: Callable[[Shelf], object], codes: set[str]):
    shelf = opened()
    before = missing(shelf.chart())
    change(shelf)
    assert missing(shelf.chart()) - before == codes


def test_a_service_with_somebody_responsible_is_coordination():
    shelf = opened()
    add(shelf)
    assert "coordination" not in missing(shelf.chart())


def test_no_designated_provider_is_missing_where_nobody_is_on_file():
    shelf = opened()
    chart = shelf.chart(patient={"resourceType": "Patient", "id": "p1"})
    assert "team" in missing(chart)
    revise(shelf, provider=["Dr Nadia Shah"])
    assert "team" not in missing(shelf.chart(patient={"resourceType": "Patient", "id": "p1"}))


@pytest.mark.parametrize(("days", "due"), [(0, False), (90, False), (91, True)])
def test_a_review_is_due_after_ninety_days(days: int, due: bool):
    chart = opened().chart()
    found = completeness(chart, now=NOW + timedelta(days=days))
    assert ("review" in {each.code for each in found.missing}) is due


@pytest.mark.parametrize(
    ("hidden", "unknown"),
    [
        (
            {"Task": ReadStatus.COULD_NOT_READ},
            {"An agreed action, with who does it", "A step that the patient takes"},
        ),
        ({"Goal": ReadStatus.NO_ACCESS}, {"A goal that can be measured"}),
    ],
)
def test_what_could_not_be_seen_is_not_called_missing(hidden: Mapping[str, ReadStatus], unknown: set[str]):
    chart = opened().chart()
    readings = {kind: Reading(kind, status) for kind, status in hidden.items()}
    found = completeness(replace(chart, readings={**chart.readings, **readings}), now=NOW)
    assert unknown <= set(found.unknown)
    assert found.there + len(found.missing) + len(found.unknown) == found.total


def test_without_a_plan_nothing_of_it_is_there():
    found = completeness(Shelf(DIABETES).chart(), now=NOW)
    assert {"what-matters", "goals", "agreement"} <= {each.code for each in found.missing}
