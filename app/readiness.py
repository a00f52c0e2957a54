"""Whether this server can do its work now, part by part. No EHR is asked: its trouble is not ours to restart for."""

from __future__ import annotations

import os
import secrets
import ssl
from collections.abc import Mapping

from app.errors import AppError
from app.logs import log_failure
from app.services import Services
from smart_launch.errors import NoSigningKey

KIND = "readiness"
LIFE_SECONDS = 60.0


def parts(app: Services) -> Mapping[str, bool]:
    """True for each part that is well: "store", "keys", "settings". What is wrong with one is logged."""
    checks = {"store": _store, "keys": _keys, "settings": _settings}
    found = {}
    for name, check in checks.items():
        try:
            check(app)
            found[name] = True
        except (AppError, NoSigningKey, OSError, ssl.SSLError) as error:
            log_failure("not-ready", error, part=name)
            found[name] = False
    return found


def _store(app: Services) -> None:
    """What is written is read back, and taken away again."""
    key, value = secrets.token_hex(16), secrets.token_bytes(16)
    app.store.put(KIND, key, value, expires_at=app.now() + LIFE_SECONDS)
    if app.store.pop(KIND, key) != value:
        raise OSError("the store gave back something else")


def _keys(app: Services) -> None:
    """Every EHR that knows us by a signing key can be answered with one."""
    for ehr in app.settings.ehrs:
        ehr.registration(app.settings.redirect_uri, now=app.now())
    if app.settings.key_ring.unreadable(app.now()):
        raise OSError("a key file cannot be used")


def _settings(app: Services) -> None:
    """The files that the settings name are still there: the next connection and the next restart need them."""
    if app.settings.ca_file:
        ssl.create_default_context(cafile=str(app.settings.ca_file))
    folder = app.settings.state_dir
    if not app.settings.store and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise PermissionError("the state folder cannot be used")
