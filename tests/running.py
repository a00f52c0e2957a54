"""A sandbox EHR and the app on two real ports of this machine, as a journey needs them: two sites, real cookies.

The EHR is on `localhost` and the app on `127.0.0.1`, so the app's frame is truly cross-site. Both run in threads of
the test process, so that a test can look into the EHR's store, stop the app, delete its storage and start it again.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

import samples.server
from app import create_app
from app.cds_settings import CdsHooks
from app.ehr_settings import EhrSettings
from app.logs import LOGGER
from app.problems import Problems
from app.resource_directory_settings import read_resource_directory
from app.services import EXTENSION
from app.settings import Settings
from mappings import practice as practices
from samples import personas
from samples.oauth import clients
from samples.sandbox import sandbox_of
from samples.server import _SilentHandler as SilentHandler
from samples.settings import SandboxSettings
from smart_launch.caller_token import Caller
from smart_launch.key_ring import KeyRing
from smart_launch.keys import Algorithm, load_key
from smart_launch.transport import Http
from tests.ehr_line import Line
from tests.written.asked import unstated
from tests.written.sent import invalid_resources

ZONE = "America/New_York"
WRITTEN_TYPES = ("CarePlan", "Goal", "Task", "Consent")
LOOKS_FOR_ITS_END_EVERY = 0.02
"""Seconds. By default a server looks twice a second, so each one that a test ends would be waited for as long."""


PORTS = 4000
"""How many each test process has of its own, below those that a system gives to whoever connects (32768 and up)."""
_ports = itertools.count()


def free_port() -> int:
    """A port of the loopback that nothing listens on now, and that no other test process is given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 3
    while True:
        port = 20_000 + worker * PORTS + next(_ports) % PORTS
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


class Clock:
    """The app's clock: the real time, and `ahead` seconds more where a test lets time pass."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def moment(self) -> datetime:
        """The same as an aware time."""
        return datetime.fromtimestamp(self(), UTC)

    @contextmanager
    def later(self, *, minutes: float) -> Iterator[None]:
        """Inside, it is that many minutes later."""
        self.ahead += minutes * 60
        try:
            yield
        finally:
            self.ahead -= minutes * 60


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
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOKS_FOR_ITS_END_EVERY,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join(timeout=10)
            self._server.server_close()
        self._server = self._thread = None


@dataclass
class Practice:
    """A running sandbox EHR with Chartside registered at it. All that reaches the EHR goes over `line`."""

    folder: Path
    ehr: Serving
    app: Serving
    settings: Settings
    line: Line
    clock: Clock
    http: Http | None = None

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

    def found(self, resource_type: str, **parameters: str) -> list[dict[str, Any]]:
        """The first page of a search of the EHR's own store."""
        return sandbox_of(self.ehr.app).store.search(resource_type, parameters.items()).resources

    def tokens(self, launch_id: str) -> list[str]:
        """The access, refresh and identity token that the app holds for a launch."""
        launch = self.app.app.extensions[EXTENSION].launches.find(launch_id)
        held = (launch.grant.access_token, launch.grant.refresh_token, launch.grant.id_token)
        return [token for token in held if token]

    def versions(self) -> set[str]:
        """Every version of every record of a type that Chartside writes, as "Task/12/_history/3"."""
        store, found = sandbox_of(self.ehr.app).store, set()
        for kind in WRITTEN_TYPES:
            page = store.search(kind, [("_count", "200")])
            ids = [resource["id"] for resource in page.resources]
            while page.next:
                page = store.follow(kind, page.next)
                ids += [resource["id"] for resource in page.resources]
            for each in ids:
                found |= {f"{kind}/{each}/_history/{v.version}" for v in store.versions(kind, each)}
        return found

    def forget_the_app(self) -> None:
        """Stops the app, deletes everything it kept, and starts it again with nothing."""
        self.app.stop()
        shutil.rmtree(self.settings.state_dir)
        self.restart_the_app()

    def restart_the_app(self) -> None:
        """Stops the app and starts it on the storage it left."""
        self.app.stop()
        self.app.app = create_app(self.settings, http=self.http, now=self.clock)
        self.app.start()


