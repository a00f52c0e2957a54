"""The launch inside a frame of another site, in a real Chromium, over plain http on loopback.

Whether a browser keeps `__Host-…; Secure; SameSite=None; Partitioned` there is the browser's decision, so the browser
is asked: the EHR's page is on `localhost`, the app on `127.0.0.1`, which are two sites.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, redirect, request
from werkzeug import Response
from werkzeug.serving import BaseWSGIServer, make_server

from app import create_app
from app.current import current_launch
from app.security import csrf_token
from app.settings import Settings
from smart_launch.transport import Http
from tests import browser
from tests.app.conftest import Clock
from tests.app.fake_ehr import FakeEhr
from tests.app.test_demo import free_port

Serve = Callable[[Flask, str, int], None]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[BaseWSGIServer] = []

    def serve(app: Flask, host: str, port: int) -> None:
        server = make_server(host, port, app, threaded=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def in_chromium(look: Callable[[Any], None]) -> None:
    """Gives `look` a page of a new Chromium. In a thread of its own, since a thread takes Playwright only once."""
    path = browser.find()
    if path is None:
        pytest.skip(browser.MISSING)

    def run() -> None:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=path, args=list(browser.FLAGS))
            look(chromium.new_page())
            chromium.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run).result()


def chart_shell(ehr: FakeEhr, iss: str, app_url: str) -> Flask:
    """The EHR as the browser sees it: a chart with the app in a frame, and a login that asks nothing."""
    shell = Flask("shell")

    @shell.get("/")
    def chart() -> str:
        return f'<title>Chart</title><iframe name="app" src="{app_url}/launch?iss={iss}&launch=xyz"></iframe>'

    @shell.get("/authorize")
    def authorize() -> Response:
        asked = request.args.to_dict()
        return redirect(f"{asked['redirect_uri']}?state={asked['state']}&code={ehr.code_for(asked)}")

    return shell


def chartside(settings: Settings, ehr: FakeEhr, clock: Clock, iss: str) -> Flask:
    app = create_app(settings, http=Http(adapters={iss: ehr}), now=clock)
    del app.view_functions["today.show"]

    def today(launch_id: str) -> str:
        form = f'<form method="post"><input name="patient" value="{current_launch().patient_id}">'
        form += f'<input name="csrf_token" value="{csrf_token()}"><button>Save</button></form>'
        return f"<h1>{'Saved for' if request.method == 'POST' else 'Chart of'} {current_launch().patient_id}</h1>{form}"

    app.view_functions["today.show"] = today
    app.add_url_rule("/l/<launch_id>/today", "today.save", today, methods=["POST"])
    return app


def both(settings: Settings, clock: Clock, serve: Serve, frame_origin: str | None = None) -> tuple[str, str]:
    """Serves an EHR and the app; the addresses of both. The app may be framed by `frame_origin`, else by the EHR."""
    ehr_port, app_port = free_port(), free_port()
    shell_url, app_url = f"http://localhost:{ehr_port}", f"http://127.0.0.1:{app_port}"
    iss = f"{shell_url}/fhir"
    ehr = FakeEhr(clock, iss=iss, login=shell_url)
    mine = replace(settings.ehrs[0], iss=iss, frame_origins=(frame_origin or shell_url,))
    mended = replace(settings, ehrs=(mine,), public_url=app_url)
    serve(chartside(mended, ehr, clock, shell_url), "127.0.0.1", app_port)
    serve(chart_shell(ehr, iss, app_url), "localhost", ehr_port)
    return shell_url, app_url


@pytest.mark.journey
def test_a_frame_of_another_site_keeps_the_cookie_from_launch_to_save(
    settings: Settings, clock: Clock, serve: Serve
) -> None:
    shell_url, app_url = both(settings, clock, serve)

    def look(page: Any) -> None:
        page.goto(f"{shell_url}/")
        frame = page.frame_locator("iframe[name=app]")
        frame.get_by_role("heading", name="Chart of margery").wait_for()
        frame.get_by_role("button", name="Save").click()
        frame.get_by_role("heading", name="Saved for margery").wait_for()
        (cookie,) = page.context.cookies(app_url)  # the launch's own cookie is gone
        assert cookie["name"] == "__Host-chartside"
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "None")
        assert cookie["partitionKey"] == "http://localhost"

    in_chromium(look)


@pytest.mark.requirement("client@65")
@pytest.mark.journey
def test_a_frame_of_a_site_that_is_not_the_ehrs_shows_nothing(
    settings: Settings, clock: Clock, serve: Serve
) -> None:
    shell_url, _ = both(settings, clock, serve, frame_origin="https://screens.ehr.example")

    def look(page: Any) -> None:
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(f"{shell_url}/")
        assert page.frame_locator("iframe[name=app]").get_by_role("heading").count() == 0

    in_chromium(look)
