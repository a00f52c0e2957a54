"""The clock of the banner: one button at a time, with and without JavaScript."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import current_launch
from app.services import services
from app.views.page import timer_line

blueprint = Blueprint("timer", __name__)


@blueprint.post("/l/<launch_id>/timer")
def act(launch_id: str) -> ResponseReturnValue:
    """`action` is start, pause, resume or discard. Answers the clock alone to htmx, else goes back to *Today*.

    :raise 400: for another action.
    """
    timers, key = services().timers, current_launch().timer_key
    actions = {
        "start": timers.start, "pause": timers.pause, "resume": timers.resume, "discard": timers.discard
    }  # fmt: skip
    action = actions.get(request.form.get("action", ""))
    if action is None:
        abort(400)
    action(key)
    if request.headers.get("HX-Request") == "true":
        return render_template("parts/timer.html", clock=timer_line())
    return redirect(url_for("today.show", launch_id=current_launch().id), 303)
