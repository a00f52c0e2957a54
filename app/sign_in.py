"""From a click to the EHR's sign-in and back: what is sent there, what is kept meanwhile, whose answer it is.

A sign-in is kept under its `state`, taken out once, and bound to the browser that began it by a cookie of its own.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal

import orjson
from flask import redirect, request
from werkzeug import Response

from app.ehr_settings import EhrSettings
from app.errors import CookiesBlocked, LaunchUnknown, StartedElsewhere, UnknownEhr
from app.logs import log, short_hash
from app.requested_scopes import staff_scope_text
from app.security import accept_frames_of
from app.services import services
from app.sessions import COOKIE, any_cookie_came, send_cookie
from smart_launch.authorization import PendingLaunch, begin
from smart_launch.discovery import discover

KIND = "pending-launch"
SECONDS = 600
"""How long the EHR's answer may take: a person may have to find her phone for a second factor."""

Purpose = Literal["chart", "patient", "staff"]
"""A launch from the EHR; a standalone one, for which the EHR lets the user choose a patient; one without a patient."""


@dataclass(frozen=True)
class SignIn:
    """A sign-in whose answer has come, from the browser that began it."""

    ehr: EhrSettings
    purpose: Purpose
    pending: PendingLaunch = field(repr=False)


def send_to_ehr(ehr: EhrSettings, purpose: Purpose, *, launch: str | None = None) -> Response:
    """Asks the EHR how to sign in, keeps what the callback needs, and sends the browser there.

    `launch` is the EHR's one-use value, for the purpose "chart" alone.
    """
    app = services()
    app.store.sweep()
    url, pending = begin(
        ehr.registration(app.settings.redirect_uri),
        discover(ehr.iss, http=app.http),
        scope=staff_scope_text(ehr.scope_style) if purpose == "staff" else ehr.scope,
        launch=launch,
        now=app.now(),
    )
    browser = secrets.token_urlsafe(32)
    send_cookie(_cookie_of(pending), browser, seconds=SECONDS)
    kept = {"ehr": ehr.name, "purpose": purpose, "browser": browser, "pending": pending.to_json()}
    app.store.put(KIND, pending.state, orjson.dumps(kept), expires_at=app.now() + SECONDS)
    log("launch-begun", ehr=ehr.name, purpose=purpose)
    return redirect(url)


def take_sign_in(state: str | None) -> SignIn:
    """The sign-in of this `state`, which is gone then.

    Raises LaunchUnknown, UnknownEhr, StartedElsewhere, or CookiesBlocked where the browser brought no cookie at all.
    """
    row = services().store.pop(KIND, state) if state else None
    if row is None:
        raise LaunchUnknown()
    kept = orjson.loads(row)
    ehr = services().settings.ehr_by_name(kept["ehr"])
    if ehr is None:
        raise UnknownEhr()
    accept_frames_of(ehr)
    pending = PendingLaunch.from_json(kept["pending"])
    _check_same_browser(ehr, pending, kept["browser"])
    return SignIn(ehr, kept["purpose"], pending)


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
