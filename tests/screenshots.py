"""`make screenshots`: the pictures of the README and docs, taken from the running product, never drawn by hand.

A nurse opens the chart of one of the sandbox's own patients, enrols her and documents a call; the pictures are what
she sees on the way.
"""

from __future__ import annotations

import re
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Frame, Page, sync_playwright

from tests import browser as chromium
from tests.conftest import ROOT
from tests.journeys import steps
from tests.running import ZONE, Practice, practice

IMAGES = ROOT / "docs" / "images"
PATIENT = "gloria-reyes"
NOTE = (
    "Fasting glucose 140 to 160 this week. She will bring the log. Bus fare is the problem for the eye exam."
)


PAGES = (
    ("plan", "plan"),
    ("month", "month"),
    ("resources", "referrals"),
    ("enrollment", "enrollment"),
    ("assessments", "assessments"),
)
PAGES_OF_A_DISCHARGE = (("transition", "transition"), ("medicines/reconcile", "reconcile"))
"""Where a page of the launch stands, and what its picture is called."""

DISCHARGED = "walter-boone"


def main() -> int:
    """Takes all pictures anew. Exit status 1 where there is no Chromium."""
    path = chromium.find()
    if path is None:
        raise SystemExit(chromium.MISSING)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        practice(Path(folder)) as running,
        sync_playwright() as playwright,
    ):
        chrome = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        _story(chrome, running)
        _administrator(chrome, Path(folder) / "canvas")
        chrome.close()
    return 0


def _story(chrome: Browser, running: Practice) -> None:
    page = chrome.new_page(viewport={"width": 1440, "height": 860})
    frame = steps.open_chart(page, running, PATIENT)
    _picture(page, "chart")
    _consent_of_an_earlier_day(frame)
    steps.open_plan(frame)
    steps.open_contact(frame)
    frame.locator("#minutes").fill("12")
    frame.locator("#note").fill(NOTE)
    steps.choose(frame, "Better")
    frame.evaluate("window.scrollTo(0, 0)")
    _picture(page, "contact")
    steps.save(frame)
    page.get_by_role("link", name="Refresh").first.click()
    frame = steps.open_chart(page, running, PATIENT)
    _picture(page, "today")
    for where, name in PAGES:
        _look_at(frame, where)
        _picture(page, name)
    frame = steps.open_chart(page, running, DISCHARGED)
    for where, name in PAGES_OF_A_DISCHARGE:
        _look_at(frame, where)
        _picture(page, name)
    narrow = chrome.new_page(viewport={"width": 380, "height": 820})
    steps.open_chart(narrow, running, PATIENT)
    _picture(narrow, "today-narrow")


def _look_at(frame: Frame, where: str) -> None:
    frame.goto(re.sub(r"(/l/[^/]+)/.*", rf"\1/{where}", frame.url))
    frame.locator("h1").wait_for()


def _administrator(chrome: Browser, folder: Path) -> None:
    """The same app at an EHR that takes less: what its administrator reads before going live."""
    with practice(folder, persona="canvas", ehr={"admins": ("Practitioner/manager",)}) as running:
        page = chrome.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{running.app_url}/admin/sign-in?ehr=sandbox")
        page.locator("button[value=manager]").click()
        page.get_by_role("link", name="Check what works").click()
        page.locator("#section-ladder").scroll_into_view_if_needed()
        _picture(page, "check")


def _consent_of_an_earlier_day(frame: Frame) -> None:
    frame.get_by_role("link", name="Record consent").click()
    steps.choose(frame, "Agrees")
    for label in frame.locator("#disclosure label").all():
        label.click()
    earlier = datetime.now(ZoneInfo(ZONE)).date() - timedelta(days=11)
    frame.locator("#date").fill(earlier.isoformat())
    steps.save(frame)
    steps.back_to_today(frame)


def _picture(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    raise SystemExit(main())
