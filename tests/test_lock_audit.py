"""The locks pin every file, agree with each other, and the audit says plainly what it could not ask."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.lock_audit import LOCK, RUNTIME_LOCK, pinned, verdict

DIGEST = "a" * 64
GOOD = f"flask==3.1.3 \\\n    --hash=sha256:{DIGEST}\n    # via chartside\n"


def test_every_file_of_both_locks_is_pinned_by_version_and_hash() -> None:
    whole, runtime = pinned(LOCK.read_text()), pinned(RUNTIME_LOCK.read_text())
    assert len(whole) > 80
    assert {name: whole.get(name) for name in runtime} == runtime


def test_the_image_gets_what_the_app_needs_with_redis_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted, unwanted = (
        names([*project["dependencies"], *extras["redis"]]),
        names([*extras["dev"], *extras["sandbox"]]),
    )
    runtime = set(pinned(RUNTIME_LOCK.read_text()))
    assert wanted <= runtime
    assert unwanted & runtime == set()


def names(requirements: list[str]) -> set[str]:
    return {
        re.split(r"[^A-Za-z0-9._-]", each)[0].lower().replace(".", "-").replace("_", "-")
        for each in requirements
    }


def test_a_lock_names_no_registry() -> None:
    for lock in (LOCK, RUNTIME_LOCK):
        assert "://" not in lock.read_text()
        assert "index" not in lock.read_text().split("\n\n")[0].replace("--no-emit-index-url", "")


@pytest.mark.parametrize(
    "text",
    [
        "flask>=3.1\n",
        "flask==3.1.3\n",
        "flask==3.1.3 \\\n    --hash=md5:abc\n",
        "flask @ https://evil.example/flask.whl\n",
        f"{GOOD}--index-url https://evil.example/\n",
        f"{GOOD}jinja2==3.1.6 \\\n",
    ],
)
def test_a_line_that_pins_nothing_fails_the_audit(text: str) -> None:
    assert verdict(text, None).status == 1


@pytest.mark.parametrize(
    ("report", "status", "said"),
    [
        (None, 0, "NOT COMPARED with published advisories"),
        ({"dependencies": [{"name": "flask", "skip_reason": "not found on PyPI"}]}, 0, "NOT COMPARED"),
        ({"dependencies": [{"name": "flask", "version": "3.1.3", "vulns": []}]}, 0, "No advisory is known for 1"),
        (
            {"dependencies": [
                {"name": "flask", "version": "3.1.3", "vulns": []}, {"name": "own", "skip_reason": "not there"}
            ]},
            0,
            "so not compared: own",
        ),
        (
            {"dependencies": [
                {"name": "flask", "version": "3.1.3", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.4"]}]}
            ]},
            1,
            "PYSEC-1 (mended in 3.1.4)",
        ),
    ],
)  # fmt: skip
def test_what_the_audit_says(report: dict[str, Any] | None, status: int, said: str) -> None:
    found = verdict(GOOD, report)
    assert found.status == status
    assert said in found.words


@pytest.mark.parametrize("room", ["app", "fhir_profiles", "mappings", "samples", "smart_launch", "tests"])
def test_every_exception_from_a_security_rule_has_its_reason_beside_it(room: str) -> None:
    """ruff's S rules are bandit's. `# noqa: S310  # why it is safe here`."""
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / room).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"#\s*noqa:[^#]*\bS\d+", line) and not re.search(r"noqa:[^#]*?\d\s*(#|-)\s*\S+", line)
    ]
    assert bare == []
