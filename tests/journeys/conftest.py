"""A Chromium and a practice for the journeys: one of each for a module, a fresh browser context for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.journeys.visitor import Visitor
from tests.running import Practice, practice

expect.set_options(timeout=15_000)

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 380, "height": 800}


@pytest.fixture
def context(chrome: Browser) -> Iterator[BrowserContext]:
    """A browser with no cookies."""
    fresh = chrome.new_context(viewport=WIDE)
    yield fresh
    fresh.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice with the sandbox's own cast."""
    with practice(tmp_path_factory.mktemp("practice")) as running:
        yield running


@pytest.fixture(scope="module")
def synthea(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Practice]:
    """A practice with 43 real public charts beside the cast."""
    folder = tmp_path_factory.mktemp("synthea")
    with practice(folder, data=(shared_data / "synthea_ndjson",)) as running:
        yield running


@pytest.fixture
def nurse(sandbox: Practice) -> Iterator[Visitor]:
    """A browser without a screen at the practice with the cast."""
    with Visitor(sandbox) as visitor:
        yield visitor
