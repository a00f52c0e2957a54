"""The settings of the machine that serves: which store, which files. Read as the others are: typed, and loud.

Nothing is opened here but to see that it can be: a server that starts and fails at the first launch helps nobody.
"""

from __future__ import annotations

import importlib.util
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.problems import Problems
from smart_launch.address import is_loopback


def read_store(table: Mapping[str, Any], password: str | None, problems: Problems) -> str:
    """ "" for SQLite in the state folder, else the address of a Redis server: redis://HOST[:PORT][/DB] or rediss://."""
    text = problems.text(table, "store", default="")
    if not text:
        if password is not None:
            problems.add(
                'CHARTSIDE_REDIS_PASSWORD is set, but store names no Redis server, as "redis://HOST:6379/0"'
            )
        return ""
    if not _is_redis(text):
        problems.add(
            "store must be redis://HOST[:PORT][/DB] or rediss:// (with TLS), without user, password or query:"
            " the password belongs into CHARTSIDE_REDIS_PASSWORD"
        )
    elif text.startswith("redis:") and not is_loopback(urlsplit(text).hostname) and password is None:
        problems.add(
            "store names a Redis server on another machine: set CHARTSIDE_REDIS_PASSWORD, or anybody reads it"
        )
    elif importlib.util.find_spec("redis") is None:
        problems.add(
            "store names a Redis server, but the redis package is not installed:"
            ' pip install "chartside[redis]"'
        )
    return text


def _is_redis(text: str) -> bool:
    try:
        parts = urlsplit(text)
        sane = parts.port != 0
    except ValueError:
        return False
    number = parts.path.removeprefix("/")
    return (
        sane
        and parts.scheme in ("redis", "rediss")
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and not parts.query
        and not parts.fragment
        and (not number or (number.isascii() and number.isdigit() and len(number) <= 4))
    )


def read_path(table: Mapping[str, Any], name: str, problems: Problems) -> Path | None:
    """The path of a setting; None where it is not set."""
    return Path(problems.text(table, name)) if name in table else None


def read_ca_file(table: Mapping[str, Any], problems: Problems) -> Path | None:
    """A file of certificate authorities in PEM, for an EHR with a certificate of the hospital's own."""
    path = read_path(table, "ca_file", problems)
    if path is None:
        return None
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError):
        problems.add(f'ca_file = "{path}" must be a readable file of certificates in PEM')
    return path
