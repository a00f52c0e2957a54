"""One journey for each EHR that the sandbox can play: launch in the frame, read the chart, see what can be filed there.

The expectations are written out from the published metadata of those EHRs (the sandbox's imitation of them), so a
change of behaviour on either side shows. The whole matrix with every client type is a soak run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Frame, expect

from tests.journeys.good_page import assert_good_frame
from tests.journeys.steps import (
    back_to_today,
    choose,
    contacts_of,
    open_chart,
    open_contact,
    save,
    save_button,
)
from tests.journeys.test_client_types import CLIENTS
from tests.running import Practice, practice

pytestmark = pytest.mark.journey

GLORIA = "gloria-reyes"
NOTE = "Fasting glucose log brought along."


@dataclass(frozen=True)
class Expected:
    """What a nurse sees: `carrier` is the form in which a contact is filed ("" for a record of its own), `statements`
    when the EHR serves MedicationStatement, and `shown_again` when it shows what was filed."""

    carrier: str = ""
    statements: bool = False
    shown_again: bool = True


CONTACTS, CONSENT = "Contacts and their minutes", "Consent, and a patient’s no"
PLAN = "A care plan with its goals and tasks"

PERSONAS = {
    "open": Expected(statements=True),
    "epic": Expected("DocumentReference"),
    "oracle": Expected("DocumentReference"),
    "athena": Expected("QuestionnaireResponse", shown_again=False),
    "ecw": Expected("QuestionnaireResponse"),
    "canvas": Expected(statements=True),
}
CARRIERS = ("DocumentReference", "QuestionnaireResponse")
WHY = "this EHR does not show again what is documented with Chartside"
FORM_WORDS = {
    "": "in the chart, each in a record of its own.",
    "DocumentReference": "in the chart, as one note among the documents, which Chartside reads back.",
    "QuestionnaireResponse": "in the chart, as answers to a questionnaire",
}


@contextmanager
def playing(folder: Path, persona: str, client_type: str = "public") -> Iterator[Practice]:
    with practice(folder, persona=persona, client_type=client_type) as running:
        yield running


def _filed_here(frame: Frame) -> tuple[str, ...]:
    """The forms that the page of that name says can be filed; then back to Today."""
    frame.get_by_role("link", name="What can be filed here").first.click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("What can be filed here")
    rows = frame.locator(".filed-here__row", has=frame.locator(".filed-here__yes"))
    filed = tuple(rows.locator("dt").all_inner_texts())
    frame.get_by_role("link", name="Back to Today").click()
    expect(frame.locator(".next")).to_be_visible()
    return filed


def panel(frame: Frame, title: str) -> str:
    heading = frame.get_by_role("heading", name=title, exact=False)
    return frame.locator("section.panel", has=heading).first.inner_text()


def journey(running: Practice, context: BrowserContext, expected: Expected) -> None:
    """The launch, the chart as it is read there, and what can be filed; then a contact."""
    frame = open_chart(context.new_page(), running, GLORIA, client=running.settings.ehrs[0].client_id)
    expect(frame.locator("header.banner")).to_contain_text("Gloria Inés Reyes")
    assert "metformin" in panel(frame, "Medications (4)")
    assert ("statement" in panel(frame, "Medications (4)")) is expected.statements
    assert "A1c" in panel(frame, "Results")
    if not expected.shown_again:
        _says_what_it_does_not_know(frame)
    # Whatever the EHR takes, and in which form: everything can be documented.
    assert {CONTACTS, CONSENT, PLAN} <= set(_filed_here(frame))
    _files_a_contact(frame, running, expected)
    if expected.carrier:
        assert running.versions() == _loaded(running)
    if not expected.shown_again:
        _says_what_it_does_not_know(frame)


def _says_what_it_does_not_know(frame: Frame) -> None:
    """Enrollment, consent and minutes unknown; each panel says that ours is not shown again, in the fifth sentence."""
    expect(frame.locator("header.banner .chip")).to_have_text(f"Enrollment unknown: {WHY}")
    for title in ("Contacts", "Tasks", "Care plan"):
        assert "Not shown again by this EHR: look in the chart" in panel(frame, title), title
    assert "None of the EHR's own. Those documented with Chartside are not shown again" in panel(
        frame, "Goals"
    )
    assert f"Consent is unknown: {WHY}." in panel(frame, "Consent")
    assert "Minutes this month unknown" in frame.locator("main").inner_text()
    for never in ("None recorded", "0 of 20 min", "Not enrolled"):
        assert never not in frame.locator("main .columns__work").inner_text()
    expect(frame.get_by_role("link", name="Close the plan")).to_have_count(0)


def _loaded(running: Practice) -> set[str]:
    """Nothing of what the EHR came with has a second version."""
    return {version for version in running.versions() if version.endswith("/1")}


def _held(running: Practice) -> dict[str, int]:
    return {kind: len(running.held(kind, GLORIA)) for kind in CARRIERS}


def _files_a_contact(frame: Frame, running: Practice, expected: Expected) -> None:
    before, carried = len(contacts_of(running, GLORIA)), _held(running)
    open_contact(frame)
    _is_told_what_save_does(frame, expected)
    choose(frame, "Talked")
    frame.get_by_label("Minutes", exact=True).fill("7")
    frame.get_by_label("Note").fill(NOTE)
    save(frame)
    back_to_today(frame)
    contacts = contacts_of(running, GLORIA)
    assert (NOTE in frame.locator("main").inner_text()) is expected.shown_again
    assert _held(running) == {kind: carried[kind] + (kind == expected.carrier) for kind in CARRIERS}
    assert len(contacts) == before + (not expected.carrier)
    if not expected.carrier:
        assert NOTE in str(contacts[-1])


def _is_told_what_save_does(frame: Frame, expected: Expected) -> None:
    """Before her first save, above the button, accessibly and without a scroll to the side."""
    told = frame.locator(".action-bar .before-filing")
    expect(told).to_contain_text(FORM_WORDS[expected.carrier])
    expect(told).to_be_in_viewport()
    unseen = "After that this EHR will not show it to Chartside again."
    assert (unseen in told.inner_text()) is not expected.shown_again
    expect(save_button(frame)).to_have_attribute("aria-describedby", "before-filing")
    expect(frame.locator(".caution")).to_have_count(1 if expected.shown_again else 2)
    assert_good_frame(frame)


BRIEF = ("epic", "canvas", "athena")
"""An EHR that takes notes, one that takes records and answers, and one that shows nothing again."""


@pytest.mark.requirement("client@12")
@pytest.mark.requirement("client@41")
@pytest.mark.parametrize(
    "persona",
    # What these file and read back, `tests/app` tells for every EHR without a browser.
    [pytest.param(each, marks=[] if each in BRIEF else pytest.mark.soak) for each in PERSONAS],
)
def test_a_nurse_reads_the_chart_and_sees_what_can_be_filed(
    persona: str, tmp_path: Path, context: BrowserContext
) -> None:
    with playing(tmp_path, persona) as running:
        journey(running, context, PERSONAS[persona])


def _taking_nothing(running: Practice) -> bytes:
    """What that EHR says of itself, without a single interaction that writes."""
    statement: dict[str, Any] = running.ehr.app.test_client().get("/fhir/metadata").json
    for each in statement["rest"][0]["resource"]:
        each["interaction"] = [
            code for code in each["interaction"] if code["code"] in ("read", "search-type")
        ]
    return json.dumps(statement).encode()


def test_where_an_ehr_takes_nothing_the_contact_is_text_to_paste_and_waits_on_every_page(
    tmp_path: Path, context: BrowserContext
) -> None:
    with (
        playing(tmp_path, "athena") as running,
        running.line.answers("/fhir/metadata", _taking_nothing(running)),
    ):
        frame = open_chart(context.new_page(), running, GLORIA)
        _says_what_it_does_not_know(frame)
        assert _filed_here(frame) == ()
        open_contact(frame)
        told = frame.locator(".action-bar .before-filing")
        expect(told).to_contain_text("Nothing is filed here: text is made of the contact and the next task")
        choose(frame, "Talked")
        frame.get_by_label("Minutes", exact=True).fill("7")
        frame.get_by_label("Note").fill(NOTE)
        save_button(frame).click()
        expect(frame.get_by_role("heading", level=1)).to_have_text("Paste this into the chart")
        expect(frame.locator("#text")).to_have_value(re.compile(re.escape(NOTE)))
        back_to_today(frame)
        expect(frame.locator(".banner .line--unfiled")).to_contain_text("NOT FILED: a contact")
        open_contact(frame)
        expect(frame.locator(".action-bar__say")).to_contain_text("Nothing is filed here")
        expect(told).to_have_count(0)
        assert running.versions() == _loaded(running)


@pytest.mark.soak
@pytest.mark.parametrize("client_type", CLIENTS)
@pytest.mark.parametrize("persona", PERSONAS)
def test_every_client_type_at_every_ehr(
    persona: str, client_type: str, tmp_path: Path, context: BrowserContext
) -> None:
    with playing(tmp_path, persona, client_type) as running:
        journey(running, context, PERSONAS[persona])
