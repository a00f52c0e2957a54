"""Where a user's preferences are kept: in the EHR where it has a place for an app's state, else with the session.

They are read once a launch. A save reads what is kept now and changes only what this user chose, so that of two tabs
the last choice wins and none is undone. https://hl7.org/fhir/smart-app-launch/STU2.2/app-state.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from app.launches import Launch
from app.preferences import Preferences
from app.settings import Settings
from app.store import Store
from fhir_profiles.canonical import code_system, extension
from smart_launch.app_state import AppState, AppStateStore, StateCode
from smart_launch.errors import Conflict, SmartError
from smart_launch.fhir_client import SmartClient

CODE = StateCode(code_system("app-state"), "preferences")
VALUE = extension("preferences")
"""The one extension that holds them, as JSON."""

KIND_OF_LAUNCH = "launch-preferences"
KIND_OF_SESSION = "session-preferences"
RETRY_SECONDS = 60.0
"""How long an EHR that could not give them is not asked again."""
TRIES = 3


class Where(StrEnum):
    """Where preferences are kept, or why they are not in the EHR."""

    EHR = "ehr"
    SESSION = "session"
    UNREAD = "unread"


@dataclass(frozen=True)
class Kept:
    """The preferences in force, and where they are kept."""

    preferences: Preferences
    where: Where


class KeptPreferences:
    """Reads and keeps the preferences of the user of a launch. `now` is seconds since the epoch."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float]) -> None:
        self._store = store
        self._settings = settings
        self._now = now

    def load(self, launch: Launch, client: SmartClient) -> Kept:
        """The preferences in force. Never fails for the EHR's sake: that a launch has ended is the chart's to say."""
        row = self._store.get(KIND_OF_LAUNCH, launch.id)
        if row is not None:
            values = orjson.loads(row)
            return Kept(Preferences.from_json(values["preferences"]), Where(values["where"]))
        state = AppStateStore.of(client, CODE)
        if state is None:
            return Kept(self._of_session(launch), Where.SESSION)
        try:
            return self._remember(launch, Kept(_preferences(state.read()), Where.EHR))
        except SmartError:
            return self._remember(launch, Kept(self._of_session(launch), Where.UNREAD))

    def save(self, launch: Launch, client: SmartClient, chosen: Mapping[str, Any]) -> Kept:
        """Keeps what was chosen: of `chosen` (a form) only what is offered, and only what differs from before.

        Where the EHR does not take it now, it holds for this session, and the answer says so.
        """
        shown = self.load(launch, client).preferences
        after = shown.chosen(chosen)
        state = AppStateStore.of(client, CODE)
        if state is None:
            self._keep_for_session(launch, after)
            return Kept(after, Where.SESSION)
        try:
            return self._remember(launch, Kept(_written(state, after.differing(shown)), Where.EHR))
        except SmartError:
            self._keep_for_session(launch, after)
            return self._remember(launch, Kept(after, Where.UNREAD))

    def _remember(self, launch: Launch, kept: Kept) -> Kept:
        """Keeps them beside the launch, so that a page costs the EHR no request."""
        row = orjson.dumps({"preferences": kept.preferences.to_json(), "where": kept.where})
        seconds = RETRY_SECONDS if kept.where is Where.UNREAD else self._life
        self._store.put(KIND_OF_LAUNCH, launch.id, row, expires_at=self._now() + seconds)
        return kept

    def _of_session(self, launch: Launch) -> Preferences:
        row = self._store.get(KIND_OF_SESSION, _session_key(launch))
        return Preferences.from_json(orjson.loads(row)) if row else Preferences()

    def _keep_for_session(self, launch: Launch, preferences: Preferences) -> None:
        row = orjson.dumps(preferences.to_json())
        self._store.put(KIND_OF_SESSION, _session_key(launch), row, expires_at=self._now() + self._life)

    @property
    def _life(self) -> float:
        return self._settings.session_hours * 3600.0


def _written(state: AppStateStore, changes: Mapping[str, str]) -> Preferences:
    """What the EHR keeps after the changes; tried again on what somebody else wrote meanwhile."""
    for left in reversed(range(TRIES)):
        kept = state.read()
        after = _preferences(kept).chosen(changes)
        if kept is not None and after == _preferences(kept):
            return after
        try:
            state.write({VALUE: orjson.dumps(after.to_json()).decode()}, kept)
        except Conflict:
            if not left:
                raise
        else:
            return after
    raise AssertionError("the last try returns or raises")


def _preferences(kept: AppState | None) -> Preferences:
    """What was kept, checked choice by choice: anybody who can write to the EHR may have written it."""
    text = kept.values.get(VALUE, "") if kept else ""
    try:
        return Preferences.from_json(orjson.loads(text)) if text else Preferences()
    except orjson.JSONDecodeError:
        return Preferences()


def _session_key(launch: Launch) -> str:
    return f"{launch.owner} {launch.ehr.name}"
