"""Every failure that the SMART launcher can simulate, and those of networks and proxies: each at a page of its own.

The page is looked at in Chromium inside the EHR's frame: one plain sentence, what to do, what the administrator looks
at, and a word beside the reference that tells this case from every other.
https://github.com/smart-on-fhir/smart-launcher-v2 (simulated errors)
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from samples.sandbox import sandbox_of
from smart_launch.transport import Http
from tests.journeys.plain_page import NEXT_STEPS, TRACES
from tests.journeys.steps import open_chart, open_frame
from tests.running import Practice, practice

pytestmark = [pytest.mark.journey, pytest.mark.requirement("client@27")]

PATIENT = "gloria-reyes"
PICTURES = os.environ.get("CHARTSIDE_PICTURES", "")
"""A folder for a picture of each page, where somebody wants to look at them."""


@dataclass(frozen=True)
class Case:
    """One simulated failure: with which client type it strikes, its details, and the word of the page it must lead to.

    With `in_chart` it strikes a chart that is open already, since `minutes`. With `again` the page of a second launch
    is meant: the first was answered by asking for less, for which this EHR wants a new launch.
    """

    fault: str
    word: str
    client_type: str = "public"
    in_chart: bool = False
    minutes: float = 0.0
    again: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    name: str = ""


REFERENCE = "Reference for your IT administrator"
TOKEN_SECONDS = 300
AT_PATIENT = {"path": "/fhir/Patient"}
CASES = (
    Case("auth_invalid_client_id", "client-id"),
    Case("auth_invalid_redirect_uri", "authorize-request"),
    Case("auth_invalid_scope", "scope-denied"),
    Case("auth_invalid_client_secret", "client-secret", "symmetric"),
    Case("token_invalid_token", "client-proof"),
    Case("token_expired_registration_token", "registration-expired", "asymmetric"),
    Case("token_expired_refresh_token", "session-ended", in_chart=True, minutes=TOKEN_SECONDS / 60 + 1),
    Case("token_invalid_scope", "token-scope", again=True),
    Case("token_invalid_jti", "assertion-jti", "asymmetric"),
    Case("request_invalid_token", "token-not-accepted", in_chart=True),
    Case("request_expired_token", "token-expired", in_chart=True),
    Case("slow", "unreachable", details={"seconds": 30, **AT_PATIENT}),
    Case("too_many_requests", "too-many-requests", details={"seconds": 30, **AT_PATIENT}),
    Case("server_error", "server-failed", details=AT_PATIENT),
    Case("reset_connection", "unreachable", details=AT_PATIENT),
    Case("truncated_body", "unreachable", details=AT_PATIENT),
    Case("html_login_page", "not-fhir", details=AT_PATIENT),
    Case("html_login_page", "not-fhir", details={"status": 302, **AT_PATIENT}, name="redirect_to_login_page"),
    Case("server_error", "token-failed", details={"path": "/oauth/token"}, name="token_server_error"),
)

ONE_OF_EACH_PAGE = frozenset(
    {
        *("auth_invalid_scope", "token_expired_refresh_token", "request_expired_token", "slow"),
        *("too_many_requests", "html_login_page", "truncated_body"),
    }
)
"""What the suite tries; the others, whose pages are found by the same way, are tried by `make soak`."""


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Practice]]:
    """One practice for each client type that a failure needs, made when it is first needed."""
    http = Http(connect_timeout=2.0, read_timeout=3.0)
    opened: dict[str, Any] = {}
    for client_type in ("public", "symmetric", "asymmetric"):
        folder: Path = tmp_path_factory.mktemp(client_type)
        manager = practice(
            folder,
            client_type=client_type,
            one_clock=True,
            http=http,
            sandbox={"access_token_seconds": TOKEN_SECONDS},
        )
        opened[client_type] = (manager, manager.__enter__())
    yield {name: running for name, (_, running) in opened.items()}
    for manager, _ in opened.values():
        manager.__exit__(None, None, None)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(each, marks=[] if (each.name or each.fault) in ONE_OF_EACH_PAGE else pytest.mark.soak)
        for each in CASES
    ],
    ids=lambda case: case.name or case.fault,
)
def test_a_simulated_failure_leads_to_its_own_page(
    case: Case, failing: dict[str, Practice], context: BrowserContext
) -> None:
    running, page = failing[case.client_type], context.new_page()
    # What an earlier case taught the app about this EHR (which scopes it refuses) is not this one's.
    running.forget_the_app()
    words = _page_of(case, running, page)
    _picture(page, case.name or case.fault)
    assert re.search(rf"{REFERENCE}: [0-9A-F]{{4}}-[0-9A-F]{{4}} · {case.word}\b", words), words
    assert any(step in words for step in NEXT_STEPS), words
    assert [trace for trace in TRACES if trace in words] == []


def _page_of(case: Case, running: Practice, page: Page) -> str:
    faults, client = sandbox_of(running.ehr.app).faults, running.settings.ehrs[0].client_id
    if not case.in_chart:
        with faults.on(case.fault, **case.details) as struck:
            frame = open_frame(page, running, PATIENT, client=client)
            expect(frame.get_by_text(REFERENCE)).to_be_visible()
            if case.again:
                frame = open_frame(page, running, PATIENT, client=client)
                expect(frame.get_by_text(REFERENCE)).to_be_visible()
            assert struck.struck >= 1
            return frame.locator("main#main").inner_text()
    frame = open_chart(page, running, PATIENT, client=client)
    with running.clock.later(minutes=case.minutes), faults.on(case.fault, **case.details) as struck:
        frame.goto(frame.url)
        assert struck.struck >= 1
        return frame.locator("main#main").inner_text()


def _picture(page: Page, name: str) -> None:
    if not PICTURES:
        return
    for width in (380, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"))


def test_each_of_the_launchers_errors_has_a_page_that_no_other_has() -> None:
    launchers = [case.word for case in CASES if not case.details]
    assert len(launchers) == 11
    assert len(set(launchers)) == 11
