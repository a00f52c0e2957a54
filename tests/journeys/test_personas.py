"""One journey for each EHR that the sandbox can play: launch in the frame, read the chart, see what can be filed there.

The expectations are written out from the published metadata of those EHRs (the sandbox's imitation of them), so a
change of behaviour on either side shows. The whole matrix with every client type is a soak run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Frame, expect

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
    """What a nurse sees: the records that the EHR refuses for the next step, what can be filed there, panels that it
    does not serve, and whether she can document a contact now. `statements` when it serves MedicationStatement,
    `noted` when a contact is filed in a note."""

    refused: str = ""
    filed: tuple[str, ...] = ()
    unserved: tuple[str, ...] = ()
    contact: bool = False
    statements: bool = False
    noted: bool = False


CONTACTS, CONSENT = "Contacts and their minutes", "Consent, and a patient’s no"
PLAN = "A care plan with its goals and tasks"

PERSONAS = {
    "open": Expected(filed=(CONTACTS, CONSENT, PLAN), contact=True, statements=True),
    "epic": Expected(filed=(CONTACTS, CONSENT, PLAN), contact=True, noted=True),
    "oracle": Expected(filed=(CONTACTS, CONSENT, PLAN), contact=True, noted=True),
    "athena": Expected("tasks", unserved=("Contacts", "Tasks", "Consent")),
    "ecw": Expected("tasks", unserved=("Contacts", "Tasks", "Consent")),
    "canvas": Expected("care plans", (CONTACTS,), contact=True, statements=True),
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
    """The launch, the chart as it is read there, and what can and cannot be filed; then a contact where it can."""
    frame = open_chart(context.new_page(), running, GLORIA, client=running.settings.ehrs[0].client_id)
    expect(frame.locator("header.banner")).to_contain_text("Gloria Inés Reyes")
    assert "metformin" in panel(frame, "Medications (4)")
    assert ("statement" in panel(frame, "Medications (4)")) is expected.statements
    assert "A1c" in panel(frame, "Results")
    for title in expected.unserved:
        assert "ot available from this EHR" in panel(frame, title), title
    refusal = frame.locator(".line--due")
    expect(refusal).to_have_count(1 if expected.refused else 0)
    if expected.refused:
        expect(refusal).to_contain_text(f"This EHR does not accept {expected.refused} from Chartside.")
    assert _filed_here(frame) == expected.filed
    if expected.contact:
        _files_a_contact(frame, running, noted=expected.noted)
    else:
        _makes_text_of_a_contact(frame)
        assert running.versions() == _loaded(running)


def _makes_text_of_a_contact(frame: Frame) -> None:
    """What the EHR takes in no form is text to paste, and waits on every page."""
    open_contact(frame)
    choose(frame, "Talked")
    frame.get_by_label("Minutes", exact=True).fill("7")
    frame.get_by_label("Note").fill(NOTE)
    save_button(frame).click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Paste this into the chart")
    expect(frame.locator("#text")).to_have_value(re.compile(re.escape(NOTE)))
    back_to_today(frame)
    expect(frame.locator(".banner .line--stop")).to_contain_text("NOT FILED: a contact")


def _loaded(running: Practice) -> set[str]:
    """Nothing of what the EHR came with has a second version."""
    return {version for version in running.versions() if version.endswith("/1")}


def _files_a_contact(frame: Frame, running: Practice, *, noted: bool) -> None:
    before = len(contacts_of(running, GLORIA))
    notes = len(running.held("DocumentReference", GLORIA))
    open_contact(frame)
    choose(frame, "Talked")
    frame.get_by_label("Minutes", exact=True).fill("7")
    frame.get_by_label("Note").fill(NOTE)
    save(frame)
    back_to_today(frame)
    contacts = contacts_of(running, GLORIA)
    assert NOTE in panel(frame, "Contacts (1)")
    assert len(running.held("DocumentReference", GLORIA)) == notes + noted
    if noted:
        assert len(contacts) == before
        return
    assert len(contacts) == before + 1
    assert NOTE in str(contacts[-1])


@pytest.mark.requirement("client@12")
@pytest.mark.requirement("client@41")
@pytest.mark.parametrize("persona", PERSONAS)
def test_a_nurse_reads_the_chart_and_sees_what_can_be_filed(
    persona: str, tmp_path: Path, context: BrowserContext
) -> None:
    with playing(tmp_path, persona) as running:
        journey(running, context, PERSONAS[persona])


@pytest.mark.soak
@pytest.mark.parametrize("client_type", CLIENTS)
@pytest.mark.parametrize("persona", PERSONAS)
def test_every_client_type_at_every_ehr(
    persona: str, client_type: str, tmp_path: Path, context: BrowserContext
) -> None:
    with playing(tmp_path, persona, client_type) as running:
        journey(running, context, PERSONAS[persona])
