"""What every test shares: no network beyond loopback, and the real public data where it is at hand.

A test that reached the internet would pass or fail by the weather, and one that sends a patient's chart anywhere
else is a defect of the first rank, so a connection to any other address fails the test that made it.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.requirement_outcomes",)

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
SHARED_IGS = ROOT.parent / "shared" / "igs"
R4_DEFINITIONS = ROOT / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"


# How fast examples are made is the machine's business: two workers and a Chromium share two cores.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


class NetworkReached(AssertionError):
    """A test tried to connect to an address that is not this machine's loopback."""


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            raise NetworkReached(f"a test reached for {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def is_loopback(host: str) -> bool:
    """True for localhost and the loopback addresses."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public FHIR data; a machine without it skips, with the reason."""
    return _folder(SHARED_DATA, "real public data (../shared/data) is not on this machine")


@pytest.fixture(scope="session")
def shared_igs() -> Path:
    """The folder of US Core packages; a machine without it skips, with the reason."""
    return _folder(SHARED_IGS, "the US Core packages (../shared/igs) are not on this machine")


@pytest.fixture(scope="session")
def r4_definitions() -> Path:
    """The R4 base definitions of the npm package; `make test` installs them."""
    return _folder(
        R4_DEFINITIONS, "the R4 base definitions are not installed: run the tests with `make test`"
    )


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    """One Chromium for a run: Playwright has one loop for a thread, so nobody else may start a second."""
    from playwright.sync_api import sync_playwright

    from tests import browser

    path = browser.find()
    if path is None:
        pytest.skip(browser.MISSING)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(browser.FLAGS))
        yield running
        running.close()


def _folder(path: Path, reason: str) -> Path:
    if not path.is_dir():
        pytest.skip(reason)
    return path
