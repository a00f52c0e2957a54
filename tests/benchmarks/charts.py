"""The charts that are measured: real public ones where they are at hand, else made by repeating the cast's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import samples.cast
from app.ehr.compartment import names_patient
from app.ehr.reads import CHART_READS
from tests.conftest import SHARED_DATA

Resource = dict[str, Any]
MARGERY = "synthea_bundles/Margery_Gibson_cdb2d67c-173f-42e7-859a-d04a8088680e.json"


def resources() -> tuple[str, list[Resource]]:
    """A name and one patient's whole chart, the Patient among them."""
    path = SHARED_DATA / MARGERY
    if not path.exists():
        return "the cast's Earl Whitcomb", _of_cast("earl-whitcomb")
    entries = json.loads(path.read_text())["entry"]
    ids = {
        entry["fullUrl"]: f"{e['resourceType']}/{e['id']}" for entry in entries if (e := entry["resource"])
    }
    text = json.dumps([entry["resource"] for entry in entries])
    for urn, reference in ids.items():
        text = text.replace(f'"{urn}"', f'"{reference}"')
    return "Margery Gibson (Synthea)", json.loads(text)


def _of_cast(patient_id: str) -> list[Resource]:
    listed = list(samples.cast.resources(date.today()))  # noqa: DTZ011 - the stories hang on the day, not the zone
    own = [item for item in listed if names_patient(item, patient_id, base="")]
    return [item for item in listed if item["id"] == patient_id and item["resourceType"] == "Patient"] + own


def answers(chart: Sequence[Resource]) -> dict[str, Any]:
    """What an upstream answers for each read of a chart open."""
    patient = next(item for item in chart if item["resourceType"] == "Patient")
    searches = {
        name: searchset([item for item in chart if item["resourceType"] == name]) for name in CHART_READS
    }
    return {**searches, "Patient": patient, "metadata": capability_statement()}


def searchset(matches: Sequence[Resource]) -> Resource:
    entries = [{"resource": item, "search": {"mode": "match"}} for item in matches]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def capability_statement() -> Resource:
    interactions = [{"code": "read"}, {"code": "search-type"}]
    listed = [{"type": name, "interaction": interactions} for name in ("Patient", *CHART_READS)]
    rest = [{"mode": "server", "resource": listed}]
    return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest}


def grown(chart: Sequence[Resource], size: int) -> list[Resource]:
    """The patient, and about `size` resources of the types that Chartside reads, by repeating those of `chart`."""
    patient = next(item for item in chart if item["resourceType"] == "Patient")
    read = [item for item in chart if item["resourceType"] in CHART_READS]
    rounds = -(-size // max(1, len(read)))
    copies = [{**item, "id": f"{item['id']}-{turn}"} for turn in range(rounds) for item in read][:size]
    return [patient, *copies]
