"""The one line of a patient in the team's short meeting."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.huddle import huddle_line
from mappings.team_member import Member
from tests.mappings.charts import NOW
from tests.mappings.enrolling_charts import visit
from tests.mappings.shelf import DIABETES, MARGERY, Shelf
from tests.mappings.test_sbar import sent
from tests.mappings.test_task_add import added

NURSE = Member("Practitioner/nurse", "Dana Whitfield RN")


@pytest.mark.requirement("domain@150")
def test_why_the_care_manager_cares_stands_in_one_line_the_weightiest_first():
    on = Shelf(MARGERY, DIABETES, visit(1, "EMER", 3))
    sent(on)
    added(on, due=["2026-11-21"])
    line = huddle_line(on.chart(), now=NOW, user=NURSE)
    assert [reason.split(":")[0] for reason in line.why] == [
        "ED visit 18 Nov 2026",
        "waits for an answer",
        "due today",
    ]
    late = huddle_line(on.chart(), now=NOW + timedelta(days=1), user=NURSE)
    assert "overdue: Fax the form" in late.sentence


def test_a_patient_of_whom_nothing_is_open_is_said_to_have_nothing_open():
    line = huddle_line(Shelf(MARGERY).chart(), now=NOW, user=NURSE)
    assert (line.coming, line.sentence) == ("", "nothing is open")
