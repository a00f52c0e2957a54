"""An administrator signs in without a patient and sees, section by section, what will work with this EHR."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jsonschema
import pytest
from playwright.sync_api import Browser, Page, expect

from app.views import admin
from tests.conftest import ROOT
from tests.journeys.conftest import NARROW
from tests.journeys.good_page import assert_good, sideways
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

pytestmark = pytest.mark.journey

MANAGER = "manager"
PATIENT = "walter-boone"
SCHEMA = json.loads((ROOT / "docs" / "check-report.schema.json").read_text())
SECTIONS = ["settings", "connection", "sign-in", "scopes", "keys", "metadata", "ladder", "forms"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice that names its manager as administrator."""
    folder = tmp_path_factory.mktemp("admin")
    with practice(folder, ehr={"admins": (f"Practitioner/{MANAGER}",), "authorize": "get"}) as started:
        yield started


@pytest.fixture
def manager(running: Practice) -> Iterator[Visitor]:
    with Visitor(running) as visitor:
        yield visitor


@pytest.fixture
def check_page(manager: Visitor, running: Practice) -> str:
    """The path of the administrator's page, found by its link after signing in without a patient."""
    login = manager.get(f"{running.app_url}/admin/sign-in?ehr=sandbox")
    (form,) = [each for each in login.document.forms if each.method == "POST"]
    landed = manager.post(urljoin(login.url, form.action), {"user": MANAGER}, origin=running.ehr_url)
    (path,) = landed.document.xpath("//a[starts-with(@href, '/admin/')]/@href")
    return str(path)


def parts(seen: Seen) -> list[str]:
    """The sections of the page, in their order."""
    return [
        str(name).removeprefix("section-")
        for name in seen.document.xpath("//section/@id")
        if name != "outcome"
    ]


@pytest.mark.requirement("client@66")
def test_an_administrator_sees_what_works(running: Practice, manager: Visitor, check_page: str) -> None:
    before = running.versions()
    seen = manager.get(check_page)
    assert seen.status == 200
    assert parts(seen) == SECTIONS
    assert "All that Chartside needs works." in seen.words
    assert "Care plan: will be filed as a CarePlan record." in seen.words
    assert "signed in without a patient" in seen.words
    assert seen.headers["Cache-Control"] == "no-store"
    assert seen.headers["X-Accel-Buffering"] == "no"
    assert running.versions() == before


def test_a_patients_id_is_sent_in_a_form_and_stands_in_no_address(
    running: Practice, manager: Visitor, check_page: str, caplog: pytest.LogCaptureFixture
) -> None:
    page = manager.get(check_page)
    seen = manager.post(check_page, {**page.form_frame(), "patient": PATIENT})
    assert parts(seen) == [*SECTIONS[:6], "searches", *SECTIONS[6:]]
    assert re.search(r"Problems \(Condition\): \d+ found in \d+ ms", seen.words)
    assert "Boone" not in seen.text
    assert PATIENT not in "".join(seen.came_by)
    assert [record for record in caplog.records if PATIENT in str(record.__dict__)] == []
    wrong = manager.post(check_page, {**page.form_frame(), "patient": "../Patient/1"})
    assert admin.WRONG_ID in wrong.words
    assert parts(wrong) == SECTIONS


def test_the_report_is_downloaded_as_the_command_gives_it(
    running: Practice, manager: Visitor, check_page: str
) -> None:
    fields = {**manager.get(check_page).form_frame(), "patient": PATIENT}
    seen = manager.post(f"{check_page}report.json", fields)
    report = json.loads(seen.text)
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    assert (report["exit_status"], report["with_patient"], report["ehr"]["name"]) == (0, True, "sandbox")
    assert re.fullmatch(
        r'attachment; filename="chartside-check-sandbox-\d{4}-\d\d-\d\d\.json"',
        seen.headers["Content-Disposition"],
    )
    assert PATIENT not in seen.text


def test_nobody_else_gets_there(running: Practice, manager: Visitor, check_page: str) -> None:
    with Visitor(running) as nurse:
        landed = nurse.get(f"{running.ehr_url}/launch/chartside?user=nurse")
        own = landed.url.replace("/staff/", "/admin/")
        refused = nurse.get(own)
        assert refused.status == 403
        assert "This page is for administrators" in refused.words
        assert nurse.get(check_page).status == 403
        assert nurse.post(f"{own}report.json", {}).status == 403
    fields = {**manager.get(check_page).form_frame(), "csrf_token": "wrong"}
    assert manager.post(f"{check_page}report.json", fields).status == 403


def test_a_sign_in_that_may_not_read_charts_says_where_to_sign_in(
    running: Practice, manager: Visitor
) -> None:
    landed = manager.get(f"{running.ehr_url}/launch/chartside?user={MANAGER}")
    seen = manager.get(landed.url.replace("/staff/", "/admin/"))
    assert "this sign-in may not read a chart" in seen.words


def test_an_error_of_ours_in_one_section_leaves_the_others(
    manager: Visitor, check_page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = admin.section

    def broken(run: Any, area: Any) -> Any:
        if area.value == "keys":
            raise RuntimeError("secret words")
        return real(run, area)

    monkeypatch.setattr(admin, "section", broken)
    seen = manager.get(check_page)
    assert parts(seen) == SECTIONS
    assert "Chartside met an error of its own" in seen.words
    assert "Not everything could be checked:" in seen.words
    assert "secret words" not in seen.text


def test_an_ehr_that_is_down_is_told_on_the_page(
    running: Practice, manager: Visitor, check_page: str
) -> None:
    running.ehr.stop()
    try:
        seen = manager.get(check_page)
    finally:
        running.ehr.start()
    assert seen.status == 200
    assert "The EHR could not be reached." in seen.words
    assert "Nothing to tell here, because an earlier section did not work." in seen.words


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(viewport=NARROW, reduced_motion="reduce", accept_downloads=True)
    yield context.new_page()
    context.close()


def test_by_keyboard_with_axe_and_in_each_width(running: Practice, page: Page, tmp_path: Path) -> None:
    page.goto(f"{running.app_url}/admin/")
    page.get_by_role("link", name="Sign in to").click()
    page.get_by_role("button", name="Practice manager").click()
    page.get_by_role("link", name="Check what works").click()
    expect(page.get_by_text("All that Chartside needs works.")).to_be_visible()
    assert page.locator(".check__wait:visible").count() == 0
    assert sideways(page) == []
    page.get_by_label("Patient’s id").focus()
    page.keyboard.type(PATIENT)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Reading a chart")).to_be_visible()
    expect(page.locator("#outcome .line")).to_be_visible()
    assert PATIENT not in page.url
    assert_good(page)
    page.screenshot(path=tmp_path / "admin.png", full_page=True)
    for _ in range(2):  # A second press brings the file once more: nothing of this form is saved.
        with page.expect_download() as download:
            page.get_by_role("button", name="download as JSON").click()
        assert json.loads(download.value.path().read_text())["with_patient"] is True
