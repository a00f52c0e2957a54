"""The ring of signing keys: which signs, which is published, and that a rotation never leaves an EHR without."""

from __future__ import annotations

import json
import logging
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from joserfc import jwt

from smart_launch import key_ring
from smart_launch.client_assertion import client_assertion
from smart_launch.errors import KeyFileError, LastSigningKey, UnknownKey
from smart_launch.key_ring import OVERLAP, REREAD, STILL_PUBLISHED, KeyRing
from smart_launch.keys import load_key, make_key, public_jwks
from smart_launch.registration import ClientRegistration
from tests.key_file import write_key_file
from tests.smart_launch.conftest import CLIENT_ID, ISS, NOW, REDIRECT, TOKEN_URL

HOUR = 3600.0


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


def signer(ring: KeyRing, now: float) -> str | None:
    key = ring.signing_key("ES384", now)
    return key.kid if key else None


def published(ring: KeyRing, now: float) -> list[str | None]:
    return [key.kid for key in ring.published(now)]


def test_a_folder_that_is_not_there_has_no_key(ring: KeyRing) -> None:
    assert ring.signing_key("ES384", NOW) is None
    assert ring.published(NOW) == ()
    assert not ring.folder.exists()


def test_the_first_key_signs_at_once_and_is_its_owners_alone(ring: KeyRing) -> None:
    made = ring.new("ES384", NOW)
    assert signer(ring, NOW) == made.kid
    assert published(ring, NOW) == [made.kid]
    assert ring.signs_from(made, NOW) == NOW
    (file,) = ring.folder.iterdir()
    assert file.name == f"{made.kid}.jwk.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700
    assert load_key(file).kid == made.kid, "the file is a plain private JWK too"


@pytest.mark.requirement("client@10")
def test_a_new_key_is_published_at_once_and_signs_a_day_later(ring: KeyRing) -> None:
    first = ring.new("ES384", NOW)
    second = ring.new("ES384", NOW + HOUR)
    changes = NOW + HOUR + OVERLAP
    assert published(ring, NOW + HOUR) == [first.kid, second.kid]
    assert signer(ring, changes - 1) == first.kid
    assert signer(ring, changes) == second.kid
    assert ring.signs_from(second, NOW + HOUR) == changes
    assert published(ring, changes) == [first.kid, second.kid]


@pytest.mark.requirement("client@10")
def test_two_young_keys_leave_the_older_signing(ring: KeyRing) -> None:
    first = ring.new("ES384", NOW)
    second = ring.new("ES384", NOW)
    assert (signer(ring, NOW), second.created) == (first.kid, first.created + 1)
    ring.retire(second.kid, NOW)
    assert signer(ring, NOW) == first.kid


def test_each_algorithm_has_its_own_turn(ring: KeyRing) -> None:
    ring.new("ES384", NOW)
    rsa = ring.new("RS384", NOW + HOUR)
    found = ring.signing_key("RS384", NOW + HOUR)
    assert found is not None
    assert found.kid == rsa.kid, "the first of its kind signs at once"


@pytest.mark.requirement("client@10")
def test_no_published_key_has_a_private_part(ring: KeyRing) -> None:
    ring.new("ES384", NOW)
    ring.new("RS384", NOW)
    document = public_jwks(ring.published(NOW))
    assert [sorted(key) for key in document["keys"]] == [
        ["alg", "crv", "kid", "kty", "use", "x", "y"],
        ["alg", "e", "kid", "kty", "n", "use"],
    ]


@pytest.mark.requirement("client@10")
def test_a_retired_key_signs_no_more_and_its_private_part_is_gone(ring: KeyRing) -> None:
    first = ring.new("ES384", NOW)
    second = ring.new("ES384", NOW + HOUR)
    later = NOW + HOUR + OVERLAP
    retired = ring.retire(first.kid, later)
    assert (signer(ring, later), retired.retired) == (second.kid, later)
    assert "d" not in json.loads((ring.folder / f"{first.kid}.jwk.json").read_text())
    assert published(ring, later + STILL_PUBLISHED - 1) == [first.kid, second.kid], (
        "an assertion may be on its way"
    )
    assert published(ring, later + STILL_PUBLISHED) == [second.kid]
    assert ring.retire(first.kid, later + HOUR) == retired, "twice is once"


