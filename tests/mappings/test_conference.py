"""A patient for the team's conference: the four columns of the guides, and what is unknown is called so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.conference import COLUMNS, conference
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.enrolling_charts import a1c, visit
from tests.mappings.shelf import DIABETES, MARGERY, Shelf


@pytest.fixture
def shelf() -> Shelf:
    on = Shelf(MARGERY, DIABETES, a1c(9.4), visit(1, "EMER", 3), visit(2, "EMER", 40), visit(3, "AMB", 10))
    on.consent()
    on.plan()
    return on


def facts(on: Shelf, title: str, **statuses: ReadStatus) -> dict[str, str]:
    found = conference(on.chart(**statuses), now=NOW + timedelta(hours=1))
    (column,) = (each for each in found if each.title == title)
    return {each.label: each.words for each in column.facts}


@pytest.mark.requirement("domain@151")
def test_the_four_columns_are_those_of_the_guides_in_their_order(shelf: Shelf):
    found = conference(shelf.chart(), now=NOW + timedelta(hours=1))
    assert [each.title for each in found] == list(COLUMNS)
    assert COLUMNS == ("Quality metrics", "Utilization", "Treat to target", "Where in the process")
    quality = facts(shelf, "Quality metrics")
    assert "9.4 %" in quality["A1c"]
    assert [label for label in quality if "eye" in label.lower()]
    assert facts(shelf, "Utilization")["Emergency visits"].startswith("2 in 180 days, the last 18 Nov 2026")
    assert "20 minutes" in facts(shelf, "Treat to target")["Walk to church and back"]
    process = facts(shelf, "Where in the process")
    assert process["Next contact"] == "8 Dec 2026"
    assert process["Consent"].startswith("Consent 21 Nov 2026")


@pytest.mark.requirement("domain@151")
def test_what_the_ehr_does_not_show_is_unknown_and_not_none(shelf: Shelf):
    dark = {"Encounter": ReadStatus.NO_ACCESS, "Observation": ReadStatus.COULD_NOT_READ}
    assert facts(shelf, "Utilization", **dark)["Visits"].startswith("Unknown")
    assert facts(shelf, "Quality metrics", **dark)["Results"].startswith("Unknown")
    (targets,) = (
        each
        for each in conference(shelf.chart(Goal=ReadStatus.NO_ACCESS), now=NOW)
        if each.title == "Treat to target"
    )
    assert (targets.facts, targets.nothing) == ((), "Unknown: the goals are not shown by this EHR.")


def test_a_result_out_of_range_or_old_is_to_be_looked_at():
    on = Shelf(MARGERY, DIABETES, a1c(9.4))
    quality, *_ = conference(on.chart(), now=NOW)
    assert quality.facts[0].due
    later, *_ = conference(on.chart(), now=NOW + timedelta(days=400))
    assert "older than half a year" in later.facts[0].words
