"""Registering the app at an EHR that lets apps register themselves (RFC 7591), for `chartside register --dynamic`.

What the EHR made of the request is read back and compared: a registration with another redirect address, or another
way to prove ourselves, is no registration.
https://www.rfc-editor.org/rfc/rfc7591 https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#register-app-with-ehr
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from smart_launch.address import endpoint
from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import DiscoveryError, RegistrationError, RegistrationRefused
from smart_launch.http_message import JSON, HttpAnswer, HttpRequest
from smart_launch.keys import Algorithm
from smart_launch.registration import ClientType
from smart_launch.transport import MEGABYTE, Http

_METHODS: Mapping[ClientType, str] = {
    "public": "none",
    "symmetric": "client_secret_basic",
    "asymmetric": "private_key_jwt",
}
_ERRORS = frozenset(
    {
        "invalid_redirect_uri",
        "invalid_client_metadata",
        "invalid_software_statement",
        "unapproved_software_statement",
        "invalid_token",
    }
)
"""RFC 7591 section 3.2.2, and RFC 6750's word for an initial access token that is not taken."""

_USED: Mapping[bool, Mapping[str, tuple[str, ...]]] = {
    False: {"grant_types": ("authorization_code",), "response_types": ("code",)},
    True: {"grant_types": ("client_credentials",), "response_types": ()},
}
"""By whether it is a backend service: what a registration must allow. Without renewal a launch is short, and works."""

_VISIBLE = re.compile(r"[\x21-\x7e]{1,4000}")
_BEARER = re.compile(r"[\x21-\x7e]{1,20000}")


@dataclass(frozen=True)
class ClientMetadata:
    """What we ask to be registered as. Addresses are absolute; `scope` is one text with blanks.

    A backend service (`system`) is registered by itself: it has a key, system scopes and no redirect addresses. Raises
    ValueError for what contradicts itself.
    """

    client_name: str
    redirect_uris: tuple[str, ...]
    scope: str
    client_type: ClientType = "public"
    algorithm: Algorithm = "ES384"
    jwks_uri: str | None = None
    launch_url: str | None = None
    client_uri: str | None = None
    contacts: tuple[str, ...] = ()
    software_version: str | None = None
    system: bool = False

    def __post_init__(self) -> None:
        if bool(self.redirect_uris) is self.system:
            raise ValueError("a registration needs redirect_uris, and a backend service none")
        if self.system and self.client_type != "asymmetric":
            raise ValueError("a backend service proves itself with a key")
        if self.client_type == "asymmetric" and not self.jwks_uri:
            raise ValueError("a client with a key needs the address of its keys")

    def to_json(self) -> dict[str, Any]:
        """The request's JSON. `initiate_login_uri` is OpenID Connect's name for a launch address."""
        grants = ["client_credentials"] if self.system else ["authorization_code", "refresh_token"]
        asymmetric = self.client_type == "asymmetric"
        document = {
            "client_name": self.client_name,
            "redirect_uris": list(self.redirect_uris) or None,
            "scope": self.scope,
            "grant_types": grants,
            "response_types": None if self.system else ["code"],
            "token_endpoint_auth_method": _METHODS[self.client_type],
            "token_endpoint_auth_signing_alg": self.algorithm if asymmetric else None,
            "jwks_uri": self.jwks_uri if asymmetric else None,
            "initiate_login_uri": self.launch_url,
            "client_uri": self.client_uri,
            "contacts": list(self.contacts) or None,
            "software_id": "chartside",
            "software_version": self.software_version,
        }
        return {name: value for name, value in document.items() if value is not None}


@dataclass(frozen=True)
class RegisteredClient:
    """What the EHR registered. `secret_expires_at` is seconds since 1970, None for never. No secret is in the repr.

    `management_url` and `management_token` change or end the registration (RFC 7592), where the EHR offers that.
    """

    client_id: str
    client_type: ClientType
    client_secret: str | None = field(default=None, repr=False)
    secret_expires_at: float | None = None
    scope: str | None = None
    management_url: str | None = None
    management_token: str | None = field(default=None, repr=False)


