"""The answer to a question: whose it is, what is to be done, and how both are read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mappings.sbar_answer import GONE, answer_defaults, answer_resources, parse_answer
from mappings.task_list import task_list
from mappings.team_member import Member
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    DIABETES,
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_outputs,
)
from tests.mappings.test_sbar import sent

NURSE = Member("Practitioner/nurse", "Dana Whitfield RN")
PHYSICIAN = {"user": "Practitioner/physician", "user_name": "Dr Luis Alvarez"}


def answer(on: Shelf, **more: Any) -> tuple[Resource, ...]:
    (task,) = (each for each in on.chart().resources("Task") if each["status"] == "requested")
    opened = answer_defaults(on.chart(), now=NOW, task=task["id"], user_name="Dr Luis Alvarez")
    entry = entry_of(parse_answer({**opened, "decision": ["agreed"], **more}, chart=on.chart(), now=NOW))
    return on.file(answer_resources(entry, on.chart(), author(**PHYSICIAN), on.form_id()))


@pytest.mark.requirement("domain@156")
@pytest.mark.parametrize("lose", [lambda each: each, without_outputs], ids=["nothing", "outputs"])
def test_the_requester_reads_the_answer_and_gets_what_is_to_be_done(lose: Callable[[Resource], Resource]):
    on = Shelf(MARGERY, DIABETES, lose=lose)
    sent(on)
    done, order = answer(on, answer=["From Monday"], orders=["Recheck on Friday"])
    assert problems_of(done) == problems_of(order) == []
    assert (done["status"], order["status"]) == ("completed", "requested")
    found = task_list(on.chart(), now=NOW, user=NURSE)
    (row,) = found.ended
    assert row.answer == "Agreed, as proposed. From Monday"
    assert (row.answered_by, row.orders) == ("Dr Luis Alvarez", "Recheck on Friday")
    assert [each.task.text for each in found.mine] == ["Recheck on Friday"]
    assert "Agreed, as proposed. From Monday" in done["text"]["div"]


def test_a_note_that_needs_no_answer_is_read_with_one_tap():
    on = Shelf(MARGERY, DIABETES)
    task = sent(on, answer=["none"])
    opened = answer_defaults(on.chart(), now=NOW, task=task["id"], user_name="Dr Luis Alvarez")
    assert opened["decision"] == ("seen",)
    (done,) = answer(on, decision=["seen"])
    assert done["status"] == "completed"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decision": [""]}, "decision"),
        ({"decision": ["words"]}, "answer"),
        ({"by": [""]}, "by"),
        ({"task": ["another"]}, "form"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(changes: dict[str, list[str]], field: str):
    on = Shelf(MARGERY, DIABETES)
    task = sent(on)
    given = {"task": [task["id"]], "decision": ["agreed"], "by": ["Dr Alvarez"], **changes}
    assert list(parse_answer(given, chart=on.chart(), now=NOW).errors) == [field]


def test_what_was_answered_meanwhile_is_not_answered_twice():
    on = Shelf(MARGERY, DIABETES)
    task = sent(on)
    answer(on)
    again = parse_answer(
        {"task": [task["id"]], "decision": ["agreed"], "by": ["Dr Alvarez"]}, chart=on.chart(), now=NOW
    )
    assert again.errors == {"form": GONE}
