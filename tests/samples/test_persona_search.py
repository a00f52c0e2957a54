"""Searches as each EHR answers them: what it insists on, passes over, leaves out, and tells among the entries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import samples.cast
from samples.fhir.access import Access
from samples.fhir.store import Store
from tests.samples.conftest import FHIR_BASE, FhirCaller, grants, issue, patient_access
from tests.samples.persona_world import (
    PLAYED,
    Clock,
    number,
    numbers_told,
    outcomes,
    playing,
)


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The whole cast, read by every test of this module and written by none."""
    clock = Clock()
    kept = Store(tmp_path_factory.mktemp("cast") / "ehr.sqlite", fhir_base=FHIR_BASE, now=clock)
    kept.load(samples.cast.resources(today=clock().date()))
    yield kept
    kept.close()


REFUSED_SEARCHES = [
    # persona, search, the EHR's number ("" where it has none), the same search as it is taken
    ("epic", "Condition?category=problem-list-item", "4111", "Condition?patient=linda-cho&category=problem-list-item"),
    ("epic", "Goal?identifier=x|1", "4111", "Goal?patient=linda-cho"),
    ("epic", "CarePlan?patient=linda-cho", "4111", "CarePlan?patient=linda-cho&category=assess-plan"),
    ("epic", "CarePlan?patient=linda-cho&category=", "4111", "CarePlan?_id=linda-cho-plan"),
    ("epic", "Observation?patient=linda-cho", "59108", "Observation?patient=linda-cho&category=laboratory"),
    ("epic", "Observation?subject=Patient/linda-cho&date=2026", "59108", "Observation?patient=linda-cho&code=4548-4"),
    ("oracle", "CarePlan?patient=linda-cho", "", "CarePlan?patient=linda-cho&category=assess-plan"),
    ("oracle", "CarePlan?patient=linda-cho&category=other", "",
     "CarePlan?patient=linda-cho&category=http://hl7.org/fhir/us/core/CodeSystem/careplan-category|assess-plan"),
    ("oracle", "Encounter?status=finished", "", "Encounter?patient=linda-cho&status=finished"),
    ("oracle", "Encounter?identifier=x&status=finished", "", "Encounter?identifier=x"),
    ("oracle", "Consent?patient=linda-cho", "", "Consent?patient=linda-cho&actor=RelatedPerson/x"),
    ("oracle", "Patient?gender=female", "", "Patient?name=cho&gender=female"),
    ("oracle", "Condition?clinical-status=active", "", "Condition?subject=Patient/linda-cho"),
    ("oracle", "Appointment?patient=linda-cho", "", "Appointment?patient=linda-cho&date=2026-11-21"),
    ("athena", "MedicationRequest?patient=linda-cho", "", "MedicationRequest?patient=linda-cho&intent=order"),
    ("athena", "AllergyIntolerance?_id=x", "", "AllergyIntolerance?patient=linda-cho"),
    ("athena", "Practitioner?identifier=x", "", "Practitioner?_id=nurse"),
    ("athena", "Patient?family=cho", "", "Patient?family=cho&gender=female"),
    ("ecw", "CarePlan?patient=linda-cho", "", "CarePlan?patient=linda-cho&category=assess-plan"),
    ("ecw", "Goal?encounter=Encounter/x", "", "Goal?patient=linda-cho"),
]  # fmt: skip


@pytest.mark.parametrize(("persona", "lacking", "numbered", "enough"), REFUSED_SEARCHES)
def test_a_search_that_lacks_what_is_insisted_on_says_required(
    practice: Store, persona: str, lacking: str, numbered: str, enough: str
) -> None:
    ehr = playing(persona, practice)
    answer = ehr.get(f"/{lacking}")
    assert (answer.status_code, issue(answer)["code"]) == (400, "required")
    if numbered:
        assert number(answer) == numbered
    assert ehr.get(f"/{enough}").status_code == 200


def test_it_is_the_same_by_post(practice: Store) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    ehr = playing("epic", practice)
    assert ehr.call("POST", "/CarePlan/_search", b"patient=linda-cho", form).status_code == 400
    assert (
        ehr.call("POST", "/CarePlan/_search", b"patient=linda-cho&category=assess-plan", form).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("date", "taken"),
    [
        ("date=2026-11-21", True),
        ("date=ge2026-01-01&date=le2026-12-01", True),
        ("date=gt2026-01-01T00:00:00Z&date=lt2026-12-01T00:00:00Z", True),
        ("date=ge2026-01-01", False),
        ("date=le2026-12-01", False),
        ("date=ge2026-01-01&date=gt2026-02-01", False),
        ("date=ge2026-01-01&date=2026-02-01", False),
        ("date=ge2026-01-01&date=le2026-12-01&date=le2026-11-01", False),
        ("_lastUpdated=ge2026-01-01", False),
    ],
)
def test_oracle_takes_date_searches_as_closed_ranges_only(practice: Store, date: str, taken: bool) -> None:
    answer = playing("oracle", practice).get(f"/Encounter?patient=gloria-reyes&{date}")
    assert answer.status_code == (200 if taken else 400)
    if not taken:
        assert "closed range" in issue(answer)["diagnostics"]


