"""The app under test: its own clock, an EHR in the same process, and browsers that keep their cookies."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.current import current_launch, current_time
from app.logs import LOGGER, JsonLines
from app.sessions import COOKIE
from app.settings import Settings
from app.staff_launches import current_staff_launch
from smart_launch.transport import Http
from tests.app.fake_ehr import ISS, FakeEhr
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Visitor
from tests.running import Practice, practice

KEY = Fernet.generate_key().decode()
BROKEN: dict[str, Exception] = {}
"""What a page of this patient's chart fails with."""
ORIGIN = "http://127.0.0.1:8080"

TOML = f"""
[[ehr]]
name = "riverbend"
label = "Riverbend Family Practice"
iss = "{ISS}"
client_id = "chartside"
frame_origins = ["https://screens.ehr.example", "https://other.ehr.example:8443"]
time_zone = "America/New_York"
admins = ["Practitioner/manager", "Practitioner/it"]

[[ehr]]
name = "hillside"
label = "Hillside Clinic"
iss = "https://fhir.hillside.example/r4"
client_id = "chartside"
frame_origins = ["https://hillside.example"]
time_zone = "America/Chicago"
admins = ["Practitioner/manager"]
"""


class Clock:
    """Seconds since the epoch that pass only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_795_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_by(self, *, minutes: float = 0, hours: float = 0, seconds: float = 0) -> None:
        self.seconds += seconds + minutes * 60 + hours * 3600


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "chartside.toml"
    file.write_text(TOML)
    loaded = Settings.load(file, {"CHARTSIDE_KEY": KEY})
    return replace(loaded, state_dir=tmp_path / "state")


@pytest.fixture
def ehr(clock: Clock) -> FakeEhr:
    return FakeEhr(clock)


@pytest.fixture
def app(settings: Settings, ehr: FakeEhr, clock: Clock) -> Flask:
    made = create_app(settings, http=Http(adapters={"https://": ehr}), now=clock)

    @made.route("/l/<launch_id>/probe", methods=["GET", "POST"])
    @made.route("/l/<launch_id>/care-plan/probe", methods=["POST"])
    @made.route("/l/<launch_id>/draft/probe", methods=["POST"])
    def probe(launch_id: str) -> str:
        """A page of a chart with nothing on it but whose chart it is."""
        return f"chart of {current_launch().patient_id} at {current_time().isoformat()}"

    @made.route("/staff/<staff_launch_id>/probe", methods=["GET", "POST"])
    @made.route("/admin/<staff_launch_id>/probe", methods=["GET", "POST"])
    def staff_probe(staff_launch_id: str) -> str:
        """A page of a launch without a patient."""
        return f"no chart, {current_staff_launch().user}"

    @made.get("/l/<launch_id>/broken")
    def broken(launch_id: str) -> str:
        raise BROKEN[current_launch().patient_id]

    return made


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def log_lines() -> Iterator[Callable[[], str]]:
    """Everything the process would write to its log, as text."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level, LOGGER.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    LOGGER.setLevel(logging.INFO)
    yield stream.getvalue
    root.removeHandler(handler)
    root.setLevel(before[0])
    LOGGER.setLevel(before[1])


@pytest.fixture
def launched(browser: FlaskClient, ehr: FakeEhr) -> Callable[..., str]:
    """Launches from the chart and gives the launch id."""

    def go(on: FlaskClient = browser, **context: Any) -> str:
        answer = ehr.launch(on, **context)
        assert answer.status_code == 303, answer.text
        return answer.location.split("/")[2]

    return go


@pytest.fixture
def post(app: Flask, browser: FlaskClient) -> Callable[..., Any]:
    """Sends a form of a launch as our own page would; `drop` leaves fields out, the rest replaces or adds fields."""

    def send(
        launch_id: str,
        path: str,
        *,
        origin: str | None = ORIGIN,
        drop: tuple[str, ...] = (),
        on: FlaskClient = browser,
        **fields: Any,
    ) -> Any:
        values = {"csrf_token": token_of(app, on), "patient": "margery", **fields}
        headers = {} if origin is None else {"Origin": origin}
        form = {name: value for name, value in values.items() if name not in drop}
        return on.post(f"/l/{launch_id}/{path}", data=form, headers=headers)

    return send


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice on real ports, one for the tests of a module; a module that wants another kind makes its own."""
    with practice(tmp_path_factory.mktemp("practice")) as made:
        yield made


@pytest.fixture
def gloria(running: Practice) -> str:
    """A patient with a chart of her own."""
    return newcomer(running)


@pytest.fixture
def nurse(running: Practice) -> Iterator[Visitor]:
    """A nurse with a browser of her own."""
    with Visitor(running) as visitor:
        yield visitor


def token_of(app: Flask, browser: FlaskClient) -> str:
    """The form token of this browser's session, as its pages bear it."""
    cookie = browser.get_cookie(COOKIE, domain="localhost")
    session = app.extensions["chartside"].sessions.find(cookie.value if cookie else "")
    return session.csrf_token if session else ""
