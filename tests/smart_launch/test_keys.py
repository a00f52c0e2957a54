"""Signing keys: made for their algorithm, private on disk, public in the JWKS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from smart_launch.errors import KeyFileError
from smart_launch.keys import algorithm_of, load_key, make_key, public_jwks
from tests.key_file import write_key_file
from tests.smart_launch.conftest import p256_key

PRIVATE_PARTS = {"d", "p", "q", "dp", "dq", "qi"}


@pytest.fixture(params=["ES384", "RS384"])
def algorithm(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_a_key_is_read_from_a_file_that_only_its_owner_reads(algorithm: Any, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    key = make_key(algorithm, kid="chartside-2026")
    write_key_file(key, path)
    loaded = load_key(path)
    assert loaded.as_dict(private=True) == key.as_dict(private=True)
    assert (loaded.kid, algorithm_of(loaded)) == ("chartside-2026", algorithm)


def test_a_key_without_a_name_is_named_by_its_thumbprint(algorithm: Any) -> None:
    key = make_key(algorithm)
    assert key.kid == key.thumbprint()


@pytest.mark.requirement("client@10")
def test_the_jwks_holds_public_parts_only_and_verifies_what_the_keys_sign(algorithm: Any) -> None:
    old, new = make_key(algorithm, kid="old"), make_key(algorithm, kid="new")
    document = json.loads(json.dumps(public_jwks([old, new])))
    assert [(item["kid"], item["alg"], item["use"]) for item in document["keys"]] == [
        ("old", algorithm, "sig"),
        ("new", algorithm, "sig"),
    ]
    assert not any(PRIVATE_PARTS & set(item) for item in document["keys"])
    token = jwt.encode({"alg": algorithm, "kid": "new"}, {"sub": "x"}, new, algorithms=[algorithm])
    assert jwt.decode(token, KeySet.import_key_set(document), algorithms=[algorithm]).claims == {"sub": "x"}


@pytest.mark.requirement("client@10")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644])
def test_a_key_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    write_key_file(make_key(), path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="readable by others"):
        load_key(path)


BAD_FILES: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"-----BEGIN PRIVATE KEY-----",
    "not text": b"\xff\xfe",
    "a list": b"[]",
    "a kind that is no name": b'{"kty": ["EC"], "crv": "P-384"}',
    "a symmetric key": b'{"kty": "oct", "k": "c2VjcmV0"}',
    "half a key": b'{"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}',
    "a curve of its own": b'{"kty": "EC", "crv": "brainpoolP256r1", "x": "AA", "y": "AA", "d": "AA"}',
    "a key set": b'{"keys": []}',
    "the public part": json.dumps(make_key().as_dict(private=False)).encode(),
    "another curve": json.dumps(p256_key("k").as_dict(private=True)).encode(),
}


@pytest.mark.requirement("client@10")
@pytest.mark.parametrize("case", BAD_FILES, ids=str)
def test_a_file_that_is_no_signing_key_is_refused_without_quoting_it(case: str, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(BAD_FILES[case])
    path.chmod(0o600)
    with pytest.raises(KeyFileError) as raised:
        load_key(path)
    assert str(tmp_path) not in str(raised.value)


def test_a_missing_file_is_named_as_unreadable(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="unreadable"):
        load_key(tmp_path / "none.json")


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_short_rsa_key_signs_nothing() -> None:
    with pytest.raises(KeyFileError):
        algorithm_of(RSAKey.generate_key(1024))
