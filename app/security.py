"""What every request must pass before a view sees it, and the headers that every answer bears.

The checks run before routing reaches a view, for every route alike, so that a new form is guarded without a line of
its own: the launch is this browser's, the form is ours and of this session, and its patient is the launch's patient.
https://owasp.org/www-community/attacks/csrf https://hl7.org/fhir/smart-app-launch/STU2.2/best-practices.html
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from app.ehr_settings import EhrSettings
from app.errors import (
    ForeignOrigin,
    FormTokenWrong,
    LaunchNotFound,
    LaunchOfAnother,
    NotAnAdministrator,
    NotSignedIn,
    WrongPatient,
)
from app.kept_forms import keep_form
from app.launches import Launch
from app.origins import is_origin
from app.services import services
from app.sessions import BrowserSession, current_session, idle_session

BODY_LIMIT = 1_000_000
TOKEN_FIELD = "csrf_token"  # noqa: S105  # a field's name
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105  # a header's name
FORMS_STAY = "'self'"
ADMIN_PATH = "/admin/"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROVEN_BY_TOKEN = frozenset({"cds_services"})
"""What an EHR's server calls, not a browser of ours: each call proves itself, no session has a say."""

_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "base-uri 'none'; "
)
_HEADERS = {
    # `no-referrer` would make Chromium post forms with `Origin: null`, which the guard below refuses.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def register(app: Flask) -> None:
    """Guards every route and sets the headers of every answer."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT
    app.before_request(_guard)
    app.after_request(_set_headers)


def csrf_token() -> str:
    """This session's form token; "" on a page that belongs to no session and so has no form."""
    session = current_session()
    return session.csrf_token if session else ""


def accept_frames_of(ehr: EhrSettings) -> None:
    """Lets the frames of this EHR show the answer to this request: its `iss` was accepted."""
    g.accepted_ehr = ehr


def publish(*, seconds: int) -> None:
    """Lets anybody read the answer to this request, and keep it for so long: it holds nothing of a session."""
    g.published_for = seconds


def lets_forms_go_to(address: str) -> None:
    """Lets the one form of this answer go to the EHR's sign-in at `address`, and from there wherever that sends it.

    Chromium holds every redirect after a form to the page's form-action, and a hospital's sign-in may lead over hosts
    that nobody here knows, before it comes back to us: so any https host is open on this page, whose only form is ours.
    The address is the EHR's word: what is no plain origin is not written into the header, where a `;` would end it.
    https://www.w3.org/TR/CSP3/#directive-form-action
    """
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    named = f"{origin} " if is_origin(origin) else ""
    g.form_action = f"{FORMS_STAY} {named}https:"


def _guard() -> None:
    named = request.view_args or {}
    writes = request.method not in SAFE_METHODS and request.url_rule is not None
    if "launch_id" in named:
        _guard_chart(str(named["launch_id"]), writes=writes)
    elif "staff_launch_id" in named:
        _guard_staff(str(named["staff_launch_id"]), writes=writes)
    elif writes and request.blueprint not in PROVEN_BY_TOKEN:
        _check_form(current_session())


def _guard_chart(launch_id: str, *, writes: bool) -> None:
    session = current_session()
    launch = services().launches.find(launch_id)
    if launch is None:
        raise LaunchNotFound() if session else NotSignedIn()
    accept_frames_of(launch.ehr)
    _check_owner(launch, session, writes=writes)
    if writes:
        _check_form(session)
        _check_patient(launch)
    if launch.closed:
        # Its tokens are gone since it was left alone; what is sent from it now is not lost.
        if writes:
            keep_form(launch)
        raise NotSignedIn()
    g.launch = launch


def _guard_staff(launch_id: str, *, writes: bool) -> None:
    """No patient to compare: such a launch opens no chart. What stands under /admin/ is for administrators alone."""
    session = current_session()
    launch = services().staff_launches.find(launch_id)
    if launch is None:
        raise LaunchNotFound() if session else NotSignedIn()
    accept_frames_of(launch.ehr)
    if session is None:
        raise NotSignedIn()
    if session.owner != launch.owner:
        raise LaunchOfAnother()
    if launch.closed:
        raise NotSignedIn()
    if writes:
        _check_form(session)
    if request.path.startswith(ADMIN_PATH) and not launch.is_admin:
        raise NotAnAdministrator()
    g.staff_launch = launch


def _check_owner(launch: Launch, session: BrowserSession | None, *, writes: bool) -> None:
    if session is not None:
        if session.owner != launch.owner:
            raise LaunchOfAnother()
        return
    idle = idle_session()
    if idle is not None and idle.owner == launch.owner and writes:
        # The session is over, but what was typed in it is not lost: it is offered at the next launch.
        _check_form(idle)
        _check_patient(launch)
        keep_form(launch)
    raise NotSignedIn()


def _check_form(session: BrowserSession | None) -> None:
    """The form came from our own page and this session. Sec-Fetch-Site is not asked: not every browser sends it."""
    if request.headers.get("Origin") != services().settings.public_url:
        raise ForeignOrigin()
    if session is None:
        raise NotSignedIn()
    given = request.headers.get(TOKEN_HEADER) or request.form.get(TOKEN_FIELD, "")
    if not secrets.compare_digest(given.encode(), session.csrf_token.encode()):
        raise FormTokenWrong()


def _check_patient(launch: Launch) -> None:
    if request.form.getlist("patient") != [launch.patient_id]:
        raise WrongPatient()


def _set_headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        f"{_CONTENT}form-action {g.get('form_action', FORMS_STAY)}; frame-ancestors {_frame_ancestors()}"
    )
    response.headers.update(_HEADERS)
    if "published_for" in g and response.status_code < 400:
        response.headers["Cache-Control"] = f"public, max-age={g.published_for}"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    elif request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    if services().settings.public_url.startswith("https:"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _frame_ancestors() -> str:
    """The frames of the EHR that this answer belongs to, else of those that launched this session, else none."""
    ehr: EhrSettings | None = g.get("accepted_ehr")
    session = current_session() or idle_session()
    by_name = services().settings.ehr_by_name
    ehrs = [ehr] if ehr else [found for name in (session.ehrs if session else ()) if (found := by_name(name))]
    return " ".join(dict.fromkeys(origin for item in ehrs for origin in item.frame_origins)) or "'none'"
