"""What belongs to the request being answered: its launch, its gateway to the EHR, its time.

A route under /l/<launch_id>/ runs only after `app.security` has found the launch and checked whose it is, so a view
asks here and cannot forget the check.
"""

from __future__ import annotations

from datetime import datetime

from flask import g

from app.ehr.gateway import Gateway
from app.errors import LaunchNotFound
from app.kept_preferences import Kept
from app.launches import Launch
from app.preferences import Preferences
from app.services import services
from app.staff_launches import current_staff_launch
from mappings.vendor import vendor
from smart_launch.fhir_client import SmartClient


def current_launch() -> Launch:
    """The launch of this request. Raises LaunchNotFound outside /l/<launch_id>/."""
    launch: Launch | None = g.get("launch")
    if launch is None:
        raise LaunchNotFound()
    return launch


def current_client() -> SmartClient:
    """The SMART client of this request's launch, made once."""
    if "client" not in g:
        g.client = services().launches.client(current_launch(), services().http)
    client: SmartClient = g.client
    return client


def current_staff_client() -> SmartClient:
    """The SMART client of this request's launch without a patient, made once."""
    if "staff_client" not in g:
        g.staff_client = services().staff_launches.client(current_staff_launch(), services().http)
    client: SmartClient = g.staff_client
    return client


def current_gateway() -> Gateway:
    """The gateway to the EHR of this request's launch, made once."""
    if "gateway" not in g:
        launch = current_launch()
        g.gateway = Gateway(
            current_client(),
            iss=launch.ehr.iss,
            patient_id=launch.patient_id,
            cache=services().capabilities,
            vendor=vendor(launch.ehr.vendor),
        )
    gateway: Gateway = g.gateway
    return gateway


def kept_preferences() -> Kept:
    """The preferences of this launch's user, and where they are kept; read once for a request."""
    if "kept_preferences" not in g:
        g.kept_preferences = services().preferences.load(current_launch(), current_client())
    kept: Kept = g.kept_preferences
    return kept


def current_preferences() -> Preferences:
    """The preferences of this launch's user."""
    return kept_preferences().preferences


def current_time() -> datetime:
    """Now, aware and in the time zone of the launch's EHR; the same for the whole request."""
    if "current_time" not in g:
        g.current_time = current_launch().local_time(services().now())
    moment: datetime = g.current_time
    return moment
