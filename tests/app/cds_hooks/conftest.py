"""The app with the service on for one of its EHRs, and that EHR as a client of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from app.settings import Settings
from tests.app.cds_hooks.caller import PAGES_OF_THE_EHR, SERVICE, CdsClient, with_cards
from tests.app.conftest import ORIGIN, Clock


@pytest.fixture
def settings(settings: Settings) -> Settings:
    first, second = settings.ehrs
    return replace(settings, ehrs=(with_cards(first, origins=(PAGES_OF_THE_EHR,)), second))


@pytest.fixture
def caller(clock: Clock) -> CdsClient:
    return CdsClient(ORIGIN, clock)


@pytest.fixture
def ask(browser: FlaskClient, caller: CdsClient) -> Any:
    """Calls the service with a good token; `body` is the call, or the prefetch of one."""

    def go(body: Any, path: str = SERVICE, **more: Any) -> Any:
        sent = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = {**caller.headers(path), **more.pop("headers", {})}
        return browser.post(path, data=sent, content_type="application/json", headers=headers, **more)

    return go
