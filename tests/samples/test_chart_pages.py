"""The pages of the chart shell: what a newcomer sees, what an app filed, and nothing that a hostile record wrote."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import html

from tests.samples.oauth_world import EHR, PATIENTS, World

HOSTILE = '<script>alert("x")</script>'
TAG = {"tag": [{"system": "https://chartside.example/fhir/CodeSystem/tag", "code": "chartside"}]}
NARRATIVE = '<div xmlns="http://www.w3.org/1999/xhtml"><p>She walks</p><script>alert(1)</script></div>'

CHART: tuple[dict[str, Any], ...] = (
    *PATIENTS,
    {"resourceType": "Patient", "id": "eve", "name": [{"family": HOSTILE, "given": ['" onload="alert(1)']}],
     "birthDate": "1970", "gender": "other", "deceasedDateTime": "2026-10-29"},
    {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/eve"}, "code": {"text": HOSTILE}},
    {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/ada"}, "code": {"text": "Hypertension"},
     "clinicalStatus": {"coding": [{"code": "active"}]}},
    {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
     "subject": {"reference": "Patient/ada"}, "medicationCodeableConcept": {"text": "lisinopril"}},
    {"resourceType": "MedicationStatement", "id": "m2", "status": "active", "subject": {"reference": "Patient/ada"},
     "medicationCodeableConcept": {"text": "aspirin"}},
    {"resourceType": "Goal", "id": "g1", "lifecycleStatus": "active", "subject": {"reference": "Patient/ada"},
     "description": {"text": "Walk to church"}, "meta": TAG, "text": {"status": "generated", "div": NARRATIVE}},
    *({"resourceType": "Task", "id": f"t{number}", "status": "requested", "intent": "order",
       "for": {"reference": "Patient/ada"}, "authoredOn": f"2026-10-{number:02}", "code": {"text": f"call {number}"}}
      for number in range(1, 26)),
    *({"resourceType": "Patient", "id": f"p{number}", "name": [{"family": f"Zed{number:03}", "given": ["Z"]}]}
      for number in range(60)),
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("ehr"), resources=CHART)


def page(world, address, **query):
    answer = world.get(address, **query)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def words(element):
    return re.sub(r"\s+", " ", element.text_content()).strip()


def every_page():
    tabs = (
        "summary",
        "problems",
        "medications",
        "encounters",
        "care-plans",
        "goals",
        "tasks",
        "consents",
        "app",
    )
    yield "/", {}
    yield "/", {"q": HOSTILE}
    yield "/chart/eve/history/Condition/c", {}
    for patient in ("ada", "ben", "eve"):
        for tab in tabs:
            yield f"/chart/{patient}", {"tab": tab, "user": "assistant", "app": "open"}


@pytest.mark.parametrize(("address", "query"), [*every_page()])
def test_every_page_is_labelled_and_runs_nothing_that_a_record_wrote(world, address, query):
    answer = world.get(address, **query)
    assert answer.status_code == 200
    assert "Sandbox EHR - not a real record" in answer.text
    tree = html.fromstring(answer.text)
    assert [script.get("src") for script in tree.iter("script")] in ([], ["/static/sandbox/chart.js"])
    handlers = [
        name for element in tree.iter() for name in element.attrib if name.startswith("on") or name == "style"
    ]
    assert handlers == []
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "frame-src 'self' http://127.0.0.1:8080;" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


def test_every_link_and_every_file_of_every_page_exists(world):
    links = set()
    for address, query in every_page():
        found = page(world, address, **query).iterlinks()
        links |= {
            link for element, _, link, _ in found if element.tag != "iframe" and not link.startswith("#")
        }
    assert len(links) > 100
    for link in links:
        with world.browser.get(link, base_url=EHR) as answer:
            assert answer.status_code == 200, link


def test_the_list_shows_the_patients_by_name_in_pages_of_25(world):
    first = page(world, "/")
    names = [words(cell) for cell in first.xpath("//table//th[@scope='row']")]
    assert len(names) == 25
    assert {"Ardmore, Ada", "Birch, Ben", "Zed000, Z"} <= set(names)
    assert words(first.xpath("//h2[@id='all']")[0]) == "All patients 63"
    assert (
        words(first.xpath("//tr[.//a[contains(., 'Ardmore')]]")[0])
        == "Ardmore, Ada 3 Feb 1950 76 y female RB-1"
    )
    last = page(world, "/", page="3")
    assert len(last.xpath("//table//th[@scope='row']")) == 13
    assert first.xpath("//a[@rel='next']/@href") == ["/?page=2"]
    assert last.xpath("//a[@rel='next']") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ardm", ["Ardmore, Ada"]),
        ("Ada Ardmore", ["Ardmore, Ada"]),
        ("Ardmore, Ada", ["Ardmore, Ada"]),
        ("RB-1", ["Ardmore, Ada"]),
        ("1950-02-03", ["Ardmore, Ada"]),
        ("1950-99-99", []),
        ("Zed007", ["Zed007, Z"]),
        ("nobody", []),
        ("a,b|c$d\\", []),
    ],
)
def test_patients_are_found_by_name_number_and_birth_date(world, query, found):
    tree = page(world, "/", q=query)
    assert [words(cell) for cell in tree.xpath("//table//th[@scope='row']")] == found
    if not found:
        assert "No patient fits" in words(tree)


def test_the_list_is_in_the_order_of_the_names_that_it_shows(tmp_path):
    people = (
        [{"use": "official", "family": "Öberg"}, {"use": "maiden", "family": "Adams"}],
        [{"family": "Zed"}],
        [{"family": "obama"}],
        [{"family": "Baker", "given": ["Will"]}],
        [{"family": "Baker", "given": ["Álvaro"]}],
    )
    listed = tuple({"resourceType": "Patient", "id": f"p{i}", "name": name} for i, name in enumerate(people))
    tree = page(World(tmp_path, resources=listed), "/")
    shown = [words(cell) for cell in tree.xpath("//table//th[@scope='row']")]
    assert shown == ["Baker, Álvaro", "Baker, Will", "obama", "Öberg", "Zed"]


@pytest.mark.parametrize("query", [{"page": "0"}, {"page": "-3"}, {"page": "99"}, {"page": "x"}])
def test_a_page_that_is_not_there_is_no_error(world, query):
    assert world.get("/", **query).status_code == 200
    assert world.get("/chart/ada", tab="tasks", **query).status_code == 200


def test_a_hostile_name_is_shown_as_text(world):
    tree = page(world, "/chart/eve")
    assert words(tree.xpath("//h1")[0]) == f'" onload="alert(1) {HOSTILE}'
    assert "Deceased 29 Oct 2026" in words(tree)
    assert HOSTILE in words(page(world, "/chart/eve", tab="problems").xpath("//h3")[0])


def test_the_banner_says_who_the_patient_is(world):
    banner = words(page(world, "/chart/ada").xpath("//section[@aria-label='Patient']")[0])
    assert "Ada Ardmore" in banner
    assert "female · 76 y (3 Feb 1950) · MRN RB-1" in banner


def test_the_tabs_count_what_is_in_them(world):
    tabs = [words(tab) for tab in page(world, "/chart/ada").xpath("//nav[@aria-label='Chart']//a")]
    assert tabs == [
        "Summary",
        "Problems 1",
        "Medicines 2",
        "Visits 1",
        "Care plans 0",
        "Goals 1",
        "Tasks 25",
        "Consents 0",
    ]


def test_an_empty_tab_says_so(world):
    assert "None recorded." in words(page(world, "/chart/ada", tab="consents"))


def test_a_row_shows_narrative_json_version_and_that_the_app_filed_it(world):
    (row,) = page(world, "/chart/ada", tab="goals").xpath("//li[contains(@class, 'row')]")
    assert words(row.xpath(".//h3")[0]) == "Walk to church"
    assert "filed by Chartside" in words(row)
    assert words(row.xpath(".//div[@class='narrative']")[0]) == "She walks"
    summary = words(row.xpath(".//summary")[0])
    assert summary == "Goal/g1 · version 1 · last updated 21 Nov 2026, 10:00"
    assert '"lifecycleStatus": "active"' in row.xpath(".//pre")[0].text
    assert row.xpath(".//a[starts-with(., 'History')]/@href") == ["/chart/ada/history/Goal/g1?user=nurse"]


def test_the_newest_row_stands_first_and_the_rest_is_on_further_pages(world):
    first = page(world, "/chart/ada", tab="tasks", user="physician")
    headings = [words(heading) for heading in first.xpath("//li[contains(@class, 'row')]//h3")]
    assert headings == [f"call {number}" for number in range(25, 5, -1)]
    following = first.xpath("//a[@rel='next']/@href")[0]
    second = html.fromstring(world.browser.get(following, base_url=EHR).text)
    assert len(second.xpath("//li[contains(@class, 'row')]")) == 5
    assert "Dr Luis Alvarez" in words(second.xpath("//summary")[0])


def test_both_kinds_of_medicine_stand_in_one_tab(world):
    text = words(page(world, "/chart/ada", tab="medications").xpath("//ol")[0])
    assert "lisinopril" in text
    assert "aspirin" in text
    assert "patient's list" in text


def test_the_summary_names_what_the_app_filed_first(world):
    titles = [
        words(title) for title in page(world, "/chart/ada").xpath("//section[contains(@class, 'card')]/h3")
    ]
    assert titles[:2] == ["Filed by Chartside 1", "Problems 1"]
    assert "Filed by" not in words(page(world, "/chart/ben"))


def test_the_app_is_framed_with_a_launch_of_this_patient_and_user(world):
    (frame,) = page(
        world, "/chart/ada", tab="app", user="manager", encounter="visit", intent="contact"
    ).xpath("//iframe")
    assert frame.get("name") == "chartside-frame"
    assert frame.get("src") == "/launch/chartside?patient=ada&user=manager&encounter=visit&intent=contact"
    allowed = "allow-forms allow-modals allow-popups allow-scripts allow-same-origin allow-downloads"
    assert frame.get("sandbox") == allowed
    assert world.browser.get(frame.get("src"), base_url=EHR).status_code == 302
    assert page(world, "/chart/ada").xpath("//iframe") == []


def test_another_registered_client_can_be_launched(world):
    (frame,) = page(world, "/chart/ada", tab="app", client="chartside-symmetric").xpath("//iframe")
    assert frame.get("src").startswith("/launch/chartside-symmetric?")


def test_the_app_stays_open_while_its_user_looks_through_the_tabs(world):
    tree = page(world, "/chart/ada", tab="app", user="nurse")
    goals = tree.xpath("//nav[@aria-label='Chart']//a[starts-with(., 'Goals')]/@href")[0]
    beside = html.fromstring(world.browser.get(goals, base_url=EHR).text)
    assert len(beside.xpath("//iframe")) == 1
    closed = beside.xpath("//a[. = 'Close Chartside']/@href")[0]
    assert html.fromstring(world.browser.get(closed, base_url=EHR).text).xpath("//iframe") == []


def test_the_switcher_offers_the_four_users_and_keeps_the_page(world):
    switcher = page(world, "/chart/ada", tab="goals", user="nurse").xpath("//details[@class='switcher']//a")
    assert [words(choice.find("strong")) for choice in switcher] == [
        "Dana Whitfield, RN", "Dr Luis Alvarez, MD", "Priya Raman, CMA", "Tom Becker",
    ]  # fmt: skip
    assert all("tab=goals" in choice.get("href") for choice in switcher)


@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("/chart/nobody", {}),
        ("/chart/ada", {"tab": "secrets"}),
        ("/chart/ada", {"user": "cardiologist"}),
        ("/", {"user": "nobody"}),
        ("/chart/ada/history/Goal/none", {}),
        ("/chart/ada/history/Condition/c", {}),
        ("/chart/ada/history/Practitioner/nurse", {}),
        ("/chart/ada/history/Nonsense/1", {}),
        (f"/chart/{HOSTILE}", {}),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(world, address, query):
    answer = world.get(address, **query)
    assert answer.status_code == 404
    assert "<script>" not in answer.text
    if not address.endswith("script>"):
        assert "Sandbox EHR - not a real record" in answer.text


def test_the_history_shows_each_version_newest_first(tmp_path):
    world = World(tmp_path, resources=CHART)
    goal = world.sandbox.store.read("Goal", "g1")
    world.clock.forward(60)
    world.sandbox.store.update({**goal, "description": {"text": "Walk further"}})
    tree = page(world, "/chart/ada/history/Goal/g1")
    assert [words(version) for version in tree.xpath("//h2")] == ["Version 2", "Version 1"]
    assert f"GET {EHR}/fhir/Goal/g1/_history" in words(tree)
    now, before = tree.xpath("//pre")
    assert "Walk further" in now.text
    assert "Walk to church" in before.text
