"""The sandbox EHR's FHIR R4 service at /fhir: strict, confined to what a token allows, and nothing but JSON.

`register` puts it on a Flask application. Spec: https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from samples.fhir.errors import (
    FhirProblem,
    Issue,
    LoginRequired,
    operation_outcome,
)
from samples.fhir.exchange import json_response, require_json_accepted
from samples.fhir.routes import add_routes

if TYPE_CHECKING:
    from samples.sandbox import Sandbox

PREFIX = "/fhir"
_OPEN = f"{PREFIX}/metadata"
_log = logging.getLogger("samples.fhir")


def register(app: Flask, sandbox: Sandbox) -> None:
    """Serve the sandbox's store as FHIR R4 on this application, in the manner of the EHR that it plays."""
    blueprint = Blueprint("fhir", __name__, url_prefix=PREFIX)
    manner = sandbox.manner
    add_routes(blueprint, sandbox.store, sandbox.settings.base_url, manner)

    @blueprint.before_request
    def admit() -> None:
        _delay(sandbox.settings.delay_ms)
        require_json_accepted(request)
        if request.path != _OPEN:
            g.fhir_access = _authenticated(sandbox)

    blueprint.after_request(manner.finish)
    blueprint.register_error_handler(FhirProblem, _problem)
    blueprint.register_error_handler(HTTPException, _http_problem)
    blueprint.register_error_handler(Exception, _defect)
    app.register_blueprint(blueprint)


def _delay(milliseconds: int) -> None:
    if milliseconds and (request.method in ("GET", "HEAD") or request.path.endswith("/_search")):
        time.sleep(milliseconds / 1000)


def _authenticated(sandbox: Sandbox) -> object:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise LoginRequired("this needs a bearer token")
    access = sandbox.access_for_token(token.strip())
    if access is None:
        raise LoginRequired("the bearer token is unknown, expired or revoked", code="expired")
    return access


def _problem(problem: FhirProblem) -> Response:
    headers = {}
    if isinstance(problem, LoginRequired):
        known = request.headers.get("Authorization")
        headers["WWW-Authenticate"] = 'Bearer realm="FHIR"' + (', error="invalid_token"' if known else "")
    if problem.status == 405:
        headers["Allow"] = ", ".join(problem.allowed)
    return json_response(problem.outcome, problem.status, headers)


def _http_problem(error: HTTPException) -> Response:
    """Flask's own refusals, such as a body that is too long."""
    outcome = operation_outcome([Issue("invalid", error.name)])
    return json_response(outcome, error.code or 500)


def _defect(error: Exception) -> Response:
    """A defect of this server: logged by where it happened, without the values that an error message may hold."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("unexpected %s at\n%s", type(error).__name__, where)
    return json_response(operation_outcome([Issue("exception", "the server failed")]), 500)
