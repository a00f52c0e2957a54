"""Keys rotated while the app and an EHR run: the EHR fetches them from the app itself and never meets a stranger."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jws

from samples.cast import STORIES
from smart_launch.key_ring import OVERLAP, REREAD
from tests.http_launch import browser_session, launch, launch_id
from tests.running import Practice, practice

PATIENT = STORIES[0].patient_id


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Practice]:
    """A practice that knows the app by the address of its keys, nothing else."""
    with practice(tmp_path, client_type="ES384", one_clock=True) as opened:
        yield opened


def proofs(running: Practice) -> list[dict[str, Any]]:
    """The header of every signed proof that reaches the EHR's token endpoint from now on."""
    found: list[dict[str, Any]] = []
    inner = running.ehr.app.wsgi_app

    def listening(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/oauth/token":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
            (proof,) = parse_qs(body.decode())["client_assertion"]
            found.append(dict(jws.extract_compact(proof.encode()).headers()))
        return inner(environ, start_response)

    running.ehr.app.wsgi_app = listening  # type: ignore[method-assign]  # Flask's own way to wrap an app
    return found


def published(running: Practice) -> set[str]:
    """The keys at the address that the EHR was told, asked for as anybody may."""
    answer = browser_session().get(f"{running.app_url}/.well-known/jwks.json", timeout=10)
    return {key["kid"] for key in answer.json()["keys"]}


@pytest.mark.requirement("client@9")
@pytest.mark.requirement("client@10")
def test_a_key_is_rotated_without_a_launch_that_fails(running: Practice) -> None:
    sent, ring = proofs(running), running.settings.key_ring

    def signs() -> str:
        """The key that the EHR has just accepted a launch by."""
        launch_id(launch(running, PATIENT))
        assert (sent[-1]["alg"], sent[-1]["typ"]) == ("ES384", "JWT")
        return str(sent[-1]["kid"])

    (first,) = published(running)
    assert signs() == first
    second = ring.new("ES384", running.clock()).kid
    running.clock.ahead += REREAD
    assert published(running) == {first, second}
    assert signs() == first, "the new key is only published yet"
    running.clock.ahead += OVERLAP
    assert signs() == second
    assert published(running) == {first, second}, "a proof on its way may still be of the old one"
    ring.retire(first, running.clock())
    running.clock.ahead += OVERLAP
    assert published(running) == {second}
    assert signs() == second
