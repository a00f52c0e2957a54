"""The same chart, read as each vendor wants to be asked; what each one's error numbers mean for the nurse."""

from __future__ import annotations

from typing import Any

import pytest

from app.ehr.capabilities import capabilities_from
from app.ehr.chart import open_chart
from app.ehr.errors import BreakTheGlass
from mappings.panel import panel
from mappings.reading import ReadStatus
from smart_launch.errors import SmartError, Unauthorized
from tests.app.ehr.chart_server import Answer, ChartServer, metadata, outcome, refusal, searchset
from tests.app.ehr.conftest import ISS, gateway_to
from tests.mappings.shelf import MARGERY

FHIR = {"Content-Type": "application/fhir+json"}
MINE = [("patient", "p1")]
ATHENA = "https://fhir.athena.io/StructureDefinition/ah-search-parameter-metadata"
COMBINATION = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination"
EXPECTATION = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-expectation"


@pytest.fixture(autouse=True)
def _patient(ehr: ChartServer) -> None:
    ehr.held = [MARGERY]


def task(identity: str) -> dict[str, Any]:
    return {"resourceType": "Task", "id": identity, "for": {"reference": "Patient/p1"}}


def demands(ehr: ChartServer, kind: str, url: str, *parts: tuple[str, str]) -> None:
    """The metadata demands combinations of search parameters of a type."""
    ehr.metadata = metadata()
    resource = next(item for item in ehr.metadata["rest"][0]["resource"] if item["type"] == kind)
    nested = [{"url": name, "valueString": value} for name, value in parts]
    resource.setdefault("extension", []).append({"url": url, "extension": nested})


# What is demanded


@pytest.mark.parametrize(
    ("at", "kind", "added"),
    [
        ("epic", "CarePlan", [("category", "assess-plan")]),
        ("oracle", "CarePlan", [("category", "assess-plan")]),
        ("ecw", "CarePlan", [("category", "assess-plan")]),
        ("generic", "CarePlan", []),
        ("epic", "Goal", []),
        ("epic", "Observation", []),
    ],
)
@pytest.mark.requirement("client@31", "client@33")
def test_what_a_vendor_is_known_to_demand_is_asked_at_once(ehr, at, kind, added):
    chart = open_chart(gateway_to(ehr, at=at), types=[kind])
    (got,) = ehr.got(f"GET {kind}")
    given = [pair for pair in got.parameters if pair[0] not in ("patient", "_count", "code")]
    assert given == added
    assert chart.reading(kind).status is ReadStatus.READ


@pytest.mark.parametrize(
    ("parts", "added"),
    [
        ([("requiredAnySearchParams", "patient,category")], [("category", "assess-plan")]),
        (
            [("requiredAnySearchParams", "_id"), ("requiredAnySearchParams", "patient, category")],
            [("category", "assess-plan")],
        ),
        ([("requiredAnySearchParams", "patient"), ("requiredAnySearchParams", "patient,category")], []),
        ([("requiredAnySearchParams", "_id"), ("requiredAnySearchParams", "patient")], []),
        ([("requiredSearchParams", "category")], [("category", "assess-plan")]),
        ([("requiredAnySearchParams", "ah-practice,patient")], []),
        ([("requiredAnySearchParams", "")], []),
        ([], []),
    ],
)
@pytest.mark.requirement("client@28")
def test_what_athenas_metadata_demands_is_asked(ehr, parts, added):
    demands(ehr, "CarePlan", ATHENA, *parts)
    open_chart(gateway_to(ehr, at="athena"), types=["CarePlan"])
    (got,) = ehr.got("GET CarePlan")
    assert [pair for pair in got.parameters if pair[0] not in ("patient", "_count")] == added


def test_the_live_metadata_is_believed_before_the_vendors_facts(ehr):
    demands(ehr, "CarePlan", COMBINATION, ("required", "patient"))
    open_chart(gateway_to(ehr, at="epic"), types=["CarePlan"])
    assert ehr.got("GET CarePlan")[0].values("category") == []


def test_what_is_only_supported_is_not_demanded(ehr):
    """US Core names combinations with an expectation beside them: to ask for one would hide half the chart."""
    demands(
        ehr,
        "Condition",
        COMBINATION,
        ("required", "patient"),
        ("required", "category"),
        (EXPECTATION, "SHALL"),
    )
    open_chart(gateway_to(ehr), types=["Condition"])
    assert ehr.got("GET Condition")[0].values("category") == []


