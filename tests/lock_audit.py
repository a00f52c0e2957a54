"""`make audit`: whether a package of the lock has a known weakness; and that the lock pins each by version and hash.

The advisories come through pip-audit from PyPI. Where they cannot be had, this says so, and what was checked instead:
a machine without the internet must not look like one without weaknesses.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

LOCK = ROOT / "requirements.lock"
RUNTIME_LOCK = ROOT / "docs" / "deployment" / "requirements.lock"
SECONDS = 300
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[[^]]*\])?==(?P<version>[^ ;\\]+)( ;[^\\]*)? \\")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Verdict:
    """What to print, and the exit status: 0 when nothing is known against the lock, else 1."""

    words: str
    status: int


def pinned(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Each package of a lock with its version and hashes. Raises ValueError for a line that pins nothing."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    name = ""
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.split("#", 1)[0].rstrip()
        if not content.strip():
            continue
        begins, digest = _PINNED.match(content), _HASH.search(content)
        if begins:
            name = begins["name"].lower()
            found[name] = (begins["version"], frozenset())
        elif digest and name:
            found[name] = (found[name][0], found[name][1] | {digest[1]})
        else:
            raise ValueError(f"line {number} pins nothing: {content.strip()[:80]}")
    bare = [package for package, (_, hashes) in found.items() if not hashes]
    if bare:
        raise ValueError(f"without a hash: {', '.join(bare)}")
    return found


def verdict(text: str, report: Mapping[str, Any] | None) -> Verdict:
    """`report` is pip-audit's JSON; None where it could not reach its source."""
    try:
        count = len(pinned(text))
    except ValueError as error:
        return Verdict(f"The lock is not safe to install from: {error}", 1)
    locked = f"The lock pins {count} packages, each by version and hash."
    packages = report["dependencies"] if report else []
    weak = [item for item in packages if item.get("vulns")]
    asked = [item for item in packages if "vulns" in item]
    if weak:
        lines = [f"{item['name']} {item['version']}: {_advisories(item)}" for item in weak]
        return Verdict("\n".join([f"{len(weak)} packages have known weaknesses:", *lines, locked]), 1)
    if not asked:
        return Verdict(
            f"NOT COMPARED with published advisories: their source cannot be reached from here. {locked}", 0
        )
    rest = sorted(item["name"] for item in packages if "vulns" not in item)
    unknown = f" Not known there, so not compared: {', '.join(rest)}." if rest else ""
    return Verdict(f"No advisory is known for {len(asked)} packages.{unknown} {locked}", 0)


def _advisories(item: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{each['id']} (mended in {', '.join(each['fix_versions']) or 'no version yet'})"
        for each in item["vulns"]
    )


def report_of(lock: Path) -> Mapping[str, Any] | None:
    """pip-audit's JSON; None where it gave none."""
    command = [
        sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--requirement", str(lock),
        "--format", "json", "--progress-spinner", "off",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        found: Mapping[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return found


def main() -> int:
    """Prints the verdict and gives its status."""
    found = verdict(LOCK.read_text(encoding="utf-8"), report_of(LOCK))
    sys.stdout.write(f"{found.words}\n")
    return found.status


if __name__ == "__main__":
    raise SystemExit(main())
