"""Every public patient at hand opens: through the real launch, from the real EHR, with the right name and counts.

What is expected is counted in the raw files, by no code of the app. The 85 patients of three sources go through a
browser without a screen, one launch each; the largest charts there are open in Chromium.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.journeys.steps import open_chart
from tests.journeys.visitor import Visitor
from tests.running import Practice, practice

pytestmark = pytest.mark.journey

PATIENTS = {"synthea_ndjson": 43, "clinosim_us": 12, "carebundle": 30}
ACTIVE = {"active", "recurrence", "relapse"}
RULED_OUT = {"refuted", "entered-in-error"}
PAGE_BYTES = 30_000
"""The design's budget for a page after the first, as gzip."""
BAD_SIGNS = ("could not be read", "Still loading", "not available from this EHR")
WENDELL = "Wendell_Lesch_853767e6-14a5-400e-8b95-636f87701943.json"
"""The largest of synthea_bundles: 1,116 resources; he has died."""


@dataclass
class Raw:
    """One patient as the files hold it."""

    patient: dict[str, Any]
    of_type: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def id(self) -> str:
        return str(self.patient["id"])

    @property
    def name(self) -> str:
        official = next(
            (n for n in self.patient["name"] if n.get("use") == "official"), self.patient["name"][0]
        )
        return " ".join([*official["given"], official["family"]])

    @property
    def is_dead(self) -> bool:
        return bool(self.patient.get("deceasedDateTime") or self.patient.get("deceasedBoolean"))

    @property
    def active_problems(self) -> int:
        """Active Conditions, those of the same code taken once."""
        active = [each for each in self.of_type["Condition"] if is_active(each)]
        return len({frozenset((c["system"], c["code"]) for c in each["code"]["coding"]) for each in active})


def code_of(concept: dict[str, Any]) -> str:
    return str(concept["coding"][0]["code"]) if concept else ""


def is_active(condition: dict[str, Any]) -> bool:
    ruled_out = code_of(condition.get("verificationStatus", {})) in RULED_OUT
    return not ruled_out and code_of(condition.get("clinicalStatus", {})) in ACTIVE


def charts_of(folder: Path) -> list[Raw]:
    """Every patient of a folder of NDJSON with what names it as its subject."""
    charts: dict[str, Raw] = {}
    others: list[dict[str, Any]] = []
    for file in sorted(folder.glob("*.ndjson")):
        for line in file.read_bytes().splitlines():
            resource = orjson.loads(line)
            if resource.get("resourceType") == "Patient":
                charts[f"Patient/{resource['id']}"] = Raw(resource)
            else:
                others.append(resource)
    for resource in others:
        reference = (resource.get("subject") or resource.get("patient") or {}).get("reference")
        if reference in charts:
            charts[reference].of_type[resource["resourceType"]].append(resource)
    return list(charts.values())


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Practice]:
    """One practice with all patients of the three sources."""
    folders = tuple(shared_data / name for name in PATIENTS)
    with practice(tmp_path_factory.mktemp("town"), data=folders) as running:
        yield running


@pytest.mark.parametrize("source", PATIENTS)
def test_every_patient_of_a_source_opens_with_the_right_name_and_counts(
    town: Practice, shared_data: Path, source: str
) -> None:
    charts = charts_of(shared_data / source)
    assert len(charts) == PATIENTS[source]
    wrong: list[str] = []
    with Visitor(town) as nurse:
        for raw in charts:
            today = nurse.launch(raw.id)
            expected = {
                "status": 200,
                "name": [raw.name],
                "problems": raw.active_problems,
                "visits": len(raw.of_type["Encounter"]),
                "dead": raw.is_dead,
                "bad signs": [],
                "too heavy": False,
            }
            found = {
                "status": today.status,
                "name": today.all("banner__name"),
                "problems": today.count_of("problems"),
                "visits": today.count_of("visits"),
                "dead": "Nothing new can be documented here" in today.words,
                "bad signs": [sign for sign in BAD_SIGNS if sign in today.words],
                "too heavy": len(gzip.compress(today.text.encode())) > PAGE_BYTES,
            }
            wrong += [
                f"{raw.id}: {key} {found[key]} instead of {expected[key]}"
                for key in expected
                if found[key] != expected[key]
            ]
    assert wrong == []


def opened_in_chromium(running: Practice, context: BrowserContext, raw: Raw) -> None:
    """Opens the chart in the EHR's frame and compares banner and counts; nothing may be missing or late."""
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    frame = open_chart(context.new_page(), running, raw.id)
    expect(frame.locator(".banner__name")).to_have_text(raw.name)
    expect(frame.locator("#panel-problems .panel__count")).to_have_text(f"({raw.active_problems})")
    expect(frame.locator("#panel-visits .panel__count")).to_have_text(f"({len(raw.of_type['Encounter'])})")
    expect(frame.locator(".line--stop")).to_have_count(int(raw.is_dead))
    for sign in BAD_SIGNS:
        expect(frame.locator("body")).not_to_contain_text(sign)
    assert errors == []


def test_the_largest_transaction_bundle_opens_in_chromium(
    tmp_path: Path, shared_data: Path, context: BrowserContext
) -> None:
    file = shared_data / "synthea_bundles" / WENDELL
    resources = [entry["resource"] for entry in orjson.loads(file.read_bytes())["entry"]]
    assert len(resources) == 1116
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / WENDELL).symlink_to(file)
    with practice(tmp_path / "practice", data=(folder,)) as running:
        (patient,) = running.found("Patient", family="Lesch")
        raw = Raw(patient)
        for resource in resources:
            raw.of_type[resource["resourceType"]].append(resource)
        assert raw.is_dead
        opened_in_chromium(running, context, raw)


def test_the_largest_chart_of_a_bulk_export_opens_in_chromium(
    tmp_path: Path, shared_data: Path, context: BrowserContext
) -> None:
    folder = shared_data / "bulk_export_10"
    largest = max(charts_of(folder), key=lambda raw: sum(map(len, raw.of_type.values())))
    assert sum(map(len, largest.of_type.values())) >= 1200
    with practice(tmp_path / "practice", data=(folder,)) as running:
        opened_in_chromium(running, context, largest)
