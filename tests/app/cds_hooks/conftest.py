"""The app with the service on for one of its EHRs, and that EHR as a client of it; one app for each module."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.settings import Settings
from smart_launch.transport import Http
from tests.app.cds_hooks.caller import PAGES_OF_THE_EHR, SERVICE, CdsClient, with_cards
from tests.app.conftest import KEY, ORIGIN, TOML, Clock
from tests.app.fake_ehr import FakeEhr


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("cds")
    file = folder / "chartside.toml"
    file.write_text(TOML)
    loaded = Settings.load(file, {"CHARTSIDE_KEY": KEY})
    first, second = loaded.ehrs
    ehrs = (with_cards(first, origins=(PAGES_OF_THE_EHR,)), second)
    return replace(loaded, state_dir=folder / "state", ehrs=ehrs)


@pytest.fixture(scope="module")
def ehr(clock: Clock) -> FakeEhr:
    return FakeEhr(clock)


@pytest.fixture(scope="module")
def app(settings: Settings, ehr: FakeEhr, clock: Clock) -> Flask:
    return create_app(settings, http=Http(adapters={"https://": ehr}), now=clock)


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
