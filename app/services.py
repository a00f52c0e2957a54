"""What every request of the app needs, made once by the app factory and kept on the Flask app.

One place to look it up, so that views take no globals and a test gives its own clock, store and EHR.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app

from app.audit import AuditTrail
from app.ehr.begun import BegunSaves
from app.ehr.capabilities import CapabilityCache
from app.ehr.drafts import Drafts
from app.kept_preferences import KeptPreferences
from app.launches import Launches
from app.ledger import Ledger
from app.paste import PasteTexts
from app.scope_steps import ScopeSteps
from app.sessions import Sessions
from app.settings import Settings
from app.smart_style import Styles
from app.staff_launches import StaffLaunches
from app.store import Store
from app.timer import Timers
from app.tries import Tries
from smart_launch.transport import Http

EXTENSION = "chartside"


@dataclass(frozen=True)
class Services:
    """`now` is the clock, in seconds since the epoch; `http` sends every request to an EHR."""

    settings: Settings
    store: Store
    http: Http
    now: Callable[[], float]
    sessions: Sessions
    launches: Launches
    staff_launches: StaffLaunches
    drafts: Drafts
    begun: BegunSaves
    ledger: Ledger
    pastes: PasteTexts
    tries: Tries
    timers: Timers
    audit: AuditTrail
    capabilities: CapabilityCache
    styles: Styles
    preferences: KeptPreferences
    scope_steps: ScopeSteps


def services() -> Services:
    """The services of the app that answers this request."""
    found: Services = current_app.extensions[EXTENSION]
    return found
