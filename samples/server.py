"""The sandbox EHR as one Flask application, and as a server on this machine's loopback.

It holds made-up patients and gives tokens to anyone who picks a user, so it never listens on another address.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from types import FrameType
from zoneinfo import ZoneInfo

from flask import Flask, Response, g, request
from werkzeug.serving import WSGIRequestHandler, make_server

import samples.cast
import samples.chart
import samples.faults
import samples.fhir
import samples.oauth
from samples.fhir.store import Store
from samples.loader import load_folder
from samples.progress import Progress
from samples.sandbox import EXTENSION, Sandbox, sandbox_of, utc_now
from samples.settings import SandboxSettings

HOST = "localhost"
STORE_FILE = "ehr.sqlite"
MAX_BODY_BYTES = 32 * 1024 * 1024
_access_log = logging.getLogger("samples.access")


class PortTaken(OSError):
    """Another program listens on the port that was asked for."""


def create_app(settings: SandboxSettings, *, now: Callable[[], datetime] = utc_now) -> Flask:
    """The sandbox EHR, its cast and data folders loaded. `now` gives aware datetimes.

    Raises NotADirectoryError for a data folder that is not there.
    """
    app = Flask("samples")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    sandbox = Sandbox(settings=settings, store=_open_store(settings, now), now=now)
    app.extensions[EXTENSION] = sandbox
    try:
        _fill(sandbox)
    except BaseException:
        sandbox.store.close()
        raise
    samples.fhir.register(app, sandbox)
    samples.oauth.register(app, sandbox)
    samples.chart.register(app, sandbox)
    samples.faults.register(app, sandbox)
    app.before_request(_start_clock)
    app.after_request(_log_access)
    return app


def serve(settings: SandboxSettings) -> None:
    """Serve until Ctrl-C or SIGTERM, also while it still loads. Raises PortTaken when the port is not free."""
    _require_free_port(settings.port)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        # The running server takes an interrupt as its end; one that comes while it still loads gets here.
        with suppress(KeyboardInterrupt):
            _serve(settings)
    finally:
        signal.signal(signal.SIGTERM, before)
    sys.stdout.write("Sandbox EHR stopped.\n")


def _serve(settings: SandboxSettings) -> None:
    app = create_app(settings)
    server = make_server(HOST, settings.port, app, threaded=True, request_handler=_SilentHandler)
    sys.stdout.write(f"Sandbox EHR ready: {settings.base_url}/\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    finally:
        server.server_close()
        sandbox_of(app).store.close()


def _open_store(settings: SandboxSettings, now: Callable[[], datetime]) -> Store:
    path = settings.state_dir / STORE_FILE
    if settings.fresh:
        for name in (STORE_FILE, samples.oauth.FILE):
            for suffix in ("", "-wal", "-shm"):
                path.with_name(name + suffix).unlink(missing_ok=True)
    return Store(path, fhir_base=settings.fhir_base, time_zone=settings.time_zone, now=now)


def _fill(sandbox: Sandbox) -> None:
    """The cast into an empty store, then the data folders."""
    store, settings = sandbox.store, sandbox.settings
    zone = ZoneInfo(settings.time_zone)
    today = sandbox.now().astimezone(zone).date()
    if not store.count("Patient"):
        store.load(samples.cast.resources(today=today))
    told = _day_of_the_stories(store, zone)
    if told and told != today:
        sys.stderr.write(
            f"The patients' stories are told as of {told:%d %b %Y}; --fresh tells them as of today.\n"
        )
    for folder in settings.data_dirs:
        report = load_folder(store, folder, Progress(folder.name, sys.stderr))
        for line in report.lines():
            sys.stderr.write(f"{folder.name}: {line}\n")


def _day_of_the_stories(store: Store, zone: ZoneInfo) -> date | None:
    """The day on which the cast was loaded: "discharged yesterday" was true then."""
    first = store.read("Patient", samples.cast.STORIES[0].patient_id)
    return datetime.fromisoformat(first["meta"]["lastUpdated"]).astimezone(zone).date() if first else None


def _start_clock() -> None:
    g.started = time.monotonic()


def _log_access(response: Response) -> Response:
    """One line for each request: the address's pattern, never ids or query strings."""
    rule = request.url_rule.rule if request.url_rule else "(no such address)"
    took_ms = (time.monotonic() - g.get("started", time.monotonic())) * 1000
    _access_log.info("%s %s %d %.0f ms", request.method, rule, response.status_code, took_ms)
    return response


def _require_free_port(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(f"port {port} is in use by another program") from error


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


class _SilentHandler(WSGIRequestHandler):
    """Werkzeug's own access log shows query strings, which name patients."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: see `_log_access`."""

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        """Ends the connection: after a simulated reset nothing more can be read from it."""
        self.close_connection = True
