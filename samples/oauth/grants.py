"""The grants of an app with a user: an authorization code with PKCE, and a refresh token that serves once.

Each override closes a hole that Authlib 1.9 leaves to its user: PKCE is optional there for a confidential client and
`plain` is allowed, a replayed code or refresh token is refused but what it had brought stays valid, and a token from
a code lives ten days. https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-access-token
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Request,
    grants,
)
from authlib.oauth2.rfc7636 import CodeChallenge

from samples.oauth import scopes
from samples.oauth.clients import Client
from samples.oauth.context import NO_STYLE, OpenChart
from samples.oauth.errors import AuthorizationProblem
from samples.oauth.id_token import id_token
from samples.oauth.ledger import new_value
from samples.oauth.server import AUTH_METHODS
from samples.oauth.tokens import Issued

Answer = tuple[int, dict[str, Any], list[tuple[str, str]]]
REPEATABLE_NOWHERE = ("aud", "launch", "nonce", "code_challenge", "code_challenge_method")


@dataclass(frozen=True)
class Code:
    """An authorization code's contents, as kept in the ledger; one family of tokens comes of it."""

    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    family: str
    auth_time: int
    chart: OpenChart
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Where the code was sent; the token request must name the same."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return self.scope


class S256Only(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    """PKCE as SMART has it: always, for every client, and S256 only."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Raises InvalidRequestError for a challenge that is absent, malformed or not S256."""
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: code_challenge with code_challenge_method S256.")
        super().validate_code_challenge(grant, redirect_uri)


class SmartRules:
    """What SMART requires of an authorization request beyond RFC 6749; an Authlib grant extension."""

    def __call__(self, grant: Any) -> None:
        """Registers the check with one grant."""
        grant.register_hook("after_validate_authorization_request_payload", self.check)

    def check(self, grant: Any, _redirect_uri: str) -> None:
        """Raises InvalidRequestError or InvalidScopeError, which the caller redirects to the app."""
        payload = grant.request.payload
        for name in REPEATABLE_NOWHERE:
            if len(payload.datalist.get(name, [])) > 1:
                raise InvalidRequestError(f"{name} is given more than once.")
        if not payload.state:
            raise InvalidRequestError("state is required.")
        if payload.data.get("aud") != grant.server.addresses.fhir:
            raise InvalidRequestError("aud must be the FHIR base address of this server.")
        try:
            asked = scopes.parse(payload.scope or "")
        except AuthorizationProblem as problem:
            raise InvalidScopeError(problem.sentence) from problem
        if not asked.words and not asked.clinical:
            raise InvalidScopeError("scope is required.")
        if payload.data.get("launch") and "launch" not in asked.words:
            raise InvalidScopeError("A launch value needs the scope launch.")


class AuthorizationCodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    """Codes live a minute and are spent the moment they are brought, by a wrong verifier too."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def generate_authorization_code(self) -> str:
        """256 random bits."""
        return new_value()

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Keeps what the token response will need. `request.user` is the open chart."""
        asked = request.payload.data
        client_id = request.client.get_client_id()
        kept = Code(
            client_id=client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=self.server.granted(request.payload.scope, request.user),
            nonce=asked.get("nonce"),
            code_challenge=asked["code_challenge"],
            family=new_value(),
            auth_time=int(self.server.ledger.now()),
            chart=request.user,
        )
        self.server.ledger.keep("code", asdict(kept), owner=client_id, value=code)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """Spends the code. One that was spent before ends everything that came of it (RFC 6749 section 4.1.2)."""
        taken = self.server.ledger.take("code", code, owner=client.client_id)
        if taken.body is None:
            return None
        if taken.fate == "spent":
            self.server.tokens.revoke_family(taken.body["family"])
        if taken.fate != "taken":
            return None
        return Code(**{**taken.body, "chart": OpenChart.from_json(taken.body["chart"])})

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing to delete: it was spent when it was looked up, and is remembered to know a replay."""

    def authenticate_user(self, authorization_code: Code) -> OpenChart:
        """The user and chart that the code was made for."""
        return authorization_code.chart

    def generate_token(self, *, user: OpenChart, scope: str, **_defaults: Any) -> dict[str, Any]:
        """A token that lives as long as the settings say, with a refresh token only where one was granted."""
        return _new_token(self, user, scope, refreshable=scopes.includes(scope, *scopes.REFRESH))


class RefreshTokenGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib ships no types
    """Rotation: each refresh token serves once; a second use revokes the family."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Issued | None:
        """The issue it belongs to, while it serves; another client's is as unknown as none."""
        issued: Issued | None = self.server.tokens.find_refresh(refresh_token)
        if issued is None or not issued.check_client(self.request.client):
            return None
        if issued.refreshed:
            self.server.tokens.revoke_family(issued.family)
        return None if issued.is_revoked() or issued.is_expired() else issued

    def authenticate_user(self, refresh_token: Issued) -> OpenChart:
        """The user and chart of the first authorization: a refresh never changes the patient."""
        return refresh_token.chart

    def issue_token(self, user: OpenChart, refresh_token: Issued) -> dict[str, Any]:
        """A new pair. Raises InvalidGrantError when another request spent the token in the meantime."""
        if not self.server.tokens.spend_refresh(refresh_token):
            self.server.tokens.revoke_family(refresh_token.family)
            raise InvalidGrantError("The refresh token was used before.")
        scope = self.request.payload.scope or refresh_token.granted_scope
        return _new_token(self, user, " ".join(scope.split()), refreshable=True)

    def revoke_old_credential(self, refresh_token: Issued) -> None:
        """Nothing left to do: `issue_token` spent it, before the new one existed."""


def _new_token(grant: Any, user: OpenChart, scope: str, *, refreshable: bool) -> dict[str, Any]:
    token: dict[str, Any] = grant.server.generate_token(
        client=grant.request.client,
        grant_type=grant.GRANT_TYPE,
        user=user,
        scope=scope,
        expires_in=grant.server.access_seconds,
        include_refresh_token=refreshable,
    )
    return token


class SmartContext:
    """Adds the launch context to every token response, and the id_token to the first; an Authlib grant extension."""

    def __call__(self, grant: Any) -> None:
        """Registers with one grant."""
        grant.register_hook("after_create_token_response", self.add)

    def add(self, grant: Any, answer: Answer) -> None:
        """Writes into the token response what SMART's launch context table lists."""
        chart: OpenChart = grant.request.user
        token, server = answer[1], grant.server
        token.update(chart.parameters())
        token["need_patient_banner"] = chart.need_patient_banner
        token["tenant"] = chart.tenant
        if chart.smart_style_url != NO_STYLE:
            token["smart_style_url"] = chart.smart_style_url or f"{server.addresses.base}/smart-style.json"
        code = grant.request.authorization_code
        if code is not None and scopes.includes(token["scope"], "openid"):
            token["id_token"] = id_token(server, grant.request.client, code, token["access_token"])
