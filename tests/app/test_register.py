"""`chartside register`: the sheet for each vendor's form, and a registration that the EHR makes by itself."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app import cli
from app.registration_sheet import Request, sheet
from app.requested_scopes import preferences_scope_text, scope_text
from app.scope_reasons import explained, identity_reasons, resource_reasons, unexplained
from app.settings import Settings
from mappings.vendor import VENDORS, vendor
from mappings.vendor_facts import FormValue, Mark
from mappings.write_ladder import note_types
from tests.running import Practice, practice

BASE, APP = "https://ehr.practice.example/fhir/r4", "https://chartside.practice.example"


@pytest.fixture
def register(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command: exit status, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["register", *arguments])
        return status, *capsys.readouterr()

    return run


@pytest.mark.parametrize("name", VENDORS)
def test_the_sheet_has_every_field_of_the_vendors_form(register: Callable, name: str) -> None:
    status, out, _ = register("--ehr", name, "--base-url", BASE, "--app-url", APP)
    assert status == 0
    form = out.split("## The form")[1].split("## Scopes")[0]
    for field in vendor(name).registration_fields:
        assert f"| {field.name}" in form
    assert f"`{APP}/callback`" in form
    asked = {field.value for field in vendor(name).registration_fields}
    assert (f"`{APP}/launch`" in form) == (FormValue.LAUNCH_URL in asked)
    if FormValue.JWKS_URL in asked:
        assert f"`{APP}/.well-known/jwks.json`" in form
    style = vendor(name).scopes.style.value
    assert f"launch {scope_text(style, notes=note_types(vendor(name)))}\n" in out
    assert [
        line
        for line in form.splitlines()
        if line.startswith("|") and line.count(" | ") != 2 and "---" not in line
    ] == []
    assert "None" not in form.replace("| None |", "")


@pytest.mark.parametrize("name", VENDORS)
def test_the_sheet_tells_what_is_known_of_the_vendor_and_how_sure_that_is(
    register: Callable, name: str
) -> None:
    known, facts = register("--ehr", name, "--base-url", BASE, "--app-url", APP)[1], vendor(name)
    known = known.split(f"## What is known of {facts.label}")[1].split("\n## ")[0]
    for told in (*facts.notes, *facts.search_rules, *facts.tenancy, facts.document, facts.paging):
        (line,) = (line for line in known.splitlines() if told.words in line)
        assert f"{told.fact.source}, {told.fact.date.isoformat()})" in line
        assert ("not verified" in line) == (told.fact.mark is Mark.UNVERIFIED)
    assert ("awaiting sign-off" in known) == (name == "athena")
    assert (f"lives {facts.token_seconds} seconds" in known) == bool(facts.token_seconds)


@pytest.mark.parametrize("name", VENDORS)
def test_the_table_of_the_sheet_is_read_as_settings(tmp_path: Path, name: str) -> None:
    text = sheet(Request(name, BASE, APP, "public"))
    table = text.split("```toml\n")[1].split("```")[0]
    file = tmp_path / "chartside.toml"
    file.write_text(table.replace("https://EHR-SCREENS", "https://screens.practice.example"))
    (ehr,) = Settings.load(file, {"CHARTSIDE_KEY": Fernet.generate_key().decode()}).ehrs
    assert (ehr.iss, ehr.vendor, ehr.scope_style) == (BASE, name, vendor(name).scopes.style.value)


@pytest.mark.requirement("client@11")
@pytest.mark.parametrize("style", ["v1", "v2"])
def test_every_scope_that_is_asked_for_has_its_reason_and_no_other(style: str) -> None:
    wanted = scope_text(style, audit=True, orders=True, services=True, notes=note_types(vendor("epic")))
    asked = f"launch launch/patient {wanted} {preferences_scope_text(style)}"
    assert unexplained(asked) == ()
    rows = explained(asked)
    assert {row.reason.type for row in rows} == set(resource_reasons())
    assert set(identity_reasons()) <= set(asked.split())
    for row in rows:
        assert bool(row.reason.read) >= row.reads
        assert bool(row.reason.write) == row.writes
        assert row.reason.page
        assert row.reason.without.endswith(".")
    assert unexplained("patient/Claim.rs openid") == ("patient/Claim.rs",)


def test_the_scope_list_says_what_is_written_and_what_breaks_without_it() -> None:
    text = sheet(Request("epic", BASE, APP))
    row = next(line for line in text.splitlines() if line.startswith("| Task |"))
    assert "`patient/Task.crus`" in row
    assert "Writes: One record for each contact" in row
    assert "No contact and so no minutes can be filed." in row
    assert "Writes" not in next(line for line in text.splitlines() if line.startswith("| Condition |"))


def test_what_a_vendor_needs_is_chosen_for_it(register: Callable) -> None:
    ecw = register("--ehr", "ecw", "--base-url", BASE, "--app-url", APP)[1]
    assert "private_key_jwt, RS384" in ecw
    assert 'algorithm = "RS384"' in ecw
    assert "`chartside keys new --algorithm RS384`" in ecw
    canvas = register("--ehr", "canvas", "--base-url", BASE, "--app-url", APP)[1]
    assert "client secret" in canvas
    assert "jwks.json" not in canvas
    assert "secret_env" in canvas
    chosen = register("--base-url", BASE, "--app-url", APP, "--client-type", "public")[1]
    assert "Public (no secret, PKCE)" in chosen


def test_the_sheet_goes_into_a_file_and_the_address_comes_from_the_settings(
    register: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHARTSIDE_PUBLIC_URL", raising=False)
    config, output = tmp_path / "chartside.toml", tmp_path / "sheet.md"
    config.write_text(f'public_url = "{APP}"\n')
    status, out, _ = register("--base-url", BASE, "--config", str(config), "--output", str(output))
    assert (status, out) == (0, "")
    assert f"`{APP}/launch`" in output.read_text(encoding="utf-8")
    assert register("--base-url", BASE, "--app-url", APP, "--output", str(tmp_path / "no" / "way.md"))[0] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--ehr", "nobody", "--base-url", BASE, "--app-url", APP), "is not a vendor that Chartside knows"),
        (("--base-url", "http://ehr.example/r4", "--app-url", APP), "must be its FHIR base"),
        (("--base-url", "https://a:secret@ehr.example", "--app-url", APP), "must be its FHIR base"),
        (("--base-url", "ehr.example", "--app-url", APP), "must be its FHIR base"),
        (("--base-url", BASE, "--app-url", f"{APP}/app"), "without a path"),
        (("--base-url", BASE, "--app-url", "http://chartside.example"), "without a path"),
        (("--base-url", BASE, "--app-url", "http://127.0.0.1:8080"), "leads to this machine alone"),
        (("--base-url", BASE, "--config", "/nowhere/chartside.toml"), "Say where browsers will reach"),
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence(
    register: Callable, arguments: tuple, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHARTSIDE_PUBLIC_URL", raising=False)
    status, out, err = register(*arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert "secret" not in err


def test_one_of_both_ways_is_chosen() -> None:
    for arguments in ([], ["--base-url", BASE, "--dynamic", BASE]):
        with pytest.raises(SystemExit) as ended:
            cli.main(["register", *arguments])
        assert ended.value.code == 2


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("register")) as started:
        yield started


@pytest.mark.parametrize("kind", ["public", "symmetric", "asymmetric"])
def test_chartside_registers_by_itself_where_that_is_offered(
    register: Callable, running: Practice, tmp_path: Path, kind: str
) -> None:
    secret_file = tmp_path / "secret"
    status, out, err = register(
        "--dynamic", f"{running.ehr_url}/fhir", "--app-url", running.app_url, "--client-type", kind,
        "--secret-file", str(secret_file),
    )  # fmt: skip
    assert status == 0, err
    client_id = re.findall(r"Registered as (\S+)\.", out)[0]
    (table,) = tomllib.loads(out.split("\n\n", 1)[1])["ehr"]
    assert (table["client_id"], table["client_type"]) == (client_id, kind)
    assert secret_file.exists() == ("must stay secret" in err)
    assert kind != "symmetric" or secret_file.exists()
    if secret_file.exists():
        assert stat.S_IMODE(secret_file.stat().st_mode) == 0o600
        for line in secret_file.read_text().splitlines():
            assert line.split()[-1] not in out + err


def test_a_secret_is_never_written_over_an_older_one(
    register: Callable, running: Practice, tmp_path: Path
) -> None:
    secret_file = tmp_path / "secret"
    secret_file.write_text("older")
    status, _, err = register(
        "--dynamic",
        f"{running.ehr_url}/fhir",
        "--app-url",
        running.app_url,
        "--secret-file",
        str(secret_file),
    )
    assert (status, secret_file.read_text()) == (2, "older")
    assert "exists already" in err


def test_an_ehr_that_registers_nobody_says_so_and_leaves_no_file(register: Callable, tmp_path: Path) -> None:
    secret_file = tmp_path / "secret"
    with practice(tmp_path / "epic", persona="epic") as epic:
        arguments = ("--ehr", "epic", "--app-url", epic.app_url, "--secret-file", str(secret_file))
        status, out, err = register("--dynamic", f"{epic.ehr_url}/fhir", *arguments)
        assert (status, out) == (1, "")
        assert "Fill in its form instead" in err
        epic.ehr.stop()
        status, _, err = register("--dynamic", f"{epic.ehr_url}/fhir", *arguments)
        epic.ehr.start()
    assert status == 2
    assert "could not be reached" in err
    assert not secret_file.exists()


def test_the_sheet_says_how_the_cards_are_registered_and_its_lines_are_settings(
    register: Callable, tmp_path: Path
) -> None:
    _, out, _ = register("--ehr", "epic", "--base-url", BASE, "--app-url", APP)
    part = out.split("## Cards in the chart")[1].split("\n## ")[0]
    assert f"`{APP}/cds-services`" in part
    assert f"`{APP}/cds-services/care-management`, hook `patient-view`" in part
    assert tomllib.loads(part.split("```toml")[1].split("```")[0])["ehr"]["cds_hooks"].keys() == {
        "issuer",
        "jku",
    }
