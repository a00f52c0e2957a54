"""The pages outside any chart: what this is, whether it is well, and help."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response, render_template

from app import readiness
from app.services import services

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> str:
    """What Chartside is, and a way in for each configured EHR."""
    return render_template("home.html", ehrs=services().settings.ehrs)


@blueprint.get("/help")
def help_page() -> str:
    """How to get in, what is kept where, and whom to ask."""
    settings = services().settings
    return render_template(
        "help.html", idle_minutes=settings.session_idle_minutes, draft_hours=settings.draft_hours
    )


@blueprint.get("/healthz")
def health() -> tuple[str, dict[str, str]]:
    """For what restarts a dead process: 200 while this one answers. A store that is down is no reason to restart."""
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/readyz")
def ready() -> Response:
    """For what sends users here: 200 when every part is well, else 503 and which part is not; no EHR is asked."""
    found = readiness.parts(services())
    well = all(found.values())
    named = {name: "ok" if fine else "failed" for name, fine in found.items()}
    body = orjson.dumps({"ready": well, "parts": named})
    return Response(body, 200 if well else 503, mimetype="application/json")
