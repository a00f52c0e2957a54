"""The public keys that EHRs know this installation by: what `/.well-known/jwks.json` serves.

https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#registering-a-client-communicating-public-keys
"""

from __future__ import annotations

from typing import Any

from app.settings import Settings
from smart_launch.keys import public_jwks


def published_jwks(settings: Settings, now: float) -> dict[str, list[dict[str, Any]]]:
    """The JWKS: the keys of `chartside keys` and those that a `key_file` names, each once, public parts alone.

    `now` is in seconds since 1970.
    """
    named = [ehr.signing_key for ehr in settings.ehrs if ehr.signing_key is not None]
    keys = {key.kid: key for key in (*named, *settings.key_ring.published(now))}
    return public_jwks(keys.values())
