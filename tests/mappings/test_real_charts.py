"""Every public patient at hand makes every panel, and what is counted agrees with a count made another way.

The numbers in the tables below were counted in the raw files by hand or stand in the data's own index; nothing here
uses the code under test to find what it should find.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from mappings.allergy import allergies
from mappings.chart import Chart
from mappings.condition import problems
from mappings.encounter import visits
from mappings.medication import medications
from mappings.observation import latest_readings
from mappings.patient import patient_banner
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW

NDJSON_FOLDERS = {"synthea_ndjson": 43, "clinosim_us": 12, "carebundle": 30, "bulk_export_10": 9}
SHARED_TYPES = frozenset({"Practitioner", "PractitionerRole", "Organization", "Location", "Medication"})

# As the index of the data counts them: active Conditions of each bundle.
ACTIVE_CONDITIONS = {
    "Isaiah_Schaden": 16,
    "Margery_Gibson": 13,
    "Wendell_Lesch": 12,
    "Danae_Kshlerin": 11,
    "Clarine_O'Keefe": 10,
    "Renea_Quigley": 10,
    "Hiedi_Bruen": 9,
    "Juan_Stracke": 9,
    "Madalyn_Frami": 9,
    "Raeann_O'Kon": 9,
    "Ángela_Guzmán": 9,
    "Eliseo_Cummings": 8,
    "Fabian_Murray": 8,
    "Jed_Pollich": 8,
    "Brett_Gottlieb": 3,
    "Edward_Gulgowski": 2,
    "Desmond_Gutmann": 2,
    "Chet_Hoeger": 2,
    "Jacob_Larson": 2,
    "Bernardo_Ordóñez": 2,
    "Gustavo_Mejía": 0,
    "Michael_Kihn": 0,
}
DECEASED = {"Wendell_Lesch", "Bernardo_Ordóñez"}


def chart_from(patient: dict[str, Any], resources: list[dict[str, Any]]) -> Chart:
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for resource in resources:
        by_type[resource["resourceType"]].append(resource)
    return Chart(patient, {kind: Reading(kind, ReadStatus.READ, tuple(v)) for kind, v in by_type.items()})


def ndjson_charts(folder: Path) -> list[Chart]:
    """One chart per Patient of a folder, by the references that name it; shared resources go into each."""
    shared: list[dict[str, Any]] = []
    own: dict[str, list[dict[str, Any]]] = defaultdict(list)
    patients: list[dict[str, Any]] = []
    for file in sorted(folder.glob("*.ndjson")):
        for line in file.read_bytes().splitlines():
            resource = orjson.loads(line)
            kind = resource.get("resourceType")
            if kind == "Patient":
                patients.append(resource)
            elif kind in SHARED_TYPES:
                shared.append(resource)
            elif kind:
                subject = resource.get("subject") or resource.get("patient") or {}
                own[subject.get("reference", "")].append(resource)
    return [chart_from(patient, own[f"Patient/{patient['id']}"] + shared) for patient in patients]


def bundle_chart(file: Path) -> Chart:
    """The chart of a transaction bundle, whose references are `urn:uuid` of its own entries."""
    resources = [entry["resource"] for entry in orjson.loads(file.read_bytes())["entry"]]
    (patient,) = (resource for resource in resources if resource["resourceType"] == "Patient")
    return chart_from(patient, resources)


def example_charts(folder: Path) -> list[Chart]:
    """All examples as one chart of nobody, and one chart for each example Patient."""
    loaded = [orjson.loads(file.read_bytes()) for file in sorted(folder.glob("*/*.json"))]
    resources = [
        resource for resource in loaded if isinstance(resource, dict) and resource.get("resourceType")
    ]
    patients = [resource for resource in resources if resource["resourceType"] == "Patient"]
    return [chart_from(patient, resources) for patient in ({}, *patients)]


def assert_every_panel_stands(chart: Chart) -> dict[str, int]:
    """Builds all there is of a chart; returns how many rows each panel has."""
    banner = patient_banner(chart, today=NOW.date())
    assert banner.name.strip()
    panels = (
        problems(chart, now=NOW),
        medications(chart, now=NOW),
        allergies(chart, now=NOW),
        visits(chart, now=NOW),
        latest_readings(chart, now=NOW),
    )
    for shown in panels:
        assert bool(shown.rows) is not bool(shown.sentence)
        for row in shown.rows:
            fields = [getattr(row, name, None) for name in ("text", "kind_words", "value_words")]
            assert all(field is None or field.strip() for field in fields)
            assert any(fields)
    return {shown.name: len(shown.rows) for shown in panels}


@pytest.mark.parametrize("folder", NDJSON_FOLDERS)
def test_every_patient_of_the_ndjson_folders_makes_every_panel(shared_data, folder):
    charts = ndjson_charts(shared_data / folder)
    assert len(charts) == NDJSON_FOLDERS[folder]
    totals: dict[str, int] = defaultdict(int)
    for chart in charts:
        for name, count in assert_every_panel_stands(chart).items():
            totals[name] += count
    encounters = shared_data.joinpath(folder).glob("Encounter*.ndjson")
    assert totals["visits"] == sum(len(file.read_bytes().splitlines()) for file in encounters)
    assert totals["problems"] > 0
    assert totals["medications"] > 0


def test_every_bundle_makes_every_panel_and_counts_as_its_index_does(shared_data):
    counted, deceased = {}, set()
    for file in sorted(shared_data.joinpath("synthea_bundles").glob("*.json")):
        name = "_".join(file.name.split("_")[:2])
        chart = bundle_chart(file)
        assert_every_panel_stands(chart)
        rows = problems(chart, now=NOW).rows
        counted[name] = sum(len(row.references) for row in rows if row.active)
        assert len(rows) == len({row.reference for row in rows})
        if patient_banner(chart, today=NOW.date()).deceased:
            deceased.add(name)
    assert counted == ACTIVE_CONDITIONS
    assert deceased == DECEASED


def test_every_example_of_the_specifications_makes_every_panel(shared_data):
    charts = example_charts(shared_data / "ig_examples")
    assert len(charts) == 16
    for chart in charts:
        assert_every_panel_stands(chart)
    names = {row.text for row in medications(charts[0], now=NOW).rows}
    assert {"Nizatidine 15 MG/ML Oral Solution [Axid]", "Tylenol PM", "Amoxicillin"} <= names
    assert "No known allergies" in {row.text for row in allergies(charts[0], now=NOW).rows}


def raw(file: Path, kind: str) -> list[dict[str, Any]]:
    entries = orjson.loads(file.read_bytes())["entry"]
    return [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == kind]


def codes(resource: dict[str, Any]) -> set[str]:
    return {coding["code"] for coding in resource["code"]["coding"]}


@pytest.mark.parametrize(
    ("name", "a1c", "day"), [("Margery_Gibson", "5.3 %", "11 Jan 2021"), ("Wendell_Lesch", None, None)]
)
def test_the_latest_a1c_is_the_one_found_by_sorting_the_raw_file(shared_data, name, a1c, day):
    (file,) = shared_data.joinpath("synthea_bundles").glob(f"{name}_*.json")
    found = sorted(
        (
            (o["effectiveDateTime"], o["valueQuantity"]["value"])
            for o in raw(file, "Observation")
            if "4548-4" in codes(o)
        ),
    )
    rows = {row.key: row for row in latest_readings(bundle_chart(file), now=NOW).rows}
    assert ("a1c" in rows) is bool(found)
    if found:
        assert round(found[-1][1], 1) == float(rows["a1c"].value_words.removesuffix(" %"))
        assert [value for _, value in rows["a1c"].trend] == [value for _, value in found[-12:]]
    if a1c:
        assert (rows["a1c"].value_words, rows["a1c"].date_words) == (a1c, day)


def test_margery_gibson_as_a_nurse_would_read_her(shared_data):
    (file,) = shared_data.joinpath("synthea_bundles").glob("Margery_Gibson_*.json")
    chart = bundle_chart(file)
    banner = patient_banner(chart, today=NOW.date())
    assert (banner.name, banner.birth_date_words, banner.age_words, banner.sex) == (
        "Margery Gibson",
        "8 Nov 1948",
        "78 y",
        "Female",
    )
    active = {row.text for row in problems(chart, now=NOW).rows if row.active}
    assert {"Stroke", "Hyperlipidemia", "Osteoporosis"} <= active
    shown = medications(chart, now=NOW).rows
    statuses: dict[str, set[str]] = defaultdict(set)
    for request in raw(file, "MedicationRequest"):
        statuses[request["medicationCodeableConcept"]["coding"][0]["code"]].add(request["status"])
    assert {code for row in shown if row.active for code in row.rxnorm} == {
        code for code, said in statuses.items() if "active" in said
    }
    assert len(shown) == len(statuses)
    simvastatin = next(row for row in shown if row.text.startswith("Simv"))
    assert simvastatin.sources == ("order, 30 Dec 2020", "16 earlier")
    reading = next(row for row in latest_readings(chart, now=NOW).rows if row.name == "BP")
    assert (reading.value_words, reading.flag) == ("150/111 mm Hg", "high")


def test_hospital_drips_of_a_finished_stay_are_not_on_the_home_list(shared_data):
    drips = 0
    for chart in ndjson_charts(shared_data / "clinosim_us"):
        finished = {f"Encounter/{e['id']}" for e in chart.resources("Encounter") if e["status"] == "finished"}
        for row in medications(chart, now=NOW).rows:
            requests = [chart.resolve(reference) for reference in row.references]
            all_of_a_stay = all(
                r and "inpatient" in str(r.get("category")) and r["encounter"]["reference"] in finished
                for r in requests
            )
            drips += all_of_a_stay
            assert not (all_of_a_stay and row.active)
    assert drips > 10


def test_emergency_visits_and_discharges_agree_with_the_raw_classes(shared_data):
    for folder in ("synthea_ndjson", "bulk_export_10", "clinosim_us"):
        for chart in ndjson_charts(shared_data / folder):
            encounters = chart.resources("Encounter")
            raw_classes = [e["class"]["code"] for e in encounters]
            deaths = sum(
                '"Expired"' in str(e).replace("'", '"') for e in encounters if e["class"]["code"] == "IMP"
            )
            shown = visits(chart, now=NOW).rows
            assert sum(row.is_emergency for row in shown) == raw_classes.count("EMER")
            assert sum(row.is_discharge for row in shown) == raw_classes.count("IMP") - deaths
