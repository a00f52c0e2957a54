"""One launch: one user in one patient's chart at one EHR, from the callback until sign-out or the session's end.

Its random id is in every URL of the app, so that two charts in two tabs stay two patients; it opens nothing without
the browser session that made it. A launch without a patient is a StaffLaunch.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from app.ehr.drafts import DraftKey
from app.ehr_settings import EhrSettings
from app.kept_launches import KeptLaunch, KeptLaunches, user_of_this_ehr
from app.paste import PasteKey
from app.settings import Settings
from app.store import Store
from app.timer import TimerKey
from smart_launch.discovery import SmartConfiguration
from smart_launch.grant import Grant

KIND = "launch"


@dataclass(frozen=True, kw_only=True)
class Launch(KeptLaunch):
    """A launch of one patient's chart; `encounter_id` once the visit was seen to be this patient's."""

    patient_id: str
    encounter_id: str | None

    def facts(self) -> dict[str, Any]:
        """What is kept of it, whose chart included."""
        return {**super().facts(), "patient_id": self.patient_id, "encounter_id": self.encounter_id}

    def draft_key(self, form: str) -> DraftKey:
        """The key of this user's draft of one form for this patient."""
        return DraftKey(self.ehr.iss, self.user_key, self.patient_id, form)

    def record_form(self, form_id: UUID) -> UUID:
        """The id that the records of a form derive their identifiers from: its own and the patient's together.

        So a form's id that comes back in another patient's chart, by whatever mistake, finds nothing there.
        """
        return uuid5(form_id, f"Patient/{self.patient_id}")

    @property
    def paste_key(self) -> PasteKey:
        """The key of this user's texts to paste into this patient's chart."""
        return PasteKey(self.ehr.iss, self.user_key, self.patient_id)

    @property
    def timer_key(self) -> TimerKey:
        """The key of this user's timer for this patient."""
        return TimerKey(self.ehr.iss, self.user_key, self.patient_id)


class Launches(KeptLaunches[Launch]):
    """Makes, finds, changes and ends launches of a chart."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float]) -> None:
        super().__init__(KIND, Launch, store, settings, now)

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
        return self._begin(
            Launch(
                id=secrets.token_hex(16),
                owner=owner,
                ehr=ehr,
                configuration=configuration,
                grant=grant,
                patient_id=patient_id,
                encounter_id=grant.context.encounter,
                user=user_of_this_ehr(grant),
                user_name="",
                started_at=self._now(),
            )
        )