@contextmanager
def practice(
    folder: Path,
    *,
    data: tuple[Path, ...] = (),
    delay_ms: int = 0,
    http: Http | None = None,
    persona: str = "open",
    client_type: str = "public",
    one_clock: bool = False,
    cards: bool = False,
    sandbox: Mapping[str, Any] | None = None,
    ehr: Mapping[str, Any] | None = None,
) -> Iterator[Practice]:
    """Both servers, running; ended and closed afterwards.

    `data` are folders loaded into the EHR; `http` is what the app sends with, where a test needs its own time-outs.
    `persona` is the EHR that the sandbox plays. `client_type` is how the app proves itself: public, symmetric,
    asymmetric (a key file that the sandbox made), or "ES384" and "RS384": by the app's own rotating keys, which the
    sandbox fetches. With `one_clock` time passes for the EHR as well where a test lets it pass. `sandbox` are more of
    SandboxSettings, `ehr` more of EhrSettings. With `cards` the chart asks the app for cards when it is opened.

    Where the test went well, everything that it made the app send must have been valid by our profiles, and nothing
    asked beyond what our CapabilityStatement says.
    """
    ehr_port, app_port = free_port(), free_port()
    app_url = f"http://127.0.0.1:{app_port}"
    asked = {"cds_services": f"{app_url}/cds-services"} if cards else {}
    told = _sandbox_settings(
        folder / "ehr",
        app_url,
        client_type,
        port=ehr_port,
        data_dirs=data,
        delay_ms=delay_ms,
        persona=persona,
        **{**asked, **(sandbox or {})},
    )
    clock = Clock()
    ehr_app = samples.server.create_app(told, **({"now": clock.moment} if one_clock else {}))
    hooks = {"cds_hooks": cards_for(told.base_url)} if cards else {}
    more = {**known_of(persona), **credentials(folder, client_type), **hooks, **(ehr or {})}
    settings = app_settings(folder / "app", iss=told.fhir_base, app_url=app_url, **more)
    line = Line(ehr_app.wsgi_app)
    ehr_app.wsgi_app = line  # type: ignore[method-assign]  # Flask's own way to wrap an app
    serving_ehr = Serving(ehr_app, "localhost", ehr_port)
    serving_app = Serving(create_app(settings, http=http, now=clock), "127.0.0.1", app_port)
    running = Practice(folder, serving_ehr, serving_app, settings, line, clock, http)
    # A failing journey then shows the app's own log, which names the place of an error.
    LOGGER.setLevel("INFO")
    running.ehr.start()
    running.app.start()
    try:
        yield running
        running.app.stop()
        _check_what_was_asked(running)
    finally:
        running.app.stop()
        running.ehr.stop()
        sandbox_of(running.ehr.app).store.close()


def _sandbox_settings(folder: Path, app_url: str, client_type: str, **more: Any) -> SandboxSettings:
    """The sandbox's settings for an app at `app_url`; `folder` is made."""
    folder.mkdir(parents=True, exist_ok=True)
    ringed = client_type in ("ES384", "RS384")
    return SandboxSettings(
        state_dir=folder,
        app_launch_url=f"{app_url}/launch",
        app_redirect_uris=(f"{app_url}/callback",),
        app_jwks_uri=f"{app_url}/.well-known/jwks.json" if ringed else "",
        **more,
    )


def _check_what_was_asked(running: Practice) -> None:
    """Raises AssertionError for a record that the app should not have sent, or an interaction it should not use."""
    invalid = invalid_resources(running.line.received, sandbox_of(running.ehr.app).store)
    beyond = unstated(running.line.received)
    if invalid or beyond:
        raise AssertionError(f"sent, and not valid: {invalid}; asked, and not stated: {beyond}")


def known_of(persona: str) -> dict[str, Any]:
    """What an administrator writes into the settings of the EHR that the sandbox plays."""
    return {
        "vendor": "generic" if persona == personas.OPEN else persona,
        "scope_style": personas.persona(persona).oauth.granted[-1],
    }


def cards_for(ehr_url: str) -> CdsHooks:
    """The app's settings for the sandbox as a client of its cards, as `chartside demo` writes them."""
    return CdsHooks(Caller(ehr_url, (f"{ehr_url}/oauth/jwks",)))


def credentials(folder: Path, client_type: str) -> dict[str, Any]:
    """The app's settings for one client type, with what the sandbox of the practice in `folder` made at its start."""
    if client_type == "public":
        return {}
    kind = client_type if client_type == "symmetric" else "asymmetric"
    more: dict[str, Any] = {"client_id": f"chartside-{kind}", "client_type": kind}
    if client_type == "symmetric":
        kept = json.loads((folder / "ehr" / clients.FILE).read_text())
        return more | {"client_secret": kept["chartside-symmetric"]["client_secret"]}
    if client_type == "asymmetric":
        return more | {"signing_key": load_key(folder / "ehr" / clients.KEY_FILE)}
    ring = KeyRing(folder / "app" / "keys")
    ring.new(cast(Algorithm, client_type), time.time())
    return more | {"algorithm": client_type}


PRACTICE = practices.Practice(
    name="Riverbend Family Practice",
    care_manager_phone="(555) 010-0142",
    phone_hours="Monday to Friday, 8 am to 5 pm",
    after_hours_phone="(555) 010-0199",
    whereabouts=(("Mon", "Main Street, 8 to 5"), ("Wed", "Hillside, 9 to 4"), ("Thu", "Main Street, 8 to 5")),
    resource_directory=read_resource_directory(
        {"resource_directory": "resources.toml"}, "", Path(samples.__file__).parent, Problems("")
    ),
)
"""As `chartside demo` sets it."""


def app_settings(state_dir: Path, *, iss: str, app_url: str, **more: Any) -> Settings:
    """The app's settings as `chartside demo` writes them, for an EHR at another address.

    `more` are further settings of the EHR, in place of these.
    """
    given: dict[str, Any] = {
        "name": "sandbox",
        "label": "Sandbox EHR (Riverbend Family Practice)",
        "iss": iss,
        "client_id": "chartside",
        "frame_origins": (iss.removesuffix("/fhir"),),
        "time_zone": ZoneInfo(ZONE),
        "practice": replace(
            PRACTICE, chart_link=f"{iss.removesuffix('/fhir')}/launch/chartside?patient={{patient}}"
        ),
    }
    ehr = EhrSettings(**(given | more))
    return Settings(
        ehrs=(ehr,), keys=(Fernet.generate_key().decode(),), public_url=app_url, state_dir=state_dir
    )
