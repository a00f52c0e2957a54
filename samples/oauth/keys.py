"""The sandbox's own signing keys: made at the first start, kept in the state folder for their owner alone.

RS256 is what OpenID Connect asks every provider to offer; ES384 is there so that an app meets both families.
https://openid.net/specs/openid-connect-core-1_0.html#IDToken
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey

FILE = "signing-keys.json"


def signing_keys(state_dir: Path) -> KeySet:
    """The key set of this state folder, made and written (mode 0600) when there is none."""
    path = state_dir / FILE
    if not path.exists():
        keys = [new_key("RS256"), new_key("ES384")]
        write_private(path, {"keys": [key.as_dict(private=True) for key in keys]})
    return KeySet.import_key_set(orjson.loads(path.read_bytes()))


def new_key(algorithm: str) -> RSAKey | ECKey:
    """A new private key for `algorithm` (RS256, RS384 or ES384), its `kid` the RFC 7638 thumbprint."""
    parameters: KeyParameters = {"use": "sig", "alg": algorithm}
    if algorithm.startswith("RS"):
        key: RSAKey | ECKey = RSAKey.generate_key(2048, parameters)
    else:
        key = ECKey.generate_key("P-384", parameters)
    key.ensure_kid()
    return key


def public_keys(keys: KeySet) -> dict[str, Any]:
    """The JWKS document: public parts only."""
    return {"keys": [key.as_dict(private=False) for key in keys.keys]}


def key_for(keys: KeySet, algorithm: str) -> RSAKey | ECKey:
    """The private key of the set that signs with `algorithm`."""
    found = next(key for key in keys.keys if key.alg == algorithm)
    if not isinstance(found, RSAKey | ECKey):
        raise TypeError(f"{FILE} holds a key of another type for {algorithm}")
    return found


def write_private(path: Path, content: Any) -> None:
    """Writes JSON to a new file that only its owner reads; never over an existing one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2))
