"""A sandbox EHR and the app on two real ports of this machine, as a journey needs them: two sites, real cookies.

The EHR is on `localhost` and the app on `127.0.0.1`, so the app's frame is truly cross-site. Both run in threads of
the test process, so that a test can look into the EHR's store, stop the app, delete its storage and start it again.
"""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

import samples.server
from app import create_app
from app.ehr_settings import EhrSettings
from app.logs import LOGGER
from app.settings import Settings
from samples.sandbox import sandbox_of
from samples.server import _SilentHandler as SilentHandler
from samples.settings import SandboxSettings

ZONE = "America/New_York"


def free_port() -> int:
    """A port of the loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Serving:
    """One Flask app behind a threaded server in a thread of this process."""

    app: Flask
    host: str
    port: int
    _server: BaseWSGIServer | None = field(default=None, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        self._server = make_server(
            self.host, self.port, self.app, threaded=True, request_handler=SilentHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join(timeout=10)
            self._server.server_close()
        self._server = self._thread = None


@dataclass
class Practice:
    """A running sandbox EHR with Chartside registered at it."""

    folder: Path
    ehr: Serving
    app: Serving
    settings: Settings

    @property
    def ehr_url(self) -> str:
        return f"http://localhost:{self.ehr.port}"

    @property
    def app_url(self) -> str:
        return f"http://127.0.0.1:{self.app.port}"

    def held(self, resource_type: str, patient_id: str) -> list[dict[str, Any]]:
        """What the EHR's own store holds of a type for a patient, oldest first."""
        store = sandbox_of(self.ehr.app).store
        page = store.search(resource_type, [("patient", patient_id), ("_count", "200")])
        return sorted(page.resources, key=lambda resource: str(resource["meta"]["lastUpdated"]))

    def forget_the_app(self) -> None:
        """Stops the app, deletes everything it kept, and starts it again with nothing."""
        self.app.stop()
        shutil.rmtree(self.settings.state_dir)
        self.restart_the_app()

    def restart_the_app(self) -> None:
        """Stops the app and starts it on the storage it left."""
        self.app.stop()
        self.app.app = create_app(self.settings)
        self.app.start()


@contextmanager
def practice(folder: Path, *, data: tuple[Path, ...] = (), delay_ms: int = 0) -> Iterator[Practice]:
    """Both servers, running; ended and closed afterwards. `data` are folders loaded into the EHR."""
    ehr_port, app_port = free_port(), free_port()
    app_url = f"http://127.0.0.1:{app_port}"
    sandbox = SandboxSettings(
        state_dir=folder / "ehr",
        port=ehr_port,
        data_dirs=data,
        app_launch_url=f"{app_url}/launch",
        app_redirect_uris=(f"{app_url}/callback",),
        delay_ms=delay_ms,
    )
    sandbox.state_dir.mkdir(parents=True, exist_ok=True)
    settings = app_settings(folder / "app", ehr_port=ehr_port, app_url=app_url)
    running = Practice(
        folder,
        Serving(samples.server.create_app(sandbox), "localhost", ehr_port),
        Serving(create_app(settings), "127.0.0.1", app_port),
        settings,
    )
    # A failing journey then shows the app's own log, which names the place of an error.
    LOGGER.setLevel("INFO")
    running.ehr.start()
    running.app.start()
    try:
        yield running
    finally:
        running.app.stop()
        running.ehr.stop()
        sandbox_of(running.ehr.app).store.close()


def app_settings(state_dir: Path, *, ehr_port: int, app_url: str) -> Settings:
    """The app's settings as `chartside demo` writes them, on other ports."""
    ehr = EhrSettings(
        name="sandbox",
        label="Sandbox EHR (Riverbend Family Practice)",
        iss=f"http://localhost:{ehr_port}/fhir",
        client_id="chartside",
        frame_origins=(f"http://localhost:{ehr_port}",),
        time_zone=ZoneInfo(ZONE),
    )
    return Settings(
        ehrs=(ehr,), keys=(Fernet.generate_key().decode(),), public_url=app_url, state_dir=state_dir
    )
