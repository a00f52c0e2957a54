"""`make ig`: the package has the same bytes each time, installs into a package cache, and is read from there."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile

import orjson
import pytest
from pyrofile_validator import Validator
from pyrofile_validator.config import PackageConfig, ValidatorConfig
from pyrofile_validator.profiles.package import PackageResolver

from fhir_profiles import definitions
from fhir_profiles.errors import UnsupportedDefinitionError
from fhir_profiles.package import NAME, package, structures_of_package, version
from tests.conftest import ROOT
from tests.fhir_profiles.examples import NAMES, SHARING, STATE, example
from tests.outside_validators import _base_definitions


@pytest.fixture(scope="module")
def built(tmp_path_factory, r4_definitions):
    """The package as `make ig` builds it, in another process each time."""
    folder = tmp_path_factory.mktemp("built")
    return [_build(folder / f"{number}" / "package.tgz", r4_definitions, number) for number in (1, 2)]


def _build(file, r4, seed):
    """Sets are walked in another order with each seed, so an order that hangs on one would show."""
    subprocess.run(
        [sys.executable, "-m", "fhir_profiles", "--out", str(file), "--r4", str(r4)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(seed), "TZ": f"UTC-{seed}"},
        check=True,
        capture_output=True,
    )
    return file.read_bytes()


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The package in a package cache: `.fhir/packages/NAME#VERSION/package`."""
    folder = tmp_path_factory.mktemp("home") / ".fhir" / "packages" / f"{NAME}#{version()}"
    with tarfile.open(fileobj=io.BytesIO(built[0])) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def read(path):
    return orjson.loads(path.read_bytes())


def test_twice_the_same_bytes(built):
    assert built[0] == built[1]


def test_the_archive_tells_no_time_and_no_owner(built):
    assert built[0][4:8] == b"\0\0\0\0"
    with tarfile.open(fileobj=io.BytesIO(built[0])) as archive:
        members = archive.getmembers()
    assert [each.name for each in members] == sorted(each.name for each in members)
    assert {(each.mtime, each.uid, each.gid, each.uname, each.gname, each.mode) for each in members} == {
        (499_162_500, 0, 0, "", "", 0o644)
    }


def test_the_manifest_is_what_installers_look_for(installed):
    manifest = read(installed / "package.json")

    assert (manifest["name"], manifest["version"]) == (NAME, "0.1.0")
    assert manifest["fhirVersions"] == ["4.0.1"]
    assert manifest["dependencies"] == {"hl7.fhir.r4.core": "4.0.1", "hl7.fhir.us.core": "6.1.0"}


@pytest.mark.parametrize("folder", [".", "example"])
def test_the_index_lists_every_resource_of_its_folder_as_it_is(installed, folder):
    index = read(installed / folder / ".index.json")
    listed = index["files"]
    assert index["index-version"] == 2
    files = {path.name for path in (installed / folder).glob("*-*.json")}

    assert {each["filename"] for each in listed} == files
    for each in listed:
        resource = read(installed / folder / each["filename"])
        assert {key: resource.get(key) for key in each if key != "filename"} == {
            key: value for key, value in each.items() if key != "filename"
        }


def test_every_definition_and_every_example_is_in_it(installed):
    there = [read(path) for path in installed.glob("*-*.json")]

    assert {each["url"] for each in there} == set(definitions.by_url())
    for each in there:
        known = definitions.definition(each["url"])
        assert {**each, "snapshot": 0} == {**known, "snapshot": 0}
        if each["resourceType"] == "StructureDefinition":
            assert ("snapshot" in each) == ("/us/core/" not in each["baseDefinition"])
    assert {path.stem for path in (installed / "example").glob("*-*.json")} == set(NAMES)


def test_the_package_is_read_back_as_other_packages_are(built):
    urls = {url for url in structures_of_package(built[0])}

    assert {url.rsplit("/", 1)[1] for url in urls} >= {"task-contact", "consent-privacy", "ruler"}


def test_with_us_core_at_hand_every_profile_has_a_snapshot(r4_definitions, shared_igs, tmp_path):
    file = tmp_path / "package.tgz"
    us_core = shared_igs / "us_core_610.tgz"
    subprocess.run(
        [sys.executable, "-m", "fhir_profiles", "--out", file, "--r4", r4_definitions, "--us-core", us_core],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    assert set(structures_of_package(file.read_bytes())) == {
        each["url"] for each in definitions.of_kind("StructureDefinition")
    }


def test_a_validator_that_nobody_here_wrote_judges_by_the_installed_package(installed):
    paths = [str(_base_definitions()), str(installed)]
    outside = Validator(ValidatorConfig.load_dict({"localPackagePaths": paths}))

    def profile_errors(resource):
        issues = outside.validate_resource(resource).issues
        return {each.path for each in issues if each.severity == "error" and "profile.c" in each.code}

    state, sharing = example(STATE), example(SHARING)
    assert profile_errors(state) == profile_errors(sharing) == set()
    del state["businessStatus"], sharing["dateTime"]
    assert profile_errors(state) == {"Task.businessStatus"}
    assert profile_errors(sharing) == {"Consent.dateTime"}


def test_it_is_put_into_a_package_cache_and_found_there_by_name_and_version(built, tmp_path):
    """By the resolver of a validator that nobody here wrote: from the file once, from its cache ever after."""
    file = tmp_path / "package.tgz"
    file.write_bytes(built[0])
    resolver = PackageResolver(tmp_path / "cache")

    first = resolver.resolve(PackageConfig(NAME, version(), source=str(file)))
    file.unlink()
    again = resolver.resolve(PackageConfig(NAME, version()))

    assert (first.cached, again.cached) == (False, True)
    assert (again.manifest.name, again.manifest.version) == (NAME, version())
    assert again.manifest.fhir_versions == ("4.0.1",)
    assert again.manifest.dependencies == {"hl7.fhir.r4.core": "4.0.1", "hl7.fhir.us.core": "6.1.0"}


def test_without_the_definitions_of_r4_nothing_half_is_built():
    with pytest.raises(UnsupportedDefinitionError):
        package({})
