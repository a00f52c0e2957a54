"""The way in and the way out: launch from the chart, launch standalone, the callback, sign-out.

The callback asks in the order state, error, code: an answer to no question of ours is not looked at any further, and
a refusal that also carries a code is a refusal.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

import orjson
from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug import Response

from app.current import current_client, current_gateway, current_launch
from app.ehr_settings import EhrSettings
from app.errors import (
    CookiesBlocked,
    LaunchIncomplete,
    LaunchUnknown,
    NoPatient,
    StartedElsewhere,
    UnknownEhr,
)
from app.launches import Launch
from app.logs import log, log_failure, short_hash
from app.security import accept_frames_of
from app.services import services
from app.sessions import COOKIE, any_cookie_came, current_session, idle_session, send_cookie, use
from mappings.human_name import person_name
from smart_launch.authorization import PendingLaunch, begin, finish
from smart_launch.discovery import discover
from smart_launch.errors import SmartError

blueprint = Blueprint("launch", __name__)

PENDING = "pending-launch"
PENDING_SECONDS = 600
DEFAULT_PAGE = "today"
INTENT_PAGES: Mapping[str, str] = {
    "consent": "consent",
    "care-plan": "care-plan",
    "contact": "contact",
}
"""Pages by the launch context's `intent`. Any other intent lands on Today, as the standard asks."""


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
    return _to_the_ehr(ehr, launch)


@blueprint.get("/launch/standalone")
def launch_standalone() -> Response:
    """A launch from outside the chart: the EHR itself asks who and whose chart."""
    ehr = services().settings.ehr_by_name(_single("ehr") or "")
    if ehr is None:
        raise UnknownEhr()
    accept_frames_of(ehr)
    return _to_the_ehr(ehr, None)


@blueprint.get("/callback")
def callback() -> Response:
    """The EHR's answer. Ends at a page of the chart, under a new session id."""
    state = _single("state")
    kept = services().store.pop(PENDING, state) if state else None
    if kept is None:
        raise LaunchUnknown()
    values = orjson.loads(kept)
    ehr = services().settings.ehr_by_name(values["ehr"])
    if ehr is None:
        raise UnknownEhr()
    accept_frames_of(ehr)
    pending = PendingLaunch.from_json(values["pending"])
    _check_same_browser(ehr, pending, values["browser"])
    launch = _finish(ehr, pending)
    page = INTENT_PAGES.get(launch.grant.context.intent or "", DEFAULT_PAGE)
    return redirect(f"/l/{launch.id}/{page}", 303)


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


def _to_the_ehr(ehr: EhrSettings, launch: str | None) -> Response:
    """Asks the EHR how to sign in, keeps what the callback needs, and sends the browser there."""
    app = services()
    app.store.sweep()
    configuration = discover(ehr.iss, http=app.http)
    url, pending = begin(
        ehr.registration(app.settings.redirect_uri),
        configuration,
        scope=ehr.scope,
        launch=launch,
        now=app.now(),
    )
    browser = secrets.token_urlsafe(32)
    send_cookie(_cookie_of(pending), browser, seconds=PENDING_SECONDS)
    kept = orjson.dumps({"ehr": ehr.name, "browser": browser, "pending": pending.to_json()})
    app.store.put(PENDING, pending.state, kept, expires_at=app.now() + PENDING_SECONDS)
    log("launch-begun", ehr=ehr.name, standalone=launch is None)
    return redirect(url)


def _cookie_of(pending: PendingLaunch) -> str:
    """Each launch has a cookie of its own until its callback, so that two charts opened at once do not meet."""
    return f"{COOKIE}-launch-{short_hash(pending.state)}"


def _check_same_browser(ehr: EhrSettings, pending: PendingLaunch, browser: str) -> None:
    """The answer must come back to the browser that asked, or a victim could be shown a chart of the attacker's."""
    name = _cookie_of(pending)
    came = request.cookies.get(name, "")
    if not secrets.compare_digest(came.encode(), browser.encode()):
        raise StartedElsewhere() if any_cookie_came() else CookiesBlocked(ehr.name)
    send_cookie(name, "", seconds=0)


def _finish(ehr: EhrSettings, pending: PendingLaunch) -> Launch:
    app = services()
    grant = finish(
        ehr.registration(app.settings.redirect_uri),
        pending,
        request.args.to_dict(),
        http=app.http,
        now=app.now,
    )
    if not grant.context.patient:
        raise NoPatient()
    session = use(
        app.sessions.sign_in(current_session() or idle_session(), ehr.name, grant.fhir_user or grant.subject)
    )
    g.launch = app.launches.create(
        ehr, pending.configuration, grant, owner=session.owner, patient_id=grant.context.patient
    )
    launch = replace(
        current_launch(),
        user_name=_name_of_user(current_launch()),
        encounter_id=_own_encounter(current_launch()),
    )
    app.launches.change(launch)
    log("launched", launch=short_hash(launch.id), ehr=ehr.name, user=launch.user, scopes=grant.scopes.text)
    return launch


def _own_encounter(launch: Launch) -> str | None:
    """The visit of the launch, once it is seen to be this patient's; else None: what is filed names no visit then."""
    if launch.encounter_id is None:
        return None
    try:
        current_gateway().read("Encounter", launch.encounter_id)
    except SmartError as error:
        log_failure("encounter-not-read", error, launch=short_hash(launch.id))
        return None
    return launch.encounter_id


def _name_of_user(launch: Launch) -> str:
    """The user's name as the EHR has it; "" where it may not be read: a launch does not fail for that."""
    resource_type, _, resource_id = (launch.user or "").partition("/")
    if resource_type != "Practitioner":
        return ""
    try:
        name = person_name(current_gateway().read(resource_type, resource_id).get("name"))
    except SmartError as error:
        log_failure("user-not-read", error, launch=short_hash(launch.id))
        return ""
    return name.formal if name.recorded else ""


def _single(name: str) -> str | None:
    """The parameter where it comes exactly once and is of a sane length; an attacker may send two."""
    values = request.args.getlist(name)
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= 4096 else None
