"""What each EHR that the sandbox plays says of itself, held against a table written from published captures."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from samples.fhir.search_table import served_types
from samples.fhir.store import Store
from samples.personas import OPEN
from tests.samples.conftest import FhirCaller, issue
from tests.samples.persona_world import PLAYED, playing, statement

LETTERS = {"C": "create", "R": "read", "S": "search-type", "U": "update", "P": "patch", "D": "delete"}
COLUMNS = ("epic", "oracle", "athena", "ecw", "canvas")
# Resource x EHR: C create, R read, S search, U update (PUT), P patch, D delete, "-" not listed. ChargeItem and
# RiskAssessment, which the sandbox does not keep, are in no column.
TABLE = """
CarePlan               RS     RS     RS   RS   RS
Goal                   RS     RS     RS   RS   RS
Task                   RSU    -      -    -    CURS
Consent                RS     RS     -    -    CRS
MedicationStatement    -      -      -    -    CURS
MedicationRequest      RS     CRSP   RS   RS   RS
CareTeam               RS     RS     RS   RS   RUS
Condition              CRS    CURS   RS   RS   CRUS
Observation            CURS   CURS   RS   RS   CRS
QuestionnaireResponse  CRS    RSU    C    CRS  CRUS
Communication          CRS    CPRS   -    -    CRS
DocumentReference      CURS   CURS   RS   RS   CRS
ServiceRequest         CURS   RS     RS   RS   RS
Procedure              CURS   CRS    RS   RS   RS
AllergyIntolerance     CRS    CURS   RS   RS   CRUS
Coverage               R      CRSPD  RS   RS   CRUS
Encounter              RS     CRSP   RS   RS   RS
EpisodeOfCare          RS     -      -    -    -
RiskAssessment         -      -      -    -    -
ChargeItem             -      -      -    -    -
Claim                  RS     -      -    R    CRUS
Basic                  -      C      -    -    -
Patient                CRS    CRSP   RS   RS   CRUS
RelatedPerson          RS     CRSP   RS   RS   RS
Provenance             R      CRS    RS   RS   RS
"""
CELLS = [
    (words[0], persona, cell)
    for words in (line.split() for line in TABLE.strip().splitlines())
    for persona, cell in zip(COLUMNS, words[1:], strict=True)
]
SYSTEM = {"epic": [], "oracle": ["batch"], "athena": [], "ecw": [], "canvas": []}
REFUSED = {"epic": 405, "oracle": 405, "athena": 403, "ecw": 501, "canvas": 405}


def listed(found: dict[str, Any], resource_type: str) -> dict[str, Any]:
    return next((each for each in found["rest"][0]["resource"] if each["type"] == resource_type), {})


def codes(resource: dict[str, Any]) -> set[str]:
    return {each["code"] for each in resource.get("interaction", [])}


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    store = Store(
        tmp_path_factory.mktemp("statements") / "ehr.sqlite", fhir_base="http://localhost:8090/fhir"
    )
    found = {name: statement(name, store) for name in (*PLAYED, OPEN)}
    store.close()
    return found


@pytest.mark.parametrize("persona", COLUMNS)
def test_it_offers_what_the_table_says_cell_by_cell(
    statements: dict[str, dict[str, Any]], persona: str
) -> None:
    expected = {
        resource_type: {LETTERS[letter] for letter in cell.strip("-")}
        for resource_type, column, cell in CELLS
        if column == persona
    }
    offered = {resource_type: codes(listed(statements[persona], resource_type)) for resource_type in expected}
    assert offered == expected


@pytest.mark.parametrize("persona", PLAYED)
def test_it_is_a_valid_statement_that_says_it_plays(
    statements: dict[str, dict[str, Any]], persona: str
) -> None:
    found = statements[persona]
    CapabilityStatement.model_validate(found)
    title = found["software"]["name"]
    assert title.startswith("Sandbox EHR playing ")
    assert found["title"] == f"{title} - not a real record"
    assert found["implementation"]["description"] == title
    assert [each["code"] for each in found["rest"][0].get("interaction", [])] == SYSTEM[persona]
    # How to sign in stands here too, for apps that find no SMART configuration.
    (mine,), (all_of_them,) = (each["rest"][0]["security"]["extension"] for each in (found, statements[OPEN]))
    assert mine["url"] == all_of_them["url"]
    assert [each for each in all_of_them["extension"] if each in mine["extension"]] == mine["extension"]
    assert {"authorize", "token"} <= {each["url"] for each in mine["extension"]}


@pytest.mark.parametrize("persona", PLAYED)
def test_no_type_promises_history_upserts_or_conditional_creates(
    statements: dict[str, dict[str, Any]], persona: str
) -> None:
    for resource in statements[persona]["rest"][0]["resource"]:
        promised = {resource[name] for name in ("readHistory", "updateCreate", "conditionalCreate")}
        assert promised == {False}, resource["type"]
        assert not codes(resource) & {"vread", "history-instance"}


@pytest.mark.parametrize("persona", PLAYED)
def test_only_oracle_says_that_it_takes_patches(statements: dict[str, dict[str, Any]], persona: str) -> None:
    assert ("patchFormat" in statements[persona]) == (persona == "oracle")


@pytest.mark.parametrize(
    ("persona", "resource_type", "listed_names"),
    [
        ("epic", "CareTeam", {"patient", "status", "subject", "_id", "category", "date", "encounter",
                              "identifier", "participant"}),
        ("oracle", "CarePlan", {"_id", "date", "patient", "category"}),
        ("oracle", "Goal", {"_id", "patient", "target-date"}),
        ("athena", "CarePlan", {"patient", "category", "_lastUpdated", "_id", "_security", "cursor"}),
        ("ecw", "Condition", {"_id", "category", "encounter", "onset-date", "patient", "page"}),
        ("ecw", "CarePlan", {"_id", "category", "encounter", "patient"}),
        ("canvas", "Task", {"modified", "owner", "patient", "priority", "requester", "status", "_id"}),
    ],
)  # fmt: skip
def test_it_lists_its_own_search_parameters_only(
    statements: dict[str, dict[str, Any]], persona: str, resource_type: str, listed_names: set[str]
) -> None:
    resource = listed(statements[persona], resource_type)
    assert {each["name"] for each in resource["searchParam"]} == listed_names


def test_athena_declares_its_required_parameters_for_machines(
    statements: dict[str, dict[str, Any]],
) -> None:
    def declared(resource_type: str) -> list[tuple[str, str]]:
        (extension,) = listed(statements["athena"], resource_type)["extension"]
        assert extension["url"] == "https://fhir.athena.io/StructureDefinition/ah-search-parameter-metadata"
        return [(each["url"], each["valueString"]) for each in extension["extension"]]

    anyway = "requiredAnySearchParams"
    assert declared("CarePlan") == [(anyway, "patient"), (anyway, "_id")]
    assert declared("MedicationRequest") == [(anyway, "patient, intent"), (anyway, "_id")]
    assert declared("AllergyIntolerance") == [("requiredSearchParams", "patient")]
    assert "extension" not in listed(statements["epic"], "CarePlan")


@pytest.mark.parametrize("persona", PLAYED)
def test_the_open_sandbox_stays_what_it_is(statements: dict[str, dict[str, Any]], persona: str) -> None:
    found = statements[OPEN]
    assert found["software"] == {"name": "Chartside sandbox EHR"}
    assert {each["type"] for each in found["rest"][0]["resource"]} == set(served_types())
    offered = {each["type"] for each in statements[persona]["rest"][0]["resource"]}
    assert offered < set(served_types())


def send(ehr: FhirCaller, code: str, resource_type: str) -> Any:
    body = {"resourceType": resource_type, "id": "x"}
    return {
        "create": lambda: ehr.post(f"/{resource_type}", body),
        "read": lambda: ehr.get(f"/{resource_type}/x"),
        "search-type": lambda: ehr.get(f"/{resource_type}?_id=x"),
        "update": lambda: ehr.put(f"/{resource_type}/x", body),
        "patch": lambda: ehr.patch(f"/{resource_type}/x", []),
        "delete": lambda: ehr.delete(f"/{resource_type}/x"),
        "vread": lambda: ehr.get(f"/{resource_type}/x/_history/1"),
        "history-instance": lambda: ehr.get(f"/{resource_type}/x/_history"),
    }[code]()


@pytest.mark.parametrize("persona", PLAYED)
def test_what_it_does_not_list_is_refused_and_what_it_lists_is_not(
    statements: dict[str, dict[str, Any]], persona: str, store: Store
) -> None:
    ehr = playing(persona, store)
    every = (*LETTERS.values(), "vread", "history-instance")
    for resource_type, code in itertools.product(served_types(), every):
        answer = send(ehr, code, resource_type)
        offered = codes(listed(statements[persona], resource_type))
        where = (persona, resource_type, code, answer.status_code)
        if code in offered:
            assert issue_code(answer) != "not-supported", where
            continue
        assert answer.status_code == (REFUSED[persona] if offered else 404), where
        assert issue(answer)["code"] == "not-supported", where
        if answer.status_code == 405:
            assert set(answer.headers.get("Allow", "").split(", ")) <= {
                "",
                "GET",
                "POST",
                "PUT",
                "PATCH",
                "DELETE",
            }


def issue_code(answer: Any) -> str:
    body = answer.get_json(force=True, silent=True) or {}
    return str(body["issue"][0]["code"]) if body.get("resourceType") == "OperationOutcome" else ""


@pytest.mark.parametrize("persona", PLAYED)
@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_bundle_of_a_kind_that_is_not_offered_is_refused(persona: str, kind: str, store: Store) -> None:
    answer = playing(persona, store).post("", {"resourceType": "Bundle", "type": kind, "entry": []})
    if kind in SYSTEM[persona]:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, issue(answer)["code"]) == (REFUSED[persona], "not-supported")


def test_each_entry_of_a_batch_is_held_to_what_is_offered(store: Store) -> None:
    store.load([{"resourceType": "Patient", "id": "ada"}])

    def entry(method: str, url: str, resource: dict[str, Any] | None = None) -> dict[str, Any]:
        request = {"method": method, "url": url, "ifNoneExist": "identifier=x|1"}
        return {"request": request, **({"resource": resource} if resource else {})}

    goal = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "x"},
            "subject": {"reference": "Patient/ada"}}  # fmt: skip
    entries = [
        entry("GET", "Patient/ada"),
        entry("POST", "Goal", goal),
        entry("GET", "CarePlan?patient=ada"),
        entry("PUT", "Patient/ada", {"resourceType": "Patient", "id": "ada"}),
        entry("GET", "Task?patient=ada"),
    ]
    ehr = playing("oracle", store)
    answer = ehr.post("", {"resourceType": "Bundle", "type": "batch", "entry": entries})
    answered = answer.get_json(force=True)["entry"]
    assert [e["response"]["status"][:3] for e in answered] == ["200", "405", "400", "405", "404"]
    assert store.count("Goal") == 0
