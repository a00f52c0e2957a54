"""All pages of a search: followed as the server wrote them, never to another place and never without end."""

from __future__ import annotations

from typing import Any

import pytest

from app.ehr import pages as pages_module
from app.ehr.gateway import PAGE_LIMIT
from app.ehr.pages import SearchAnswer
from smart_launch.errors import (
    Unauthorized,
    Unreachable,
)
from tests.app.ehr.chart_server import (
    HTML_PAGE,
    SILENCE,
    TRUNCATED,
    Answer,
    ChartServer,
    Received,
    refusal,
    searchset,
)
from tests.app.ehr.conftest import ISS, TOKEN_URL, gateway_to

MINE = [("patient", "p1")]


def task(identity: str, patient: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Task", "id": identity, "for": {"reference": f"Patient/{patient}"}, **more}


def ids(answer: SearchAnswer) -> list[str]:
    return [resource["id"] for resource in answer.matches]


@pytest.mark.requirement("client@32")
def test_next_links_are_followed_just_as_the_server_wrote_them(ehr, gateway, wire):
    second = f"{ISS}?_getpages=a%2Fb&_getpagesoffset=1&x=%C3%A9&_bundletype=searchset"
    third = f"{ISS}/Task/$page/3?z=1&a=2&a=1"
    ehr.reply("GET Task", Answer(body=searchset(task("1"), following=second)))
    ehr.reply("GET", Answer(body=searchset(task("2"), following=third)))
    ehr.reply("GET Task/$page/3", Answer(body=searchset(task("3"))))
    answer = gateway.search("Task", [*MINE, ("_count", "1")])
    assert ids(answer) == ["1", "2", "3"]
    assert not answer.incomplete
    assert [call.request.url for call in wire.calls] == [f"{ISS}/Task?patient=p1&_count=1", second, third]
    assert {item.headers["authorization"] for item in ehr.received} == {"Bearer access-1"}


@pytest.mark.parametrize("following", ["Task?page=2", f"{ISS}/Task?page=2", "/fhir/Task?page=2"])
def test_a_link_may_be_relative_to_the_base(ehr, gateway, wire, following):
    ehr.reply(
        "GET Task", Answer(body=searchset(task("1"), following=following)), Answer(body=searchset(task("2")))
    )
    assert ids(gateway.search("Task", MINE)) == ["1", "2"]
    assert wire.calls[1].request.url == f"{ISS}/Task?page=2"


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/fhir/Task?page=2",
        "https://ehr.example.evil.example/fhir/Task?page=2",
        "https://ehr.example@evil.example/fhir/Task?page=2",
        "//evil.example/fhir/Task?page=2",
        "http://ehr.example/fhir/Task?page=2",
        "https://ehr.example:8443/fhir/Task?page=2",
        "https://ehr.example/other/Task?page=2",
        "https://ehr.example/fhir/../admin",
        "file:///etc/passwd",
        "",
        7,
        None,
        ["Task?page=2"],
    ],
)
@pytest.mark.requirement("client@15")
def test_a_link_that_leaves_the_ehr_is_never_followed(ehr, gateway, wire, following):
    page = searchset(task("1"))
    page["link"] = [{"relation": "self", "url": f"{ISS}/Task"}, {"relation": "next", "url": following}]
    ehr.reply("GET Task", Answer(body=page))
    answer = gateway.search("Task", MINE)
    assert (ids(answer), answer.incomplete) == (["1"], True)
    assert [call.request.url for call in wire.calls] == [f"{ISS}/Task?patient=p1"]


@pytest.mark.parametrize(
    "second",
    [HTML_PAGE, TRUNCATED, SILENCE, refusal(500), refusal(410), Answer(body=task("9")), refusal(403)],
)
def test_what_came_before_a_page_failed_is_shown_as_incomplete(ehr, gateway, second):
    ehr.reply("GET Task", Answer(body=searchset(task("1"), following="Task?page=2")), second)
    answer = gateway.search("Task", MINE)
    assert (ids(answer), answer.incomplete) == (["1"], True)


def test_a_401_on_a_later_page_ends_the_launch(ehr, wire):
    answered = {"access_token": "access-2", "token_type": "Bearer", "expires_in": 3600, "patient": "p1"}
    wire.add("POST", TOKEN_URL, json=answered)
    ehr.reply("GET Task", Answer(body=searchset(task("1"), following="Task?page=2")), refusal(401))
    with pytest.raises(Unauthorized):
        gateway_to(ehr, refresh_token="refresh-1").search("Task", MINE)


@pytest.mark.parametrize(
    "links",
    [
        ["Task?page=1"],
        ["Task?page=1", "Task?page=2"],
        ["Task?page=1", "Task?page=2", "Task?page=3"],
    ],
)
def test_a_server_that_pages_in_a_circle_is_left(ehr, gateway, links):
    pages = [Answer(body=searchset(task(link), following=link)) for link in links]

    def around(got: Received) -> Answer:
        return pages[len(ehr.received) % len(pages)]

    ehr.reply("GET Task", around)
    answer = gateway.search("Task", MINE)
    assert answer.incomplete
    assert len(ehr.received) == len(links) + 1


def test_a_server_that_pages_for_ever_is_left_at_the_limit(ehr, gateway):
    def endless(got: Received) -> Answer:
        number = len(ehr.received)
        return Answer(body=searchset(task(str(number)), following=f"Task?page={number}"))

    ehr.reply("GET Task", endless)
    answer = gateway.search("Task", MINE)
    assert answer.incomplete
    assert len(answer.matches) == len(ehr.received) == PAGE_LIMIT


def test_as_many_pages_as_the_limit_are_still_complete(ehr, gateway):
    def pages(got: Received) -> Answer:
        number = len(ehr.received)
        following = f"Task?page={number}" if number < PAGE_LIMIT else None
        return Answer(body=searchset(task(str(number)), following=following))

    ehr.reply("GET Task", pages)
    answer = gateway.search("Task", MINE)
    assert (len(answer.matches), answer.incomplete) == (PAGE_LIMIT, False)


def test_a_chart_that_grows_beyond_the_limit_is_incomplete(ehr, gateway, monkeypatch):
    monkeypatch.setattr(pages_module, "RESOURCE_LIMIT", 3)
    page = searchset(*(task(str(number)) for number in range(3)), following="Task?page=2")
    ehr.reply("GET Task", Answer(body=page))
    answer = gateway.search("Task", MINE)
    assert (len(answer.matches), answer.incomplete) == (3, True)
    assert len(ehr.received) == 1


def test_the_same_resource_on_two_pages_counts_once_and_its_later_state_stands(ehr, gateway):
    first = searchset(task("1", status="requested"), following="Task?page=2")
    ehr.reply("GET Task", Answer(body=first), Answer(body=searchset(task("1", status="completed"))))
    answer = gateway.search("Task", MINE)
    assert [resource["status"] for resource in answer.matches] == ["completed"]


def test_resources_without_an_id_are_all_kept(ehr, gateway):
    nameless = {"resourceType": "Task", "for": {"reference": "Patient/p1"}}
    ehr.reply("GET Task", Answer(body=searchset(nameless, nameless)))
    assert len(gateway.search("Task", MINE).matches) == 2


def test_a_page_that_was_cut_on_the_way_is_no_empty_chart(live_ehr: ChartServer, on_live_ehr):
    live_ehr.reply("GET Task", Answer(wire="cut"))
    with pytest.raises(Unreachable, match=r"^Unreachable: reset, perhaps received$"):
        on_live_ehr().search("Task", MINE)
