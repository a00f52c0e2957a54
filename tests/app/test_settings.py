"""Settings are typed, and every mistake in them is named with what would be right."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken

from app.problems import SettingsError
from app.settings import ENVIRONMENT_VARIABLES, Settings
from smart_launch.keys import make_key
from tests.key_file import write_key_file

KEY = Fernet.generate_key().decode()
OLD_KEY = Fernet.generate_key().decode()
EHR = """
[[ehr]]
name = "riverbend"
iss = "https://fhir.ehr.example/r4"
client_id = "chartside"
frame_origins = ["https://screens.ehr.example"]
time_zone = "America/New_York"
"""


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str, env: dict[str, str] | None = None) -> Settings:
        file = tmp_path / "chartside.toml"
        file.write_text(text)
        return Settings.load(file, {"CHARTSIDE_KEY": KEY} if env is None else env)

    return load


def problems_of(load, text: str, env: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(text, env)
    return "\n".join(caught.value.problems)


def test_a_short_file_is_enough_and_the_rest_has_defaults(load) -> None:
    settings = load(EHR)
    (ehr,) = settings.ehrs
    assert (ehr.name, ehr.label, ehr.client_type, ehr.scope_style) == (
        "riverbend",
        "riverbend",
        "public",
        "v2",
    )
    assert ehr.time_zone.key == "America/New_York"
    assert settings.redirect_uri == "http://127.0.0.1:8080/callback"
    assert (settings.draft_hours, settings.session_idle_minutes, settings.session_hours) == (72, 30, 12)


def test_a_full_file_is_read_as_written(load) -> None:
    text = 'public_url = "https://chartside.example.org"\nstate_dir = "/tmp/x"\ndraft_hours = 24\n' + EHR
    settings = load(text + 'label = "Riverbend"\nscope_style = "v1"\nscopes = "openid patient/*.read"')
    assert settings.public_url == "https://chartside.example.org"
    assert settings.draft_hours == 24
    assert settings.ehrs[0].scope == "openid patient/*.read"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no EHR is configured: write at least one [[ehr]] table"),
        ("ehr = 3", "no EHR is configured"),
        ("draft_hour = 3" + EHR, 'draft_hour is unknown: did you mean "draft_hours"?'),
        ("zzz = 3" + EHR, "zzz is unknown: known are"),
        ("draft_hours = 0" + EHR, "draft_hours must be a whole number from 1 to 336"),
        ('draft_hours = "72"' + EHR, "draft_hours must be a whole number"),
        ("session_hours = true" + EHR, "session_hours must be a whole number from 1 to 24"),
        (
            'public_url = "http://chartside.example.org"' + EHR,
            'public_url = "http://chartside.example.org" must be https',
        ),
        ('public_url = "https://chartside.example.org/"' + EHR, "without a path"),
        (
            EHR + "frame_origin = 1",
            '[[ehr]] riverbend: frame_origin is unknown: did you mean "frame_origins"?',
        ),
        (EHR + 'client_secret = "x"', "client_secret does not belong in a file"),
        (EHR + 'secret_env = "X"', 'secret_env is only for client_type = "symmetric"'),
        (EHR + 'client_type = "symetric"', "client_type must be one of public, symmetric, asymmetric"),
        (EHR + 'client_type = "symmetric"', "secret_env is missing"),
        (
            EHR + 'client_type = "symmetric"\nsecret_env = "NOT_SET"',
            "NOT_SET, which secret_env names, is not set",
        ),
        (
            EHR + 'client_type = "asymmetric"\nkey_file = "/nowhere"',
            'key_file = "/nowhere" must be a private JWK',
        ),
        (EHR + 'scope_style = "v3"', "scope_style must be one of v1, v2"),
        (EHR + 'scopes = ""', "scopes must be a text"),
        (EHR + EHR, 'two [[ehr]] tables have name = "riverbend"'),
        (EHR.replace('"riverbend"', '"River bend"'), "name must be of small letters"),
        (EHR.replace("New_York", "New_Yrok"), 'time_zone = "America/New_Yrok" is not an IANA time zone'),
        (EHR.replace("America/New_York", "America"), 'time_zone = "America" is not an IANA time zone'),
        (EHR.replace("https://fhir", "http://fhir"), "must be the FHIR base just as the EHR sends it"),
        (EHR.replace("/r4", "/r4?x=1"), "must be the FHIR base"),
        (EHR.replace('iss = "https://fhir.ehr.example/r4"', ""), "iss is missing"),
        (EHR.replace('"https://screens.ehr.example"', '"https://*.ehr.example"'), "without a path or *"),
        (
            EHR.replace('"https://screens.ehr.example"', '"https://e.example; script-src *"'),
            "without a path or *",
        ),
        (EHR.replace('["https://screens.ehr.example"]', "[]"), "frame_origins must be a list of texts"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(load, text: str, said: str) -> None:
    assert said in problems_of(load, text)


def test_all_mistakes_are_said_at_once(load) -> None:
    said = problems_of(load, "draft_hours = 0" + EHR.replace("New_York", "X"), {"CHARTSIDE_KYE": "1"})
    for part in ("draft_hours must", "time_zone =", "no key is set", "did you mean CHARTSIDE_KEY?"):
        assert part in said


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (
            {},
            "no key is set: set one of CHARTSIDE_KEY or CHARTSIDE_KEY_FILE (`chartside new-key` makes a key)",
        ),
        (
            {"CHARTSIDE_KEY": KEY, "CHARTSIDE_KEY_FILE": "/x"},
            "both CHARTSIDE_KEY and CHARTSIDE_KEY_FILE are set",
        ),
        ({"CHARTSIDE_KEY_FILE": "/nowhere/key"}, "CHARTSIDE_KEY_FILE=/nowhere/key cannot be read"),
        ({"CHARTSIDE_KEY": "secret"}, "key 1 of CHARTSIDE_KEY is not 32 bytes"),
        ({"CHARTSIDE_KEY": f"{KEY},short"}, "key 2 of CHARTSIDE_KEY is not 32 bytes"),
        ({"CHARTSIDE_KEY": " , "}, "the key is empty"),
        ({"CHARTSIDE_KEY": KEY, "CHARTSIDE_KEYFILE": "x"}, "did you mean CHARTSIDE_KEY_FILE?"),
    ],
)
def test_a_wrong_environment_is_named(load, env: dict[str, str], said: str) -> None:
    assert said in problems_of(load, EHR, env)


def test_no_message_and_no_repr_holds_a_secret(load) -> None:
    text = EHR + 'client_type = "symmetric"\nsecret_env = "CHARTSIDE_RIVERBEND"'
    env = {"CHARTSIDE_KEY": KEY, "CHARTSIDE_RIVERBEND": "hush-hush"}
    settings = load(text, env)
    assert settings.ehrs[0].registration(settings.redirect_uri, now=0.0).client_secret == "hush-hush"
    assert "hush-hush" not in repr(settings)
    assert KEY not in repr(settings)
    assert "not-a-key" not in problems_of(load, EHR, {"CHARTSIDE_KEY": "not-a-key"})


def test_a_missing_or_broken_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read\. Name the settings file with --config"):
        Settings.load(tmp_path / "none.toml", {})
    (tmp_path / "broken.toml").write_text("[[ehr")
    with pytest.raises(SettingsError, match="is not valid TOML"):
        Settings.load(tmp_path / "broken.toml", {})


def test_the_environment_stands_in_for_the_file(load, tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(f"{KEY},{OLD_KEY}\n")
    env = {
        "CHARTSIDE_KEY_FILE": str(key_file),
        "CHARTSIDE_PUBLIC_URL": "https://c.example.org",
        "CHARTSIDE_STATE_DIR": str(tmp_path / "s"),
    }
    settings = load(EHR, env)
    assert settings.keys == (KEY, OLD_KEY)
    assert settings.public_url == "https://c.example.org"
    assert settings.state_dir == tmp_path / "s"
    assert set(env) < set(ENVIRONMENT_VARIABLES)


def test_the_first_key_encrypts_and_all_decrypt(load) -> None:
    fernet = load(EHR, {"CHARTSIDE_KEY": f"{KEY},{OLD_KEY}"}).fernet
    assert fernet.decrypt(Fernet(OLD_KEY).encrypt(b"old")) == b"old"
    sealed = fernet.encrypt(b"new")
    assert Fernet(KEY).decrypt(sealed) == b"new"
    with pytest.raises(InvalidToken):
        Fernet(OLD_KEY).decrypt(sealed)


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_an_asymmetric_client_signs_with_the_key_of_its_file(load, tmp_path: Path, algorithm) -> None:
    file = tmp_path / "key.json"
    write_key_file(make_key(algorithm), file)
    text = EHR + f'client_type = "asymmetric"\nkey_file = "{file}"'
    settings = load(text)
    registration = settings.ehrs[0].registration(settings.redirect_uri, now=0.0)
    assert (registration.client_type, registration.algorithm) == ("asymmetric", algorithm)
    os.chmod(file, 0o644)
    assert "only its owner may read" in problems_of(load, text)


@pytest.mark.parametrize(
    "iss",
    [
        "https://fhir.ehr.example/r4/",
        "https://fhir.ehr.example:443/r4",
        "https://FHIR.ehr.example/r4",
        "http://fhir.ehr.example/r4",
        "https://fhir.ehr.example/r4?x=1",
        " https://fhir.ehr.example/r4",
        "https://fhir.ehr.example/r4\n",
        "https://fhir.ehr.example@evil.example/r4",
        "",
    ],
)
def test_an_ehr_is_found_by_its_exact_iss_only(load, iss: str) -> None:
    settings = load(EHR)
    assert settings.ehr_by_iss("https://fhir.ehr.example/r4") is not None
    assert settings.ehr_by_iss(iss) is None
