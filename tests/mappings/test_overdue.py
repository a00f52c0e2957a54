"""What is overdue: by whose rule, since when, and never where the EHR does not show what the rule looks at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mappings.chronic_conditions import chronic_groups
from mappings.condition_template import condition_templates
from mappings.overdue import Overdue, overdue, overdue_for, overdue_rules
from mappings.reading import ReadStatus
from mappings.reading_kinds import kinds_in, reading_kinds
from tests.mappings.charts import NOW, chart_of
from tests.mappings.shelf import DIABETES, Resource, Shelf
from tests.mappings.visiting import EYE, FOOT, exam, filed_on, named, result, shown

ASTHMA: Resource = {
    **DIABETES,
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J45.40"}]},
}
OF = {
    "a1c": "4548-4",
    "urine-albumin": "14959-1",
    "egfr": "33914-3",
    "blood-pressure": "85354-9",
    "ldl": "2089-1",
    "bmi": "39156-5",
}


def day(ago: int) -> str:
    return (NOW.date() - timedelta(days=ago)).isoformat()


def pressure(when: str) -> Resource:
    parts = [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "unit": "mmHg"},
        }
        for code, value in (("8480-6", 130), ("8462-4", 80))
    ]
    return {**result("85354-9", 0, when), "component": parts, "valueQuantity": None}


def of(kind: str, when: str) -> Resource:
    return pressure(when) if kind == "blood-pressure" else result(OF[kind], 7, when)


def found(*resources: Resource, condition: Resource = DIABETES, **more: Any) -> dict[str, Overdue]:
    return {each.key: each for each in overdue(shown(Shelf(condition), *resources, **more), now=NOW)}


def test_every_rule_bears_a_source_and_names_what_exists() -> None:
    groups = {group.name for group in chronic_groups()}
    asked = {item.link_id for each in condition_templates() for item in each.definition.questions}
    kinds = {kind.key for kind in (*reading_kinds(), *kinds_in("condition_readings.toml"))}
    served = {group for each in condition_templates() for group in each.groups}
    for rule in overdue_rules():
        assert "Guides'" in rule.source or "CMS" in rule.source, rule.key
        assert set(rule.groups) <= groups & served, rule.key
        assert not rule.answer or rule.answer in asked, rule.key
        assert not rule.reading or rule.reading in kinds, rule.key


@pytest.mark.requirement("domain@147")
@pytest.mark.parametrize("kind", OF)
@pytest.mark.parametrize(("ago", "due"), [(0, False), (364, False), (365, False), (366, True), (4000, True)])
def test_a_result_is_overdue_on_the_day_after_its_year(kind: str, ago: int, due: bool) -> None:
    rows_found = found(of(kind, day(ago)))
    assert (kind in rows_found) == due
    if due:
        assert rows_found[kind].state == "overdue"
        assert rows_found[kind].words.endswith(", due every 12 months")


@pytest.mark.requirement("domain@147")
@pytest.mark.parametrize(("key", "code"), [("eye-exam", EYE), ("foot-exam", FOOT)])
def test_an_exam_is_overdue_by_what_was_done_or_told(key: str, code: str) -> None:
    assert found()[key].last_words == "none on file"
    old = exam(code, "2024-09-12")
    assert found(old)[key].words.startswith(f"{key.replace('-', ' ').capitalize()}: last 12 Sep 2024")
    assert key not in found(exam(code, day(30)))
    shelf = Shelf(DIABETES)
    filed_on(shelf, template=["diabetes"], **{f"q-dm-{key}": [day(20)]})
    assert key not in {each.key for each in overdue(shown(shelf, old), now=NOW)}


@pytest.mark.requirement("domain@147")
def test_what_the_ehr_does_not_show_is_asked_and_never_called_overdue() -> None:
    hidden = found(Procedure=ReadStatus.NOT_AVAILABLE, Observation=ReadStatus.NO_ACCESS)
    assert {each.state for each in hidden.values()} == {"unknown"}
    assert hidden["eye-exam"].last_words == "not known, procedures could not be seen here"
    assert hidden["a1c"].last_words == "not known, results could not be seen here"


def test_a_plan_in_hand_is_enough_and_one_that_was_lost_is_not() -> None:
    assert set(found(condition=ASTHMA)) == {"asthma-plan"}
    for answer, due in (("plan-in-hand", False), ("plan-lost", True), ("plan-never", True)):
        shelf = Shelf(ASTHMA)
        filed_on(shelf, template=["asthma"], **{"q-asthma-plan": [answer]})
        assert bool(overdue(shown(shelf), now=NOW)) == due, answer


def test_nothing_is_due_for_a_patient_without_the_condition_and_the_template_says_what_would_be() -> None:
    assert overdue(chart_of(), now=NOW) == ()
    assert [each.key for each in overdue_for(shown(Shelf()), named("tobacco"), now=NOW)] == ["smoking"]
