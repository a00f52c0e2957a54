"""The store that the settings choose: SQLite in the state folder, or the Redis server that `store` names."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from app.errors import StoreDown
from app.settings import Settings
from app.sqlite_store import SqliteStore
from app.store import Store

FILE = "chartside.sqlite"


def open_store(settings: Settings, *, now: Callable[[], float] = time.time) -> Store:
    """Opens the store. `now` is the clock, in seconds since the epoch.

    Raises StoreDown where the file cannot be opened; a Redis server is not asked before it is used.
    """
    if not settings.store:
        try:
            return SqliteStore(settings.state_dir / FILE, settings.fernet, now=now)
        except (OSError, sqlite3.Error) as error:
            raise StoreDown() from error
    from app.redis_store import RedisStore  # noqa: PLC0415  # redis is an extra, and read_store saw that it is there

    return RedisStore(
        settings.store, settings.fernet, password=settings.redis_password, ca_file=settings.ca_file, now=now
    )
