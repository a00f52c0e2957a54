"""The endpoints that an app's server calls: token, introspection and revocation.

Authlib answers; before it does, what RFC 6749 forbids and Authlib lets pass is refused: parameters in the URL
(section 3.2: they would be logged), one given twice, and two ways to authenticate at once (section 2.3).
"""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, jsonify, request

from samples.oauth.server import SmartServer
from samples.oauth.simulated import TokenRefusal, simulated_token_refusal


def add_token_endpoints(blueprint: Blueprint, server: SmartServer) -> None:
    """Serves POST /oauth/token, and /oauth/introspect and /oauth/revoke where the persona offers them."""

    @blueprint.post("/oauth/token")
    def token() -> Response:
        return _answered(server, "token")

    def introspect() -> Response:
        return _answered(server, "introspection")

    def revoke() -> Response:
        return _answered(server, "revocation")

    if server.persona.introspection:
        blueprint.post("/oauth/introspect")(introspect)
    if server.persona.revocation:
        blueprint.post("/oauth/revoke")(revoke)


def _answered(server: SmartServer, endpoint: str) -> Response:
    refusal = _refusal(endpoint)
    if refusal:
        return _error("invalid_request", refusal)
    simulated = _simulated(server) if endpoint == "token" else None
    if simulated:
        return _error(simulated.error, simulated.description, simulated.status)
    try:
        if endpoint == "token":
            response: Response = server.create_token_response()
        else:
            response = server.create_endpoint_response(endpoint)
    except OAuth2Error as problem:
        return _error(problem.error, problem.description)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def _simulated(server: SmartServer) -> TokenRefusal | None:
    has_secret = request.headers.get("Authorization", "").lower().startswith("basic ")
    return simulated_token_refusal(server.faults, request.form, has_secret=has_secret)


def _refusal(endpoint: str) -> str:
    if request.args:
        return "Parameters belong in the form body, not in the address."
    if any(len(values) > 1 for _, values in request.form.lists()):
        return "A parameter is given more than once."
    if "Authorization" in request.headers and "client_assertion" in request.form:
        return "Authenticate in one way only."
    if endpoint == "token" and not request.form.get("grant_type"):
        return "grant_type is required."
    return ""


def _error(error: str, description: str | None, status: int = 400) -> Response:
    response = jsonify(error=error, error_description=description or "")
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
