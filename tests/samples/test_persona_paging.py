"""How each EHR hands out pages, and what becomes of a link when its time is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from samples.fhir.store import Store
from samples.personas import OPEN
from samples.personas import persona as facts_of
from tests.samples.conftest import FHIR_BASE, FhirCaller, issue, observation, patient_access
from tests.samples.persona_world import PLAYED, Clock, next_path, number, playing

SEARCH = "/Observation?patient=ada&category=laboratory"
CODING = [{"coding": [{"code": "laboratory"}]}]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lab(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A store with 25 results of one patient, of a practice whose time moves when it is told."""
    kept = Store(tmp_path / "lab.sqlite", fhir_base=FHIR_BASE, now=clock)
    kept.load(observation(f"o{index:02}", category=CODING) for index in range(25))
    yield kept
    kept.close()


def walk(ehr: FhirCaller, path: str) -> list[list[str]]:
    pages = []
    while path:
        pages.append(ehr.ids(path))
        path = next_path(ehr.get(path))
    return pages


@pytest.mark.parametrize("persona", PLAYED)
def test_every_match_comes_once_by_following_links(lab: Store, persona: str) -> None:
    pages = walk(playing(persona, lab), f"{SEARCH}&_count=10")
    assert [len(page) for page in pages] == [10, 10, 5]
    assert sorted(id for page in pages for id in page) == [f"o{index:02}" for index in range(25)]


@pytest.mark.parametrize(
    ("persona", "carried"),
    [
        ("epic", {"sessionID"}),
        ("oracle", {"-pageContext", "direction"}),
        ("athena", {"patient", "category", "_count", "cursor"}),
        ("ecw", {"patient", "category", "_count", "page"}),
        ("canvas", {"patient", "category", "_count", "_offset"}),
    ],
)
def test_its_links_look_as_its_own(lab: Store, persona: str, carried: set[str]) -> None:
    ehr = playing(persona, lab)
    first = ehr.get(f"{SEARCH}&_count=10")
    second = ehr.get(next_path(first))
    for answer in (first, second):
        assert set(parse_qs(urlsplit(next_path(answer)).query)) == carried


def test_canvas_pages_by_offset_so_a_page_can_repeat_what_moved(lab: Store) -> None:
    ehr = playing("canvas", lab)
    first = ehr.get(SEARCH)
    assert len(ehr.ids(SEARCH)) == 10
    assert "_offset=10" in next_path(first)
    with lab.writing() as interactions:
        interactions.delete("Observation", "o00")
    second = ehr.ids(next_path(first))
    assert second[0] == "o11"
    assert "o10" not in {*second, *ehr.ids("/Observation?_id=o00")}
    assert ehr.get("/Observation?patient=ada&_offset=x").status_code == 400


@pytest.mark.parametrize("persona", PLAYED)
def test_no_page_is_longer_than_it_hands_out(lab: Store, persona: str) -> None:
    behaviour = facts_of(persona).behaviour
    assert behaviour is not None
    most = behaviour.paging.max_count
    lab.load(observation(f"p{index:03}", category=CODING) for index in range(200))
    assert len(playing(persona, lab).ids(f"{SEARCH}&_count=1000")) == most
    assert len(playing(persona, lab).ids(SEARCH)) == behaviour.paging.default_count
    assert playing(persona, lab).get(f"{SEARCH}&_count=many").status_code == 400


@pytest.mark.parametrize("persona", [*PLAYED, OPEN])
def test_numbers_of_a_page_beyond_all_reckoning_are_no_failure_of_the_server(
    lab: Store, persona: str
) -> None:
    ehr = playing(persona, lab)
    endless = "9" * 5000
    assert len(ehr.ids(f"{SEARCH}&_count={endless}")) > 0
    for name in ("_offset", "page", "cursor", "sessionID", "-pageContext", "_page"):
        for value in (endless, f"x.{endless}", "9" * 30):
            assert ehr.get(f"{SEARCH}&{name}={value}").status_code < 500


def test_types_that_list_no_page_at_eclinicalworks_come_in_one(lab: Store) -> None:
    goals = [
        {"resourceType": "Goal", "id": f"g{index}", "subject": {"reference": "Patient/ada"}}
        for index in range(12)
    ]
    lab.load(goals)
    answer = playing("ecw", lab).get("/Goal?patient=ada&_count=5")
    assert (len(answer.get_json(force=True)["entry"]), next_path(answer)) == (12, "")


def test_epics_links_end_after_their_time_with_4113(lab: Store, clock: Clock) -> None:
    ehr = playing("epic", lab)
    behaviour = facts_of("epic").behaviour
    assert behaviour is not None
    lasts = behaviour.paging.lasts_seconds
    assert lasts is not None
    link = next_path(ehr.get(f"{SEARCH}&_count=10"))
    clock.forward(lasts)
    assert len(ehr.ids(link)) == 10
    clock.forward(1)
    answer = ehr.get(link)
    assert (answer.status_code, issue(answer)["code"], number(answer)) == (400, "expired", "4113")
    assert len(ehr.ids(f"{SEARCH}&_count=10")) == 10


@pytest.mark.parametrize(
    ("persona", "status"), [("epic", 400), ("oracle", 410), ("athena", 410), ("ecw", 410)]
)
def test_links_end_when_the_store_is_told_to_forget_them(lab: Store, persona: str, status: int) -> None:
    ehr = playing(persona, lab)
    link = next_path(ehr.get(f"{SEARCH}&_count=10"))
    lab.forget_pages()
    answer = ehr.get(link)
    assert (answer.status_code, issue(answer)["code"]) == (status, "expired")


@pytest.mark.parametrize("persona", ["epic", "oracle", "athena", "ecw"])
def test_a_link_serves_the_caller_it_was_made_for_alone(lab: Store, persona: str) -> None:
    link = next_path(playing(persona, lab, patient_access()).get(f"{SEARCH}&_count=10"))
    other = playing(persona, lab, patient_access(client_id="another"))
    assert other.get(link).status_code == 403
