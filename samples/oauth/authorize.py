"""The authorization endpoint: from the app's request to a code, or to an error the app can read.

Until the client and its redirect URI are known to be good, an error is a plain page, never a redirect: otherwise the
server would send people wherever a stranger likes (RFC 6749 section 4.1.2.1). From there on every error goes back to
the app with its `state`. User and patient come from the one-use `launch` alone; without one, somebody signs in.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-authorization-code
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import OAuth2Request, UnauthorizedClientError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from flask import Blueprint, Response, render_template, request, url_for

from samples.oauth import scopes
from samples.oauth.clients import Client
from samples.oauth.context import OpenChart
from samples.oauth.errors import AuthorizationProblem, LaunchNotUsable
from samples.oauth.server import SmartServer
from samples.oauth.simulated import NOT_AUTHORIZED, Refusal, simulated_refusal

REQUEST_PARAMETERS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "aud", "launch", "nonce",
    "code_challenge", "code_challenge_method",
)  # fmt: skip

UNKNOWN_CLIENT = "The app that sent you here is not registered with this EHR."
UNKNOWN_ADDRESS = "The app asked to be answered at an address that is not registered for it."
MORE_THAN_ONCE = "The app named itself or its address more than once."


def add_authorize(blueprint: Blueprint, server: SmartServer) -> None:
    """Serves GET /oauth/authorize, and POST (SMART's `authorize-post`) where the persona offers it."""
    methods = ["GET", "POST"] if server.persona.authorize_post else ["GET"]

    @blueprint.route("/oauth/authorize", methods=methods)
    def authorize() -> Response:
        refusal = _refusal(server)
        return refused_page(refusal) if refusal else _answer(server)


def _refusal(server: SmartServer) -> str:
    """Why no answer may be sent to the redirect URI of this request; "" when one may."""
    if any(len(request.values.getlist(name)) > 1 for name in ("client_id", "redirect_uri")):
        return MORE_THAN_ONCE
    client = server.clients.get(request.values.get("client_id", ""))
    if client is None:
        return UNKNOWN_CLIENT
    return "" if client.check_redirect_uri(request.values.get("redirect_uri", "")) else UNKNOWN_ADDRESS


def _answer(server: SmartServer) -> Response:
    asked = {name: request.values[name] for name in REQUEST_PARAMETERS if name in request.values}
    refusal = _request_refusal(server, asked)
    if refusal:
        return error_to_app(asked, *refusal)
    if not asked.get("launch"):
        login = server.ledger.keep("login", {"asked": asked}, owner=asked["client_id"])
        return go_to(url_for("oauth.login", login=login))
    taken = server.ledger.take("launch", asked["launch"], owner=asked["client_id"])
    if taken.fate != "taken" or taken.body is None:
        return error_to_app(asked, "invalid_request", LaunchNotUsable.sentence)
    return code_to_app(server, asked, OpenChart.from_json(taken.body))


def _request_refusal(server: SmartServer, asked: Mapping[str, str]) -> Refusal | None:
    """What is wrong with a request whose client and redirect URI are good; None when nothing is."""
    if "response_type" not in asked:
        return Refusal("invalid_request", "response_type is required.")
    if asked["response_type"] != "code":
        return Refusal("unsupported_response_type", "Only response_type code is supported.")
    simulated = simulated_refusal(server.faults, asked.get("scope", ""))
    if simulated:
        return simulated
    try:
        server.get_consent_grant()
        require_registered_scopes(server.clients.get(asked["client_id"]), asked.get("scope", ""))
    except OAuth2Error as problem:
        return Refusal(problem.error, problem.description or "")
    return None


def require_registered_scopes(client: Client | None, text: str) -> None:
    """Raises UnauthorizedClientError when one scope of `text` is not among those the client was registered for.

    Some EHRs refuse the whole request for it, in these words (athenahealth/apiserver-athenaFlex#314).
    """
    if client and client.allowed_scopes is not None and not scopes.covered(text, client.allowed_scopes):
        raise UnauthorizedClientError(NOT_AUTHORIZED)


def code_to_app(server: SmartServer, asked: Mapping[str, str], chart: OpenChart) -> Response:
    """Redirects to the app with a code for this chart; with an error when nothing asked can be given."""
    kept = OAuth2Request("GET", server.addresses.base)
    kept.payload = BasicOAuth2Payload(dict(asked))
    try:
        server.granted(asked.get("scope", ""), chart)
        grant = server.get_consent_grant(kept, end_user=chart)
    except AuthorizationProblem as problem:
        return error_to_app(asked, "invalid_scope", problem.sentence)
    except OAuth2Error as problem:
        return error_to_app(asked, problem.error, problem.description)
    response: Response = server.create_authorization_response(kept, grant_user=chart, grant=grant)
    return response


def error_to_app(asked: Mapping[str, str], error: str, description: str | None) -> Response:
    """Redirects to the app's (already checked) redirect URI with an OAuth error and its `state`."""
    answer = {"error": error, "error_description": description or "", "state": asked.get("state", "")}
    parts = urlsplit(asked["redirect_uri"])
    query = "&".join(
        filter(None, (parts.query, urlencode({key: value for key, value in answer.items() if value})))
    )
    return go_to(urlunsplit(parts._replace(query=query)))


def go_to(address: str) -> Response:
    """A redirect that is fetched with GET whatever came before, and that nobody keeps."""
    return Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})


def refused_page(sentence: str, status: int = 400) -> Response:
    """A plain page that says what is wrong and what to do; nobody is sent anywhere."""
    return Response(render_template("oauth/refused.html", sentence=sentence), status=status)
