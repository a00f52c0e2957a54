"""The ways from a row of the chart into the app: which rows have one, and that the launch carries what it says."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from lxml import html

from samples.chart.app_launches import DISCHARGE_ROLE, RECONCILE, launches_of
from tests.samples.oauth_world import PATIENTS, World, query_of

ADA = {"reference": "Patient/ada"}
STAY = {
    "resourceType": "Encounter",
    "id": "stay",
    "status": "finished",
    "class": {"code": "IMP"},
    "subject": ADA,
    "period": {"start": "2026-11-14T09:00:00-05:00", "end": "2026-11-20T14:30:00-05:00"},
    "hospitalization": {"dischargeDisposition": {"coding": [{"code": "01"}, {"code": "home"}]}},
}
TASK = {"resourceType": "Task", "id": "call", "status": "requested", "intent": "order", "for": ADA,
        "encounter": {"reference": "Encounter/visit"}, "description": "Call after the discharge"}  # fmt: skip
CHART = (*PATIENTS, STAY, TASK)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("ehr"), resources=CHART)


def words(resource):
    return [each.words for each in launches_of(resource)]


def test_a_discharge_opens_the_reconciliation_of_medicines():
    reconcile, visit = launches_of(STAY)
    assert reconcile.words == "Reconcile medicines in Chartside"
    assert reconcile.parameters["encounter"] == "stay"
    assert reconcile.parameters["intent"] == RECONCILE
    (item,) = orjson.loads(reconcile.parameters["fhirContext"])
    assert item == {"reference": "Encounter/stay", "role": DISCHARGE_ROLE}
    assert visit.parameters == {"encounter": "stay"}


@pytest.mark.parametrize(
    "change",
    [
        {"status": "in-progress"},
        {"class": {"code": "AMB"}},
        {"class": {"code": "EMER"}},
        {"class": None},
        {"period": {"start": "2026-11-14"}},
        {"hospitalization": {"dischargeDisposition": {"coding": [{"code": "exp"}]}}},
        {"hospitalization": {"dischargeDisposition": {"coding": [{"code": "20"}]}}},
    ],
)
def test_other_visits_open_for_the_visit_alone(change):
    assert words({**STAY, **change}) == ["Open Chartside for this visit"]


def test_a_task_opens_with_itself_its_visit_and_its_own_context():
    asks = {
        **TASK,
        "input": [
            {"type": {"coding": [{"code": "smartonfhir-application"}]}, "valueUrl": "https://app.example"},
            {"type": {"coding": [{"code": "smartonfhir-appcontext"}]}, "valueString": '{"a": 1}'},
        ],
    }
    (launch,) = launches_of(asks)
    assert launch.words == "Open in Chartside"
    assert orjson.loads(launch.parameters["fhirContext"]) == [{"reference": "Task/call"}]
    assert launch.parameters["encounter"] == "visit"
    assert launch.parameters["appContext"] == '{"a": 1}'


@pytest.mark.parametrize(
    "resource",
    [
        {**STAY, "status": "entered-in-error"},
        {**TASK, "status": "entered-in-error"},
        {**TASK, "id": None},
        {"resourceType": "Goal", "id": "g"},
        {"resourceType": "Task"},
        {},
    ],
)
def test_nothing_opens_from_what_is_in_error_or_is_no_reason_to(resource):
    assert launches_of(resource) == ()


@pytest.mark.parametrize(
    "resource",
    [
        {**TASK, "encounter": 7, "input": "x"},
        {**TASK, "encounter": {"reference": ["x"]}, "input": [7, {"type": "x"}, {"type": {"coding": [7]}}]},
        {**STAY, "hospitalization": [1], "period": "x"},
    ],
)
def test_odd_data_breaks_nothing(resource):
    assert len(launches_of(resource)) == 1


def test_the_link_of_a_row_leads_to_a_launch_that_carries_it(world):
    shown = html.fromstring(world.get("/chart/ada", tab="encounters").text)
    (link,) = [a for a in shown.xpath("//a/@href") if "reconcile" in a]
    framed = html.fromstring(world.get(link).text).xpath("//iframe/@src")[0]
    launch = query_of(world.get(framed))["launch"]
    tokens = world.tokens(launch=launch)
    assert tokens["encounter"] == "stay"
    assert tokens["intent"] == RECONCILE
    assert tokens["fhirContext"] == [{"reference": "Encounter/stay", "role": DISCHARGE_ROLE}]


def test_the_link_of_a_task_leads_to_a_launch_with_that_task(world):
    shown = html.fromstring(world.get("/chart/ada", tab="tasks").text)
    (link,) = [a.get("href") for a in shown.xpath("//a") if a.text == "Open in Chartside"]
    framed = html.fromstring(world.get(link).text).xpath("//iframe/@src")[0]
    tokens = world.tokens(launch=query_of(world.get(framed))["launch"])
    assert tokens["fhirContext"] == [{"reference": "Task/call"}]


def test_closing_the_app_forgets_what_it_was_opened_for(world):
    opened = {"tab": "app", "intent": RECONCILE, "encounter": "stay", "fhirContext": "[]"}
    shown = html.fromstring(world.get("/chart/ada", **opened).text)
    closed = shown.xpath("//a[contains(@class, 'close-app')]/@href")[0]
    assert not {"intent", "encounter", "fhirContext", "app"} & parse_qs(urlsplit(closed).query).keys()
