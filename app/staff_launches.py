"""A launch without a patient: one user at one EHR, and no chart open. Its pages stand under /staff/ and /admin/.

It is kept apart from a chart's launch, under an id that opens no chart, so that no page of a chart can ever be shown
without a patient, nor a patient's page through a launch that names none.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-standalone-launch
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from flask import g

from app.ehr_settings import EhrSettings
from app.errors import LaunchNotFound
from app.kept_launches import KeptLaunch, KeptLaunches, user_of_this_ehr
from app.settings import Settings
from app.store import Store
from smart_launch.discovery import SmartConfiguration
from smart_launch.grant import Grant

KIND = "staff-launch"


@dataclass(frozen=True, kw_only=True)
class StaffLaunch(KeptLaunch):
    """One user, signed in at one EHR without a patient."""

    @property
    def is_admin(self) -> bool:
        """True when the EHR says that the user is one of those whom the settings name in `admins`."""
        return self.user is not None and self.user in self.ehr.admins


class StaffLaunches(KeptLaunches[StaffLaunch]):
    """Makes, finds, changes and ends launches without a patient."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float]) -> None:
        super().__init__(KIND, StaffLaunch, store, settings, now)

    def create(
        self, ehr: EhrSettings, configuration: SmartConfiguration, grant: Grant, *, owner: str
    ) -> StaffLaunch:
        """A launch with a random 128-bit id, kept until the session's absolute end."""
        return self._begin(
            StaffLaunch(
                id=secrets.token_hex(16),
                owner=owner,
                ehr=ehr,
                configuration=configuration,
                grant=grant,
                user=user_of_this_ehr(grant),
                user_name="",
                started_at=self._now(),
            )
        )


def current_staff_launch() -> StaffLaunch:
    """The launch of this request. Raises LaunchNotFound outside /staff/<staff_launch_id>/ and /admin/<...>/."""
    launch: StaffLaunch | None = g.get("staff_launch")
    if launch is None:
        raise LaunchNotFound()
    return launch
