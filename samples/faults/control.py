"""The control of failures over HTTP: `/sandbox/faults`, for tests, scripts and the page in the chart.

It exists in the sandbox alone. Only this machine may use it: the request must come from the loopback, name a loopback
host (a page elsewhere cannot reach it by a name of its own that leads here) and, when a browser sends it, come from
the sandbox's own pages.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, jsonify, request

from samples.faults.answers import SIGN_IN_PATH, SIGNED_OUT_PAGE
from samples.faults.catalogue import CATALOGUE
from samples.faults.fault import FaultNotUnderstood
from samples.faults.network import FailingNetwork
from samples.faults.switchboard import Switchboard

if TYPE_CHECKING:
    from samples.sandbox import Sandbox

NOTE = "Sandbox EHR - not a real record. Failures are simulated; this address exists only in the sandbox."
DETAILS = ("times", "after", "path", "method", "resource_type", "seconds", "status", "code", "scope")


def register(app: Flask, sandbox: Sandbox) -> None:
    """Puts the failing network around `app` and serves `/sandbox/faults`."""
    faults = sandbox.faults
    app.wsgi_app = FailingNetwork(app.wsgi_app, sandbox)  # type: ignore[method-assign]  # Flask's own way to wrap
    blueprint = Blueprint("faults", __name__)
    _add_routes(blueprint, faults)

    @blueprint.before_request
    def admit() -> Response | None:
        return None if may_switch() else _said(403, error="Only this machine may use this address.")

    @blueprint.after_request
    def headers(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'self'"
        return response

    app.register_blueprint(blueprint)


def may_switch() -> bool:
    """True for a request from this machine that no page of another site can have sent."""
    origin = request.headers.get("Origin")
    own = origin is None or origin == f"{request.scheme}://{request.host}"
    return own and is_loopback(request.remote_addr or "") and is_loopback(_host_name())


def is_loopback(host: str) -> bool:
    """True for localhost and for the loopback addresses."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_name() -> str:
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return ""


def _add_routes(blueprint: Blueprint, faults: Switchboard) -> None:
    @blueprint.get("/sandbox/faults")
    def listed() -> Response:
        kinds = [
            {
                "name": kind.name,
                "where": kind.place.value,
                "title": kind.title,
                "happens": kind.happens,
                "takes": sorted({*kind.takes, "times"}),
            }
            for kind in CATALOGUE.values()
        ]
        return _said(200, on=[each.to_json() for each in faults.now()], kinds=kinds)

    @blueprint.post("/sandbox/faults")
    def switch_on() -> Response:
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict) or not isinstance(asked.get("name"), str):
            return _said(400, error='Send JSON such as {"name": "slow", "seconds": 3}.')
        unknown = sorted(set(map(str, asked)) - {"name", *DETAILS})
        if unknown:
            return _said(400, error=f"Beside name there are only {', '.join(DETAILS)}.")
        try:
            number = faults.set(**asked)
        except FaultNotUnderstood as problem:
            return _said(400, error=f"{problem}.")
        return _said(201, number=number, on=[each.to_json() for each in faults.now()])

    @blueprint.delete("/sandbox/faults")
    def switch_off() -> Response:
        """All of them, or those of `?name=`, or the one of `?number=`."""
        name, number = request.args.get("name"), request.args.get("number", type=int)
        if "number" in request.args and number is None:
            return _said(400, error="number must be a whole number.")
        ended = faults.clear(name, number=number)
        return _said(200, ended=ended, on=[each.to_json() for each in faults.now()])

    @blueprint.get(SIGN_IN_PATH)
    def signed_out() -> Response:
        return Response(SIGNED_OUT_PAGE, content_type="text/html; charset=utf-8")


def _said(status: int, **body: Any) -> Response:
    response = jsonify(sandbox=NOTE, **body)
    response.status_code = status
    return response
