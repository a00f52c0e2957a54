"""The definitions as a FHIR NPM package: what validators, EHR test servers and IG tools install.

The same definitions always give the same bytes: files in the order of their names, one fixed time, no owner. So a
practice can compare what it was sent with what it builds. Pure: bytes come in and go out.
Spec: https://confluence.hl7.org/display/FHIR/NPM+Package+Specification, https://hl7.org/fhir/packages.html
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any, Final

import orjson

from fhir_profiles import canonical, definitions
from fhir_profiles.errors import UnsupportedDefinitionError
from fhir_profiles.snapshot import with_snapshot

NAME: Final = "chartside.fhir.care-management"
FHIR_VERSION: Final = "4.0.1"
US_CORE: Final = ("hl7.fhir.us.core", "6.1.0")
"""The package that the profiles on CarePlan, Goal and DocumentReference build on."""
_US_CORE_BASE: Final = "http://hl7.org/fhir/us/core/"
_TIME: Final = 499_162_500
"""Seconds since 1970 of every file: the fixed time that npm itself gives, which no tool takes for the future."""
_INDEXED: Final = ("resourceType", "id", "url", "version", "kind", "type", "supplements", "content")

Files = Mapping[str, bytes]


def version() -> str:
    """The package's version, which is that of every definition. Raises UnsupportedDefinitionError where they differ."""
    found = {each["version"] for each in definitions.by_url().values()}
    if len(found) != 1:
        raise UnsupportedDefinitionError(f"one package has one version, and not {sorted(found)}")
    return str(found.pop())


def package(bases: Mapping[str, dict[str, Any]]) -> bytes:
    """The package as a gzipped tar file.

    ``bases`` are StructureDefinitions with snapshots by url: those of R4 and, where it is at hand, of US Core. A
    profile on US Core gets a snapshot only then; without, an installer makes it from the package's dependency, as
    FHIR tools do. Raises UnsupportedDefinitionError where a base of R4 is missing.
    """
    conformance = {_file_name(each): _complete(each, bases) for each in definitions.by_url().values()}
    files = {
        "package/package.json": _json(_manifest()),
        **_folder("package", conformance),
        **_folder("package/example", _examples()),
    }
    return _tar(files)


def _complete(definition: dict[str, Any], bases: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    base = definition.get("baseDefinition", "")
    if definition["resourceType"] != "StructureDefinition" or _waits_for_us_core(base, bases):
        return definition
    return with_snapshot(definition, bases)


def _waits_for_us_core(base: str, bases: Mapping[str, dict[str, Any]]) -> bool:
    return base.startswith(_US_CORE_BASE) and base not in bases


def _manifest() -> dict[str, Any]:
    return {
        "name": NAME,
        "version": version(),
        "description": "Profiles, extensions, code systems and value sets of the records that Chartside files.",
        "title": "Chartside: care management inside the chart",
        "canonical": canonical.BASE,
        "url": canonical.BASE,
        "type": "Conformance",
        "author": "Chartside",
        "license": "Apache-2.0",
        "fhirVersions": [FHIR_VERSION],
        "jurisdiction": "urn:iso:std:iso:3166#US",
        "dependencies": {"hl7.fhir.r4.core": FHIR_VERSION, US_CORE[0]: US_CORE[1]},
        "directories": {"lib": "package", "example": "example"},
    }


def _examples() -> dict[str, dict[str, Any]]:
    folder = resources.files(__package__) / "examples"
    return {
        each.name: orjson.loads(each.read_bytes()) for each in folder.iterdir() if each.name.endswith(".json")
    }


def _file_name(resource: dict[str, Any]) -> str:
    return f"{resource['resourceType']}-{resource['id']}.json"


def _folder(name: str, listed: Mapping[str, dict[str, Any]]) -> Files:
    """The files of one folder with the index that says what each of them is."""
    index = {"index-version": 2, "files": [_entry(file, listed[file]) for file in sorted(listed)]}
    return {
        f"{name}/.index.json": _json(index),
        **{f"{name}/{file}": _json(resource) for file, resource in listed.items()},
    }


def _entry(file: str, resource: dict[str, Any]) -> dict[str, str]:
    said = {key: resource[key] for key in _INDEXED if isinstance(resource.get(key), str)}
    return {"filename": file, **said}


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _tar(files: Files) -> bytes:
    whole = io.BytesIO()
    # An empty name and no time: the header of gzip would otherwise tell when and from what it was made.
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=whole, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(files[name]), _TIME, 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    return whole.getvalue()


def structures(bundles: Iterable[bytes]) -> dict[str, dict[str, Any]]:
    """The StructureDefinitions with snapshots of Bundles in JSON, by url: the form in which HL7 publishes R4's."""
    entries = (entry for each in bundles for entry in orjson.loads(each)["entry"])
    found = (entry["resource"] for entry in entries)
    return {each["url"]: each for each in found if _has_snapshot(each)}


def structures_of_package(content: bytes) -> dict[str, dict[str, Any]]:
    """The StructureDefinitions with snapshots of another FHIR NPM package, by url. Raises tarfile.TarError."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for member in archive:
            opened = (
                archive.extractfile(member)
                if member.name.startswith("package/StructureDefinition-")
                else None
            )
            resource = orjson.loads(opened.read()) if opened else {}
            if _has_snapshot(resource):
                found[resource["url"]] = resource
    return found


def _has_snapshot(resource: dict[str, Any]) -> bool:
    return resource.get("resourceType") == "StructureDefinition" and "snapshot" in resource
