"""A Chromium and a practice for the journeys: one of each for a module, a fresh browser context for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect, sync_playwright

from tests import browser as chromium
from tests.running import Practice, practice

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        pytest.skip(chromium.MISSING)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield running
        running.close()


@pytest.fixture
def context(chrome: Browser) -> Iterator[BrowserContext]:
    """A browser with no cookies, which blocks those of third parties that are not partitioned."""
    fresh = chrome.new_context(viewport={"width": 1280, "height": 900})
    yield fresh
    fresh.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("practice")) as running:
        yield running


@pytest.fixture(scope="module")
def synthea(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Practice]:
    folder = tmp_path_factory.mktemp("synthea")
    with practice(folder, data=(shared_data / "synthea_ndjson",)) as running:
        yield running


def open_chart(page: Page, running: Practice, patient_id: str, user: str = "nurse") -> Frame:
    """Opens the patient's chart in the EHR with Chartside in its frame; the frame, once *Today* is there."""
    page.goto(f"{running.ehr_url}/chart/{patient_id}?user={user}&tab=app")
    handle = page.wait_for_selector("iframe[name=chartside-frame]")
    frame = handle.content_frame() if handle else None
    assert frame is not None
    expect(frame.locator("header.banner")).to_be_visible()
    return frame
