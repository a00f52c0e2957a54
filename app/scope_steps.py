"""Which scopes to ask an EHR for: the wanted ones, and the least where it has refused those not long ago.

Some EHRs refuse a whole launch for one scope too many, and each of them for another one. So a launch that is refused
tries once more with the least, and for an hour every other launch at that EHR asks for no more than that at once.
https://hl7.org/fhir/smart-app-launch/STU2.2/best-practices.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from enum import StrEnum

from app.ehr_settings import EhrSettings
from app.requested_scopes import STAFF_MINIMUM, preferences_scope_text, staff_scope_text
from app.store import Store
from smart_launch.app_state import offers_app_state
from smart_launch.discovery import SmartConfiguration
from smart_launch.scopes import ScopeSet, without_unsupported

KIND = "scopes-refused"
REMEMBERED_SECONDS = 3600.0
"""After an hour the whole list is tried again: an administrator may have mended the registration."""


class Step(StrEnum):
    """How much is asked for."""

    WANTED = "wanted"
    LEAST = "least"


class ScopeSteps:
    """Remembers refusals in the store, so that every worker knows. `now` is seconds since the epoch."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    def first(self, ehr: EhrSettings, *, staff: bool) -> Step:
        """What a launch asks for first."""
        refused = self._store.get(KIND, _key(ehr, staff=staff)) is not None
        return Step.LEAST if refused else Step.WANTED

    def refused(self, ehr: EhrSettings, step: Step, *, staff: bool) -> bool:
        """Notes that the EHR refused what was asked for; True when asking for less is left to be tried."""
        if step is Step.LEAST:
            # Then it was not for the sake of a scope, and the whole list deserves its next chance at once.
            self._store.delete(KIND, _key(ehr, staff=staff))
            return False
        if wanted(ehr, Step.WANTED, staff=staff) == wanted(ehr, Step.LEAST, staff=staff):
            return False
        self._store.put(KIND, _key(ehr, staff=staff), b"1", expires_at=self._now() + REMEMBERED_SECONDS)
        return True


def wanted(ehr: EhrSettings, step: Step, *, staff: bool) -> str:
    """The scopes of a step, as the settings have them. `staff` for a launch without a patient."""
    if staff:
        return staff_scope_text(ehr.scope_style) if step is Step.WANTED else STAFF_MINIMUM
    return ehr.scope if step is Step.WANTED else ehr.minimum_scope


def to_ask(ehr: EhrSettings, step: Step, configuration: SmartConfiguration, *, staff: bool) -> str:
    """What is sent: without what the EHR's own list, where it is complete, does not have.

    Scopes that the administrator wrote in the settings are sent as they stand there.
    """
    text = wanted(ehr, step, staff=staff)
    if not staff and text in (ehr.scopes, ehr.minimum_scopes):
        return text
    if not staff and step is Step.WANTED and offers_app_state(configuration):
        text = f"{text} {preferences_scope_text(ehr.scope_style)}"
    return without_unsupported(ScopeSet.parse(text), configuration.scopes_supported).text


def _key(ehr: EhrSettings, *, staff: bool) -> str:
    """Changed settings begin anew."""
    text = wanted(ehr, Step.WANTED, staff=staff)
    return f"{ehr.name} {hashlib.sha256(text.encode()).hexdigest()}"
