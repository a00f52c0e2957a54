"""What every launch has in common, of a chart or of none: it is kept encrypted, has one browser, and renews its token.

Tokens live only here. A launch is written when it is made, when its token is renewed, and never brought back once it
has ended: what was forgotten in one worker stays forgotten in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

import orjson

from app.ehr_settings import EhrSettings
from app.errors import LaunchNotFound
from app.settings import Settings
from app.store import Store
from smart_launch.discovery import SmartConfiguration
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant
from smart_launch.transport import Http


@dataclass(frozen=True, kw_only=True)
class KeptLaunch:
    """`started_at` in seconds since the epoch. `user` is a relative reference ("Practitioner/nurse"), where known.

    `owner` is the browser session's: no other opens it.
    """

    id: str
    owner: str = field(repr=False)
    ehr: EhrSettings
    configuration: SmartConfiguration = field(repr=False)
    grant: Grant = field(repr=False)
    user: str | None
    user_name: str
    started_at: float

    def local_time(self, seconds: float) -> datetime:
        """A time of the app's clock as the practice's: aware, in the EHR's time zone."""
        return datetime.fromtimestamp(seconds, self.ehr.time_zone)

    @property
    def user_key(self) -> str:
        """Tells users apart, also where the EHR names none: then only this browser session."""
        return self.user or self.grant.subject or f"session:{self.owner}"

    @property
    def closed(self) -> bool:
        """True once its tokens are gone: it opens nothing any more, and only tells whose a late form is."""
        return not self.grant.access_token

    def facts(self) -> dict[str, Any]:
        """What is kept of it, as plain JSON with the tokens in it: to be encrypted."""
        return {
            "owner": self.owner,
            "ehr": self.ehr.name,
            "configuration": self.configuration.to_json(),
            "grant": self.grant.to_json(),
            "user": self.user,
            "user_name": self.user_name,
            "started_at": self.started_at,
        }

    @classmethod
    def from_facts(cls, launch_id: str, ehr: EhrSettings, facts: Mapping[str, Any]) -> Self:
        """The launch that `facts` described."""
        return cls(
            **{
                **facts,
                "id": launch_id,
                "ehr": ehr,
                "configuration": SmartConfiguration.from_json(facts["configuration"]),
                "grant": Grant.from_json(facts["grant"]),
            }
        )


Kept = TypeVar("Kept", bound=KeptLaunch)


class KeptLaunches(Generic[Kept]):
    """Finds, changes and ends the launches of one kind in the store."""

    def __init__(
        self, kind: str, made: type[Kept], store: Store, settings: Settings, now: Callable[[], float]
    ) -> None:
        self.kind = kind
        self._made = made
        self._store = store
        self._settings = settings
        self._now = now

    def find(self, launch_id: str) -> Kept | None:
        """The launch, or None when it ended, never was, or its EHR is no longer configured."""
        row = self._store.get(self.kind, launch_id)
        if row is None:
            return None
        facts = orjson.loads(row)
        ehr = self._settings.ehr_by_name(facts.pop("ehr"))
        return self._made.from_facts(launch_id, ehr, facts) if ehr else None

    def change(self, launch: Kept) -> None:
        """Keeps the changed launch; one that was ended meanwhile stays ended."""
        self._store.replace(
            self.kind, launch.id, orjson.dumps(launch.facts()), expires_at=self.ends_at(launch)
        )

    def amend(self, launch: Kept, **changes: Any) -> Kept:
        """The launch with these fields changed; its token stays the newest, also where it was renewed meanwhile.

        Raises LaunchNotFound where it was ended meanwhile.
        """
        amended = replace(self._newest(launch.id), **changes)
        self.change(amended)
        return amended

    def end(self, launch: Kept) -> None:
        """Forgets the launch and its tokens."""
        self._store.delete(self.kind, launch.id)

    def close(self, launch: Kept) -> None:
        """Forgets the tokens; whose launch it was stays until the session's end, for a form that comes late."""
        spent = replace(launch.grant, access_token="", refresh_token=None, id_token=None, expires_at=0.0)
        self.change(replace(launch, grant=spent))

    def all(self) -> Iterator[Kept]:
        """Every launch that is kept now, in no order."""
        for launch_id, _ in self._store.items(self.kind):
            launch = self.find(launch_id)
            if launch is not None:
                yield launch

    def ends_at(self, launch: Kept) -> float:
        """When it ends in any case, in seconds since the epoch."""
        return launch.started_at + self._settings.session_hours * 3600

    def client(self, launch: Kept, http: Http) -> SmartClient:
        """A client for this launch that refreshes one at a time, over all threads and worker processes."""
        return SmartClient(
            launch.ehr.registration(self._settings.redirect_uri, now=self._now()),
            launch.configuration,
            launch.grant,
            http=http,
            refreshed=lambda grant: self._keep_grant(launch.id, grant),
            reload=lambda: self._newest(launch.id).grant,
            lock=lambda: self._store.lock(f"refresh:{launch.id}"),
            now=self._now,
        )

    def _begin(self, launch: Kept) -> Kept:
        self._store.put(self.kind, launch.id, orjson.dumps(launch.facts()), expires_at=self.ends_at(launch))
        return launch

    def _keep_grant(self, launch_id: str, grant: Grant) -> None:
        self.change(replace(self._newest(launch_id), grant=grant))

    def _newest(self, launch_id: str) -> Kept:
        launch = self.find(launch_id)
        if launch is None:
            raise LaunchNotFound()
        return launch


def user_of_this_ehr(grant: Grant) -> str | None:
    """`fhirUser` where it is a resource of this EHR; one of another server cannot author anything here."""
    return grant.fhir_user if grant.fhir_user and "://" not in grant.fhir_user else None
