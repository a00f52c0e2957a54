"""The pages outside any chart: what this is, whether it is well, and help."""

from __future__ import annotations

from flask import Blueprint, render_template

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
    """For a load balancer: answers 200 when the app runs and its store can be read."""
    services().store.get("health", "health")
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}
