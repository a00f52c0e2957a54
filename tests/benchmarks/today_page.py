"""*Today* as a function to time: the app in this process, a launch already open, the EHR in another process."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from app import create_app
from app.services import EXTENSION, Services
from app.sessions import COOKIE
from smart_launch.discovery import SmartConfiguration
from smart_launch.grant import Grant, LaunchContext
from smart_launch.scopes import ScopeSet
from tests.running import app_settings


@contextmanager
def today_page(base: str) -> Iterator[Callable[[], None]]:
    """A function that opens the whole page once. `base` is the upstream's FHIR base, which has one patient."""
    with tempfile.TemporaryDirectory() as folder:
        settings = app_settings(Path(folder), iss=base, app_url="http://127.0.0.1")
        app = create_app(settings)
        services: Services = app.extensions[EXTENSION]
        session = services.sessions.begin()
        patient = requests.get(f"{base}/Patient", timeout=30).json()
        launch = services.launches.create(
            settings.ehrs[0],
            SmartConfiguration(authorization_endpoint=base, token_endpoint=base),
            _grant(patient["id"]),
            owner=session.owner,
            patient_id=patient["id"],
        )
        browser = app.test_client()
        browser.set_cookie(COOKIE, session.id, secure=True, domain="127.0.0.1")

        def load() -> None:
            answer = browser.get(f"/l/{launch.id}/today", base_url="https://127.0.0.1")
            if answer.status_code != 200:
                raise AssertionError(f"Today answered {answer.status_code}")

        yield load


def _grant(patient_id: str) -> Grant:
    return Grant(
        access_token="bench",
        refresh_token=None,
        expires_at=time.time() + 3600,
        scopes=ScopeSet.parse("patient/*.rs"),
        context=LaunchContext(patient=patient_id),
    )
