"""`chartside keys`: what an administrator types to rotate keys, and what each answer and exit code says."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet

from app import cli
from app.commands import keys as command
from app.problems import SettingsError
from app.published_keys import published_jwks
from app.settings import Settings
from smart_launch.errors import NoSigningKey
from smart_launch.key_ring import OVERLAP
from smart_launch.keys import Key, make_key
from tests.key_file import write_key_file

NOW = 1_790_000_000.0
EHR = """
[[ehr]]
name = "{name}"
iss = "https://{name}.example/r4"
client_id = "chartside"
client_type = "asymmetric"
frame_origins = ["https://screens.ehr.example"]
time_zone = "America/New_York"
{more}
"""


class Office:
    """An administrator's folder with chartside.toml, a clock, and the command line."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.now = NOW
        self.file = folder / "chartside.toml"
        self.configure(EHR.format(name="riverbend", more=""))
        monkeypatch.setenv("CHARTSIDE_KEY", Fernet.generate_key().decode())
        monkeypatch.setattr(command, "time", SimpleNamespace(time=lambda: self.now))

    def configure(self, ehrs: str) -> None:
        head = f'public_url = "https://chartside.example.org"\nstate_dir = "{self.folder}"\n'
        self.file.write_text(head + ehrs)

    @property
    def settings(self) -> Settings:
        return Settings.load(self.file)

    def run(self, *words: str) -> int:
        return cli.main(["keys", *words, "--config", str(self.file)])

    def listed(self, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
        capsys.readouterr()
        self.run("list", "--json")
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path, monkeypatch)


def states(listing: dict[str, Any]) -> list[tuple[str, str]]:
    return [(row["algorithm"], row["state"]) for row in listing["keys"]]


