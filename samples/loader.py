"""Loading a folder of NDJSON files, single resources and Bundles into the sandbox EHR.

Real folders hold broken lines and files that are no FHIR; each is counted with its reason and the place where it first
occurred, and the rest loads. What was loaded once is not loaded again while its files stay the same.
NDJSON: https://hl7.org/fhir/uv/bulkdata/export.html, Bundles: https://hl7.org/fhir/R4/bundle.html
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from samples.fhir.loading import Kept, Loading, NotKept
from samples.fhir.references import conditional_reference, references_in, rewrite_references
from samples.fhir.store import Store
from samples.progress import Progress

CHUNK = 1000
_SUFFIXES = frozenset({".ndjson", ".json"})
_URN_UUID = "urn:uuid:"


@dataclass(frozen=True)
class Candidate:
    """Something found in a file: a resource, or the reason why there is none. `place` names file and line."""

    place: str
    size: int
    resource: dict[str, Any] | None = None
    refusal: str = ""


@dataclass
class LoadReport:
    """What became of a folder. `refused` counts reasons; `first_place` names where each occurred first."""

    loaded: int = 0
    unchanged: int = 0
    unsettled_references: int = 0
    skipped: bool = False
    refused: Counter[str] = field(default_factory=Counter)
    first_place: dict[str, str] = field(default_factory=dict)

    def refuse(self, reason: str, place: str) -> None:
        """Count one refusal."""
        self.refused[reason] += 1
        self.first_place.setdefault(reason, place)

    def lines(self) -> list[str]:
        """The report in sentences, for a person."""
        if self.skipped:
            return ["already loaded, and its files have not changed"]
        lines = [f"{self.loaded:,} resources loaded"]
        if self.unchanged:
            lines.append(f"{self.unchanged:,} were there already")
        if self.unsettled_references:
            lines.append(f"{self.unsettled_references:,} conditional references match nothing here")
        lines.append(f"{self.refused.total():,} refused")
        lines.extend(
            f"  {count:,} x {reason} (first: {self.first_place[reason]})"
            for reason, count in self.refused.most_common()
        )
        return lines


def load_folder(store: Store, folder: Path, progress: Progress) -> LoadReport:
    """Load every .ndjson and .json file below a folder. Raises NotADirectoryError when there is no such folder."""
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder")
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix.lower() in _SUFFIXES)
    report, fingerprint = LoadReport(), _fingerprint(folder, files)
    if store.folder_fingerprint(str(folder.resolve())) == fingerprint:
        report.skipped = True
        return report
    progress.begin(sum(path.stat().st_size for path in files))
    candidates = (c for path in files for c in candidates_in(path, str(path.relative_to(folder))))
    unsettled: dict[tuple[str, str], None] = {}
    while chunk := list(islice(candidates, CHUNK)):
        with store.loading() as loading:
            for candidate in chunk:
                _load(loading, candidate, report, unsettled)
                progress.advance(candidate.size, report.loaded)
    _settle(store, unsettled, report)
    store.remember_folder(str(folder.resolve()), fingerprint)
    progress.end()
    return report


def _load(
    loading: Loading, candidate: Candidate, report: LoadReport, unsettled: dict[tuple[str, str], None]
) -> None:
    if candidate.resource is None:
        report.refuse(candidate.refusal, candidate.place)
        return
    try:
        kept = loading.keep(candidate.resource)
    except NotKept as reason:
        report.refuse(str(reason), candidate.place)
        return
    if any(conditional_reference(r) for _, r in references_in(candidate.resource)):
        unsettled[candidate.resource["resourceType"], candidate.resource["id"]] = None
    if kept is Kept.SAME:
        report.unchanged += 1
    else:
        report.loaded += 1


def _settle(store: Store, unsettled: Iterable[tuple[str, str]], report: LoadReport) -> None:
    """Conditional references are settled when everything is there, since files come in any order."""
    waiting = iter(unsettled)
    while chunk := list(islice(waiting, CHUNK)):
        with store.loading() as loading:
            report.unsettled_references += sum(loading.settle(*each) for each in chunk)


def candidates_in(path: Path, name: str) -> Iterator[Candidate]:
    """What one file holds; a file that cannot be read is one refusal. `name` is what the file is called in places."""
    try:
        if path.suffix.lower() == ".ndjson":
            yield from _lines(path, name)
        else:
            yield from _document(path.read_bytes(), name)
    except OSError as error:
        yield Candidate(name, 0, refusal=f"the file cannot be read ({type(error).__name__})")


def _lines(path: Path, name: str) -> Iterator[Candidate]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield _candidate(line, f"{name}:{number}")


def _candidate(text: bytes, place: str) -> Candidate:
    try:
        resource = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Candidate(place, len(text), refusal="not JSON")
    if not isinstance(resource, dict):
        return Candidate(place, len(text), refusal="not a FHIR resource")
    return Candidate(place, len(text), resource)


def _document(text: bytes, name: str) -> Iterator[Candidate]:
    """A .json file: one resource, or a Bundle whose entries are resources."""
    candidate = _candidate(text, name)
    if candidate.resource is None or candidate.resource.get("resourceType") != "Bundle":
        yield candidate
        return
    entries = candidate.resource.get("entry")
    if not isinstance(entries, list) or not entries:
        yield Candidate(name, len(text), refusal="a Bundle without entries")
        return
    links = _links(entries, name)
    for index, entry in enumerate(entries):
        place, size = f"{name} entry {index + 1}", len(text) // len(entries)
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            yield Candidate(place, size, refusal="a Bundle entry without a resource")
            continue
        linked = rewrite_references(resource, lambda r: links.get(r, r))
        yield Candidate(place, size, {**linked, "id": _entry_id(entry, name, index)})


def _entry_id(entry: dict[str, Any], name: str, index: int) -> str:
    """The entry's own id; else that of its `urn:uuid:`; else one that is the same at every load."""
    own = entry["resource"].get("id")
    if own is not None:
        return str(own)
    full_url = entry.get("fullUrl")
    if isinstance(full_url, str) and full_url.startswith(_URN_UUID):
        return full_url.removeprefix(_URN_UUID)
    return str(uuid5(NAMESPACE_URL, f"{name}#{index}"))


def _links(entries: list[Any], name: str) -> dict[str, str]:
    """Where each fullUrl of a Bundle will be found."""
    links = {}
    for index, entry in enumerate(entries):
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            full_url, resource_type = entry.get("fullUrl"), entry["resource"].get("resourceType")
            if isinstance(full_url, str) and isinstance(resource_type, str):
                links[full_url] = f"{resource_type}/{_entry_id(entry, name, index)}"
    return links


def _fingerprint(folder: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        state = path.stat()
        digest.update(f"{path.relative_to(folder)}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
