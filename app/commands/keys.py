"""`chartside keys new|list|retire`: the keys with which this installation proves itself to EHRs.

A new key is published at once and signs a day later, so that no EHR meets it unprepared; servers that run follow within
a minute. https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.commands import add_config, load_settings
from app.settings import Settings
from smart_launch.errors import KeyFileError, LastSigningKey, UnknownKey
from smart_launch.key_ring import KeyRing, RingKey
from smart_launch.keys import algorithm_of

if TYPE_CHECKING:
    from app.commands import Commands

STATES = {
    "signs": "signs since {signs_from}",
    "waits": "published, signs from {signs_from}",
    "replaced": "replaced by a newer key: retire it",
    "retired": "retired {retired}",
}


def add(commands: Commands) -> None:
    """Adds the command's parsers."""
    keys = commands.add_parser("keys", help="make, list and retire the keys that sign for this installation")
    actions = keys.add_subparsers(required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a key: published at once, signing a day later")
    new.add_argument(
        "--algorithm", choices=("ES384", "RS384"), default="ES384", help="what it signs with (ES384)"
    )
    new.set_defaults(run=run_new)
    listing = actions.add_parser("list", help="show every key, which one signs and for which EHRs")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=run_list)
    retire = actions.add_parser("retire", help="end a key and destroy its private part")
    retire.add_argument("kid", metavar="KEY", help="the key's name, as `chartside keys list` shows it")
    retire.add_argument(
        "--force", action="store_true", help="also when no other key could take over (a key that leaked)"
    )
    retire.set_defaults(run=run_retire)
    for parser in (new, listing, retire):
        add_config(parser)


def run_new(options: argparse.Namespace) -> int:
    """Makes a key. 0 made, 1 the folder cannot be written, 2 the settings are wrong."""
    settings = load_settings(options)
    if settings is None:
        return 2
    now = time.time()
    try:
        made = settings.key_ring.new(options.algorithm, now)
    except KeyFileError:
        return _failed(f"No key was made: {settings.keys_dir} cannot be written.")
    starts = settings.key_ring.signs_from(made, now)
    print(f"Made {made.kid} in {settings.keys_dir}.")
    print(f"It is published at {settings.public_url}/.well-known/jwks.json from now on.")
    if starts <= now + 1:
        print(f"It signs at once, since there is no other key for {made.algorithm}.")
    else:
        print(f"It signs from {_moment(starts)}, so that every EHR has fetched it by then.")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Shows the keys. 0 all is well, 1 an EHR has no key or a file cannot be used, 2 the settings are wrong."""
    settings = load_settings(options)
    if settings is None:
        return 2
    now = time.time()
    rows = [_row(settings, item, now) for item in settings.key_ring.all_keys(now)]
    missing = [
        {"ehr": ehr.name, "algorithm": ehr.algorithm}
        for ehr in settings.ehrs
        if ehr.signs_by_ring and settings.key_ring.signing_key(ehr.algorithm, now) is None
    ]
    unreadable = settings.key_ring.unreadable(now)
    if options.json:
        print(json.dumps({"keys": rows, "missing": missing, "unreadable": list(unreadable)}, indent=2))
    else:
        _print_table(settings, rows)
    for need in missing:
        _failed(
            f"{need['ehr']} has no key to be signed in with: chartside keys new --algorithm {need['algorithm']}"
        )
    for name in unreadable:
        _failed(f"{name} is not used: it must be a key that `chartside keys new` made, with mode 0600.")
    return 1 if missing or unreadable else 0


def run_retire(options: argparse.Namespace) -> int:
    """Ends a key. 0 retired, 1 refused or unknown, 2 the settings are wrong."""
    settings = load_settings(options)
    if settings is None:
        return 2
    now, ring = time.time(), settings.key_ring
    try:
        retired = ring.retire(options.kid, now, force=options.force)
    except UnknownKey:
        return _failed(
            f"There is no key {options.kid!r} in {settings.keys_dir}: `chartside keys list` shows them."
        )
    except LastSigningKey:
        return _failed(
            f"{options.kid} was not retired: it signs, and no other key has been published for a day to take over."
            " Make one with `chartside keys new` and wait a day; or add --force if this key leaked."
        )
    except KeyFileError:
        return _failed(f"{options.kid} was not retired: {settings.keys_dir} cannot be written.")
    print(f"Retired {retired.kid}. Its private part is destroyed; running servers follow within a minute.")
    successor = ring.signing_key(retired.algorithm, now)
    if successor is not None:
        print(f"{successor.kid} signs for {retired.algorithm}.")
    elif users := _ehrs(settings, retired):
        print(f"Nobody can sign in at {', '.join(users)} until `chartside keys new` has made a new key.")
    return 0


def _row(settings: Settings, item: RingKey, now: float) -> dict[str, Any]:
    ring = settings.key_ring
    return {
        "kid": item.kid,
        "algorithm": item.algorithm,
        "state": _state(ring, item, now),
        "created": _moment(item.created),
        "signs_from": _moment(ring.signs_from(item, now)),
        "retired": None if item.retired is None else _moment(item.retired),
        "ehrs": [] if item.retired is not None else _ehrs(settings, item),
    }


def _state(ring: KeyRing, item: RingKey, now: float) -> str:
    if item.retired is not None:
        return "retired"
    signer = ring.signing_key(item.algorithm, now)
    if signer is not None and signer.kid == item.kid:
        return "signs"
    return "waits" if ring.signs_from(item, now) > now else "replaced"


def _ehrs(settings: Settings, item: RingKey) -> list[str]:
    """The EHRs that know this installation by keys of this algorithm."""
    return [ehr.name for ehr in settings.ehrs if ehr.signs_by_ring and ehr.algorithm == item.algorithm]


def _print_table(settings: Settings, rows: list[dict[str, Any]]) -> None:
    if not rows:
        print(f"There is no key in {settings.keys_dir}: `chartside keys new` makes one.")
    for row in rows:
        users = ", ".join(row["ehrs"]) or "no EHR"
        print(f"{row['kid']}  {row['algorithm']}  {STATES[row['state']].format(**row)}  ({users})")
    for ehr in settings.ehrs:
        if ehr.signing_key is not None:
            print(
                f"{ehr.signing_key.kid}  {algorithm_of(ehr.signing_key)}  of its own key_file  ({ehr.name})"
            )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
