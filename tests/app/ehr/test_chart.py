"""A chart opens with all reads at once, and each of them lives or fails alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.ehr.capabilities import CapabilityCache
from app.ehr.chart import TODAY_TYPES, open_chart
from app.ehr.gateway import ForeignResource, Gateway
from app.ehr.reads import CHART_READS, PAGE_SIZE, RESULT_CODES
from mappings.observation import READING_CODES
from mappings.reading import ReadStatus
from smart_launch.errors import (
    NotFhir,
    NotFhirR4,
    NotFound,
    ServerFailed,
    SessionEnded,
    SmartError,
    Unauthorized,
    Unreachable,
)
from tests.app.ehr.chart_server import (
    ALL_TYPES,
    HTML_PAGE,
    RESET,
    SILENCE,
    TRUNCATED,
    Answer,
    ChartServer,
    Received,
    metadata,
    outcome,
    refusal,
    searchset,
)
from tests.app.ehr.conftest import TOKEN_URL, gateway_to
from tests.mappings.shelf import DIABETES, MARGERY

READ, NOT_AVAILABLE, NO_ACCESS = ReadStatus.READ, ReadStatus.NOT_AVAILABLE, ReadStatus.NO_ACCESS
COULD_NOT_READ, STILL_LOADING = ReadStatus.COULD_NOT_READ, ReadStatus.STILL_LOADING
WITHOUT_GOAL = [kind for kind in ALL_TYPES if kind != "Goal"]


def one_of(kind: str) -> dict[str, Any]:
    """A resource of the type, of this patient."""
    element = "for" if kind == "Task" else "subject"
    return {"resourceType": kind, "id": f"{kind.lower()}-1", element: {"reference": "Patient/p1"}}


def fill(ehr: ChartServer) -> None:
    """One resource of every type."""
    ehr.held = [MARGERY, *(one_of(kind) for kind in CHART_READS)]


def statuses(gateway: Gateway, **options: Any) -> dict[str, ReadStatus]:
    """How each read of Today ended; what was read brought its resource."""
    chart = open_chart(gateway, **options)
    assert chart.patient == MARGERY
    for kind, reading in chart.readings.items():
        assert len(reading.resources) == (reading.status is READ), kind
    return {kind: reading.status for kind, reading in chart.readings.items()}


def all_but(kind: str, status: ReadStatus) -> dict[str, ReadStatus]:
    return {**dict.fromkeys(TODAY_TYPES, READ), kind: status}


# Each alone


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (refusal(403, "forbidden"), NO_ACCESS),
        (refusal(404, "not-supported"), NOT_AVAILABLE),
        (refusal(405, "not-supported"), NOT_AVAILABLE),
        (refusal(501, "not-supported"), NOT_AVAILABLE),
        (refusal(410, "deleted"), COULD_NOT_READ),
        (refusal(400, "invalid"), COULD_NOT_READ),
        (refusal(429, "throttled"), COULD_NOT_READ),
        (refusal(500, "exception"), COULD_NOT_READ),
        (Answer(500, b"<html>"), COULD_NOT_READ),
        (Answer(302, b"", {"Location": "https://login.example/"}), COULD_NOT_READ),
        (HTML_PAGE, COULD_NOT_READ),
        (TRUNCATED, COULD_NOT_READ),
        (Answer(body=outcome("exception")), COULD_NOT_READ),
        (RESET, COULD_NOT_READ),
        (Answer(wire="cut"), COULD_NOT_READ),
    ],
    ids=lambda value: (
        value if isinstance(value, str) else f"{value.status}-{value.wire or value.content[:9]!r}"
    ),
)
@pytest.mark.requirement("client@29")
def test_the_fault_of_one_type_leaves_the_others_read(
    live_ehr: ChartServer, on_live_ehr: Callable[..., Gateway], fault: Answer, status: ReadStatus
):
    fill(live_ehr)
    live_ehr.reply("GET Goal", fault)
    assert statuses(on_live_ehr(), deadline=20.0) == all_but("Goal", status)


def test_a_read_that_is_never_answered_times_out_alone(live_ehr, on_live_ehr):
    fill(live_ehr)
    live_ehr.reply("GET Goal", SILENCE)
    assert statuses(on_live_ehr(read_timeout=1.5), deadline=20.0) == all_but("Goal", COULD_NOT_READ)


def test_a_read_beyond_the_deadline_is_still_loading(live_ehr, on_live_ehr):
    fill(live_ehr)
    live_ehr.reply("GET Goal", SILENCE)
    assert statuses(on_live_ehr(), deadline=1.5) == all_but("Goal", STILL_LOADING)


def test_a_read_that_nobody_waits_for_any_more_is_never_begun(live_ehr: ChartServer, on_live_ehr):
    fill(live_ehr)
    live_ehr.reply("GET Goal", SILENCE)
    with ThreadPoolExecutor(max_workers=1) as pool:
        chart = open_chart(on_live_ehr(), types=["Goal", "Task"], deadline=1.0, pool=pool)
        live_ehr.released.set()
    assert [chart.reading(kind).status for kind in ("Goal", "Task")] == [STILL_LOADING, STILL_LOADING]
    assert live_ehr.got("GET Goal")
    assert not live_ehr.got("GET Task")


@pytest.mark.parametrize("kind", TODAY_TYPES)
def test_any_type_can_fail_alone(ehr, gateway, kind):
    fill(ehr)
    ehr.reply(f"GET {kind}", refusal(500))
    assert statuses(gateway) == all_but(kind, COULD_NOT_READ)


def test_what_the_metadata_does_not_list_is_not_asked_for(ehr, gateway):
    fill(ehr)
    ehr.metadata = metadata(*WITHOUT_GOAL)
    assert statuses(gateway) == all_but("Goal", NOT_AVAILABLE)
    assert ehr.got("GET Goal") == []


def test_what_was_not_granted_is_not_asked_for(ehr):
    fill(ehr)
    scopes = " ".join(f"patient/{kind}.rs" for kind in WITHOUT_GOAL)
    assert statuses(gateway_to(ehr, scopes=f"launch patient/Goal.r {scopes}")) == all_but("Goal", NO_ACCESS)
    assert ehr.got("GET Goal") == []


def test_every_fault_at_once_still_shows_the_patient(ehr, gateway):
    fill(ehr)
    for kind in TODAY_TYPES:
        ehr.reply(f"GET {kind}", refusal(500))
    assert set(statuses(gateway).values()) == {COULD_NOT_READ}


# The end of the launch, and no patient


@pytest.mark.parametrize(
    "request_", ["GET Patient/p1", "GET metadata", *(f"GET {kind}" for kind in TODAY_TYPES)]
)
@pytest.mark.parametrize("renewable", [True, False])
def test_a_401_anywhere_is_the_end_of_the_launch(ehr, wire, request_, renewable):
    answered = {"access_token": "access-2", "token_type": "Bearer", "expires_in": 3600, "patient": "p1"}
    wire.add("POST", TOKEN_URL, json=answered)
    fill(ehr)
    ehr.reply(request_, refusal(401, "login"))
    gateway = gateway_to(ehr, refresh_token="refresh-1" if renewable else None)
    with pytest.raises(Unauthorized if renewable else SessionEnded):
        open_chart(gateway)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(404, "not-found"), NotFound),
        (refusal(500, "exception"), ServerFailed),
        (HTML_PAGE, NotFhir),
        (Answer(body={**MARGERY, "id": "p2"}), ForeignResource),
        (Answer(body=one_of("Task")), NotFhir),
        (RESET, Unreachable),
    ],
)
def test_without_the_patient_there_is_no_page(live_ehr, on_live_ehr, answer: Answer, error: type[SmartError]):
    fill(live_ehr)
    live_ehr.reply("GET Patient/p1", answer)
    with pytest.raises(error):
        open_chart(on_live_ehr())


# All at once


def test_all_reads_are_under_way_before_any_is_answered(live_ehr: ChartServer, on_live_ehr):
    fill(live_ehr)
    all_here = threading.Barrier(1 + len(TODAY_TYPES), timeout=20)

    def held(kind: str, body: dict[str, Any]) -> None:
        def reply(got: Received) -> Answer:
            all_here.wait()
            return Answer(body=body)

        live_ehr.reply(f"GET {kind}", reply)

    held("Patient/p1", MARGERY)
    for kind in TODAY_TYPES:
        held(kind, searchset(one_of(kind)))
    assert statuses(on_live_ehr(read_timeout=30.0), deadline=30.0) == dict.fromkeys(TODAY_TYPES, READ)


def test_the_patient_is_waited_for_beyond_the_deadline(live_ehr: ChartServer, on_live_ehr):
    goal_is_asked = threading.Event()

    def goal(got: Received) -> Answer:
        goal_is_asked.set()
        return SILENCE

    def patient(got: Received) -> Answer:
        assert goal_is_asked.wait(timeout=20)
        return Answer(body=MARGERY)

    live_ehr.reply("GET Goal", goal)
    live_ehr.reply("GET Patient/p1", patient)
    chart = open_chart(on_live_ehr(), types=["Goal"], deadline=0.0)
    assert chart.patient == MARGERY
    assert chart.reading("Goal").status is STILL_LOADING


def test_the_metadata_is_asked_once_for_all_reads_and_all_pages(ehr):
    fill(ehr)
    cache = CapabilityCache()
    for _ in range(2):
        open_chart(gateway_to(ehr, cache=cache))
    assert len(ehr.got("GET metadata")) == 1
    assert len(ehr.got("GET Goal")) == 2


@pytest.mark.parametrize("answer", [refusal(500), refusal(404), HTML_PAGE, SILENCE])
def test_without_metadata_the_patient_is_shown_and_every_panel_says_so(ehr, gateway, answer):
    fill(ehr)
    ehr.reply("GET metadata", answer, Answer(body=metadata()))
    assert statuses(gateway) == dict.fromkeys(TODAY_TYPES, COULD_NOT_READ)
    assert sorted(item.path for item in ehr.received) == ["Patient/p1", "metadata"]
    assert statuses(gateway) == dict.fromkeys(TODAY_TYPES, READ)


def test_another_version_of_fhir_is_told_as_such(ehr, gateway):
    fill(ehr)
    ehr.metadata = {**metadata(), "fhirVersion": "3.0.2"}
    with pytest.raises(NotFhirR4):
        open_chart(gateway)


# What is asked


def test_each_type_is_asked_once_for_this_patient_in_large_pages(ehr, gateway):
    fill(ehr)
    open_chart(gateway)
    for kind in TODAY_TYPES:
        (got,) = ehr.got(f"GET {kind}")
        assert got.values("patient") == ["p1"]
        assert got.values("_count") == [str(PAGE_SIZE)]
    assert len(ehr.got("GET Patient/p1")) == 1
    assert ehr.got("GET RelatedPerson") == []


def test_observations_are_asked_by_code(ehr, gateway):
    open_chart(gateway, types=["Observation"])
    (got,) = ehr.got("GET Observation")
    assert got.values("code") == [",".join(RESULT_CODES)]
    assert {*READING_CODES, "44261-6", "55758-7", "88122-7"} <= set(RESULT_CODES)
    assert "4548-4" in got.values("code")[0].split(",")


def test_no_other_type_is_asked_by_code(ehr, gateway):
    open_chart(gateway)
    by_code = {item.path for item in ehr.received if item.values("code")}
    assert by_code == {"Observation"}


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationStatement"])
def test_medications_are_included_where_the_ehr_offers_it(ehr, gateway, kind):
    ehr.metadata = metadata(includes=(f"{kind}:medication",))
    order = {**one_of(kind), "medicationReference": {"reference": "Medication/m1"}}
    medication = {"resourceType": "Medication", "id": "m1", "code": {"text": "metformin 500 mg"}}
    ehr.reply(f"GET {kind}", Answer(body=searchset(order, medication)))
    chart = open_chart(gateway)
    (got,) = ehr.got(f"GET {kind}")
    assert got.values("_include") == [f"{kind}:medication"]
    assert chart.resources(kind) == (order,)
    assert chart.resolve(order["medicationReference"]) == medication
    others = [item for item in ehr.received if item.path != kind]
    assert [item for item in others if item.values("_include")] == []


@pytest.mark.parametrize(
    ("kind", "added"),
    [(read.resource_type, read.when_required) for read in CHART_READS.values() if read.when_required],
)
def test_what_an_ehr_requires_is_added_to_what_was_asked(ehr, gateway, kind, added):
    ehr.reply(f"GET {kind}", refusal(400, "required"), Answer(body=searchset(one_of(kind))))
    assert open_chart(gateway, types=[kind]).reading(kind).status is READ
    first, second = ehr.got(f"GET {kind}")
    assert sorted(second.parameters) == sorted((*first.parameters, *added))


def test_a_chart_of_some_types_asks_for_no_others(ehr, gateway):
    fill(ehr)
    chart = open_chart(gateway, types=["Task", "RelatedPerson"])
    assert {item.path for item in ehr.received} == {"metadata", "Patient/p1", "Task", "RelatedPerson"}
    assert chart.reading("RelatedPerson").status is READ
    assert chart.reading("Condition").status is NOT_AVAILABLE


def test_what_was_left_out_of_a_search_is_told_with_its_reading(ehr, gateway):
    fill(ehr)
    ehr.reply("GET Condition", Answer(body=searchset(DIABETES, outcome("suppressed", "warning"))))
    chart = open_chart(gateway)
    assert chart.resources("Condition") == (DIABETES,)
    assert chart.reading("Condition").incomplete
    assert not chart.reading("Goal").incomplete


def test_nothing_recorded_is_read_and_empty(ehr, gateway):
    chart = open_chart(gateway)
    assert {(reading.status, reading.resources) for reading in chart.readings.values()} == {(READ, ())}