def test_oracle_wants_both_ends_of_a_care_plans_date(practice: Store) -> None:
    search = "/CarePlan?patient=linda-cho&category=assess-plan"
    ehr = playing("oracle", practice)
    assert ehr.get(f"{search}&date=2026").status_code == 400
    assert ehr.get(f"{search}&date=ge2026-01-01&date=le2026-12-31").status_code == 200


@pytest.mark.parametrize("persona", ["epic", "oracle"])
def test_only_active_care_teams_are_found(store: Store, persona: str) -> None:
    subject = {"reference": "Patient/ada"}
    store.load(
        {"resourceType": "CareTeam", "id": status, "status": status, "subject": subject}
        for status in ("active", "inactive")
    )
    ehr = playing(persona, store)
    assert ehr.ids("/CareTeam?patient=ada") == ["active"]
    assert ehr.ids("/CareTeam?patient=ada&status=inactive") == []
    assert playing("ecw", store).ids("/CareTeam?patient=ada&status=inactive") == ["inactive"]


def test_epic_warns_of_a_parameter_it_does_not_know(practice: Store) -> None:
    ehr = playing("epic", practice)
    answer = ehr.get("/Goal?patient=linda-cho&zzzzzz=1&_sort=start-date&_count=5")
    assert numbers_told(answer) == ["4122", "4122"]
    assert [told["severity"] for told in outcomes(answer)] == ["warning", "warning"]
    link = answer.get_json(force=True)["link"][0]
    assert link == {"relation": "self", "url": f"{FHIR_BASE}/Goal?patient=linda-cho&_count=5"}
    assert ehr.ids("/Goal?patient=linda-cho&zzzzzz=1")
    strict = {"Prefer": "handling=strict"}
    assert ehr.get("/Goal?patient=linda-cho&zzzzzz=1", strict).status_code == 400


@pytest.mark.parametrize("persona", ["oracle", "athena", "ecw", "canvas"])
def test_the_others_pass_over_a_parameter_they_do_not_know(practice: Store, persona: str) -> None:
    ehr = playing(persona, practice)
    everything = ehr.ids("/Goal?patient=linda-cho")
    answer = ehr.get("/Goal?patient=linda-cho&lifecycle-status=cancelled")
    assert outcomes(answer) == []
    assert ehr.ids("/Goal?patient=linda-cho&lifecycle-status=cancelled") == everything != []


def test_epic_says_nothing_found_as_an_entry(practice: Store) -> None:
    answer = playing("epic", practice).get("/Goal?patient=robin-ashby")
    assert numbers_told(answer) == ["4101"]
    found = answer.get_json(force=True)
    assert (found["total"], len(found["entry"])) == (0, 1)
    assert "entry" not in playing("oracle", practice).get("/Goal?patient=robin-ashby").get_json(force=True)


def test_epic_says_that_there_may_be_more_of_one_patient(practice: Store) -> None:
    answer = playing("epic", practice).get("/Condition?patient=earl-whitcomb")
    assert numbers_told(answer) == ["4119"]
    assert len(answer.get_json(force=True)["entry"]) > 1
    confined = playing("epic", practice, patient_access(patient_id="earl-whitcomb"))
    assert numbers_told(confined.get("/Condition?subject=Patient/earl-whitcomb")) == ["4119"]
    assert numbers_told(playing("epic", practice).get("/Condition?patient=linda-cho")) == []


def test_epic_says_what_the_app_may_not_see(practice: Store) -> None:
    answer = playing("epic", practice).get("/Procedure?patient=linda-cho")
    assert "Client not authorized for Procedure - Patient-Reported Surgical History" in answer.text
    assert "59204" in numbers_told(answer)
    no_provenance = Access(grants("Goal.rs"), frozenset(), "linda-cho", "Practitioner/nurse", "app")
    with_it = "/Goal?patient=linda-cho&_revinclude=Provenance:target"
    assert numbers_told(playing("epic", practice, no_provenance).get(with_it)) == ["59204"]
    assert numbers_told(playing("epic", practice).get(with_it)) == []


def test_an_include_that_is_not_offered_is_a_parameter_that_is_not_known(practice: Store) -> None:
    search = "/CarePlan?patient=linda-cho&category=assess-plan&_include=CarePlan:subject"
    assert numbers_told(playing("epic", practice).get(search)) == []
    oracle = playing("oracle", practice).get(search)
    assert [e["search"]["mode"] for e in oracle.get_json(force=True)["entry"]] == ["match"]


