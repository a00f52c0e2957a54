"""What a token response left open, asked of the EHR: which scopes were granted, and who the user is.

Most EHRs say both. Where one does not, and offers introspection, its own statement about the token it just gave is as
good as one beside it. It is only ever an addition: no failure here ends a launch, and nothing that the token response
said is replaced. https://hl7.org/fhir/smart-app-launch/STU2.2/token-introspection.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import SmartError
from smart_launch.grant import Grant
from smart_launch.id_token import relative_user
from smart_launch.introspection import Introspection, introspect
from smart_launch.registration import ClientRegistration
from smart_launch.transport import Http

log = logging.getLogger(__name__)


def completed(
    grant: Grant,
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    *,
    scopes_told: bool,
    http: Http,
    now: Callable[[], float],
) -> Grant:
    """`grant` with what introspection adds to it; `scopes_told` when the token response named its scopes."""
    if (scopes_told and grant.id_token is not None) or configuration.introspection_endpoint is None:
        return grant
    try:
        told = introspect(registration, configuration, grant.access_token, http=http, now=now)
    except SmartError as error:
        log.info("introspection: %s", type(error).__name__)
        return grant
    if told is None or not _is_of(told, grant, registration):
        return grant
    known = grant.id_token is not None
    return replace(
        grant,
        scopes=grant.scopes if scopes_told or not told.scopes.scopes else told.scopes.within(grant.scopes),
        fhir_user=grant.fhir_user if known else relative_user(told.fhir_user, registration.iss),
        subject=grant.subject if known else told.subject,
    )


def _is_of(told: Introspection, grant: Grant, registration: ClientRegistration) -> bool:
    """An answer about another app's token, or about another patient's, is about something else."""
    return (
        told.active
        and told.client_id in (None, registration.client_id)
        and told.context.patient in (None, grant.context.patient)
    )
