"""From a click to the EHR's sign-in and back: what is sent there, what is kept meanwhile, whose answer it is.

A sign-in is kept under its `state`, taken out once, and bound to the browser that began it by a cookie of its own.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal

import orjson
from flask import make_response, redirect, render_template, request
from werkzeug import Response

from app.ehr_settings import EhrSettings
from app.errors import CookiesBlocked, LaunchSpent, LaunchUnknown, StartedElsewhere, UnknownEhr
from app.logs import log, short_hash
from app.scope_steps import Step, to_ask
from app.security import accept_frames_of, lets_forms_go_to
from app.services import services
from app.sessions import COOKIE, any_cookie_came, send_cookie
from smart_launch.authorization import AuthorizeRequest, PendingLaunch, begin
from smart_launch.discovery import discover
from smart_launch.errors import AccessDenied, SmartError
from smart_launch.refusals import ABOUT_SCOPES, RequestDenied

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
    step: Step
    pending: PendingLaunch = field(repr=False)
    refused_before: str = ""
    """The name of the error by which the EHR refused the whole list, where this is the second try."""

    @property
    def staff(self) -> bool:
        """True when no patient was asked for."""
        return self.purpose == "staff"


def send_to_ehr(ehr: EhrSettings, purpose: Purpose, *, launch: str | None = None) -> Response:
    """Asks the EHR how to sign in, keeps what the callback needs, and sends the browser there.

    `launch` is the EHR's one-use value, for the purpose "chart" alone.
    """
    services().store.sweep()
    return _send(ehr, purpose, services().scope_steps.first(ehr, staff=purpose == "staff"), launch)


def try_with_less(refused: SignIn, error: SmartError) -> Response | None:
    """The same sign-in once more with the least that Chartside can work with, after the EHR refused its scopes.

    None when that was it already. The EHR's `launch` value goes with it, under a new state.
    """
    if not services().scope_steps.refused(refused.ehr, refused.step, staff=refused.staff):
        return None
    log("asking-for-less", ehr=refused.ehr.name, purpose=refused.purpose)
    return _send(
        refused.ehr, refused.purpose, Step.LEAST, refused.pending.launch, refused_before=type(error).__name__
    )


def check_launch_was_spent(second: SignIn, error: AccessDenied) -> None:
    """Raises LaunchSpent where the second try failed because the EHR's `launch` value had served for the first.

    No code of the standard says so: EHRs call the request invalid, or use a word of their own.
    """
    first = next((kind for kind in ABOUT_SCOPES if kind.__name__ == second.refused_before), None)
    if first and second.pending.launch and (isinstance(error, RequestDenied) or error.error == "other"):
        raise LaunchSpent(first(error.error)) from error


def _send(
    ehr: EhrSettings, purpose: Purpose, step: Step, launch: str | None, *, refused_before: str = ""
) -> Response:
    app = services()
    configuration = discover(ehr.iss, http=app.http)
    asked, pending = begin(
        ehr.registration(app.settings.redirect_uri, now=app.now()),
        configuration,
        scope=to_ask(ehr, step, configuration, staff=purpose == "staff"),
        launch=launch,
        method=ehr.authorize,
        now=app.now(),
    )
    browser = secrets.token_urlsafe(32)
    send_cookie(_cookie_of(pending), browser, seconds=SECONDS)
    kept = {
        "ehr": ehr.name,
        "purpose": purpose,
        "step": step,
        "refused_before": refused_before,
        "browser": browser,
        "pending": pending.to_json(),
    }
    app.store.put(KIND, pending.state, orjson.dumps(kept), expires_at=app.now() + SECONDS)
    log("launch-begun", ehr=ehr.name, purpose=purpose, step=step)
    return _onward(ehr, asked)


def _onward(ehr: EhrSettings, asked: AuthorizeRequest) -> Response:
    """A redirect; or, where the request travels in a form, a page that sends it by itself and has a button for it."""
    if asked.method == "get":
        return redirect(asked.url)
    lets_forms_go_to(asked.url)
    return make_response(render_template("onward.html", ehr=ehr, address=asked.url, fields=asked.fields))


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
    return SignIn(ehr, kept["purpose"], Step(kept["step"]), pending, kept.get("refused_before", ""))


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
