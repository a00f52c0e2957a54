"""The clock of the banner: one button at a time, with and without JavaScript."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import current_launch, current_time
from app.services import services
from app.timer import Timer
from app.views.page import BANNER_TYPES, chart, launch_page, timer_line
from mappings.form import Submitted
from mappings.timer_edit import TimerEdit, parse_timer_edit

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


@blueprint.get("/l/<launch_id>/timer/edit")
def edit(launch_id: str) -> ResponseReturnValue:
    """The clock's minutes, to be set by hand with a reason; without a clock there is nothing to set."""
    timer = services().timers.get(current_launch().timer_key)
    if timer is None:
        return redirect(url_for("today.show", launch_id=launch_id), 303)
    minutes = int(timer.elapsed(services().now())) // 60
    return _page(Submitted(values={"minutes": (str(minutes),)}, errors={}, entry=None), timer)


@blueprint.post("/l/<launch_id>/timer/edit")
def set_by_hand(launch_id: str) -> ResponseReturnValue:
    """Sets the clock and goes on to the contact that it is for, which says why; refuses without a reason."""
    timers, key = services().timers, current_launch().timer_key
    timer = timers.get(key)
    if timer is None:
        return redirect(url_for("today.show", launch_id=launch_id), 303)
    sent = {name: tuple(given) for name, given in request.form.lists()}
    submitted = parse_timer_edit(sent, now=current_time(), started=_started(timer))
    if submitted.entry is None:
        return _page(submitted, timer), 422
    timers.set_to(key, submitted.entry.minutes * 60, submitted.entry.reason)
    return redirect(url_for("contact.show", launch_id=launch_id), 303)


def _started(timer: Timer) -> datetime:
    return current_launch().local_time(timer.first_started_at)


def _page(form: Submitted[TimerEdit], timer: Timer) -> str:
    return render_template(
        "timer/edit.html",
        page=launch_page("timer", chart(BANNER_TYPES)),
        form=form,
        started=_started(timer),
        send_to=url_for("timer.set_by_hand", launch_id=current_launch().id),
    )
