"""What the check says of cards: whether calls can be verified, and whether they go by what the EHR keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.cds_settings import CdsHooks
from app.check.finding import Area, Finding, State
from smart_launch.caller_token import Caller
from smart_launch.errors import Unreachable
from smart_launch.issuer_keys import keys_in
from tests.app.check.site import ISS, KEYS, Site
from tests.app.ehr.chart_server import metadata

Findings = Callable[..., dict[str, Finding]]
JKU = "https://fhir.ehr.example/hooks/jwks"
FETCHED = CdsHooks(Caller(ISS, (JKU,)))
GIVEN = CdsHooks(Caller(ISS, keys=keys_in(KEYS) or ()))


def cards(found: dict[str, Finding]) -> dict[str, Finding]:
    return {name: finding for name, finding in found.items() if name.startswith("card-")}


def test_without_cards_nothing_is_said_of_them(findings: Findings) -> None:
    assert cards(findings(Area.KEYS)) == {}


def test_the_keys_for_calls_are_read(site: Site, findings: Findings) -> None:
    site.answers[JKU] = (200, KEYS)
    (told,) = cards(findings(Area.KEYS, cds_hooks=FETCHED)).values()
    assert (told.state, told.sentence) == (State.OK, f"Cards: {JKU} holds one key to verify calls with.")
    (given,) = cards(findings(Area.KEYS, cds_hooks=GIVEN)).values()
    assert (given.state, given.name) == (State.OK, "card-keys-file")


@pytest.mark.parametrize(
    ("answer", "words", "unanswered"),
    [
        (Unreachable("timeout", sent=True), "does not answer", True),
        ((404, {}), "gives no set of keys", False),
        ((200, b"<html>"), "gives no set of keys", False),
        ((200, {"keys": []}), "holds no key for ES384", False),
        ((200, {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}), "holds no key for ES384", False),
    ],
)
def test_keys_that_verify_nothing_are_told(
    site: Site, findings: Findings, answer: object, words: str, unanswered: bool
) -> None:
    site.answers[JKU] = answer
    told = findings(Area.KEYS, cds_hooks=FETCHED)["card-keys-1"]
    assert (told.state, told.unanswered) == (State.FAILED, unanswered)
    assert words in told.sentence


@pytest.mark.parametrize(
    ("interactions", "records", "told"),
    [
        (["read", "search-type"], "native", True),
        (["create"], "native", True),
        (["create", "read"], "native", False),
        (["read", "search-type"], "notes", False),
    ],
)
def test_cards_that_would_guess_are_told(
    site: Site, findings: Findings, interactions: list[str], records: str, told: bool
) -> None:
    statement = metadata()
    for rest in statement["rest"]:
        for each in rest["resource"]:
            if each["type"] == "Task":
                each["interaction"] = [{"code": code} for code in interactions]
    site.answers[f"{ISS}/metadata"] = (200, statement)
    hooks = CdsHooks(GIVEN.caller, records=records)
    assert ("card-records" in findings(Area.KEYS, cds_hooks=hooks)) is told
