"""The card study over all patients: totals as the EHR's search gives them, or why there are none."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import requests
from flask.testing import FlaskClient

from tests.app.fake_ehr import FakeEhr
from tests.mappings.charts import NOW
from tests.mappings.shelf import Shelf
from tests.mappings.test_needs_card import CARD, NONE, made

SEARCH = "_count=200"


def signed_in(browser: FlaskClient, ehr: FakeEhr, **granted: Any) -> str:
    """The address of the page, after a sign-in that asks for no patient."""
    asked = ehr.begin(browser, "/staff/sign-in?ehr=riverbend") | granted
    answer = browser.get(f"/callback?state={asked['state']}&code={ehr.code_for(asked, patient=None)}")
    return f"/staff/{answer.location.split('/')[2]}/cards"


def card(number: int, name: str, day: str, **values: Any) -> dict[str, Any]:
    (task,) = made(Shelf().chart(), UUID(int=number), NOW, **values)
    whose = {"reference": f"Patient/{number}", "display": name}
    period = {"start": f"{day}T10:00:00-05:00", "end": f"{day}T10:00:00-05:00"}
    return {**task, "id": str(number), "for": whose, "executionPeriod": period}


def holding(*tasks: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": each} for each in tasks],
    }


@pytest.mark.requirement("domain@175")
def test_the_totals_of_all_patients_are_counted_from_what_the_ehr_finds(
    browser: FlaskClient, ehr: FakeEhr
) -> None:
    ehr.failures[SEARCH] = holding(
        card(1, "Ann <b>Ames</b>", "2026-11-20"),
        card(2, "Bo Beck", "2026-11-20", values=NONE),
        card(3, "Cy Cole", "2026-11-19", **{"q-need-a": ["5"], "q-top": ["need-a"]}),
        {**card(4, "Di Dean", "2026-11-19"), "status": "entered-in-error"},
        {"resourceType": "Task", "id": "9", "status": "completed"},
    )
    here = signed_in(browser, ehr)
    page = browser.get(here)
    assert page.status_code == 200
    assert "3 cards. Counted now" in page.text  # two needs are named first as often
    for words in ("Ann &lt;b&gt;Ames", "Bo Beck", "Cy Cole", "All days"):
        assert words in page.text
    assert "Di Dean" not in page.text
    (sent,) = (parse_qs(urlsplit(url).query) for _, url, _ in ehr.received if "Task?" in url)
    assert sent["code"][0].endswith("CodeSystem/task-code|needs-card")
    assert "patient" not in sent
    one_day = browser.get(f"{here}?day=2026-11-20").text
    assert "2 cards; social support is named first most often" in one_day
    assert "Cy Cole" not in one_day
    assert "3 cards" in browser.get(f"{here}?day=yesterday").text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((403, {"resourceType": "OperationOutcome", "issue": []}), "The EHR refuses to show the cards"),
        ((500, {"resourceType": "OperationOutcome", "issue": []}), "The cards could not be read just now."),
        (requests.ConnectionError("no answer"), "The cards could not be read just now."),
        (holding(), "No card was filled in that your account may read."),
    ],
)
def test_where_there_are_none_the_page_says_why(
    browser: FlaskClient, ehr: FakeEhr, answer: Any, words: str
) -> None:
    ehr.failures[SEARCH] = answer
    assert words in browser.get(signed_in(browser, ehr)).text


def test_without_the_right_to_search_nothing_is_asked(browser: FlaskClient, ehr: FakeEhr) -> None:
    page = browser.get(signed_in(browser, ehr, scope="openid fhirUser")).text
    assert "has not given this sign-in the right to read the cards of many patients" in page
    assert "In a patient’s chart, the card study shows the cards of that patient." in page
    assert not [url for _, url, _ in ehr.received if "Task?" in url]


def test_a_launch_that_opens_a_chart_shows_no_other_patients_cards(
    browser: FlaskClient, ehr: FakeEhr, launched: Any
) -> None:
    ehr.failures[SEARCH] = holding(card(1, "Ann Ames", "2026-11-20", values=CARD))
    assert browser.get(f"/staff/{launched()}/cards").status_code == 404
