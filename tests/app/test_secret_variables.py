"""A secret comes from a variable or from the file that its `_FILE` names, and never from both."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.problems import SettingsError
from app.settings import Settings
from tests.app.conftest import KEY, TOML

SYMMETRIC = TOML.replace(
    'client_id = "chartside"\n', 'client_id = "chartside"\nclient_type = "symmetric"\nsecret_env = "EHR_SECRET"\n', 1
)  # fmt: skip


def load(folder: Path, text: str, **env: str) -> Settings:
    file = folder / "chartside.toml"
    file.write_text(text)
    return Settings.load(file, {"CHARTSIDE_KEY": KEY, **env})


def secret_file(folder: Path, text: str) -> str:
    path = folder / "secret"
    path.write_text(text)
    return str(path)


def test_the_password_of_redis_may_be_a_file(tmp_path: Path) -> None:
    store = 'store = "redis://redis.practice.example:6379/0"\n'
    file = secret_file(tmp_path, "open sesame\n")
    assert load(tmp_path, store + TOML, CHARTSIDE_REDIS_PASSWORD_FILE=file).redis_password == "open sesame"


def test_the_secret_of_an_ehr_may_be_a_file(tmp_path: Path) -> None:
    file = secret_file(tmp_path, "of-this-ehr")
    assert load(tmp_path, SYMMETRIC, EHR_SECRET_FILE=file).ehrs[0].client_secret == "of-this-ehr"
    assert load(tmp_path, SYMMETRIC, EHR_SECRET="plain").ehrs[0].client_secret == "plain"


def test_a_secret_that_begins_as_our_variables_do_is_known_with_its_file(tmp_path: Path) -> None:
    text = SYMMETRIC.replace("EHR_SECRET", "CHARTSIDE_EHR_SECRET")
    file = secret_file(tmp_path, "of-this-ehr")
    assert load(tmp_path, text, CHARTSIDE_EHR_SECRET_FILE=file).ehrs[0].client_secret == "of-this-ehr"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"EHR_SECRET": "a", "EHR_SECRET_FILE": "b"}, "both EHR_SECRET and EHR_SECRET_FILE are set"),
        ({"EHR_SECRET_FILE": "/nowhere/secret"}, "EHR_SECRET_FILE=/nowhere/secret cannot be read"),
        ({"EHR_SECRET_FILE": "EMPTY"}, "is empty: it must hold the secret"),
        ({}, "the environment variable EHR_SECRET, which secret_env names, is not set"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_is(tmp_path: Path, env: dict[str, str], said: str) -> None:
    env = {name: secret_file(tmp_path, "\n") if value == "EMPTY" else value for name, value in env.items()}
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, SYMMETRIC, **env)
    (problem,) = raised.value.problems
    assert said in problem
