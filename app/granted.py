"""What this launch may not file although the EHR could take it: said once, before anybody types.

Granted scopes decide, not the ones that were asked for.
https://hl7.org/fhir/smart-app-launch/STU2.2/best-practices.html
"""

from __future__ import annotations

from collections.abc import Mapping

from app.current import current_gateway
from app.ehr.capabilities import Offer
from mappings.panel import listed
from smart_launch.errors import FhirError, Unauthorized, Unreachable

FILED: Mapping[str, str] = {
    "Task": "contacts and tasks",
    "CarePlan": "care plans",
    "Goal": "goals",
    "Consent": "consent",
}
"""What each type is called on the pages."""


def not_granted() -> tuple[str, ...]:
    """The types that the EHR takes and that were not granted to this launch.

    Where its metadata cannot be read just now there are none: a save asks again.
    """
    gateway = current_gateway()
    try:
        return tuple(name for name in FILED if gateway.offer(name, "create") is Offer.NOT_GRANTED)
    except Unauthorized:
        raise
    except (FhirError, Unreachable):
        return ()


def not_granted_sentence(types: tuple[str, ...]) -> str:
    """As "This launch may read, but not file: goals and consent."; "" for none."""
    if not types:
        return ""
    words = listed([FILED[name] for name in types])
    return f"This launch may read, but not file: {words}. The EHR did not grant more to Chartside."
