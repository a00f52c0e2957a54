"""The page of a patient's conditions, and what it points out on Today."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.chart import Chart
from mappings.condition_page import condition_page, prompts
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW, chart_of
from tests.mappings.shelf import DIABETES, Shelf
from tests.mappings.visiting import EYE, exam, filed_on, named, result, shown


def opened() -> Shelf:
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    return shelf


@pytest.mark.requirement("domain@129", "domain@130", "domain@147", "domain@149")
def test_the_page_holds_results_what_is_known_with_its_day_and_what_is_due() -> None:
    shelf = opened()
    eye = exam(EYE, "2024-09-12")
    filed_on(
        shelf, eye, template=["diabetes"], **{"q-dm-meter": ["Contour Next"], "q-dm-low-signs": ["partly"]}
    )
    page = condition_page(shown(shelf, eye, result("4548-4", 8.6, "2026-11-03")), now=NOW)
    (section,) = page.sections
    assert (section.template.id, section.results.rows[0].value_words) == ("diabetes", "8.6 %")
    assert {(row.label, row.words, row.where) for row in section.known} == {
        ("Eye exam", "12 Sep 2024", "Procedures, 12 Sep 2024"),
        ("Meter", "Contour Next", "Last contact, today"),
        ("Signs of low blood sugar", "Partly", "Last contact, today"),
    }
    assert "Eye exam: last 12 Sep 2024, due every 12 months" in {row.words for row, _ in section.overdue}
    assert section.last is not None
    assert named("asthma") in page.others
    assert page.caution == ""


def test_one_template_may_be_looked_at_without_its_condition_and_nothing_is_guessed_of_it() -> None:
    page = condition_page(shown(Shelf()), now=NOW, chosen=named("copd"))
    assert [section.template.id for section in page.sections] == ["copd"]
    assert (page.sections[0].known, page.sections[0].last) == ((), None)
    assert condition_page(chart_of(), now=NOW).sections == ()


def unseen(chart: Chart) -> Chart:
    tasks = Reading("Task", ReadStatus.READ, chart.resources("Task"), ours_unseen=True)
    return Chart(chart.patient, {**chart.readings, "Task": tasks})


def test_where_earlier_contacts_are_not_shown_the_page_says_so_and_points_nothing_out() -> None:
    chart = unseen(shown(opened()))
    assert "unknown here" in condition_page(chart, now=NOW).caution
    assert prompts(chart, now=NOW) == ()


@pytest.mark.requirement("domain@147")
def test_today_points_out_what_is_overdue_once_there_is_a_plan_and_until_a_task_is_open() -> None:
    assert prompts(shown(Shelf(DIABETES)), now=NOW) == ()
    shelf = opened()
    year_ago = (NOW - timedelta(days=500)).date().isoformat()
    held = [result(code, 7, NOW.date().isoformat()) for code in ("2089-1", "33914-3", "14959-1", "39156-5")]
    chart = shown(shelf, result("4548-4", 8.6, year_ago), *held)
    (prompt,) = prompts(chart, now=NOW)
    assert prompt.sentence == "Overdue: A1c, Eye exam, Foot exam, Blood pressure."
    assert (prompt.endpoint, prompt.urgent) == ("condition_template.show", False)
    # Today does not read procedures: what it cannot see it does not call overdue.
    (narrow,) = prompts(shown(shelf, *held, Procedure=ReadStatus.NOT_AVAILABLE), now=NOW)
    assert narrow.sentence == "Overdue: A1c, Blood pressure."
    filed_on(shelf, template=["diabetes"], overdue=["a1c", "blood-pressure"])
    assert prompts(shown(shelf, *held, Procedure=ReadStatus.NOT_AVAILABLE), now=NOW) == ()