@pytest.mark.requirement("client@10")
def test_the_key_that_signs_is_not_retired_before_another_can_take_over(ring: KeyRing) -> None:
    first = ring.new("ES384", NOW)
    with pytest.raises(LastSigningKey):
        ring.retire(first.kid, NOW)
    ring.new("RS384", NOW)
    with pytest.raises(LastSigningKey):
        ring.retire(first.kid, NOW)
    second = ring.new("ES384", NOW + HOUR)
    with pytest.raises(LastSigningKey):
        ring.retire(first.kid, NOW + 2 * HOUR)
    assert signer(ring, NOW + 2 * HOUR) == first.kid
    ring.retire(first.kid, NOW + 2 * HOUR, force=True)
    assert signer(ring, NOW + 2 * HOUR) == second.kid
    assert ring.signs_from(second, NOW + 2 * HOUR) == NOW + 2 * HOUR
    ring.retire(second.kid, NOW + 3 * HOUR, force=True)
    assert signer(ring, NOW + 3 * HOUR) is None


def test_the_new_key_can_be_given_up_for_the_old_one(ring: KeyRing) -> None:
    first = ring.new("ES384", NOW)
    second = ring.new("ES384", NOW + HOUR)
    later = NOW + HOUR + OVERLAP
    assert signer(ring, later) == second.kid
    ring.retire(second.kid, later)
    assert signer(ring, later) == first.kid


@pytest.mark.parametrize("kid", ["", "unheard-of", "../../etc/passwd", "*"])
def test_a_key_that_is_not_there_cannot_be_retired(ring: KeyRing, kid: str) -> None:
    ring.new("ES384", NOW)
    with pytest.raises(UnknownKey):
        ring.retire(kid, NOW, force=True)


