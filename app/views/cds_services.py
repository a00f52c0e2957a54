"""The CDS Hooks service over HTTP: which services there are, the cards of a call, what became of them.

Each call proves itself by its own token: no session, no cookie, no form token. A browser of the EHR's own pages may
call where the settings name their origins. https://cds-hooks.hl7.org/2.0/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response, g, request, url_for

from app.cds_hooks.answer import SERVICE, answer, discovery, made_cards
from app.cds_hooks.call import BODY_LIMIT, read_call
from app.cds_hooks.caller import calling_ehr
from app.cds_hooks.errors import CallTooLarge, CdsRefused, ServiceUnknown
from app.cds_hooks.feedback import read_feedback
from app.cds_settings import CdsHooks
from app.ehr_settings import EhrSettings
from app.errors import AppError
from app.logs import log, log_failure
from app.services import services

blueprint = Blueprint("cds_services", __name__)

PREFLIGHT_SECONDS = 600
_FAILED = "Chartside could not answer just now."


@blueprint.get("/cds-services")
def discover() -> Response:
    """The services, with what to prefetch at the EHR that asks."""
    ehr, _ = _caller(url_for(".discover"))
    return _json(discovery(ehr))


@blueprint.post("/cds-services/<service>")
def cards(service: str) -> Response:
    """The cards of the chart that was opened, from what was prefetched alone."""
    ehr, hooks = _caller(url_for(".cards", service=service), service)
    call = read_call(_body(), iss=ehr.iss)
    app = services()
    now = datetime.fromtimestamp(app.now(), ehr.time_zone)
    made = made_cards(call, ehr, hooks, now=now)
    log("cds-cards", ehr=ehr.name, cards=[card.kind for card in made])
    return _json(answer(made, public_url=app.settings.public_url))


@blueprint.post("/cds-services/<service>/feedback")
def feedback(service: str) -> Response:
    """What became of cards; counted in the log and not kept."""
    ehr, _ = _caller(url_for(".feedback", service=service), service)
    for (kind, outcome, reason), count in sorted(read_feedback(_body()).items()):
        log("cds-feedback", ehr=ehr.name, card=kind, outcome=outcome, reason=reason or None, count=count)
    return _json({})


def _caller(path: str, service: str = SERVICE) -> tuple[EhrSettings, CdsHooks]:
    """The EHR that calls the address `path`. The size is looked at first: that costs nothing."""
    # One byte more than is taken: a body of unknown length is cut off there, and known by it.
    request.max_content_length = BODY_LIMIT + 1
    if (request.content_length or 0) > BODY_LIMIT:
        raise CallTooLarge()
    audience = f"{services().settings.public_url}{path}"
    ehr, hooks = calling_ehr(request.headers.get("Authorization", ""), audience)
    g.cds_ehr = ehr.name
    if service != SERVICE:
        raise ServiceUnknown("name")
    return ehr, hooks


def _body() -> bytes:
    """The body, whole. Raises CallTooLarge also where no length was told."""
    body = request.get_data(cache=False)
    if len(body) > BODY_LIMIT:
        raise CallTooLarge()
    return body


@blueprint.errorhandler(CdsRefused)
def refused(error: CdsRefused) -> Response:
    """The reason in the log, a fixed sentence to the caller."""
    log("cds-refused", ehr=g.get("cds_ehr"), status=error.status, why=error.detail or None)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return _json({"error": error.sentence}, status=error.status, headers=headers)


@blueprint.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """Anything else: JSON like the other answers, since no person reads it."""
    log_failure("cds-failed", error, ehr=g.get("cds_ehr"))
    told = error.status if isinstance(error, AppError) else getattr(error, "code", None)
    status = told if isinstance(told, int) and 400 <= told < 600 else 500
    return _json({"error": _FAILED}, status=status, headers={"Retry-After": "5"} if status == 503 else {})


@blueprint.after_request
def let_the_ehr_read(response: Response) -> Response:
    """CORS for the EHR's own pages, named one by one. Without credentials: a cookie proves nothing here."""
    response.headers["Vary"] = "Origin"
    origin = request.headers.get("Origin", "")
    ehrs = services().settings.ehrs
    if origin and any(origin in ehr.cds_hooks.origins for ehr in ehrs if ehr.cds_hooks):
        response.headers["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


def _json(
    body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(orjson.dumps(body), status, dict(headers or {}), mimetype="application/json")
