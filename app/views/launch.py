"""The way in and the way out of a chart: launch from the EHR, launch standalone, the callback, sign-out.

The callback asks in the order state, error, code: an answer to no question of ours is not looked at any further, and
a refusal that also carries a code is a refusal.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from app.arrival import arrive
from app.current import current_client, current_launch, current_preferences
from app.errors import LaunchIncomplete, UnknownEhr
from app.landing import landing
from app.launches import Launch
from app.logs import log, short_hash
from app.security import accept_frames_of
from app.services import services
from app.sign_in import check_launch_was_spent, send_to_ehr, take_sign_in, try_with_less
from smart_launch.authorization import finish
from smart_launch.errors import AccessDenied
from smart_launch.refusals import ABOUT_SCOPES

blueprint = Blueprint("launch", __name__)


@blueprint.get("/launch")
def launch_from_chart() -> Response:
    """An EHR launch: the EHR's own address and its one-use `launch` value."""
    iss, launch = _single("iss"), _single("launch")
    if iss is None:
        raise LaunchIncomplete()
    ehr = services().settings.ehr_by_iss(iss)
    if ehr is None:
        raise UnknownEhr()
    accept_frames_of(ehr)
    if launch is None:
        raise LaunchIncomplete()
    return send_to_ehr(ehr, "chart", launch=launch)


@blueprint.get("/launch/standalone")
def launch_standalone() -> Response:
    """A launch from outside the chart: the EHR itself asks who and whose chart."""
    ehr = services().settings.ehr_by_name(_single("ehr") or "")
    if ehr is None:
        raise UnknownEhr()
    accept_frames_of(ehr)
    return send_to_ehr(ehr, "patient")


@blueprint.get("/callback")
def callback() -> Response:
    """The EHR's answer. Ends at a page of the chart, or of no chart, under a new session id."""
    sign_in = take_sign_in(_single("state"))
    app = services()
    try:
        grant = finish(
            sign_in.ehr.registration(app.settings.redirect_uri, now=app.now()),
            sign_in.pending,
            request.args.to_dict(),
            http=app.http,
            now=app.now,
        )
    except ABOUT_SCOPES as error:
        again = try_with_less(sign_in, error)
        if again is None:
            raise
        return again
    except AccessDenied as error:
        check_launch_was_spent(sign_in, error)
        raise
    launch = arrive(sign_in, grant)
    if not isinstance(launch, Launch):
        return redirect(url_for("staff.show", staff_launch_id=launch.id), 303)
    return redirect(landing(launch, otherwise=lambda: current_preferences().first_page), 303)


@blueprint.post("/l/<launch_id>/sign-out")
def sign_out(launch_id: str) -> Response:
    """Revokes the tokens at the EHR, where it offers that, and forgets the launch in any case."""
    launch = current_launch()
    revoked = current_client().revoke()
    services().launches.end(launch)
    log("signed-out", launch=short_hash(launch_id), user=launch.user, revoked=revoked)
    return redirect(url_for("launch.signed_out"), 303)


@blueprint.get("/signed-out")
def signed_out() -> str:
    """Says that the chart is closed here."""
    return render_template("signed_out.html")


def _single(name: str) -> str | None:
    """The parameter where it comes exactly once and is of a sane length; an attacker may send two."""
    values = request.args.getlist(name)
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= 4096 else None
