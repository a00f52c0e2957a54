"""Whether a chart on a screen is still in use; and the page that takes its place when it is not.

A nurse on an hour's call touches nothing: while her timer runs and its page is open, the page says so and the session
goes on, for as long as a call may last. A timer that was forgotten does not keep a chart on a screen all day.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, g, jsonify, render_template, request, url_for
from werkzeug import Response

from app.current import current_launch
from app.security import csrf_token
from app.services import services
from app.sessions import current_session

blueprint = Blueprint("idle", __name__)

LONGEST_CALL_SECONDS = 2 * 3600.0
"""Since the timer was last started or resumed. Afterwards it runs on, and the chart is closed as any other."""


@dataclass(frozen=True)
class Watch:
    """What the page's script needs to know: where to tell and to ask, and how long the chart stays without use."""

    address: str
    closed: str
    seconds_left: int
    csrf: str
    patient_id: str


@blueprint.app_template_global("idle_watch")
def idle_watch() -> Watch | None:
    """For each page of a chart; None on any other."""
    session = current_session()
    if "launch" not in g or session is None:
        return None
    return Watch(
        address=url_for("idle.in_use", launch_id=current_launch().id),
        closed=url_for("idle.closed"),
        seconds_left=int(services().sessions.seconds_left(session)),
        csrf=csrf_token(),
        patient_id=current_launch().patient_id,
    )


@blueprint.post("/l/<launch_id>/in-use")
def in_use(launch_id: str) -> Response:
    """`by` says what the page noticed: person, timer, or nothing (ask). Answers the seconds until the chart is closed.

    :raise 400: for another `by`.
    """
    by = request.form.get("by", "")
    if by not in ("person", "timer", "ask"):
        abort(400)
    session = current_session()
    if session is None:
        abort(401)
    if by == "person" or (by == "timer" and _on_a_call()):
        session = services().sessions.seen(session)
    return jsonify(seconds_left=services().sessions.seconds_left(session))


@blueprint.get("/closed")
def closed() -> str:
    """Says that the chart was closed since it was left alone, and that what was typed is kept."""
    settings = services().settings
    return render_template(
        "closed.html", minutes=settings.session_idle_minutes, draft_hours=settings.draft_hours
    )


def _on_a_call() -> bool:
    timer = services().timers.get(current_launch().timer_key)
    return timer is not None and timer.running and services().now() - timer.started_at < LONGEST_CALL_SECONDS