def test_the_first_key_signs_at_once(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert office.run("new") == 0
    told = capsys.readouterr().out
    assert "https://chartside.example.org/.well-known/jwks.json" in told
    assert "signs at once" in told
    listing = office.listed(capsys)
    assert states(listing) == [("ES384", "signs")]
    assert listing["keys"][0]["ehrs"] == ["riverbend"]
    registration = office.settings.ehrs[0].registration("https://x.example/callback", now=NOW)
    assert registration.signing_key is not None
    assert registration.signing_key.kid == listing["keys"][0]["kid"]


@pytest.mark.requirement("client@10")
def test_a_rotation_from_the_second_key_to_the_retirement_of_the_first(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.run("new")
    office.now += 3600
    capsys.readouterr()
    assert office.run("new") == 0
    assert "It signs from 2026-09-22T15:13Z" in capsys.readouterr().out
    assert states(office.listed(capsys)) == [("ES384", "signs"), ("ES384", "waits")]
    office.now += OVERLAP
    listing = office.listed(capsys)
    assert states(listing) == [("ES384", "replaced"), ("ES384", "signs")]
    first, second = (row["kid"] for row in listing["keys"])
    assert office.run("retire", first) == 0
    assert f"{second} signs for ES384." in capsys.readouterr().out
    assert states(office.listed(capsys)) == [("ES384", "retired"), ("ES384", "signs")]
    assert "d" not in json.loads((office.folder / "keys" / f"{first}.jwk.json").read_text())


@pytest.mark.requirement("client@10")
def test_the_only_signing_key_is_retired_by_force_alone(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.run("new")
    kid = office.listed(capsys)["keys"][0]["kid"]
    assert office.run("retire", kid) == 1
    told = capsys.readouterr()
    assert "was not retired" in told.err
    assert told.out == ""
    assert states(office.listed(capsys)) == [("ES384", "signs")]
    assert office.run("retire", kid, "--force") == 0
    assert "Nobody can sign in at riverbend" in capsys.readouterr().out
    assert office.run("list") == 1
    assert "chartside keys new --algorithm ES384" in capsys.readouterr().err


def test_a_list_for_people_says_which_signs_since_when_and_for_whom(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    own = make_key("RS384", kid="of-the-hospital")
    write_key_file(own, office.folder / "own.json")
    named = f'key_file = "{office.folder / "own.json"}"'
    office.configure(EHR.format(name="riverbend", more="") + EHR.format(name="hospital", more=named))
    office.run("new")
    capsys.readouterr()
    assert office.run("list") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "ES384  signs since 2026-09-21T14:13Z  (riverbend)" in first
    assert second == "of-the-hospital  RS384  of its own key_file  (hospital)"


def test_an_ehr_without_a_key_of_its_algorithm_is_told_at_once(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.configure(
        EHR.format(name="riverbend", more="") + EHR.format(name="hospital", more='algorithm = "RS384"')
    )
    assert office.run("list") == 1
    office.run("new")
    listing = office.listed(capsys)
    assert listing["missing"] == [{"ehr": "hospital", "algorithm": "RS384"}]
    with pytest.raises(NoSigningKey):
        office.settings.ehrs[1].registration("https://x.example/callback", now=NOW)
    assert office.run("new", "--algorithm", "RS384") == 0
    assert office.run("list") == 0
    assert office.settings.ehrs[1].registration("https://x.example/callback", now=NOW).algorithm == "RS384"


def test_a_file_that_others_can_read_is_named_and_not_used(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.run("new")
    (file,) = (office.folder / "keys").glob("*.jwk.json")
    file.chmod(0o644)
    capsys.readouterr()
    assert office.run("list") == 1
    told = capsys.readouterr().err
    assert f"{file.name} is not used" in told
    assert "0600" in told


def test_a_key_that_is_not_there(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert office.run("retire", "unheard-of") == 1
    assert "There is no key 'unheard-of'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    (office.folder / "keys").write_text("not a folder")
    assert office.run("new") == 1
    assert "No key was made" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("new",), ("list",), ("retire", "x")])
def test_wrong_settings_end_with_2(
    words: tuple[str, ...], office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.file.write_text("nonsense = 1\n")
    assert office.run(*words) == 2
    assert "nonsense" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("lose",), ("retire",), ("new", "--algorithm", "HS256")])
def test_wrong_options_end_with_2(words: tuple[str, ...], office: Office) -> None:
    with pytest.raises(SystemExit) as ended:
        office.run(*words)
    assert ended.value.code == 2


@pytest.mark.requirement("client@14")
def test_no_private_part_is_ever_printed(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.run("new")
    (file,) = (office.folder / "keys").glob("*.jwk.json")
    secret = json.loads(file.read_text())["d"]
    office.run("list")
    office.run("list", "--json")
    office.run("retire", file.name.removesuffix(".jwk.json"), "--force")
    told = capsys.readouterr()
    assert secret not in told.out + told.err


@pytest.mark.requirement("client@10")
def test_the_jwks_holds_the_rings_keys_and_those_of_key_files_once(office: Office) -> None:
    own: Key = make_key("RS384", kid="of-the-hospital")
    write_key_file(own, office.folder / "own.json")
    named = f'key_file = "{office.folder / "own.json"}"'
    office.configure(
        EHR.format(name="riverbend", more="")
        + EHR.format(name="hospital", more=named)
        + EHR.format(name="clinic", more=named)
    )
    office.run("new")
    document = published_jwks(office.settings, NOW)
    assert [key["alg"] for key in document["keys"]] == ["RS384", "ES384"]
    assert document["keys"][0]["kid"] == "of-the-hospital"
    assert not [key for key in document["keys"] if "d" in key or "p" in key]


@pytest.mark.requirement("client@10")
def test_a_running_server_signs_with_the_new_key_without_a_restart(office: Office) -> None:
    office.run("new")
    server = office.settings.ehrs[0]
    first = server.registration("https://x.example/callback", now=NOW).signing_key
    office.run("new")
    changed = server.registration("https://x.example/callback", now=NOW + OVERLAP + 60).signing_key
    assert first is not None
    assert changed is not None
    assert changed.kid != first.kid


def test_a_key_file_of_another_algorithm_than_the_one_written_is_told(office: Office) -> None:
    write_key_file(make_key("RS384"), office.folder / "own.json")
    named = f'key_file = "{office.folder / "own.json"}"\nalgorithm = "ES384"'
    office.configure(EHR.format(name="riverbend", more=named))
    with pytest.raises(SettingsError, match="holds a key for RS384"):
        Settings.load(office.file)
