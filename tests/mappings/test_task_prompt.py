"""What *Today* points out of the team's tasks, to whom it concerns and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.here_now import HereEntry, here_resources
from mappings.task_prompt import SHOWN_DAYS, prompts
from mappings.team_member import Member
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, MARGERY, Shelf, author
from tests.mappings.test_sbar import sent
from tests.mappings.test_sbar_answer import answer
from tests.mappings.test_task_add import added
from tests.mappings.test_task_change import AIDE, change

NURSE = Member("Practitioner/nurse", "Dana Whitfield RN")
PHYSICIAN = Member("Practitioner/physician", "Dr Luis Alvarez")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(MARGERY, DIABETES)


def said(on: Shelf, user: Member, days: float = 0) -> list[str]:
    return [each.sentence for each in prompts(on.chart(), now=NOW + timedelta(days=days), user=user)]


@pytest.mark.requirement("domain@114")
def test_the_provider_sees_the_open_question_first_and_the_nurse_does_not(shelf: Shelf):
    shelf.file(here_resources(HereEntry("Room 3"), shelf.chart(), author(), shelf.form_id()))
    task = sent(shelf)
    first, *_ = prompts(shelf.chart(), now=NOW, user=PHYSICIAN)
    assert first.sentence == "Dana Whitfield RN asks: Fasting glucose over 200; dizzy twice."
    assert first.urgent
    assert (first.endpoint, first.parameters) == ("sbar_answer.show", {"task": task["id"]})
    assert "Answer expected by 23 Nov 2026." in first.why
    assert said(shelf, NURSE) == ["The patient is here now: Room 3, since 09:14."]


@pytest.mark.requirement("domain@156")
def test_the_answer_stands_on_the_requesters_today_until_a_contact_follows(shelf: Shelf):
    sent(shelf)
    answer(shelf)
    assert said(shelf, NURSE) == ["Dr Luis Alvarez answered: “Agreed, as proposed”"]
    assert said(shelf, PHYSICIAN) == []
    assert said(shelf, NURSE, days=SHOWN_DAYS + 1) == []
    tomorrow = NOW + timedelta(days=1)
    shelf.contact(tomorrow, date=["2026-11-22"])
    assert said(shelf, NURSE, days=1) == []


@pytest.mark.requirement("domain@156")
def test_what_was_reported_back_stands_on_the_requesters_today(shelf: Shelf):
    task = added(shelf, owner=["other"], owner_name=["Bo Lind"])
    change(shelf, task, "take-over", by=AIDE)
    change(shelf, task, "done", by=AIDE, words=["Faxed"])
    assert said(shelf, NURSE) == ["Done today: Fax the form"]
    assert said(shelf, AIDE) == []


@pytest.mark.requirement("domain@158")
def test_an_answer_that_does_not_come_in_time_is_pointed_out(shelf: Shelf):
    sent(shelf)
    assert said(shelf, NURSE) == []
    assert said(shelf, NURSE, days=3) == [
        "No answer yet from Dr Luis Alvarez: Fasting glucose over 200; dizzy twice"
    ]


@pytest.mark.parametrize("lost", ["lastModified", "authoredOn", "note"])
def test_an_answer_is_shown_also_where_an_ehr_keeps_not_every_date(lost: str):
    on = Shelf(MARGERY, DIABETES, lose=lambda each: {key: part for key, part in each.items() if key != lost})
    sent(on)
    answer(on)
    assert said(on, NURSE) == ["Dr Luis Alvarez answered: “Agreed, as proposed”"]
