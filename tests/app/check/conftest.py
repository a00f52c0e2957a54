"""A configured EHR in this process, and a run of the check against it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.check.finding import Area, Finding
from app.check.report import Run
from app.check.subject import Subject
from tests.app.check.site import ISS, Cable, Site, ehr_settings, found, inquiry, settings


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def run_of(site: Site, tmp_path: Path) -> Callable[..., Run]:
    """A run without a token; keyword arguments change the EHR's settings."""

    def make(*, cable: Cable | None = None, public_url: str = "", iss: str = ISS, **changes: Any) -> Run:
        ehr = ehr_settings(iss=iss, **changes)
        ours = settings(tmp_path, ehr, public_url=public_url or "https://chartside.practice.example")
        return Run(inquiry(site, Subject(iss, ehr, ours), cable))

    return make


@pytest.fixture
def findings(run_of: Callable[..., Run]) -> Callable[..., dict[str, Finding]]:
    """The findings of one section of a run without a token, by name."""

    def look(area: Area, **changes: Any) -> dict[str, Finding]:
        return found(run_of(**changes), area)

    return look
