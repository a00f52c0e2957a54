"""How fast the CDS Hooks service answers: a call over HTTP for each Synthea patient, prefetched as an EHR would."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import requests

from app.ehr.compartment import names_patient
from samples.oauth.keys import key_for, signing_keys
from tests.app.cds_hooks.caller import SERVICE, TYPES, CdsClient, call, prefetched
from tests.conftest import SHARED_DATA
from tests.running import Practice

FOLDER = SHARED_DATA / "synthea_ndjson"
Resource = dict[str, Any]
_URN = re.compile(r"urn:uuid:[0-9a-f-]{36}")


@dataclass
class Answered:
    """What came back: the cards by patient, and the seconds and the size of each call."""

    cards: dict[str, list[Resource]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @property
    def kinds(self) -> Counter[str]:
        """How many cards of each topic."""
        return Counter(card["source"]["topic"]["code"] for cards in self.cards.values() for card in cards)

    def milliseconds(self, share: float) -> float:
        """A percentile of the answer times."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))] * 1e3


def charts(folder: Path = FOLDER) -> Iterator[tuple[Resource, list[Resource]]]:
    """Each patient of a folder of NDJSON, or of transaction Bundles, with the records that a prefetch brings."""
    wanted = {"Patient", *TYPES.values()}
    held: dict[str, list[Resource]] = defaultdict(list)
    for resource in _resources(folder):
        if resource["resourceType"] in wanted:
            held[f"Patient/{resource['id']}" if _is_patient(resource) else _subject(resource)].append(
                resource
            )
    for rows in held.values():
        for patient in filter(_is_patient, rows):
            own = [each for each in rows if each is not patient]
            if not all(names_patient(each, patient["id"], base="") for each in own):
                raise AssertionError("a record of another patient")
            yield patient, own


def _is_patient(resource: Resource) -> bool:
    return bool(resource["resourceType"] == "Patient")


def _resources(folder: Path) -> Iterator[Resource]:
    """What is a resource in the files of a folder: a listing or a log beside them is none."""
    for path in sorted(folder.glob("*.ndjson")):
        lines = (orjson.loads(line) for line in path.read_bytes().splitlines())
        yield from (each for each in lines if "resourceType" in each)
    for path in sorted(folder.glob("*.json")):
        read = orjson.loads(path.read_bytes())
        if isinstance(read, dict) and read.get("resourceType") == "Bundle":
            yield from _of_bundle(read["entry"])


def _of_bundle(entries: list[Resource]) -> Iterator[Resource]:
    """The resources of a transaction with the references that a server would give them."""
    places = {
        each["fullUrl"]: f"{each['resource']['resourceType']}/{each['resource']['id']}" for each in entries
    }
    text = orjson.dumps([each["resource"] for each in entries]).decode()
    yield from orjson.loads(_URN.sub(lambda found: places.get(found[0], found[0]), text))


def ask(
    running: Practice, *, rounds: int = 1, whose: Iterable[tuple[Resource, list[Resource]]] | None = None
) -> Answered:
    """Asks for the cards of every chart (`whose`, else the Synthea patients'), with a new token for each call.

    Raises AssertionError for an answer that is none.
    """
    keys = signing_keys(running.folder / "ehr")
    client = CdsClient(running.app_url, running.clock, running.ehr_url, key_for(keys, "ES384"))
    found = Answered()
    calls = [
        (patient["id"], call(prefetched(patient, own), patient_id=patient["id"]))
        for patient, own in whose or charts()
    ]
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(rounds):
            for patient_id, body in calls:
                sent, headers = orjson.dumps(body), client.headers()
                begun = time.perf_counter()
                answer = session.post(f"{running.app_url}{SERVICE}", data=sent, headers=headers, timeout=10)
                found.seconds.append(time.perf_counter() - begun)
                found.sizes.append(len(sent))
                if answer.status_code != 200:
                    raise AssertionError(f"answered {answer.status_code}: {answer.text}")
                found.cards[patient_id] = answer.json()["cards"]
    return found


def _subject(resource: Resource) -> str:
    return str(
        (resource.get("subject") or resource.get("for") or resource.get("patient") or {}).get("reference")
    )
