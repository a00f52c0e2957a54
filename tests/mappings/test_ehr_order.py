"""Orders of the EHR that nobody follows up: which are referrals, how long they wait, and when they are let go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mappings.ehr_order import ehr_orders, find_order
from mappings.resource_referral_form import defaults, read
from mappings.resource_referral_record import referral_resources
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf, author, entry_of, problems_of
from tests.mappings.test_resource_referral import DIRECTORY, TODAY, only

SNOMED = "http://snomed.info/sct"


def order(**changes: Any) -> Resource:
    made: Resource = {
        "resourceType": "ServiceRequest",
        "id": "eye",
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"system": SNOMED, "code": "103696004"}], "text": "Eye clinic"},
        "subject": {"reference": "Patient/p1"},
        "authoredOn": (TODAY - timedelta(days=245)).isoformat(),
        "performer": [{"display": "Lakeside Eye Center"}],
        "requester": {"display": "Dr Luis Alvarez"},
    }
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def sentences(*orders: Resource) -> list[str]:
    return [row.sentence for row in ehr_orders(Shelf(DIABETES, *orders).chart(), NOW).rows]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ["Eye clinic, Lakeside Eye Center: ordered 245 days ago"]),
        ({"authoredOn": None}, ["Eye clinic, Lakeside Eye Center: ordered, the EHR does not say when"]),
        ({"authoredOn": TODAY.isoformat()}, ["Eye clinic, Lakeside Eye Center: ordered today"]),
        ({"performer": None}, ["Eye clinic: ordered 245 days ago"]),
        (
            {"code": {"text": "Referral to podiatry"}},
            ["Referral to podiatry, Lakeside Eye Center: ordered 245 days ago"],
        ),
        ({"code": {"text": "Lipid panel"}}, []),
        ({"code": None}, []),
        ({"status": "completed"}, []),
        ({"status": "draft"}, []),
        ({"status": "entered-in-error"}, []),
        ({"subject": {"reference": "Patient/other"}}, []),
    ],
)
def test_an_open_order_of_a_referral_is_told_with_how_long_ago(changes: dict[str, Any], told: list[str]):
    assert sentences(order(**changes)) == told


def test_the_oldest_comes_first():
    newer = order(
        id="new", authoredOn=TODAY.isoformat(), performer=None, code={"text": "Referral to a dietitian"}
    )
    assert [row.split(":")[0] for row in sentences(newer, order())] == [
        *("Eye clinic, Lakeside Eye Center", "Referral to a dietitian"),
    ]


def test_an_order_is_followed_by_a_referral_that_names_it_and_is_then_no_longer_told():
    shelf = Shelf(DIABETES, order())
    chart = shelf.chart()
    found = find_order(chart, NOW, "eye")
    opened = defaults(None, "diabetes", due=TODAY, order=found)
    assert (opened["resource"], opened["other_name"], opened["need"]) == (
        *(("other",), ("Lakeside Eye Center",), ("Eye clinic",)),
    )
    typed = {**opened, "other_kind": ["provider"], "handed": ["us"]}
    entry = entry_of(read(typed, chart=chart, directory=DIRECTORY, problems=(), now=NOW))
    (task,) = shelf.file(referral_resources(entry, chart, author(), shelf.form_id(), order=True))
    assert problems_of(task) == []
    assert task["focus"] == {"reference": "ServiceRequest/eye", "display": "Eye clinic"}
    assert only(shelf).whom == "Lakeside Eye Center"
    assert ehr_orders(shelf.chart(), NOW).rows == ()
    again = read(typed, chart=shelf.chart(), directory=DIRECTORY, problems=(), now=NOW)
    assert again.errors["form"].startswith("This order is not open in the EHR any more")