def register_client(
    configuration: SmartConfiguration,
    metadata: ClientMetadata,
    *,
    http: Http,
    initial_access_token: str | None = None,
) -> RegisteredClient:
    """Registers the app. It is sent once and never repeated: a second try would make a second client.

    `initial_access_token` is what the EHR's administrator gave, where the EHR wants one. Raises RegistrationError when
    the EHR offers no registration or answers something unusable, RegistrationRefused, Unreachable.
    """
    if configuration.registration_endpoint is None:
        raise RegistrationError("not offered")
    headers = {"Accept": JSON, "Content-Type": JSON, "Cache-Control": "no-store"}
    if initial_access_token is not None:
        if not _BEARER.fullmatch(initial_access_token):
            raise RegistrationRefused("initial access token")
        headers["Authorization"] = f"Bearer {initial_access_token}"
    body = orjson.dumps(metadata.to_json())
    request = HttpRequest("POST", configuration.registration_endpoint, headers, body)
    return parse_registration(configuration, metadata, http.send(request, limit=MEGABYTE))


def parse_registration(
    configuration: SmartConfiguration, metadata: ClientMetadata, answer: HttpAnswer
) -> RegisteredClient:
    """Reads the answer. Raises RegistrationRefused with a code of the standard's, else RegistrationError."""
    body = answer.json_object()
    if 400 <= answer.status < 500 and answer.status != 429:
        error = str((body or {}).get("error"))
        raise RegistrationRefused(error if error in _ERRORS else str(answer.status))
    if answer.status not in (200, 201) or body is None:
        raise RegistrationError(str(answer.status))
    client_id = _visible(body, "client_id")
    if client_id is None:
        raise RegistrationError("client_id")
    _check_kept(metadata, body)
    secret = _visible(body, "client_secret") if metadata.client_type == "symmetric" else None
    if metadata.client_type == "symmetric" and secret is None:
        raise RegistrationError("client_secret")
    return RegisteredClient(
        client_id=client_id,
        client_type=metadata.client_type,
        client_secret=secret,
        secret_expires_at=_moment(body.get("client_secret_expires_at")),
        scope=body["scope"] if isinstance(body.get("scope"), str) else None,
        management_url=_management(configuration, body.get("registration_client_uri")),
        management_token=_visible(body, "registration_access_token"),
    )


def _check_kept(metadata: ClientMetadata, body: Mapping[str, Any]) -> None:
    """Section 3.2.1: an EHR may register other values than those asked for, and tells which.

    What it does not tell counts as kept; a list may grow by grants that are never used, a redirect address may not.
    """
    asked = metadata.to_json()
    for name in ("token_endpoint_auth_method", "token_endpoint_auth_signing_alg", "jwks_uri"):
        if body.get(name) is not None and body[name] != asked.get(name):
            raise RegistrationError(name)
    for name in ("grant_types", "response_types"):
        if body.get(name) is not None and not set(_USED[metadata.system][name]) <= _named(body[name]):
            raise RegistrationError(name)
    redirects = body.get("redirect_uris")
    listed = sorted(map(str, redirects)) if isinstance(redirects, list) else redirects
    if listed is not None and listed != sorted(metadata.redirect_uris):
        raise RegistrationError("redirect_uris")
    if body.get("jwks") is not None:
        # Keys that stand in the registration itself are somebody else's: ours are read at their address.
        raise RegistrationError("jwks")


def _named(listed: Any) -> set[str]:
    return {item for item in listed if isinstance(item, str)} if isinstance(listed, list) else set()


def _visible(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
        raise RegistrationError(name)
    return value


def _moment(value: Any) -> float | None:
    """0 means never (section 3.2.1)."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and value > 0 else None


def _management(configuration: SmartConfiguration, value: Any) -> str | None:
    try:
        return endpoint(configuration.token_endpoint, value)
    except DiscoveryError:
        return None
