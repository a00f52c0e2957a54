"""One journey for each way in which the app can prove who it is: open the chart, be renewed, file, leave.

What counts is what the EHR's own endpoints received and answered, not what the app believes it sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from samples.cast import STORIES
from tests.journeys.steps import back_to_today, choose, open_chart, save
from tests.running import Practice, practice

pytestmark = pytest.mark.journey

PATIENT = STORIES[0].patient_id
CLIENTS = ("public", "symmetric", "asymmetric", "ES384", "RS384")
"""`asymmetric` signs with a key file that the EHR has on file, the last two with the app's own published keys."""

TOKEN_SECONDS = 300
MINUTES_LATER = 4.5


BRIEF = ("public", "ES384")
"""What the suite tells; the others sign with something else, which `tests/smart_launch` tries without a browser."""


@pytest.fixture(
    scope="module",
    params=[pytest.param(each, marks=[] if each in BRIEF else pytest.mark.soak) for each in CLIENTS],
)
def proving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice whose EHR knows the app as a client of one type, and whose tokens live five minutes."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    brief = {"access_token_seconds": TOKEN_SECONDS}
    with practice(folder, client_type=request.param, one_clock=True, sandbox=brief) as running:
        yield running


@pytest.mark.requirement("client@9")
@pytest.mark.requirement("client@17")
def test_a_client_of_this_type_opens_the_chart_is_renewed_files_and_signs_out(
    proving: Practice, context: BrowserContext
) -> None:
    page = context.new_page()
    frame = open_chart(page, proving, PATIENT, client=proving.settings.ehrs[0].client_id)
    expect(frame.locator(".next")).to_be_visible()
    assert proving.line.count("POST", "/oauth/token") == 1
    before = len(proving.held("Consent", PATIENT))
    with proving.clock.later(minutes=MINUTES_LATER):
        frame.get_by_role("link", name="Record consent").click()
        choose(frame, "Agrees")
        for label in frame.locator("#disclosure label").all():
            label.click()
        save(frame)
        back_to_today(frame)
        assert proving.line.count("POST", "/oauth/token") == 2
        frame.get_by_role("button", name="Sign out").click()
    expect(frame.get_by_role("heading", level=1)).to_contain_text("signed out")
    assert proving.line.count("POST", "/oauth/revoke") >= 1
    assert len(proving.held("Consent", PATIENT)) == before + 1
