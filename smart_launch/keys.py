"""Signing keys of this app: made, kept in a private file, published as a JWKS.

SMART's asymmetric client authentication signs with ES384 (EC P-384) or RS384 (RSA, 2048 bits or more); servers must
take both. The private key is a JWK file that only its owner may read; the public part has the same `kid`.
https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#registering-a-client-communicating-public-keys
https://www.rfc-editor.org/rfc/rfc7517
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeyParameters, RSAKey

from smart_launch.errors import KeyFileError

Key = ECKey | RSAKey
Algorithm = Literal["ES384", "RS384"]

RSA_BITS = 3072
"""NIST SP 800-57 gives 2048 bits until 2030; a key registered with an EHR tends to stay."""

_SMALLEST_RSA_BITS = 2048


def make_key(algorithm: Algorithm = "ES384", *, kid: str | None = None) -> Key:
    """A new private key for `algorithm`. Without `kid` it gets its RFC 7638 thumbprint."""
    named: KeyParameters = {"alg": algorithm, "use": "sig"}
    if kid:
        named["kid"] = kid
    if algorithm == "ES384":
        return ECKey.generate_key("P-384", named, private=True, auto_kid=True)
    return RSAKey.generate_key(RSA_BITS, named, private=True, auto_kid=True)


def load_key(path: Path) -> Key:
    """The private key of a JWK file. Raises KeyFileError when others may read the file, or it is no signing key."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyFileError("readable by others")
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise KeyFileError("unreadable") from None
    return key_of(value)


def public_jwks(keys: Iterable[Key]) -> dict[str, list[dict[str, Any]]]:
    """The JWKS document to publish: public parts only, each with `kid`, `alg` and `use`.

    While keys are rotated it holds the old and the new one.
    """
    return {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": algorithm_of(key)} for key in keys]}


def algorithm_of(key: Key) -> Algorithm:
    """The algorithm a key signs with: RS384 for RSA, ES384 for EC P-384. Raises KeyFileError for any other."""
    if isinstance(key, RSAKey) and key.raw_value.key_size >= _SMALLEST_RSA_BITS:
        return "RS384"
    if isinstance(key, ECKey) and key.curve_name == "P-384":
        return "ES384"
    raise KeyFileError("neither P-384 nor RSA of 2048 bits")


def kind_of(value: Any) -> type[ECKey] | type[RSAKey] | None:
    """The class of a JWK's key by its `kty`; None for what is neither EC nor RSA, or no JWK at all."""
    kinds: dict[str, type[ECKey] | type[RSAKey]] = {"EC": ECKey, "RSA": RSAKey}
    name = value.get("kty") if isinstance(value, dict) else None
    return kinds.get(name) if isinstance(name, str) else None


def key_of(value: Any, *, private: bool = True) -> Key:
    """The key of a JWK. Raises KeyFileError for no signing key, or for a public one where `private` is wanted."""
    kind = kind_of(value)
    if kind is None:
        raise KeyFileError("not an EC or RSA key")
    try:
        key = kind.import_key(value)
    except (JoseError, ValueError, KeyError):  # KeyError for a curve that joserfc does not know
        raise KeyFileError("not a JWK") from None
    if private and not key.is_private:
        raise KeyFileError("public part only")
    algorithm_of(key)
    if not key.kid:
        key.ensure_kid()
    return key
