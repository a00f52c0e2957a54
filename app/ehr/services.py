"""Asks the EHR for the services that it lists itself. They belong to no patient and are read once for a page."""

from __future__ import annotations

from typing import Any

from app.ehr.capabilities import SEARCH, Offer
from app.ehr.gateway import Gateway
from smart_launch.errors import FhirError, Unauthorized, Unreachable

SERVICE = "HealthcareService"
PARAMETERS = (("active", "true"), ("_count", "200"))


def listed_services(gateway: Gateway) -> tuple[dict[str, Any], ...]:
    """The active services; () where the EHR lists none, this launch may not see them, or they cannot be read now.

    Raises Unauthorized when the session has ended.
    """
    try:
        if gateway.offer(SERVICE, SEARCH) is not Offer.YES:
            return ()
        return tuple(dict(each) for each in gateway.search(SERVICE, PARAMETERS).matches)
    except Unauthorized:
        raise
    except (FhirError, Unreachable):
        return ()
