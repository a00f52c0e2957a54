"""Loading folders: every shape of file, broken ones among them, and the real public data where it is at hand."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from samples.fhir.loading import NotKept
from samples.fhir.store import Store
from samples.loader import LoadReport, load_folder
from samples.progress import Progress
from tests.samples.conftest import observation, patient, task

UUID = "00000000-0000-4000-8000-000000000001"


def quiet() -> Progress:
    return Progress("data", io.StringIO())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    return made


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def ndjson(*resources: Any) -> str:
    return "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in resources)


def bundle(kind: str, *entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def test_a_folder_is_loaded_through_all_its_levels(store: Store, folder: Path) -> None:
    write(folder / "Patient.ndjson", ndjson(patient("ada"), patient("bob")))
    write(folder / "deep" / "task.json", task("a"))
    write(folder / "deep" / "UPPER.JSON", task("b"))
    write(folder / "readme.txt", "not for loading")
    report = load_folder(store, folder, quiet())
    assert (report.loaded, report.refused.total()) == (4, 0)
    assert store.count("Patient") == 2
    assert [r["id"] for r in store.search("Task", [("patient", "ada")]).resources] == ["b", "a"]


def test_what_is_broken_is_counted_with_its_place_and_the_rest_loads(store: Store, folder: Path) -> None:
    write(
        folder / "mixed.ndjson",
        ndjson(
            patient("ada"), '{"resourceType": "Patient"', "", "[1]", {"no": "type"}, {"resourceType": 7},
            {"resourceType": "Patient"}, patient("not legal"), {"resourceType": "Banana", "id": "x"},
            patient("meta", meta="x"), '{"resourceType": "Patient", "id": "\\ud800"}', patient("bob"),
        ),
    )  # fmt: skip
    (folder / "bytes.json").write_bytes(b"\xff\xfe{}")
    write(folder / "empty.json", "")
    write(folder / "list.json", [patient("x")])
    write(folder / "void.json", bundle("collection"))
    write(folder / "half.json", bundle("batch", "text", {"request": {}}, {"resource": task("a")}))
    report = load_folder(store, folder, quiet())
    assert report.loaded == 3
    assert dict(report.refused) == {
        "not JSON": 4,
        "not a FHIR resource": 2,
        "no resourceType": 2,
        "no id, or one that FHIR does not allow": 2,
        "Banana is not a type this server keeps": 1,
        "meta is not an object": 1,
        "a Bundle without entries": 1,
        "a Bundle entry without a resource": 2,
    }
    assert report.first_place["no id, or one that FHIR does not allow"] == "mixed.ndjson:7"
    assert report.first_place["a Bundle entry without a resource"] == "half.json entry 1"
    assert "  1 x Banana is not a type this server keeps (first: mixed.ndjson:9)" in report.lines()
    assert store.read("Patient", "bob") is not None


def test_an_unreadable_file_is_one_refusal(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "a.json", patient("ada"))
    write(folder / "b.json", patient("bob"))
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "a.json":
            raise PermissionError
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    report = load_folder(store, folder, quiet())
    assert report.loaded == 1
    assert dict(report.first_place) == {"the file cannot be read (PermissionError)": "a.json"}


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "searchset", "document"])
def test_entries_of_a_bundle_keep_their_ids_and_find_each_other(
    store: Store, folder: Path, kind: str
) -> None:
    write(
        folder / "bundle.json",
        bundle(
            kind,
            {"fullUrl": f"urn:uuid:{UUID}", "resource": {"resourceType": "Patient"}},
            {
                "fullUrl": "http://other.example/Practitioner/n",
                "resource": {"resourceType": "Practitioner", "id": "n"},
            },
            {
                "resource": {
                    **{k: v for k, v in task("x").items() if k != "id"},
                    "for": {"reference": f"urn:uuid:{UUID}"},
                    "owner": {"reference": "http://other.example/Practitioner/n"},
                    "focus": {"reference": "urn:uuid:nobody"},
                }
            },
        ),
    )
    assert load_folder(store, folder, quiet()).loaded == 3
    found = store.search("Task", [("patient", UUID), ("owner", "Practitioner/n")]).resources
    assert [r["focus"]["reference"] for r in found] == ["urn:uuid:nobody"]
    assert store.read("Patient", UUID) is not None


def test_conditional_references_are_settled_whatever_the_order_of_files(store: Store, folder: Path) -> None:
    write(
        folder / "a-tasks.ndjson",
        ndjson(
            task("one", owner={"reference": "Practitioner?identifier=urn:npi|7"}),
            task("two", owner={"reference": "Practitioner?identifier=urn:npi|8"}),
            task("three", owner={"reference": "Practitioner?colour=red"}, focus={"reference": "Banana?x=1"}),
        ),
    )
    write(
        folder / "b-staff.ndjson",
        ndjson(
            {"resourceType": "Practitioner", "id": "n", "identifier": [{"system": "urn:npi", "value": "7"}]}
        ),
    )
    report = load_folder(store, folder, quiet())
    assert report.unsettled_references == 3
    assert [r["id"] for r in store.search("Task", [("owner", "Practitioner/n")]).resources] == ["one"]
    assert (store.read("Task", "one") or {})["meta"]["versionId"] == "1"
    assert (store.read("Task", "two") or {})["owner"]["reference"].startswith("Practitioner?")


def test_a_folder_is_loaded_again_only_when_its_files_changed(store: Store, folder: Path) -> None:
    write(folder / "p.ndjson", ndjson(patient("ada"), patient("bob")))
    assert load_folder(store, folder, quiet()).loaded == 2
    again = load_folder(store, folder, quiet())
    assert again.skipped
    assert again.lines() == ["already loaded, and its files have not changed"]
    write(folder / "p.ndjson", ndjson(patient("ada", active=True), patient("bob"), patient("eve")))
    changed = load_folder(store, folder, quiet())
    assert (changed.loaded, changed.unchanged, changed.skipped) == (2, 1, False)
    assert [v.version for v in store.versions("Patient", "ada")] == [2, 1]
    assert store.count("Patient") == 3


def test_a_folder_that_is_not_there_is_an_error(store: Store, folder: Path) -> None:
    with pytest.raises(NotADirectoryError):
        load_folder(store, folder / "nothing", quiet())


def test_odd_data_is_kept_as_it_is(store: Store, folder: Path) -> None:
    odd = observation(
        "o", status="banana", effectiveDateTime="last week", valueQuantity=7, code=[None], colour="red"
    )
    write(folder / "o.json", odd)
    assert load_folder(store, folder, quiet()).loaded == 1
    kept = store.read("Observation", "o") or {}
    assert {k: v for k, v in kept.items() if k != "meta"} == odd


def test_a_load_by_the_server_itself_is_all_or_nothing(store: Store) -> None:
    with pytest.raises(NotKept):
        store.load([patient("ada"), {"resourceType": "Patient"}])
    assert store.count("Patient") == 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal_and_rare_lines_elsewhere() -> None:
    moments = iter(range(100))
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        progress = Progress("data", stream, clock=lambda: float(next(moments)))
        progress.begin(100)
        for step in range(1, 11):
            progress.advance(10, step)
        progress.end()
    assert terminal.getvalue().count("\r") == 11
    assert "data [##############################] 100%  10 resources\n" in terminal.getvalue()
    assert 1 <= pipe.getvalue().count("\n") <= 4
    assert "\r" not in pipe.getvalue()


def test_an_empty_folder_loads_nothing(store: Store, folder: Path) -> None:
    assert load_folder(store, folder, quiet()) == LoadReport()


@pytest.mark.parametrize(
    ("name", "loaded", "refused"),
    [("bulk_export_10", 2841, 4), ("carebundle", 1359, 0), ("ig_examples", 291, 26)],
)
def test_real_folders_load(store: Store, shared_data: Path, name: str, loaded: int, refused: int) -> None:
    report = load_folder(store, shared_data / name, quiet())
    assert (report.loaded, report.refused.total()) == (loaded, refused)
    assert report.unsettled_references == 0


def test_the_largest_synthea_chart_is_found_whole(store: Store, shared_data: Path, tmp_path: Path) -> None:
    source = next((shared_data / "synthea_bundles").glob("Wendell_Lesch_*.json"))
    copy = tmp_path / "one"
    copy.mkdir()
    (copy / "wendell.json").write_bytes(source.read_bytes())
    report = load_folder(store, copy, quiet())
    assert (report.loaded, report.refused.total()) == (1116, 0)
    (person,) = store.search("Patient", [("deceased", "true")]).resources
    found = store.search("Observation", [("patient", person["id"]), ("_sort", "-date"), ("_count", "200")])
    assert found.total == store.count("Observation")
    first = found.resources[0]
    assert first["subject"] == {"reference": f"Patient/{person['id']}"}
    dates = [r["effectiveDateTime"] for r in found.resources]
    assert dates == sorted(dates, reverse=True)