@pytest.mark.parametrize("value", [7, "x", None, [None, 7, {}], {"url": ATHENA}])
def test_a_broken_extension_demands_nothing(value):
    statement = metadata("Task")
    statement["rest"][0]["resource"][0]["extension"] = value
    assert capabilities_from(statement).of("Task").required == ()
    statement["rest"][0]["resource"][0]["extension"] = [{"url": ATHENA, "extension": value}]
    assert capabilities_from(statement).of("Task").required == ()


def test_both_ends_of_a_date_range_are_given_where_both_are_wanted(ehr):
    gateway = gateway_to(ehr, at="oracle")
    ehr.reply("GET Encounter", refusal(400, "required"), Answer(body=searchset()))
    open_chart(gateway, types=["Encounter"])
    assert ehr.got("GET Encounter")[1].values("date") == ["ge1900-01-01", "le2199-12-31"]
    gateway.search("Observation", [*MINE, ("date", "ge2026-01-01")])
    assert ehr.got("GET Observation")[0].values("date") == ["ge2026-01-01", "le2199-12-31"]
    gateway.search("Observation", [*MINE, ("date", "ge2026-01-01"), ("date", "lt2026-02-01")])
    assert ehr.got("GET Observation")[1].values("date") == ["ge2026-01-01", "lt2026-02-01"]


@pytest.mark.parametrize("code", ["4111", "59108"])
@pytest.mark.requirement("client@31")
def test_a_number_that_means_required_is_understood_as_well(ehr, code):
    ehr.reply("GET Condition", Answer(400, outcome("invalid", detail=code)), Answer(body=searchset()))
    chart = open_chart(gateway_to(ehr, at="epic"), types=["Condition"])
    assert chart.reading("Condition").status is ReadStatus.READ
    assert len(ehr.got("GET Condition")) == 2


def test_what_can_never_be_given_is_not_available(ehr, gateway):
    ehr.reply("GET Consent", refusal(400, "required"))
    assert open_chart(gateway, types=["Consent"]).reading("Consent").status is ReadStatus.NOT_AVAILABLE


def test_our_record_is_looked_for_as_the_vendor_demands(ehr):
    gateway_to(ehr, at="epic").find_ours("CarePlan", "u-1")
    assert ehr.got("GET CarePlan")[0].values("category") == ["assess-plan"]


# Pages


EXPIRED = [
    ("epic", Answer(400, outcome("processing", detail="4113"))),
    ("generic", refusal(410, "deleted")),
    ("generic", refusal(404, "not-found")),
]


@pytest.mark.parametrize(("at", "expired"), EXPIRED)
@pytest.mark.requirement("client@32")
def test_a_search_whose_pages_expired_begins_again_once(ehr, at, expired):
    first = searchset(task("1"), following=f"{ISS}/Task?page=2")
    whole = searchset(task("1"), task("2"))
    ehr.reply("GET Task", Answer(body=first), expired, Answer(body=whole))
    answer = gateway_to(ehr, at=at).search("Task", MINE)
    assert ([item["id"] for item in answer.matches], answer.incomplete) == (["1", "2"], False)
    assert [item.parameters for item in ehr.got("GET Task")] == [
        (("patient", "p1"),),
        (("page", "2"),),
        (("patient", "p1"),),
    ]


@pytest.mark.parametrize(("at", "expired"), EXPIRED)
def test_pages_that_expire_twice_are_shown_as_incomplete(ehr, at, expired):
    first = Answer(body=searchset(task("1"), task("2"), following=f"{ISS}/Task?page=2"))
    ehr.reply(
        "GET Task", first, expired, Answer(body=searchset(task("1"), following=f"{ISS}/Task?p=3")), expired
    )
    answer = gateway_to(ehr, at=at).search("Task", MINE)
    assert ([item["id"] for item in answer.matches], answer.incomplete) == (["1", "2"], True)
    assert len(ehr.got("GET Task")) == 4


