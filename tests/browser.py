"""The Chromium that the journeys drive: the system's; else Debian's package; else Playwright's own.

The headless shell goes first: the same engine without the browser's own windows, which take three times the processor
time for each new context.

`python -m tests.browser` finds one or installs it, and says in one sentence what to do when it cannot.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NAMES = ("chromium-headless-shell", *BROWSERS)
PLAYWRIGHT_SECONDS = 60
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""Without the background-networking flags a Chromium on a closed network fails many connections at each start."""

MISSING = (
    "No Chromium was found for the journeys: install one (Debian, Ubuntu: sudo apt-get install -y chromium) "
    "and run `make test` again."
)


def find(names: Sequence[str] = NAMES) -> str | None:
    """The path of a Chromium on this machine, or None. BROWSERS have settings of a user, which the shell has not."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    return _playwright_own()


def _playwright_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> str | None:
    """Installs Debian's package where this is root, else Playwright's own with a time limit. Returns the path."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's chromium for the journeys", flush=True)  # noqa: T201 - a command line
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = shutil.which("apt-get") or "apt-get"
        install_one = ("install", "-y", "-qq")
        for step in (
            ("update", "-qq"),
            (*install_one, "chromium"),
            (*install_one, "chromium-headless-shell"),
        ):
            subprocess.run([apt, *step], check=False, env=environment, stdout=subprocess.DEVNULL)
        return find()
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        subprocess.run(command, check=False, timeout=PLAYWRIGHT_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return find()


if __name__ == "__main__":
    raise SystemExit(0 if find() or install() else MISSING)
