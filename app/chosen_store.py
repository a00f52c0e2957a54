"""The store that the settings choose: SQLite in the state folder, or the Redis server that `store` names."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.settings import Settings
from app.sqlite_store import SqliteStore
from app.store import Store

FILE = "chartside.sqlite"


def open_store(settings: Settings, *, now: Callable[[], float] = time.time) -> Store:
    """Opens the store. `now` is the clock, in seconds since the epoch."""
    return SqliteStore(settings.state_dir / FILE, settings.fernet, now=now)
