"""The two halves of a SMART launch: sending the browser to the EHR, and taking the EHR's answer.

Between them stands a PendingLaunch, kept by its `state` and used once, so that two launches in two tabs stay two. PKCE
is always S256 and `aud` always equals `iss` to the letter. The answer is read in the order state, error, code: a
stranger's answer tells nothing, and a refusal carries no code.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-authorization-code
https://www.rfc-editor.org/rfc/rfc7636 https://www.rfc-editor.org/rfc/rfc9207
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from smart_launch.completion import completed
from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import MissingCode, UnknownState, WrongIssuer
from smart_launch.grant import TOKEN_LIMIT, Grant
from smart_launch.id_token import Identity, verify_id_token
from smart_launch.launch_context import parse_launch_context
from smart_launch.refusals import denial
from smart_launch.registration import ClientRegistration
from smart_launch.scopes import ScopeSet, for_launch
from smart_launch.token_request import code_request
from smart_launch.token_response import TokenResponse, parse_token_response
from smart_launch.transport import Http

LAUNCH_LIFETIME = 1800.0
"""Seconds from `begin` to `finish`: a person may have to log in with a second factor."""

Method = Literal["get", "post"]
AUTHORIZE_POST = "authorize-post"
"""The capability of an EHR whose authorization endpoint takes POST.

https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#capabilities
"""


@dataclass(frozen=True)
class AuthorizeRequest:
    """What the browser is to send to the EHR: go to `url` (GET, no fields), or post a form with `fields` there."""

    url: str = field(repr=False)
    method: Method = "get"
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class PendingLaunch:
    """A launch whose answer has not come yet. To be kept under `state`, encrypted, and taken out once."""

    state: str = field(repr=False)
    iss: str
    launch: str | None = field(repr=False)
    scope: str
    redirect_uri: str
    code_verifier: str = field(repr=False)
    nonce: str = field(repr=False)
    configuration: SmartConfiguration
    created_at: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with the code verifier in it: to be encrypted before it is kept."""
        return {**asdict(self), "configuration": self.configuration.to_json()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PendingLaunch:
        """The launch that `to_json` made."""
        return cls(**{**value, "configuration": SmartConfiguration.from_json(value["configuration"])})


def begin(  # noqa: PLR0913  # three of them are random values, which a test fixes
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    *,
    scope: str,
    launch: str | None,
    method: Method | Literal["auto"] = "get",
    now: float | None = None,
    state: str | None = None,
    verifier: str | None = None,
    nonce: str | None = None,
) -> tuple[AuthorizeRequest, PendingLaunch]:
    """What to send the browser to the EHR with, and the launch to keep until it comes back.

    `launch` is the EHR's own value, or None for a standalone launch; `scope` gets the launch scope that fits. `auto`
    posts where the EHR offers it: so no parameter stands in a history or a proxy's log.
    """
    pending = PendingLaunch(
        state=state or secrets.token_urlsafe(32),
        iss=registration.iss,
        launch=launch,
        scope=for_launch(scope, in_ehr=launch is not None).text,
        redirect_uri=registration.redirect_uri,
        code_verifier=verifier or secrets.token_urlsafe(64),
        nonce=nonce or secrets.token_urlsafe(32),
        configuration=configuration,
        created_at=time.time() if now is None else now,
    )
    if method == "auto":
        method = "post" if AUTHORIZE_POST in configuration.capabilities else "get"
    return _request(registration.client_id, pending, method), pending


def finish(
    registration: ClientRegistration,
    pending: PendingLaunch,
    params: Mapping[str, str],
    *,
    http: Http,
    now: Callable[[], float] = time.time,
    jti: str | None = None,
) -> Grant:
    """Exchanges the code that the EHR sent back in `params` for a grant, and verifies who the user is.

    Where the answer leaves open what was granted or to whom, the EHR is asked by introspection, if it offers that.
    Raises CallbackError (UnknownState, WrongIssuer, AccessDenied, MissingCode) before anything is sent, then TokenError
    (InvalidGrant for a code used before, ClientRefused, TokenServerFailed), IdTokenError or Unreachable. What asking
    for less may mend is one of `refusals.ABOUT_SCOPES`.
    """
    code = _code(registration, pending, params, now())
    asked_at = now()
    request = code_request(
        registration,
        pending.configuration,
        code=code,
        redirect_uri=pending.redirect_uri,
        code_verifier=pending.code_verifier,
        now=asked_at,
        jti=jti,
    )
    response = parse_token_response(http.send(request, limit=TOKEN_LIMIT))
    identity = _identity(registration, pending, response, http, now())
    return completed(
        _grant(response, pending, identity, asked_at),
        registration,
        pending.configuration,
        scopes_told=response.scope is not None,
        http=http,
        now=now,
    )


def _request(client_id: str, pending: PendingLaunch, method: Method) -> AuthorizeRequest:
    """The endpoint may have parameters of its own: they stay, except where they would speak for ours."""
    challenge = hashlib.sha256(pending.code_verifier.encode("ascii")).digest()
    ours = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": pending.redirect_uri,
        "scope": pending.scope,
        "state": pending.state,
        "aud": pending.iss,
        "nonce": pending.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode("ascii"),
        "code_challenge_method": "S256",
        **({} if pending.launch is None else {"launch": pending.launch}),
    }
    parts = urlsplit(pending.configuration.authorization_endpoint)
    theirs = [
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in (*ours, "launch")
    ]
    if method == "post":
        return AuthorizeRequest(parts._replace(query=urlencode(theirs)).geturl(), "post", ours)
    return AuthorizeRequest(parts._replace(query=urlencode([*theirs, *ours.items()])).geturl())


def _code(
    registration: ClientRegistration, pending: PendingLaunch, params: Mapping[str, str], now: float
) -> str:
    state = params.get("state", "")
    known = hmac.compare_digest(state.encode("utf-8", "replace"), pending.state.encode("utf-8"))
    if not known or registration.iss != pending.iss or now - pending.created_at > LAUNCH_LIFETIME:
        raise UnknownState
    issuer, expected = params.get("iss"), pending.configuration.issuer
    if issuer and expected and issuer not in (expected, pending.iss):
        raise WrongIssuer
    if error := params.get("error"):
        raise denial(error, params.get("error_description", ""))
    code = params.get("code")
    if not code:
        raise MissingCode
    return code


def _identity(
    registration: ClientRegistration, pending: PendingLaunch, response: TokenResponse, http: Http, now: float
) -> Identity | None:
    if response.id_token is None:
        return None
    return verify_id_token(
        response.id_token,
        iss=pending.iss,
        configuration=pending.configuration,
        client_id=registration.client_id,
        nonce=pending.nonce,
        http=http,
        now=now,
    )


def _grant(
    response: TokenResponse, pending: PendingLaunch, identity: Identity | None, asked_at: float
) -> Grant:
    """RFC 6749 section 5.1: a server that grants what was asked may leave `scope` out."""
    return Grant(
        access_token=response.access_token,
        refresh_token=response.refresh_token,
        expires_at=asked_at + response.expires_in,
        scopes=ScopeSet.parse(pending.scope if response.scope is None else response.scope),
        context=parse_launch_context(response.launch_context, iss=pending.iss),
        fhir_user=identity.fhir_user if identity else None,
        subject=identity.subject if identity else None,
        id_token=response.id_token,
        issued_at=asked_at,
    )
