"""`chartside validate`: what it prints, what it never prints, and how it ends."""

from __future__ import annotations

import io
import json
import sys

import pytest

from app.cli import main
from tests.fhir_profiles.examples import FOLDER, GOAL, NAMES, TO_DO, example


def write(path, *records):
    path.write_text("\n".join(json.dumps(each) for each in records))
    return str(path)


def broken():
    goal = example(GOAL)
    del goal["target"][0]["measure"]
    goal["description"]["text"] = "Zebrafinch walks to the mailbox"
    return goal


def test_every_example_is_right(capsys):
    assert main(["validate", *(str(FOLDER / f"{name}.json") for name in NAMES)]) == 0
    assert capsys.readouterr().out == (
        f"Checked {len(NAMES)} records against R4, {len(NAMES)} of them against profiles of Chartside, too:"
        " nothing wrong.\n"
    )


def test_a_problem_is_a_line_with_file_path_rule_and_what_would_be_right(tmp_path, capsys):
    file = write(tmp_path / "goal.json", broken())

    assert main(["validate", file]) == 1
    line, summary = capsys.readouterr().out.splitlines()
    assert line == f"{file}: Goal.target[0]: a target with a detail has a measure [gol-1]"
    assert "1 problem in 1 of them" in summary


def test_ndjson_is_told_by_its_lines_whatever_its_name(tmp_path, capsys):
    for name in ("records.ndjson", "records.txt"):
        file = write(tmp_path / name, example(TO_DO), broken())

        assert main(["validate", file]) == 1
        assert f"{file}:2: Goal.target[0]: " in capsys.readouterr().out


def test_each_entry_of_a_bundle_is_judged(tmp_path, capsys):
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": broken()}]}

    assert main(["validate", write(tmp_path / "bundle.json", bundle)]) == 1
    out = capsys.readouterr().out
    assert "Bundle.entry[0].resource:Goal.target[0]: " in out
    assert "1 of them against profiles of Chartside" in out


def test_as_json_it_names_file_line_path_rule_and_message(tmp_path, capsys):
    file = write(tmp_path / "two.ndjson", example(TO_DO), broken())

    assert main(["validate", "--json", file]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["unreadable"] == []
    assert [(each["file"], each["line"], each["claimsChartsideProfile"]) for each in told["records"]] == [
        (file, 1, True),
        (file, 2, True),
    ]
    [problem] = told["records"][1]["problems"]
    assert problem == {
        "path": "Goal.target[0]",
        "rule": "gol-1",
        "message": "a target with a detail has a measure",
    }


def test_standard_input_is_read_with_or_without_a_byte_order_mark(monkeypatch, capsys):
    for mark in (b"", b"\xef\xbb\xbf"):
        given = io.TextIOWrapper(io.BytesIO(mark + json.dumps(broken()).encode()))
        monkeypatch.setattr(sys, "stdin", given)

        assert main(["validate", "-"]) == 1
        assert capsys.readouterr().out.startswith("-: Goal.target[0]: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"Zebrafinch", "is not JSON"),
        (b"", "is not JSON"),
        (b'{"resourceType": "Task"}\nZebrafinch', "line 2 is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_the_other_files_are_still_checked(
    tmp_path, capsys, content, said
):
    file = tmp_path / "strange.json"
    if content is not None:
        file.write_bytes(content)

    assert main(["validate", str(file), write(tmp_path / "goal.json", broken())]) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert "gol-1" in printed.out
    assert "Zebrafinch" not in printed.err + printed.out


def test_no_value_is_printed_and_no_control_character(tmp_path, capsys):
    goal = broken()
    goal["Zebra\x1b[31m\nfinch"] = "Zebrafinch"
    goal["lifecycleStatus"] = "Zebrafinch"
    goal["startDate"] = "Zebrafinch"
    goal["e" * 5000] = 1

    assert main(["validate", write(tmp_path / "goal.json", goal)]) == 1
    out = capsys.readouterr().out
    assert "Zebrafinch" not in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 1000


@pytest.mark.parametrize(
    "content", ["[]", "5", "null", '"Task"', "{}", '{"resourceType": "Bundle", "entry": 5}']
)
def test_json_that_is_no_resource_is_wrong_and_not_a_crash(tmp_path, capsys, content):
    file = tmp_path / "strange.json"
    file.write_text(content)

    assert main(["validate", str(file)]) == 1
    assert str(file) in capsys.readouterr().out


def test_without_a_file_it_says_how_it_is_used(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["validate"])
    assert ended.value.code == 2
    assert "FILE" in capsys.readouterr().err
