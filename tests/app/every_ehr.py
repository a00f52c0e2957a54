"""The kinds of EHR that differ in how they hold what Chartside files, and what each of them then holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from mappings.fold import carried_blocks, fold
from mappings.identity import is_ours
from samples.sandbox import sandbox_of
from tests.journeys.steps import contacts_of
from tests.running import WRITTEN_TYPES, Practice, practice

NATIVE = ("open", "one after the other", "patched")
"""The sandbox's own EHR; the same without transactions; and the same where records are changed by PATCH alone."""
OTHERS = ("epic", "oracle", "ecw", "canvas")
"""Documents hold everything at the first two, answers at the third, and at the last what it takes in no record."""
CARRIERS = ("DocumentReference", "QuestionnaireResponse")


@contextmanager
def playing(name: str, folder: Path) -> Iterator[Practice]:
    """A practice whose EHR is of this kind."""
    with ExitStack() as stack:
        persona = "open" if name in NATIVE else name
        more = {} if name in NATIVE else {"authorize": "get"}
        made = stack.enter_context(practice(folder, persona=persona, ehr=more))
        if name in NATIVE[1:]:
            statement = json.dumps(_narrower(made, patched=name == "patched")).encode()
            stack.enter_context(made.line.answers("/fhir/metadata", statement))
        yield made


def _narrower(made: Practice, *, patched: bool) -> dict[str, Any]:
    """What the EHR says of itself, without transactions and batches, and without PUT where it is to be patched."""
    statement: dict[str, Any] = made.ehr.app.test_client().get("/fhir/metadata").json
    rest = statement["rest"][0]
    rest.pop("interaction")
    left_out = "update" if patched else "patch"
    for each in rest["resource"]:
        each["interaction"] = [code for code in each["interaction"] if code["code"] != left_out]
    return statement


def records(running: Practice, patient: str) -> list[dict[str, Any]]:
    """Our records as the EHR's own store holds them: its own, and those in the notes laid beside them."""
    natives = {kind: tuple(running.held(kind, patient)) for kind in WRITTEN_TYPES}
    folded = fold(carried(running, patient), natives)
    assert (folded.conflicts, folded.damaged) == ((), ())
    return [each for kind in WRITTEN_TYPES for each in folded.resources.get(kind, ()) if is_ours(each)]


def carried(running: Practice, patient: str) -> list[Any]:
    held = [each for kind in CARRIERS for each in running.held(kind, patient)]
    return [block for each in held for block in carried_blocks(whole(running, each))]


def is_noted(running: Practice, patient: str) -> bool:
    """Whether this EHR holds our contacts in notes."""
    return not contacts_of(running, patient)


def whole(running: Practice, document: dict[str, Any]) -> dict[str, Any]:
    """The document with its text, which some EHRs move into a Binary."""
    store = sandbox_of(running.ehr.app).store
    for content in document.get("content", ()):
        url = content["attachment"].get("url", "")
        if "Binary/" in url:
            binary = store.read("Binary", url.rsplit("/", 1)[1]) or {}
            content["attachment"]["data"] = binary.get("data", "")
    return document
