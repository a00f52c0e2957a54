"""What each kind of search parameter finds, and how a search owns up to what it did not understand."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from samples.fhir.store import Store
from tests.samples.conftest import FHIR_BASE, FhirCaller, issue, observation, patient, task

LOINC = "http://loinc.org"
CODES = {
    "a1c": [{"system": LOINC, "code": "4548-4"}],
    "local": [{"code": "4548-4"}],
    "both": [{"system": "urn:lab", "code": "x,1|a"}, {"system": LOINC, "code": "4548-4"}],
    "other": [{"system": LOINC, "code": "8480-6"}],
    "text": [],
}


@pytest.fixture
def coded(store: Store, ehr: FhirCaller) -> FhirCaller:
    store.load(observation(name, code={"coding": c, "text": "t"}) for name, c in CODES.items())
    return ehr


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"code": "4548-4"}, {"a1c", "local", "both"}),
        ({"code": f"{LOINC}|4548-4"}, {"a1c", "both"}),
        ({"code": "|4548-4"}, {"local"}),
        ({"code": f"{LOINC}|"}, {"a1c", "both", "other"}),
        ({"code": f"{LOINC}|4548-4,{LOINC}|8480-6"}, {"a1c", "both", "other"}),
        ({"code": [f"{LOINC}|4548-4", "urn:lab|"]}, {"both"}),
        ({"code": r"urn:lab|x\,1\|a"}, {"both"}),
        ({"code:not": f"{LOINC}|4548-4"}, {"local", "other", "text"}),
        ({"code:not": "4548-4,8480-6"}, {"text"}),
        ({"code:missing": "true"}, {"text"}),
        ({"code:missing": "false"}, {"a1c", "local", "both", "other"}),
        ({"status": "final"}, set(CODES)),
        ({"status": "http://hl7.org/fhir/observation-status|final", "code": "8480-6"}, {"other"}),
        ({"status": "FINAL"}, set()),
        ({"_id": "a1c,other"}, {"a1c", "other"}),
    ],
)
def test_tokens(coded: FhirCaller, query: dict[str, Any], found: set[str]) -> None:
    assert set(coded.ids("/Observation", query_string=query)) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "gar"}, {"ana"}),
        ({"name": "GARCIA"}, {"ana"}),
        ({"family": "García"}, {"ana"}),
        ({"family:exact": "garcia"}, set()),
        ({"family:exact": "García López"}, {"ana"}),
        ({"family": "lópez"}, set()),
        ({"family:contains": "lopez"}, {"ana"}),
        ({"name": "o'neil"}, {"sean"}),
        ({"given": "ana,SEÁN"}, {"ana", "sean"}),
        ({"name": ["ana", "garcia"]}, {"ana"}),
        ({"address": "river"}, {"ana"}),
        ({"address-city": "riverbend"}, {"ana"}),
        ({"phone": "555-0100"}, {"ana"}),
        ({"email": "555-0100"}, set()),
        ({"identifier": "urn:mrn|7"}, {"sean"}),
        ({"gender": "female"}, {"ana"}),
        ({"deceased": "true"}, {"sean"}),
        ({"deceased": "false"}, {"ana"}),
        ({"birthdate": "1960-05"}, {"ana"}),
        ({"birthdate": "lt1960"}, {"sean"}),
        ({"name": "100%"}, set()),
        ({"name": "_"}, set()),
        ({"name": "x' OR '1'='1"}, set()),
    ],
)
def test_strings_and_the_rest_of_a_patient(
    store: Store, ehr: FhirCaller, query: dict[str, Any], found: set[str]
) -> None:
    store.load(
        [
            patient(
                "ana", gender="female", birthDate="1960-05-02", name=[{"family": "García López", "given": ["Ana"]}],
                address=[{"city": "Riverbend"}], telecom=[{"system": "phone", "value": "555-0100"}],
            ),
            patient(
                "sean", birthDate="1959", name=[{"text": "Seán O'Neil", "given": ["Seán"], "family": "O'Neil"}],
                identifier=[{"system": "urn:mrn", "value": "7"}], deceasedDateTime="2026-01-01",
            ),
        ]
    )  # fmt: skip
    assert set(ehr.ids("/Patient", query_string=query)) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("patient=ada", {"relative", "absolute", "versioned"}),
        ("patient=Patient/ada", {"relative", "absolute", "versioned"}),
        (f"patient={FHIR_BASE}/Patient/ada", {"relative", "absolute", "versioned"}),
        ("subject=ada", {"relative", "absolute", "versioned", "group"}),
        ("subject:Patient=ada", {"relative", "absolute", "versioned"}),
        ("subject:Group=ada", {"group"}),
        ("subject=Group/ada", {"group"}),
        ("subject=http://other.example/fhir/Patient/ada", {"elsewhere"}),
        ("subject:identifier=urn:mrn|1", {"logical"}),
        ("subject:missing=true", {"none", "logical"}),
        ("patient=ad", set()),
    ],
)
def test_references(store: Store, ehr: FhirCaller, query: str, found: set[str]) -> None:
    references = {
        "relative": "Patient/ada",
        "absolute": f"{FHIR_BASE}/Patient/ada",
        "versioned": "Patient/ada/_history/2",
        "group": "Group/ada",
        "elsewhere": "http://other.example/fhir/Patient/ada",
        "fragment": "#ada",
    }
    store.load(
        observation(name, subject={"reference": r}) for name, r in references.items() if name != "fragment"
    )
    store.load([{"resourceType": "Observation", "id": "none", "status": "final", "code": {"text": "t"}}])
    store.load([observation("logical", subject={"identifier": {"system": "urn:mrn", "value": "1"}})])
    assert set(ehr.ids(f"/Observation?{query}")) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ge2019-03-01&date=lt2019-04-01", {"day", "instant", "year", "open", "closed"}),
        ("2019-03", {"day", "instant"}),
        ("2019-03-31", {"day", "instant"}),
        ("gt2019-03-31", {"year", "open", "closed"}),
        ("sa2019-03-31", set()),
        ("eb2019-03-31", set()),
        ("le2018", set()),  # begins within 2018 and goes on beyond: neither below 2018 nor inside it
        ("le2018-07", {"open"}),
        ("ne2019-03-31", {"year", "open", "closed"}),
        ("2019-04-01T01:00:00Z", {"instant"}),
        ("2019-04-01T03:00:00+02:00", {"instant"}),
        ("ap2019-03-31", {"day", "instant", "year", "open", "closed"}),
    ],
)
def test_dates_of_every_shape(store: Store, ehr: FhirCaller, query: str, found: set[str]) -> None:
    store.load(
        [
            observation("day", effectiveDateTime="2019-03-31"),
            observation("instant", effectiveDateTime="2019-03-31T21:00:00-04:00"),
            observation("year", effectiveDateTime="2019"),
            observation("open", effectivePeriod={"start": "2018-06-01"}),
            observation("closed", effectivePeriod={"start": "2019-03-30", "end": "2019-04-02"}),
            observation("undated"),
            observation("nonsense", effectiveDateTime="last week"),
        ]
    )
    assert set(ehr.ids(f"/Observation?date={query}")) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("8.6", {"percent", "other-unit"}),
        ("8.6|http://unitsofmeasure.org|%25", {"percent"}),
        ("8.6||%25", {"percent"}),
        ("8.6||percent", {"percent"}),
        ("9", {"percent", "other-unit"}),
        ("gt8.6", {"high"}),
        ("ge8.6", {"percent", "other-unit", "high"}),
        ("lt8.6", set()),
        ("8.60", {"percent", "other-unit"}),
        ("8.55", set()),
        ("ap8||%25", {"percent"}),
        ("1.2e1", {"high"}),
    ],
)
def test_quantities_are_as_precise_as_they_are_written(
    store: Store, ehr: FhirCaller, query: str, found: set[str]
) -> None:
    ucum = "http://unitsofmeasure.org"
    store.load(
        [
            observation(
                "percent", valueQuantity={"value": 8.6, "unit": "percent", "system": ucum, "code": "%"}
            ),
            observation("other-unit", valueQuantity={"value": 8.6, "system": ucum, "code": "mmol/L"}),
            observation("high", valueQuantity={"value": 12}),
            observation("worded", valueString="8.6"),
        ]
    )
    assert set(ehr.ids(f"/Observation?value-quantity={query}")) == found


def test_a_missing_value_sorts_last_both_ways(store: Store, ehr: FhirCaller) -> None:
    for name, day in (("b", "2020-01-02"), ("a", "2020-01-01"), ("none", None), ("c", "2020-01-03")):
        store.load([observation(name, **({"effectiveDateTime": day} if day else {}))])
    assert ehr.ids("/Observation?_sort=date") == ["a", "b", "c", "none"]
    assert ehr.ids("/Observation?_sort=-date") == ["c", "b", "a", "none"]
    assert ehr.ids("/Observation?_sort=status,-_id") == ["none", "c", "b", "a"]


def test_tag_profile_and_last_updated_are_searched(store: Store, ehr: FhirCaller) -> None:
    store.load([task("ours", meta={"tag": [{"system": "urn:t", "code": "chartside"}], "profile": ["urn:p"]})])
    store.load([task("theirs")])
    assert ehr.ids("/Task?_tag=urn:t|chartside") == ["ours"]
    assert ehr.ids("/Task?_profile=urn:p") == ["ours"]
    assert ehr.ids("/Task?_lastUpdated=ge2026-11-21") == ["ours", "theirs"]
    assert ehr.ids("/Task?_lastUpdated=lt2026-11-21") == []
    assert ehr.ids("/Task?_sort=-_lastUpdated") == ["theirs", "ours"]


def test_a_posted_search_joins_form_and_query(store: Store, ehr: FhirCaller) -> None:
    store.load([task("a"), task("b", status="completed"), task("c", "bob")])
    answer = ehr.call(
        "POST", "/Task/_search?status=requested", b"patient=ada",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert [e["resource"]["id"] for e in answer.get_json(force=True)["entry"]] == ["a"]


def self_parameters(
    ehr: FhirCaller, path: str, headers: dict[str, str] | None = None
) -> list[tuple[str, str]]:
    bundle = ehr.get(path, headers).get_json(force=True)
    link = next(each["url"] for each in bundle["link"] if each["relation"] == "self")
    return parse_qsl(urlsplit(link).query)


def test_the_self_link_names_only_what_counted(store: Store, ehr: FhirCaller) -> None:
    store.load([task("a")])
    path = "/Task?patient=ada&colour=red&_elements=status&_format=json&status=&_count=7"
    assert self_parameters(ehr, path) == [("patient", "ada"), ("_count", "7")]


@pytest.mark.parametrize(
    "query", ["colour=red", "patient=", "_elements=status", "patient.name=x", "_summary=true"]
)
def test_strict_handling_refuses_what_lenient_handling_ignores(ehr: FhirCaller, query: str) -> None:
    assert ehr.get(f"/Task?{query}").status_code == 200
    refused = ehr.get(f"/Task?{query}", {"Prefer": "handling=strict"})
    assert (refused.status_code, issue(refused)["code"]) == (400, "not-supported")


@pytest.mark.parametrize(
    "query",
    ["date=yesterday", "date=eq", "value-quantity=high", "value-quantity=1|2", "value-quantity=NaN", "code=a|b|c",
     "code:text=x", "code:in=x", "patient:above=1", "patient:Banana=1", "status:missing=maybe", "_count=-1",
     "_count=ten", "_sort=colour", "_summary=some", "_total=maybe", "_include=Observation", "_include=Task:owner",
     "_include=Observation:code", "_include:iterate=Observation:subject", "_revinclude=Nothing:subject",
     "_include=Observation:subject:Banana", "code=,", "_page=forged"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(ehr: FhirCaller, query: str) -> None:
    refused = ehr.get(f"/Observation?{query}")
    assert refused.status_code == 400
    assert issue(refused)["diagnostics"]


def test_a_plus_sign_in_an_offset_survives_unencoded(store: Store, ehr: FhirCaller) -> None:
    store.load([observation("a", effectiveDateTime="2019-03-31T08:00:00Z")])
    assert ehr.ids("/Observation?date=2019-03-31T10:00:00+02:00") == ["a"]


def test_a_changed_resource_is_found_by_its_new_values_only(ehr: FhirCaller) -> None:
    assert ehr.put("/Task/a", task("a")).status_code == 201
    assert ehr.put("/Task/a", task("a", status="completed")).status_code == 200
    assert ehr.ids("/Task?status=requested") == []
    assert ehr.ids("/Task?status=completed") == ["a"]
    assert ehr.delete("/Task/a").status_code == 204
    assert ehr.ids("/Task?status=completed") == []
    assert ehr.ids("/Task") == []
