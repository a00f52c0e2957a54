"""Requests to an authorization server's token, revocation and introspection endpoints, built and not sent.

A public client names itself in the form; a symmetric one by HTTP Basic and nowhere else; an asymmetric one by a signed
assertion. The form holds nothing more than the standard lists.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#request-4 (code), #request-5 (refresh)
https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 https://www.rfc-editor.org/rfc/rfc7636#section-4.5
https://www.rfc-editor.org/rfc/rfc7009#section-2.1
"""

from __future__ import annotations

import base64
from typing import Literal
from urllib.parse import quote_plus

from smart_launch.client_assertion import ASSERTION_TYPE, client_assertion
from smart_launch.discovery import SmartConfiguration
from smart_launch.http_message import HttpRequest, form_post
from smart_launch.registration import ClientRegistration


def code_request(
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    *,
    code: str,
    redirect_uri: str,
    code_verifier: str,
    now: float,
    jti: str | None = None,
) -> HttpRequest:
    """Exchanges an authorization code. `redirect_uri` is the one that the authorize request named."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": code_verifier,
    }
    return _authenticated(registration, configuration, configuration.token_endpoint, form, now, jti)


def refresh_request(
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    refresh_token: str,
    *,
    now: float,
    jti: str | None = None,
) -> HttpRequest:
    """Renews an access token. Without `scope`, so that the new one has what the old one had."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _authenticated(registration, configuration, configuration.token_endpoint, form, now, jti)


def system_request(
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    *,
    scope: str,
    now: float,
    jti: str | None = None,
) -> HttpRequest:
    """Asks for a backend service's token. https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html#request-1"""
    form = {"grant_type": "client_credentials", "scope": scope}
    return _authenticated(registration, configuration, configuration.token_endpoint, form, now, jti)


def introspection_request(
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    token: str,
    *,
    bearer: str | None,
    now: float,
    jti: str | None = None,
) -> HttpRequest | None:
    """Asks what a token is worth (RFC 7662), proven by `bearer` where one is given; None where it is not offered."""
    url = configuration.introspection_endpoint
    if url is None:
        return None
    if bearer is not None:
        return form_post(url, {"token": token}, {"Authorization": f"Bearer {bearer}"})
    return _authenticated(registration, configuration, url, {"token": token}, now, jti)


def revocation_request(
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    token: str,
    *,
    hint: Literal["refresh_token", "access_token"],
    now: float,
    jti: str | None = None,
) -> HttpRequest | None:
    """Ends a token (RFC 7009); None where the server offers no revocation."""
    if configuration.revocation_endpoint is None:
        return None
    form = {"token": token, "token_type_hint": hint}
    return _authenticated(registration, configuration, configuration.revocation_endpoint, form, now, jti)


def _authenticated(
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    url: str,
    form: dict[str, str],
    now: float,
    jti: str | None,
) -> HttpRequest:
    if registration.client_type == "symmetric":
        return form_post(url, form, {"Authorization": _basic(registration)})
    if registration.client_type == "asymmetric":
        # The audience names the authorization server, by its token endpoint, at its other endpoints as well.
        assertion = client_assertion(registration, configuration.token_endpoint, now=now, jti=jti)
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return form_post(url, {**form, **proof}, {})
    return form_post(url, {**form, "client_id": registration.client_id}, {})


def _basic(registration: ClientRegistration) -> str:
    """RFC 6749 encodes both parts as a form does before Basic joins them with a colon."""
    pair = f"{quote_plus(registration.client_id)}:{quote_plus(registration.client_secret or '')}"
    return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")
