"""The steps of entries that become text to paste: an EHR that takes nothing, the text's page and its buttons."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

NOTE = "She is out of test strips & <b>short of breath</b>."


@contextmanager
def nothing_taken(running: Practice, *, but: Collection[str] = ()) -> Iterator[None]:
    """An EHR whose metadata lists reads alone, `but` for records of these types, one after the other.

    The app asks for metadata once in its life here, so it begins anew.
    """
    statement = json.loads(running.ehr.app.test_client().get("/fhir/metadata").data)
    rest = statement["rest"][0]
    rest["interaction"] = []
    for resource in rest["resource"]:
        if resource["type"] not in but:
            resource["interaction"] = [
                each for each in resource["interaction"] if each["code"] in ("read", "search-type")
            ]
    with running.line.answers("/fhir/metadata", json.dumps(statement).encode()):
        running.restart_the_app()
        yield
    running.restart_the_app()


def made(nurse: Visitor, patient: str, note: str = NOTE, **more: Any) -> Seen:
    """A contact that became text; the text's page."""
    form = nurse.get(f"/l/{nurse.launch(patient).launch_id}/contact")
    return to_text(nurse.send(form, minutes="7", note=note, **more))


def to_text(seen: Seen) -> Seen:
    assert (seen.status, "/paste/" in seen.url) == (200, True), seen.words
    return seen


def text_of(page: Seen) -> str:
    return str(page.document.get_element_by_id("text").text).removeprefix("\n")


def press(nurse: Visitor, page: Seen, action: str, **changes: str) -> Seen:
    """Presses the button of the page whose form goes to this action."""
    (form,) = [each for each in page.document.forms if each.get("action", "").endswith(f"/{action}")]
    return nurse.post(form.get("action"), dict(form.form_values()) | changes)


def waits(page: Seen) -> int:
    """How many texts the page says that wait."""
    return len(re.findall(r"waits to be pasted into the chart", page.words))


def drafts(page: Seen) -> bool:
    return "Kept and not yet filed" in page.words
