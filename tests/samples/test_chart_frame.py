"""The chart in a real Chromium: the app's frame lives on while its user looks through the tabs, at every width."""

from __future__ import annotations

import socket
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import expect
from werkzeug.serving import WSGIRequestHandler, make_server

from samples.sandbox import sandbox_of
from samples.server import create_app
from samples.settings import SandboxSettings

WIDTHS = (380, 768, 1280)
PAGES = (
    "/",
    "/?q=reyes",
    "/chart/gloria-reyes",
    "/chart/gloria-reyes?tab=medications",
    "/chart/gloria-reyes?tab=app",
    "/chart/linda-cho?tab=care-plans&app=open",
    "/chart/beatrice-lund?tab=encounters",
    "/chart/gloria-reyes/history/Patient/gloria-reyes",
    "/chart/beatrice-lund?tab=tasks",
    "/simulate",
    "/chart/nobody",
    "/launch/chartside?patient=nobody",
)


class Ehr(str):
    """The address of the sandbox, with its store to file into."""

    __slots__ = ("store",)

    def __new__(cls, address, store):
        made = super().__new__(cls, address)
        made.store = store
        return made


class _Quiet(WSGIRequestHandler):
    def log_request(self, code="-", size="-"):
        pass


@pytest.fixture(scope="module")
def app_of_the_frame():
    """An app on another site that counts its launches and says no more than that it was opened."""
    launches = []
    app = Flask("framed")

    @app.get("/launch")
    def launch():
        launches.append(1)
        return "<!doctype html><html lang=en><title>App</title><main><h1>The app is open</h1></main></html>"

    with make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", launches
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def ehr(tmp_path_factory, app_of_the_frame):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = app_of_the_frame[0]
    app = create_app(
        SandboxSettings(
            state_dir=tmp_path_factory.mktemp("ehr"),
            port=port,
            app_launch_url=f"{address}/launch",
            app_redirect_uris=(f"{address}/callback",),
        )
    )
    with make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Ehr(f"http://localhost:{port}", sandbox_of(app).store)
        server.shutdown()
        thread.join()
    sandbox_of(app).store.close()


@pytest.fixture
def page_of(chrome):
    """Opens a page of a width; what its console complained of is in `complaints`."""
    contexts = []

    def opened(width, **settings):
        context = chrome.new_context(viewport={"width": width, "height": 800}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


def passes_axe(page, address):
    found = Axe().run(page, options={"iframes": False}).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["target"]) for rule in found] == [], address


def test_every_page_fits_each_width_and_passes_axe(ehr, page_of):
    page = page_of(WIDTHS[-1])
    for address in PAGES:
        page.goto(ehr + address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
                address,
                width,
            )
            if width == WIDTHS[0]:
                passes_axe(page, address)
    assert [text for text in page.complaints if "404" not in text] == []


def test_a_tab_replaces_the_pane_and_leaves_the_app_running(ehr, app_of_the_frame, page_of):
    page = page_of(1280)
    launches = app_of_the_frame[1]
    page.goto(f"{ehr}/chart/gloria-reyes?tab=app")
    expect(page.frame_locator("iframe[name=chartside-frame]").get_by_text("The app is open")).to_be_visible()
    before = len(launches)
    page.locator("nav[aria-label=Chart] a", has_text="Problems").click()
    expect(page.get_by_role("heading", name="Problems")).to_be_visible()
    expect(page.locator("nav[aria-label=Chart] [aria-current]")).to_contain_text("Problems")
    assert "tab=problems" in page.url
    # An answer that is still on its way would put its own pane over the one that Back leads to.
    with page.expect_response(lambda answer: "tab=problems" in answer.url):
        page.get_by_role("link", name="Refresh").click()
    page.wait_for_load_state("networkidle")
    page.go_back()
    expect(page.locator(".pane-head h2")).to_have_text("Summary")
    assert len(launches) == before
    assert page.complaints == []


def test_refresh_shows_what_was_filed_meanwhile_without_a_new_launch(ehr, app_of_the_frame, page_of):
    page = page_of(1280)
    page.goto(f"{ehr}/chart/harold-pike?tab=app")
    expect(page.frame_locator("iframe[name=chartside-frame]").get_by_text("The app is open")).to_be_visible()
    page.locator("nav[aria-label=Chart] a", has_text="Tasks").click()
    before = len(app_of_the_frame[1])
    expect(page.locator(".pane-head h2")).to_have_text("Tasks")
    ehr.store.create(
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "for": {"reference": "Patient/harold-pike"},
            "description": "Ring about the ride",
        }
    )
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator("#pane .row h3").first).to_have_text("Ring about the ride")
    assert len(app_of_the_frame[1]) == before


def test_on_a_narrow_screen_app_and_chart_take_turns(ehr, app_of_the_frame, page_of):
    page = page_of(380)
    page.goto(f"{ehr}/chart/gloria-reyes?tab=app")
    frame = page.locator("iframe[name=chartside-frame]")
    expect(page.frame_locator("iframe[name=chartside-frame]").get_by_text("The app is open")).to_be_visible()
    before = len(app_of_the_frame[1])
    expect(page.locator("#pane")).to_be_hidden()
    page.get_by_role("link", name="Back to the chart").click()
    expect(frame).to_be_hidden()
    expect(page.locator("#pane")).to_be_visible()
    page.get_by_role("link", name="Open Chartside", exact=True).click()
    expect(frame).to_be_visible()
    assert len(app_of_the_frame[1]) == before


def test_everything_works_without_javascript(ehr, page_of):
    page = page_of(1280, java_script_enabled=False)
    page.goto(f"{ehr}/chart/gloria-reyes?tab=app")
    page.locator("nav[aria-label=Chart] a", has_text="Visits").click()
    expect(page.locator(".pane-head h2")).to_have_text("Visits")
    expect(page.frame_locator("iframe[name=chartside-frame]").get_by_text("The app is open")).to_be_visible()
    page.get_by_role("link", name="Close Chartside").click()
    expect(page.locator("iframe")).to_have_count(0)
