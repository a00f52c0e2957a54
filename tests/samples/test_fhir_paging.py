"""Pages, totals, and what a search brings with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from samples.fhir.pages import KEPT_RESULTS
from samples.fhir.store import Store
from tests.samples.conftest import FhirCaller, issue, observation, patient, patient_access, task


def next_link(bundle: dict[str, Any]) -> str | None:
    """The path and query, below /fhir, of the page that follows."""
    links = {link["relation"]: link["url"] for link in bundle["link"]}
    if "next" not in links:
        return None
    parts = urlsplit(links["next"])
    return f"{parts.path.removeprefix('/fhir')}?{parts.query}"


def walk(ehr: FhirCaller, path: str) -> list[dict[str, Any]]:
    pages, link = [], path
    while link:
        answer = ehr.get(link)
        assert answer.status_code == 200, answer.text
        pages.append(answer.get_json(force=True))
        link = next_link(pages[-1]) or ""
    return pages


def match_ids(bundle: dict[str, Any]) -> list[str]:
    return [e["resource"]["id"] for e in bundle.get("entry", []) if e["search"]["mode"] == "match"]


def test_pages_give_every_match_once_and_the_right_total(store: Store, ehr: FhirCaller) -> None:
    store.load(task(f"t{i:03}") for i in range(123))
    pages = walk(ehr, "/Task?patient=ada&_count=50&_sort=-_id")
    assert [len(match_ids(page)) for page in pages] == [50, 50, 23]
    assert [page["total"] for page in pages] == [123, 123, 123]
    assert [i for page in pages for i in match_ids(page)] == [f"t{i:03}" for i in reversed(range(123))]


@pytest.mark.parametrize(
    ("asked", "given"), [("", 50), ("&_count=500", 200), ("&_count=3", 3), ("&_count=00", 0)]
)
def test_page_size_has_a_default_and_a_limit(store: Store, ehr: FhirCaller, asked: str, given: int) -> None:
    store.load(task(f"t{i}") for i in range(210))
    bundle = ehr.get(f"/Task?patient=ada{asked}").get_json(force=True)
    assert len(match_ids(bundle)) == given
    assert bundle["total"] == 210


@pytest.mark.parametrize("query", ["_summary=count", "_count=0"])
def test_counting_sends_no_entries_and_no_next_page(store: Store, ehr: FhirCaller, query: str) -> None:
    store.load(task(f"t{i}") for i in range(60))
    bundle = ehr.get(f"/Task?{query}").get_json(force=True)
    assert bundle["total"] == 60
    assert "entry" not in bundle
    assert next_link(bundle) is None


def test_no_total_when_none_is_asked_for(store: Store, ehr: FhirCaller) -> None:
    store.load([task("a")])
    assert "total" not in ehr.get("/Task?_total=none").get_json(force=True)


def test_paging_neither_repeats_nor_misses_while_resources_change(store: Store, ehr: FhirCaller) -> None:
    store.load(task(f"t{i}") for i in range(6))
    first = ehr.get("/Task?_count=2&status=requested").get_json(force=True)
    assert ehr.put("/Task/t0", task("t0", status="completed")).status_code == 200
    assert ehr.delete("/Task/t3").status_code == 204
    store.load([task("late")])
    rest = walk(ehr, next_link(first) or "")
    assert match_ids(first) + [i for page in rest for i in match_ids(page)] == ["t0", "t1", "t2", "t4", "t5"]


def test_a_page_is_bound_to_its_caller_and_its_type(store: Store, ehr: FhirCaller, caller_with: Any) -> None:
    store.load(task(f"t{i}") for i in range(60))
    ada, bob = caller_with(patient_access()), caller_with(patient_access(patient_id="bob"))
    link = next_link(ada.get("/Task").get_json(force=True)) or ""
    assert ada.get(link).status_code == 200
    assert bob.get(link).status_code == 403
    assert ehr.get(link).status_code == 403
    assert ada.get(link.replace("/Task", "/Goal")).status_code == 410


def test_a_page_that_left_the_patients_data_is_not_shown(
    store: Store, ehr: FhirCaller, caller_with: Any
) -> None:
    store.load(task(f"t{i}") for i in range(4))
    ada = caller_with(patient_access())
    link = next_link(ada.get("/Task?_count=2").get_json(force=True)) or ""
    assert ehr.put("/Task/t2", task("t2", "bob")).status_code == 200
    assert match_ids(ada.get(link).get_json(force=True)) == ["t3"]


def test_a_forgotten_page_says_so(store: Store, ehr: FhirCaller) -> None:
    store.load([task("a"), task("b")])
    link = next_link(ehr.get("/Task?_count=1").get_json(force=True)) or ""
    for _ in range(KEPT_RESULTS):
        assert ehr.get("/Task?_count=1").status_code == 200
    gone = ehr.get(link)
    assert (gone.status_code, issue(gone)["code"]) == (410, "expired")


@pytest.fixture
def linked(store: Store) -> None:
    store.load(
        [
            patient("ada"),
            {"resourceType": "Practitioner", "id": "nurse"},
            {"resourceType": "Organization", "id": "clinic"},
            task("a", owner={"reference": "Practitioner/nurse"}, focus={"reference": "Observation/o"}),
            task("b", owner={"reference": "Organization/clinic"}, focus={"reference": "Observation/gone"}),
            task("c", owner={"reference": "http://other.example/fhir/Practitioner/nurse"}),
            observation("o"),
        ]
    )


@pytest.mark.parametrize(
    ("query", "brought"),
    [
        ("/Task?_include=Task:owner", {"Practitioner/nurse", "Organization/clinic"}),
        ("/Task?_include=Task:owner:Practitioner", {"Practitioner/nurse"}),
        ("/Task?_include=Task:owner&_include=Task:focus&_id=a", {"Practitioner/nurse", "Observation/o"}),
        ("/Task?_include=Task:patient", {"Patient/ada"}),
        ("/Patient?_revinclude=Task:patient", {"Task/a", "Task/b", "Task/c"}),
        ("/Patient?_revinclude=Task:patient&_revinclude=Observation:subject",
         {"Task/a", "Task/b", "Task/c", "Observation/o"}),
        ("/Observation?_revinclude=Task:focus:Observation", {"Task/a"}),
        ("/Task?_include=Task:based-on", set()),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("linked")
def test_includes_bring_each_resource_once(ehr: FhirCaller, query: str, brought: set[str]) -> None:
    bundle = ehr.get(query).get_json(force=True)
    included = [
        f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for e in bundle["entry"]
        if e["search"]["mode"] == "include"
    ]
    assert sorted(included) == sorted(brought)
    assert bundle["total"] == len(match_ids(bundle))


@pytest.mark.usefixtures("linked")
def test_a_target_that_matches_itself_is_not_included_again(store: Store, ehr: FhirCaller) -> None:
    store.load([task("part", partOf=[{"reference": "Task/a"}])])
    bundle = ehr.get("/Task?_include=Task:part-of").get_json(force=True)
    assert sorted(match_ids(bundle)) == ["a", "b", "c", "part"]
    assert len(bundle["entry"]) == 4
