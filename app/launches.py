"""One launch: one user in one patient's chart at one EHR, from the callback until sign-out or the session's end.

Its random id is in every URL of the app, so that two charts in two tabs stay two patients; it opens nothing without
the browser session that made it. Tokens live only here, encrypted.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid5

import orjson

from app.ehr.drafts import DraftKey
from app.ehr_settings import EhrSettings
from app.errors import LaunchNotFound
from app.settings import Settings
from app.store import Store
from app.timer import TimerKey
from smart_launch.discovery import SmartConfiguration
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant
from smart_launch.transport import Http

KIND = "launch"


@dataclass(frozen=True)
class Launch:
    """`started_at` in seconds since the epoch. `user` is a relative reference ("Practitioner/nurse"), where known."""

    id: str
    owner: str = field(repr=False)
    ehr: EhrSettings
    configuration: SmartConfiguration = field(repr=False)
    grant: Grant = field(repr=False)
    patient_id: str
    encounter_id: str | None
    user: str | None
    user_name: str
    started_at: float

    def local_time(self, seconds: float) -> datetime:
        """A time of the app's clock as the practice's: aware, in the EHR's time zone."""
        return datetime.fromtimestamp(seconds, self.ehr.time_zone)

    @property
    def user_key(self) -> str:
        """Tells users apart for drafts and timers, also where the EHR names none: then only this browser session."""
        return self.user or self.grant.subject or f"session:{self.owner}"

    def draft_key(self, form: str) -> DraftKey:
        """The key of this user's draft of one form for this patient."""
        return DraftKey(self.ehr.iss, self.user_key, self.patient_id, form)

    def record_form(self, form_id: UUID) -> UUID:
        """The id that the records of a form derive their identifiers from: its own and the patient's together.

        So a form's id that comes back in another patient's chart, by whatever mistake, finds nothing there.
        """
        return uuid5(form_id, f"Patient/{self.patient_id}")

    @property
    def timer_key(self) -> TimerKey:
        """The key of this user's timer for this patient."""
        return TimerKey(self.ehr.iss, self.user_key, self.patient_id)


class Launches:
    """Makes, finds, changes and ends launches in the store."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float]) -> None:
        self._store = store
        self._settings = settings
        self._now = now

    def create(
        self,
        ehr: EhrSettings,
        configuration: SmartConfiguration,
        grant: Grant,
        *,
        owner: str,
        patient_id: str,
    ) -> Launch:
        """A launch with a random 128-bit id, kept until the session's absolute end."""
        launch = Launch(
            id=secrets.token_hex(16),
            owner=owner,
            ehr=ehr,
            configuration=configuration,
            grant=grant,
            patient_id=patient_id,
            encounter_id=grant.context.encounter,
            user=_user_of_this_ehr(grant),
            user_name="",
            started_at=self._now(),
        )
        self._store.put(KIND, launch.id, _row(launch), expires_at=self._end(launch))
        return launch

    def find(self, launch_id: str) -> Launch | None:
        """The launch, or None when it ended, never was, or its EHR is no longer configured."""
        row = self._store.get(KIND, launch_id)
        if row is None:
            return None
        values = orjson.loads(row)
        ehr = self._settings.ehr_by_name(values.pop("ehr"))
        if ehr is None:
            return None
        configuration = SmartConfiguration.from_json(values.pop("configuration"))
        grant = Grant.from_json(values.pop("grant"))
        return Launch(id=launch_id, ehr=ehr, configuration=configuration, grant=grant, **values)

    def change(self, launch: Launch) -> None:
        """Keeps the changed launch; one that was ended meanwhile stays ended."""
        self._store.replace(KIND, launch.id, _row(launch), expires_at=self._end(launch))

    def end(self, launch: Launch) -> None:
        """Forgets the launch and its tokens."""
        self._store.delete(KIND, launch.id)

    def client(self, launch: Launch, http: Http) -> SmartClient:
        """A client for this launch that refreshes one at a time, over all threads and worker processes."""
        return SmartClient(
            launch.ehr.registration(self._settings.redirect_uri),
            launch.configuration,
            launch.grant,
            http=http,
            refreshed=lambda grant: self._keep_grant(launch.id, grant),
            reload=lambda: self._newest(launch.id).grant,
            lock=lambda: self._store.lock(f"refresh:{launch.id}"),
            now=self._now,
        )

    def _keep_grant(self, launch_id: str, grant: Grant) -> None:
        self.change(replace(self._newest(launch_id), grant=grant))

    def _newest(self, launch_id: str) -> Launch:
        launch = self.find(launch_id)
        if launch is None:
            raise LaunchNotFound()
        return launch

    def _end(self, launch: Launch) -> float:
        return launch.started_at + self._settings.session_hours * 3600


def _user_of_this_ehr(grant: Grant) -> str | None:
    """`fhirUser` where it is a resource of this EHR; one of another server cannot author anything here."""
    return grant.fhir_user if grant.fhir_user and "://" not in grant.fhir_user else None


def _row(launch: Launch) -> bytes:
    return orjson.dumps(
        {
            "owner": launch.owner,
            "ehr": launch.ehr.name,
            "configuration": launch.configuration.to_json(),
            "grant": launch.grant.to_json(),
            "patient_id": launch.patient_id,
            "encounter_id": launch.encounter_id,
            "user": launch.user,
            "user_name": launch.user_name,
            "started_at": launch.started_at,
        }
    )