@pytest.mark.parametrize("second", [refusal(500), Answer(400, outcome("processing", detail="4113"))])
def test_any_other_break_does_not_begin_again(ehr, gateway, second):
    ehr.reply("GET Task", Answer(body=searchset(task("1"), following="Task?page=2")), second)
    assert gateway.search("Task", MINE).incomplete
    assert len(ehr.got("GET Task")) == 2


def test_the_end_of_the_session_is_not_a_page_that_expired(ehr, wire):
    ehr.reply(
        "GET Task", Answer(body=searchset(task("1"), following="Task?page=2")), refusal(410), refusal(401)
    )
    with pytest.raises(SmartError) as raised:
        gateway_to(ehr).search("Task", MINE)
    assert isinstance(raised.value, Unauthorized) or type(raised.value).__name__ == "SessionEnded"


# Outcomes among the matches


@pytest.mark.parametrize(
    ("code", "severity", "incomplete"),
    [
        ("4101", "warning", False),
        ("4122", "warning", False),
        ("4119", "warning", True),
        ("4119", "information", True),
        ("4118", "warning", True),
        ("4118", "information", True),
        ("9999", "information", False),
        ("9999", "warning", True),
    ],
)
@pytest.mark.requirement("client@30")
def test_epics_numbers_say_whether_anything_is_missing(ehr, code, severity, incomplete):
    ehr.reply("GET Task", Answer(body=searchset(task("1"), outcome("processing", severity, detail=code))))
    assert gateway_to(ehr, at="epic").search("Task", MINE).incomplete is incomplete


# Break-the-Glass


GLASS = [Answer(403, outcome("forbidden", detail=code)) for code in ("4130", "4131", "4134")]
AMONG_MATCHES = Answer(body=searchset(outcome("forbidden", "warning", detail="4130")))


@pytest.mark.parametrize("answer", [*GLASS, AMONG_MATCHES])
@pytest.mark.requirement("client@63")
def test_a_protected_part_is_told_as_such_and_asked_once(ehr, answer):
    ehr.reply("GET Condition", answer)
    chart = open_chart(gateway_to(ehr, at="epic"), types=["Condition", "Goal"])
    assert chart.reading("Condition").status is ReadStatus.PROTECTED
    assert chart.reading("Goal").status is ReadStatus.READ
    assert len(ehr.got("GET Condition")) == 1
    shown = panel("problems", "Problems", (), chart.reading("Condition"))
    assert shown.sentence == (
        "Protected in the EHR. Break the glass in the EHR first, then open Chartside again."
    )
    assert not shown.known_empty


@pytest.mark.requirement("client@63")
def test_a_protected_patient_is_no_page(ehr):
    ehr.reply("GET Patient/p1", GLASS[0])
    with pytest.raises(BreakTheGlass) as raised:
        open_chart(gateway_to(ehr, at="epic"))
    assert (
        raised.value.page_reason
        == "The EHR protects this chart and asks for a reason before anybody opens it."
    )
    assert len(ehr.got("GET Patient/p1")) == 1


def test_what_is_protected_among_others_is_incomplete(ehr):
    ehr.reply(
        "GET Task", Answer(body=searchset(task("1"), outcome("forbidden", "information", detail="4130")))
    )
    answer = gateway_to(ehr, at="epic").search("Task", MINE)
    assert (len(answer.matches), answer.incomplete) == (1, True)


def test_the_same_numbers_mean_nothing_at_another_vendor(ehr):
    ehr.reply("GET Condition", GLASS[0])
    chart = open_chart(gateway_to(ehr, at="oracle"), types=["Condition"])
    assert chart.reading("Condition").status is ReadStatus.NO_ACCESS


# A busy EHR


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({"Retry-After": "30"}, "Could not be read just now: the EHR is too busy, try again in 30 seconds"),
        ({"Retry-After": "600"}, "Could not be read just now: the EHR is too busy, try again in 10 minutes"),
        ({"Retry-After": "soon"}, "Could not be read just now"),
        ({}, "Could not be read just now"),
    ],
)
def test_a_busy_ehr_is_told_with_when_to_ask_again(ehr, gateway, headers, sentence):
    ehr.reply("GET Goal", Answer(429, outcome("throttled"), {**FHIR, **headers}))
    reading = open_chart(gateway, types=["Goal"]).reading("Goal")
    assert reading.status is ReadStatus.COULD_NOT_READ
    assert panel("goals", "Goals", (), reading).sentence == sentence