@pytest.mark.requirement("client@10")
def test_a_running_server_follows_within_a_minute_and_reads_no_oftener(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, reads = KeyRing(ring.folder), []
    read = KeyRing._read
    monkeypatch.setattr(KeyRing, "_read", lambda self, now: reads.append(now) or read(self, now))
    assert signer(server, NOW) is None
    made = ring.new("ES384", NOW)
    reads.clear()
    assert signer(server, NOW + REREAD - 1) is None
    assert reads == []
    assert signer(server, NOW + REREAD) == made.kid
    assert signer(server, NOW + REREAD + 1) == made.kid
    assert reads == [NOW + REREAD]
    assert signer(server, NOW) == made.kid, "a clock put back is no reason to fail"


@pytest.mark.requirement("client@10")
def test_a_rotation_never_leaves_a_running_server_with_a_key_that_is_not_published(ring: KeyRing) -> None:
    """The server that signs has read the folder up to a minute ago; the one asked for the JWKS reads it now."""
    moments = [NOW + minutes * 60 for minutes in range(0, 60 * 27, 7)]
    kids = [ring.new("ES384", NOW).kid]
    server = KeyRing(ring.folder)
    for moment in moments:
        if moment == moments[10]:
            kids.append(ring.new("ES384", moment).kid)
        if moment == moments[-5]:
            assert signer(server, moment) == kids[1]
            ring.retire(kids[1], moment)
            assert signer(server, moment) == kids[1], "not yet noticed"
        for asked in (moment, moment + 59):
            signed = signer(server, asked)
            assert signed in published(KeyRing(ring.folder), asked + 239)


@pytest.mark.requirement("client@10")
def test_an_assertion_of_the_ring_is_verified_by_what_it_publishes(ring: KeyRing) -> None:
    for algorithm in ("ES384", "RS384"):
        ring.new(algorithm, NOW)
        key = ring.signing_key(algorithm, NOW)
        registration = ClientRegistration(
            ISS, CLIENT_ID, REDIRECT, client_type="asymmetric", signing_key=key, algorithm=algorithm
        )
        assertion = client_assertion(registration, TOKEN_URL, now=NOW)
        public = next(item for item in ring.published(NOW) if key and item.kid == key.kid)
        token = jwt.decode(assertion, public, algorithms=[algorithm])
        assert token.header["kid"] == key.kid if key else False


@pytest.mark.parametrize(
    "case",
    [
        "readable",
        "no JSON",
        "a list",
        "renamed",
        "public",
        "no time",
        "no date",
        "ends some day",
        "P-256",
        "empty",
    ],
)
def test_one_bad_file_is_named_and_spoils_no_other(
    case: str, ring: KeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    good = ring.new("ES384", NOW)
    bad = ring.folder / "bad.jwk.json"
    private = {**make_key(kid="bad").as_dict(private=True), "iat": int(NOW)}
    documents = {
        "readable": private,
        "a list": [private],
        "renamed": {**private, "kid": "good"},
        "public": {name: value for name, value in private.items() if name != "d"},
        "no time": {name: value for name, value in private.items() if name != "iat"},
        "no date": {**private, "iat": 1e300},
        "ends some day": {**private, "exp": "2026-11-22"},
        "P-256": {**private, "crv": "P-256"},
    }
    bad.write_text({"no JSON": "{", "empty": ""}.get(case, json.dumps(documents.get(case))))
    bad.chmod(0o644 if case == "readable" else 0o600)
    caplog.set_level(logging.WARNING)
    assert published(ring, NOW) == [good.kid]
    assert signer(ring, NOW) == good.kid
    assert ring.unreadable(NOW) == ("bad.jwk.json",)
    assert "bad.jwk.json" in caplog.text
    assert str(private["d"]) not in caplog.text


def test_a_crash_while_writing_leaves_no_half_key(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ring.new("ES384", NOW)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(key_ring.os, "replace", fail)
    with pytest.raises(KeyFileError):
        ring.new("ES384", NOW + 1)
    with pytest.raises(KeyFileError):
        ring.retire(first.kid, NOW + 1, force=True)
    assert [path.name for path in ring.folder.iterdir()] == [f"{first.kid}.jwk.json"]
    assert signer(ring, NOW + 1) == first.kid


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(ring: KeyRing) -> None:
    ring.folder.mkdir(mode=0o500)
    with pytest.raises(KeyFileError):
        ring.new("ES384", NOW)


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    with pytest.raises(KeyFileError):
        KeyRing(tmp_path / "keys").new("ES384", NOW)


def test_many_at_once_make_many_keys_in_order(ring: KeyRing) -> None:
    together = threading.Barrier(6)

    def make() -> float:
        together.wait(timeout=10)
        return KeyRing(ring.folder).new("ES384", NOW).created

    with ThreadPoolExecutor(6) as pool:
        created = [future.result() for future in [pool.submit(make) for _ in range(6)]]
    assert sorted(created) == [NOW + number for number in range(6)]


def test_nothing_private_is_in_a_repr(ring: KeyRing) -> None:
    made = ring.new("ES384", NOW)
    ring.published(NOW)
    secret = str(made.key.as_dict(private=True)["d"])
    assert secret not in f"{made!r}{ring!r}{ring.all_keys(NOW)!r}{vars(ring)!r}"


def test_a_key_of_key_file_is_no_key_of_the_ring(ring: KeyRing) -> None:
    """A plain JWK has no time of making: it would have no turn."""
    ring.folder.mkdir()
    write_key_file(make_key(kid="plain"), ring.folder / "plain.jwk.json")
    assert ring.signing_key("ES384", NOW) is None
    assert ring.unreadable(NOW) == ("plain.jwk.json",)
