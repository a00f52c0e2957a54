"""The `[ehr.cds_hooks]` table: read as it is meant, and every slip told at the start with what would be right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cds_settings import CdsHooks, read_cds_hooks
from app.problems import Problems, SettingsError
from app.settings import Settings
from smart_launch.keys import make_key, public_jwks
from tests.app.conftest import KEY, TOML

ISS = "https://ehr.example/fhir"
JKU = "https://ehr.example/jwks"
GOOD: dict[str, Any] = {"issuer": "https://ehr.example", "jku": [JKU]}


def read(table: Any, iss: str = ISS) -> tuple[CdsHooks | None, str]:
    """What was read, and everything that was said against it."""
    problems = Problems("chartside.toml")
    found = read_cds_hooks({} if table is None else {"cds_hooks": table}, iss, "", problems)
    try:
        problems.raise_if_any()
    except SettingsError as error:
        return found, str(error)
    return found, ""


def test_without_the_table_the_service_is_off() -> None:
    assert read(None) == (None, "")


def test_a_table_says_who_may_call(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(public_jwks([make_key("ES384", kid="k1")])))
    more = {"jwks_file": str(file), "tenant": "riverbend", "origins": ["https://screens.example"]}
    found, said = read({**GOOD, **more, "records": "notes"})
    assert said == ""
    assert found is not None
    assert (found.caller.issuer, found.caller.key_addresses) == ("https://ehr.example", (JKU,))
    assert [key.kid for key in found.caller.keys] == ["k1"]
    assert (found.caller.tenant, found.origins, found.records) == (
        "riverbend",
        ("https://screens.example",),
        "notes",
    )


def test_what_is_left_out_has_its_default() -> None:
    found, said = read(GOOD)
    assert (said, found is not None) == ("", True)
    assert found is not None
    assert (found.caller.tenant, found.origins, found.records) == (None, (), "native")


SLIPS: dict[str, tuple[Any, str]] = {
    "no table": ("yes", "must be a table, as [ehr.cds_hooks]"),
    "a slip of the pen": ({**GOOD, "isuer": "x"}, 'did you mean "issuer"?'),
    "no issuer": ({"jku": [JKU]}, "issuer is missing"),
    "no keys": ({"issuer": "https://ehr.example"}, "jku or jwks_file is missing"),
    "one address as text": ({**GOOD, "jku": JKU}, "jku must be a list of texts"),
    "plain http": ({**GOOD, "jku": ["http://ehr.example/jwks"]}, "must be the whole https address"),
    "loopback for an EHR elsewhere": ({**GOOD, "jku": ["http://127.0.0.1/jwks"]}, "must be the whole https"),
    "half an address": ({**GOOD, "jku": ["/jwks"]}, "must be the whole https address"),
    "too many": ({**GOOD, "jku": [f"{JKU}{n}" for n in range(11)]}, "10 addresses at most"),
    "a file that is not there": ({**GOOD, "jwks_file": "/nowhere"}, "must be a readable JWKS"),
    "an origin with a path": ({**GOOD, "origins": ["https://x.example/y"]}, "without a path or *"),
    "any origin": ({**GOOD, "origins": ["*"]}, "without a path or *"),
    "another form": ({**GOOD, "records": "both"}, "records must be one of native, notes"),
    "a number as tenant": ({**GOOD, "tenant": 7}, "tenant must be a text"),
}


@pytest.mark.parametrize(("table", "sentence"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_with_what_would_be_right(table: Any, sentence: str) -> None:
    assert sentence in read(table)[1]


def test_a_private_key_does_not_belong_in_the_file_of_the_ehrs_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [make_key("ES384", kid="k1").as_dict(private=True)]}))
    assert "holds a private key" in read({**GOOD, "jwks_file": str(file)})[1]


def test_a_file_without_a_usable_key_is_told(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}')
    assert "must be a readable JWKS" in read({**GOOD, "jwks_file": str(file)})[1]


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("", "", True),
        ('tenant = "a"', "", True),
        ('tenant = "a"', 'tenant = "a"', True),
        ('tenant = "a"', 'tenant = "b"', False),
    ],
)
def test_whose_call_it_is_must_be_known_from_its_token(
    tmp_path: Path, first: str, second: str, clash: bool
) -> None:
    table = f'[ehr.cds_hooks]\nissuer = "https://ehr.example"\njku = ["{JKU}"]\n'
    head, riverbend, hillside = TOML.split("[[ehr]]")
    file = tmp_path / "chartside.toml"
    file.write_text(f"{head}[[ehr]]{riverbend}{table}{first}\n[[ehr]]{hillside}{table}{second}\n")
    try:
        Settings.load(file, {"CHARTSIDE_KEY": KEY})
        said = ""
    except SettingsError as error:
        said = str(error)
    assert ("each needs its own, or its own tenant" in said) is clash