def test_oracle_tells_a_plan_in_its_text_alone(store: Store) -> None:
    plan = {
        "resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", "title": "Plan",
        "text": {"status": "additional", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Walk</div>'},
        "description": "Walk", "activity": [{"detail": {"status": "in-progress", "description": "Walk"}}],
        "category": [{"coding": [{"code": "assess-plan"}]}], "subject": {"reference": "Patient/ada"},
    }  # fmt: skip
    store.load([plan])
    ehr = playing("oracle", store)
    read = ehr.get("/CarePlan/plan").get_json(force=True)
    (found,) = ehr.get("/CarePlan?patient=ada&category=assess-plan").get_json(force=True)["entry"]
    assert read == found["resource"]
    assert not {"activity", "description"} & read.keys()
    assert read["text"] == plan["text"]
    assert "activity" in playing("epic", store).get("/CarePlan/plan").get_json(force=True)


def restricted_reads(ehr: FhirCaller) -> dict[str, tuple[int, str]]:
    asked = (
        "Patient/denise-whitaker",
        "Patient?_id=denise-whitaker",
        "Condition?patient=denise-whitaker",
        "Observation?subject=Patient/denise-whitaker&category=survey",
        "Coverage/denise-whitaker-northlake-health",
    )
    answers = {path: ehr.get(f"/{path}") for path in asked}
    assert all("Break-the-Glass" in issue(answer)["diagnostics"] for answer in answers.values())
    return {path: (answer.status_code, number(answer)) for path, answer in answers.items()}


@pytest.mark.parametrize("confined", [True, False])
def test_a_restricted_chart_stays_closed_at_epic(practice: Store, confined: bool) -> None:
    access = (patient_access(patient_id="denise-whitaker"),) if confined else ()
    ehr = playing("epic", practice, *access)
    assert practice.read("Coverage", "denise-whitaker-northlake-health")
    refused = restricted_reads(ehr)
    assert set(refused.values()) == {(403, "4131"), (403, "4130")}
    assert refused["Patient/denise-whitaker"] == (403, "4131")
    assert refused["Condition?patient=denise-whitaker"] == (403, "4130")


def test_a_restricted_patient_is_left_out_of_a_list_and_the_list_says_so(practice: Store) -> None:
    ehr = playing("epic", practice)
    answer = ehr.get("/Patient?gender=female&_count=100")
    assert "denise-whitaker" not in answer.text
    assert numbers_told(answer) == ["4134"]
    assert outcomes(answer)[0]["severity"] == "information"
    assert "denise-whitaker" in playing("oracle", practice).ids("/Patient?name=whitaker")


def test_nothing_is_written_into_a_restricted_chart(practice: Store) -> None:
    before = practice.count("Communication")
    subject = {"reference": "Patient/denise-whitaker"}
    body = {"resourceType": "Communication", "status": "completed", "subject": subject}
    answer = playing("epic", practice).post("/Communication", body)
    assert (answer.status_code, number(answer)) == (403, "4130")
    assert practice.count("Communication") == before


READS = (
    "Patient/{0}", "Condition?patient={0}", "AllergyIntolerance?patient={0}",
    "CarePlan?patient={0}&category=assess-plan", "Goal?patient={0}",
    "MedicationRequest?patient={0}&intent=order,plan", "Observation?patient={0}&category=laboratory",
    "Encounter?patient={0}", "CareTeam?patient={0}&status=active", "DocumentReference?patient={0}",
    "Procedure?patient={0}", "Immunization?patient={0}", "ServiceRequest?patient={0}",
)  # fmt: skip


@pytest.mark.parametrize("persona", PLAYED)
def test_a_chart_of_the_cast_is_read_in_each(practice: Store, persona: str) -> None:
    ehr = playing(persona, practice, patient_access(patient_id="linda-cho"))
    answers = {path: ehr.get("/" + path.format("linda-cho")) for path in READS}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(READS, 200)
    for path in ("Condition?patient={0}", "CarePlan?patient={0}&category=assess-plan", "Goal?patient={0}"):
        assert any(e["search"]["mode"] == "match" for e in answers[path].get_json(force=True)["entry"]), path


@pytest.mark.parametrize("persona", PLAYED)
def test_what_the_cast_says_of_its_medicines_cannot_be_asked_for_but_at_canvas(
    practice: Store, persona: str
) -> None:
    stated = practice.search("MedicationStatement", [("patient", "earl-whitcomb")]).resources
    ordered = practice.search(
        "MedicationRequest", [("patient", "earl-whitcomb"), ("intent", "order")]
    ).resources
    assert stated
    ehr = playing(persona, practice)
    answer = ehr.get("/MedicationStatement?patient=earl-whitcomb")
    if persona == "canvas":
        assert len(ehr.ids("/MedicationStatement?patient=earl-whitcomb&_count=100")) == len(stated)
    else:
        assert (answer.status_code, issue(answer)["code"]) == (404, "not-supported")
        # Nothing is made up in their place: what is ordered is what it was.
        found = ehr.ids("/MedicationRequest?patient=earl-whitcomb&intent=order&_count=100")
        assert found == [each["id"] for each in ordered]
