"""`chartside check` against running sandbox EHRs: the ladder of each persona, the table, the JSON, the exit status.

The ladder that is expected of each EHR is written out below from what is publicly known of it, and not computed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app import cli
from app.ehr.reads import CHART_READS
from tests.app.check.conftest import Check
from tests.app.check.site import findings_of
from tests.running import Practice, practice

PATIENT = "walter-boone"


RECORD, ANSWERS, DOCUMENT, COPY = "record", "questionnaire-response", "document", "copy-ready"
ARTEFACTS = (
    "Care plan", "Goal", "Task", "Consent", "Contact", "Medication reconciliation", "Community referral",
    "Billing minutes",
)  # fmt: skip
LADDERS: dict[str, tuple[str, ...]] = {
    # Care plan, Goal, Task, Consent, Contact, Medication reconciliation, Community referral, Billing minutes.
    # A store that takes everything.
    "open": (RECORD,) * 8,
    # CarePlan and Goal are read only, Task can be changed but not created: Epic takes documents and answers.
    "epic": (DOCUMENT,) * 8,
    # No Task at all, Consent for proxies alone: Oracle takes documents; answers can only be changed.
    "oracle": (DOCUMENT,) * 8,
    # Answers can be created, and nothing else: athenaOne does not show them again.
    "athena": (ANSWERS,) * 8,
    # Answers can be created and read.
    "ecw": (ANSWERS,) * 8,
    # Task and Consent are records; CarePlan and Goal are read only.
    "canvas": (ANSWERS, ANSWERS, RECORD, RECORD, RECORD, RECORD, RECORD, RECORD),
}
FILED: dict[str, tuple[str, ...]] = {
    "open": ARTEFACTS,
    # What these take in no record of its own is filed in notes.
    "epic": ARTEFACTS,
    "oracle": ARTEFACTS,
    "athena": ARTEFACTS,
    "ecw": ARTEFACTS,
    "canvas": ARTEFACTS,
}
"""What this version files."""
UNSEEN = frozenset({"athena"})


@pytest.mark.requirement("client@41")
@pytest.mark.requirement("client@66")
@pytest.mark.parametrize("name", LADDERS)
def test_each_ehr_has_the_ladder_that_is_known_of_it(
    practice_of: Callable[[str], Practice], check: Check, name: str
) -> None:
    running = practice_of(name)
    before = running.versions()
    status, report, _ = check(running, "--json")
    _, table, _ = check(running)
    assert running.versions() == before
    ladder = {row["artefact"]: row for row in report["ladder"]}
    assert {what: row["rung"] for what, row in ladder.items()} == dict(
        zip(ARTEFACTS, LADDERS[name], strict=True)
    )
    assert tuple(what for what in ARTEFACTS if ladder[what]["filed"]) == FILED.get(name, ())
    assert {row["readable_back"] for row in ladder.values()} == {name not in UNSEEN}
    assert (status, report["result"]) == (0, "works")
    told = " ".join(table.split())
    for what, row in ladder.items():
        assert f"{what}: {row['reason']}" in told
    if name == "epic":
        assert "this EHR does not accept Goal.create" in ladder["Goal"]["reason"]
        assert "will be filed as a document" in ladder["Goal"]["reason"]
    if name == "ecw":
        assert "will be filed as answers to a questionnaire" in ladder["Goal"]["reason"]
    if name == "athena":
        assert "but this EHR will not show it to us again" in ladder["Goal"]["reason"]


@pytest.mark.parametrize("name", LADDERS)
def test_with_a_token_every_search_of_the_chart_is_told_and_nothing_of_it(
    practice_of: Callable[[str], Practice], check: Check, token_of: Callable[..., Path], name: str
) -> None:
    running = practice_of(name)
    file = token_of(running, PATIENT)
    before = running.versions()
    _, report, err = check(running, "--token-file", str(file), "--patient", PATIENT, "--json")
    assert running.versions() == before
    token = file.read_text()
    searches = findings_of(report, "searches")
    assert len(searches) == len(CHART_READS) + 1
    assert searches["Patient"]["state"] == searches["Condition"]["state"] == "ok"
    assert searches["Condition"]["detail"]["count"] > 0
    assert "failed" not in {each["state"] for each in searches.values()}
    if name in ("epic", "oracle", "ecw"):
        assert "category" in searches["CarePlan"]["detail"]["parameters"]
    if name in ("epic", "oracle", "athena", "ecw"):
        assert searches["MedicationStatement"]["state"] == "missing"
    shown = json.dumps(report) + err
    assert token not in shown
    assert PATIENT not in shown
    assert [word for word in ("Boone", "Walter", "failure", "Lisinopril") if word in shown] == []


def test_the_table_is_calm_and_says_what_to_act_on(open_practice: Practice, check: Check) -> None:
    status, out, err = check(open_practice)
    assert status == 0
    assert out.startswith("Readiness of Sandbox EHR\n")
    assert out.rstrip().endswith("All that Chartside needs works.")
    assert "\x1b" not in out
    assert max(len(line) for line in out.splitlines()) <= 110
    assert "  ✓ PKCE with S256 is listed.\n" in out
    assert "Signing in ...\n" in err


def test_a_token_that_is_wrong_is_told(open_practice: Practice, check: Check, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("not-the-right-token")
    file.chmod(0o600)
    status, report, _ = check(open_practice, "--token-file", str(file), "--patient", PATIENT, "--json")
    assert status == 1
    (told,) = findings_of(report, "searches").values()
    assert told["sentence"].startswith("The EHR does not accept this token")


def test_a_patient_that_is_not_there_is_told(
    open_practice: Practice, check: Check, token_of: Callable[..., Path]
) -> None:
    file = token_of(open_practice, PATIENT)
    status, report, _ = check(open_practice, "--token-file", str(file), "--patient", "nobody-here", "--json")
    assert status == 1
    assert report["failed"] == ["searches/Patient"]


def test_a_token_in_a_variable_or_with_its_answer_tells_what_it_allows(
    open_practice: Practice, check: Check, token_of: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(open_practice, PATIENT).read_text()
    monkeypatch.setenv("EHR_TOKEN", json.dumps({"access_token": token, "scope": "openid patient/Task.rs"}))
    _, report, _ = check(open_practice, "--token-env", "EHR_TOKEN", "--json")
    assert report["with_token"]
    ladder = {row["artefact"]: row for row in report["ladder"]}
    assert {"what": "Goal.create", "lack": "not-granted"} in ladder["Goal"]["needs"]
    monkeypatch.setenv("EHR_TOKEN", token)
    _, report, _ = check(open_practice, "--token-env", "EHR_TOKEN", "--json")
    granted = findings_of(report, "scopes")["granted"]
    assert granted["state"] in ("ok", "note")


@pytest.mark.requirement("client@14")
@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        ("token-that-all-may-read", 0o644, "chmod 600"),
        ("two words", 0o600, "the access token and nothing else"),
        ("{broken", 0o600, "begins like JSON"),
        ('{"access_token": 7}', 0o600, "the access token and nothing else"),
        (None, 0o600, "cannot be read"),
    ],
)
def test_a_token_file_that_will_not_do(
    open_practice: Practice, check: Check, tmp_path: Path, content: str | None, mode: int, words: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    status, out, err = check(open_practice, "--token-file", str(file))
    assert (status, out) == (2, "")
    assert words in err
    assert content is None or content not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--patient", "p1"), "needs a token"),
        (("--write-test", "p1", "--yes", "p1"), "needs a token"),
        (("--patient", "../Patient/p1"), "must be the id of a Patient"),
        (("--token-env", "NO_SUCH_VARIABLE"), "is not set"),
        (("--token-env", "PATH", "--token-file", "x"), "Give one of"),
        (("--backend",), "asymmetric"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_sent(
    open_practice: Practice, check: Check, arguments: tuple, words: str
) -> None:
    status, out, err = check(open_practice, *arguments)
    assert (status, out) == (2, "")
    assert words in err


def test_an_unknown_name_an_unknown_vendor_and_wrong_settings(
    open_practice: Practice, tmp_path: Path, check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    check(open_practice)
    file = str(tmp_path / "chartside.toml")
    assert cli.main(["check", "elsewhere", "--config", file]) == 2
    assert "Configured are: sandbox." in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", "sandbox", "--config", file, "--vendor", "nobody"])
    assert ended.value.code == 2
    (tmp_path / "chartside.toml").write_text("public_url = 7")
    assert cli.main(["check", "sandbox", "--config", file]) == 2


def test_an_address_is_checked_without_any_settings(
    open_practice: Practice,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("CHARTSIDE_"):
            monkeypatch.delenv(name)
    status = cli.main(["check", f"{open_practice.ehr_url}/fhir", "--vendor", "epic"])
    out = capsys.readouterr().out
    assert status == 1
    assert "Not configured" in out
    assert f'iss = "{open_practice.ehr_url}/fhir"' in out
    assert "Differs from what is known of Epic" in " ".join(out.split())
    assert "  ✗ Not configured" in out.split("Something will not work:")[1]


def test_a_server_that_is_down_could_not_be_checked(tmp_path: Path, check: Check) -> None:
    with practice(tmp_path / "practice") as running:
        running.ehr.stop()
        status, out, _ = check(running)
        running.ehr.start()
    assert status == 2
    assert "Not everything could be checked:" in out
    assert "The EHR could not be reached." in out
