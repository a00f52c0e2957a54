"""Looking as a backend service: the sandbox's own client of that kind reads a chart, and says nothing of writing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.check.access import backend_access, token_access
from app.check.finding import Area, State
from app.check.inquiry import Inquiry
from app.check.report import Run
from app.check.subject import Subject
from app.check.wire import Wire
from samples.oauth.clients import BACKEND, BACKEND_KEY_FILE
from smart_launch.errors import SmartError
from smart_launch.keys import load_key
from smart_launch.transport import Http
from tests.app.check.site import found
from tests.journeys.visitor import Visitor
from tests.running import Practice, practice

PATIENT = "walter-boone"


@pytest.fixture
def asked(tmp_path: Path, symmetric: Practice) -> Inquiry:
    """Questions to the practice under its client with a key."""
    key = load_key(symmetric.folder / "ehr" / BACKEND_KEY_FILE)
    ehr = replace(
        symmetric.settings.ehrs[0],
        client_id="chartside-asymmetric",
        client_type="asymmetric",
        client_secret=None,
        signing_key=key,
    )
    settings = replace(symmetric.settings, ehrs=(ehr,))
    return Inquiry(Subject(ehr.iss, ehr, settings), http=Http(), wire=Wire(), now=time.time)


@pytest.fixture(scope="module")
def symmetric(tmp_path_factory: pytest.TempPathFactory):
    with practice(tmp_path_factory.mktemp("backend"), client_type="symmetric") as running:
        yield running


@pytest.mark.requirement("client@26")
def test_a_backend_service_reads_a_chart_and_promises_no_write(asked: Inquiry) -> None:
    run = Run(asked, backend_access(asked, client_id=BACKEND), PATIENT)
    granted = found(run, Area.SCOPES)["granted"]
    assert granted.state is State.OK
    assert granted.detail["seconds"] <= 300
    searches = found(run, Area.SEARCHES)
    assert searches["Condition"].detail["count"] > 0
    assert {finding.state for finding in searches.values()} <= {State.OK, State.NOTE}
    assert found(run, Area.LADDER)["granted"].sentence.startswith("Told from what the EHR offers")


def test_an_unknown_service_is_refused(asked: Inquiry) -> None:
    with pytest.raises(SmartError):
        backend_access(asked, client_id="nobody")


@pytest.mark.requirement("client@25")
def test_the_ehr_is_asked_what_a_token_allows_where_it_answers_that(symmetric: Practice) -> None:
    ehr = symmetric.settings.ehrs[0]
    asked = Inquiry(Subject(ehr.iss, ehr, symmetric.settings), http=Http(), wire=Wire(), now=time.time)
    with Visitor(symmetric) as nurse:
        launch = f"{symmetric.ehr_url}/launch/{ehr.client_id}?patient={PATIENT}&user=nurse"
        token = symmetric.tokens(nurse.get(launch).launch_id)[0]
    told = found(Run(asked, token_access(asked, token)), Area.SCOPES)["granted"]
    assert told.sentence == "The token allows all that Chartside asks for."
    ended = found(Run(asked, token_access(asked, "a-token-of-nobody")), Area.SCOPES)["granted"]
    assert ended.state is State.FAILED
    assert "no longer good" in ended.sentence
