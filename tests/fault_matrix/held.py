"""What the EHR itself holds of ours for a patient, read from its store without any code of the app.

A record stands in the store as itself, or in full inside a note: a DocumentReference or a QuestionnaireResponse whose
text ends in a block, unpacked here just as `docs/filed-notes.md` tells anybody to.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from samples.sandbox import sandbox_of
from tests.running import Practice

RECORDS = ("CarePlan", "Goal", "Task", "Consent")
CARRIERS = ("DocumentReference", "QuestionnaireResponse")
_BLOCK = re.compile(
    r"\[CHARTSIDE RECORD 1 BEGINS\](.*?)SHA-256:\s*([0-9a-f]{64})\s*\[CHARTSIDE RECORD 1 ENDS\]", re.DOTALL
)


@dataclass(frozen=True)
class Copy:
    """One copy of a record of ours; `form` and `number` are of the note that holds it, "" and 0 for one by itself."""

    resource: dict[str, Any]
    place: str
    form: str = ""
    number: int = 0

    @property
    def kind(self) -> str:
        """The resource type."""
        return str(self.resource["resourceType"])

    @property
    def identifier(self) -> str:
        """Our identifier, or ""."""
        listed = self.resource.get("identifier", [])
        found = [each["value"] for each in listed if each.get("system") == IDENTIFIER_SYSTEM]
        return found[0] if found else ""

    @property
    def text(self) -> str:
        """Everything that it says, as JSON."""
        return json.dumps(self.resource, ensure_ascii=False)


def copies(running: Practice, patient_id: str) -> list[Copy]:
    """Every copy of every record of ours that the EHR holds for the patient."""
    alone = [
        copy
        for kind in RECORDS
        for each in _all(running, kind, patient_id)
        if (copy := Copy(each, f"{kind}/{each['id']}")).identifier
    ]
    return [*alone, *_in_notes(running, patient_id)]


def notes(running: Practice, patient_id: str) -> list[dict[str, Any]]:
    """The carriers that hold a block of ours."""
    found = [each for kind in CARRIERS for each in _all(running, kind, patient_id)]
    return [each for each in found if any(True for _ in _blocks(each))]


def doubled(held: list[Copy]) -> list[str]:
    """What stands in the EHR twice: a record under two ids, or one save's note under two."""
    alone = Counter((each.kind, each.identifier) for each in held if not each.form)
    forms = Counter(form for form, _ in {(each.form, each.place) for each in held if each.form})
    new = Counter((each.kind, each.identifier) for each in held if not each.form or _is_new(each))
    found = {
        *(key for key, times in alone.items() if times > 1),
        *(k for k, times in new.items() if times > 1),
    }
    return [
        *(f"{kind} {value}" for kind, value in sorted(found)),
        *(f"note {f}" for f, n in forms.items() if n > 1),
    ]


def _is_new(copy: Copy) -> bool:
    """Whether this is the record as it was made, and no later version of one that was read before."""
    return "id" not in copy.resource


def _in_notes(running: Practice, patient_id: str) -> Iterator[Copy]:
    for note in notes(running, patient_id):
        for block in _blocks(note):
            for each in block["resources"]:
                yield Copy(each, f"{note['resourceType']}/{note['id']}", block["form"], block["number"])


def _blocks(note: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for text in _texts(note):
        for letters, digest in _BLOCK.findall(html.unescape(re.sub(r"<[^>]*>", "", text))):
            packed = base64.b64decode(re.sub(r"\s", "", letters))
            assert hashlib.sha256(packed).hexdigest() == digest
            yield json.loads(gzip.decompress(packed))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a note, an attachment's data decoded."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "data" and isinstance(each, str):
                yield base64.b64decode(each).decode(errors="replace")
            elif name != "text":
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _all(running: Practice, kind: str, patient_id: str) -> list[dict[str, Any]]:
    store = sandbox_of(running.ehr.app).store
    page = store.search(kind, [("patient", patient_id), ("_count", "200")])
    assert not page.next, "more than one page"
    return page.resources
