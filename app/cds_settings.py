"""The `[ehr.cds_hooks]` table: which CDS Hooks client of the EHR may ask for cards, and how it proves itself.

https://cds-hooks.hl7.org/2.0/#trusting-cds-clients
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from app.origins import is_origin
from app.problems import Problems
from smart_launch.caller_token import Caller, key_address
from smart_launch.errors import DiscoveryError
from smart_launch.issuer_keys import Keys, keys_in

CDS_HOOKS_NAMES = frozenset({"issuer", "jku", "jwks_file", "tenant", "origins", "records"})
RECORDS = ("native", "notes")
_MOST_ADDRESSES = 10


@dataclass(frozen=True)
class CdsHooks:
    """Who may ask for cards. `caller` is how its tokens are verified.

    `origins` are the EHR's web pages that may call from a browser. `records` is "native" where this EHR keeps what
    Chartside documents as records of their own, which a prefetch can bring, else "notes".
    """

    caller: Caller
    origins: tuple[str, ...] = ()
    records: str = field(default="native")


def read_cds_hooks(table: Mapping[str, Any], iss: str, where: str, problems: Problems) -> CdsHooks | None:
    """The service as one `[[ehr]]` table wants it; None without `[ehr.cds_hooks]`. `iss` is the EHR's FHIR base."""
    given = table.get("cds_hooks")
    if given is None:
        return None
    where = f"{where}cds_hooks: "
    if not isinstance(given, dict):
        problems.add(f"{where}must be a table, as [ehr.cds_hooks]")
        return None
    problems.unknown_names(given, CDS_HOOKS_NAMES, where=where)
    addresses, keys = _addresses(given, iss, where, problems), _keys(given, where, problems)
    if "jku" not in given and "jwks_file" not in given:
        problems.add(f"{where}jku or jwks_file is missing: without the EHR's keys no call can be verified")
    tenant = problems.text(given, "tenant", where=where) if "tenant" in given else None
    return CdsHooks(
        caller=Caller(problems.text(given, "issuer", where=where), addresses, keys, tenant),
        origins=_origins(given, where, problems),
        records=problems.choice(given, "records", RECORDS, default="native", where=where),
    )


def _addresses(given: Mapping[str, Any], iss: str, where: str, problems: Problems) -> tuple[str, ...]:
    """The addresses of keys that a token may name."""
    addresses = problems.texts(given, "jku", where=where) if "jku" in given else ()
    for each in addresses:
        try:
            key_address(iss, each)
        except DiscoveryError:
            problems.add(
                f'{where}jku: "{each}" must be the whole https address of the EHR\'s JWKS, without a fragment'
                " (http:// only for an EHR on this machine)"
            )
    if len(addresses) > _MOST_ADDRESSES:
        problems.add(f"{where}jku must name {_MOST_ADDRESSES} addresses at most")
    return addresses


def _keys(given: Mapping[str, Any], where: str, problems: Problems) -> Keys:
    """The public keys of a file, for an EHR whose keys are not to be fetched."""
    if "jwks_file" not in given:
        return ()
    file = problems.text(given, "jwks_file", where=where)
    try:
        keys = keys_in(orjson.loads(Path(file).read_bytes())) if file else ()
    except (OSError, orjson.JSONDecodeError):
        keys = None
    if not keys:
        problems.add(f'{where}jwks_file = "{file}" must be a readable JWKS with the EHR\'s public keys')
    elif any(key.is_private for key in keys):
        problems.add(f'{where}jwks_file = "{file}" holds a private key: only the EHR may have that')
    return keys or ()


def _origins(given: Mapping[str, Any], where: str, problems: Problems) -> tuple[str, ...]:
    origins = problems.texts(given, "origins", where=where) if "origins" in given else ()
    for origin in origins:
        if not is_origin(origin):
            problems.add(
                f'{where}origins: "{origin}" must be https://HOST[:PORT] without a path or *: the address of the'
                " EHR's web pages that ask for cards"
            )
    return origins
