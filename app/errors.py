"""What can go wrong on the way to a page, and the one place that turns it into words.

AppError
├── LaunchRefused
│   ├── UnknownEhr          `iss` is not exactly a configured one; no request was sent
│   ├── LaunchIncomplete    a launch request without its one `iss` or `launch`
│   ├── LaunchUnknown       `state` is missing, unknown, used before or too old
│   ├── StartedElsewhere    `state` belongs to another browser session
│   ├── CookiesBlocked      the browser brought no cookie back to the callback
│   ├── LaunchSpent         the EHR refused the scopes, and its `launch` did not serve for a second try
│   ├── WrongTenant         the launch names another practice of the same EHR than the settings do
│   └── NoPatient           the EHR did not say whose chart this is
├── NotSignedIn             no browser session, or it has ended
├── LaunchNotFound          this launch has ended or never was
├── LaunchOfAnother         this launch belongs to another browser session, as of the user before at this computer
├── NotAnAdministrator      the settings do not name this user as one who may open the administrator's page
├── RequestRefused
│   ├── WrongPatient        the form is for another patient than the launch
│   ├── ForeignOrigin       the form was sent from another site
│   └── FormTokenWrong      the form's token is missing or not this session's
├── WrongHost               the request is for another name than the one that is served
├── StoreBusy               another process holds what we need
└── StoreDown               what keeps sessions and drafts (SQLite, Redis) does not answer

Every page says what happened and what to do next, and bears a reference number that the log bears too. No page shows
an exception's text: it may quote what an attacker sent, or a patient's data.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from flask import Flask, g, render_template, request
from werkzeug.exceptions import HTTPException

from app.ehr import errors as ehr_errors
from app.logs import log_failure
from app.smart_pages import BACK_TO_CHART, TELL_IT, WRONG_PATIENT, page_of
from mappings.panel import seconds_words
from smart_launch import errors as smart_errors


class AppError(Exception):
    """Base of this room's errors: fixed words for the page and the status to answer with.

    `for_admin` says where an administrator looks, where there is something to look at.
    """

    title = "Something went wrong"
    what_happened = "Chartside could not do this."
    what_to_do = f"{BACK_TO_CHART} {TELL_IT}"
    for_admin = ""
    status = 500


class LaunchRefused(AppError):
    """A launch that cannot begin or end. Nothing was read from a chart."""

    title = "Chartside could not open"
    status = 400


class UnknownEhr(LaunchRefused):
    what_happened = "The EHR that asked to open Chartside is not one that Chartside was set up for."
    what_to_do = (
        "Ask your IT administrator to compare the EHR's address with the one in Chartside's settings."
    )
    status = 403


class LaunchIncomplete(LaunchRefused):
    what_happened = "The request to open Chartside did not say which EHR and which chart it came from."


class LaunchUnknown(LaunchRefused):
    what_happened = "This way in was used before, took longer than 10 minutes, or was not begun by Chartside."


class StartedElsewhere(LaunchRefused):
    what_happened = "This way in was begun in another browser."
    status = 403


class CookiesBlocked(LaunchRefused):
    """`ehr` is the name of the EHR whose standalone launch the page offers in a tab of its own."""

    title = "Your browser blocks Chartside's cookie"
    what_happened = (
        "Chartside needs one cookie to keep this chart open, and your browser did not send it back."
    )
    what_to_do = (
        "Open Chartside in a tab of its own with the link below. To use it inside the chart, ask your IT"
        " administrator to allow cookies for Chartside's address."
    )

    def __init__(self, ehr: str) -> None:
        self.ehr = ehr
        super().__init__()


class LaunchSpent(LaunchRefused):
    """`first` is how the EHR refused the whole list of scopes: its page is shown, with what to do about it."""

    what_to_do = f"{BACK_TO_CHART} It will ask for less then. {TELL_IT}"
    status = 403

    def __init__(self, first: smart_errors.SmartError) -> None:
        self.first = first
        super().__init__()


class WrongTenant(LaunchRefused):
    title = "This chart is of another practice"
    what_happened = (
        "The EHR serves several practices, and it opened Chartside from one that Chartside is not set up"
        " for. Nothing was read."
    )
    what_to_do = "Open Chartside from a chart of your own practice, or ask your IT administrator."
    for_admin = "Compare the setting tenant of this EHR with the tenant that the launch names, to the letter."
    status = 403


class NoPatient(LaunchRefused):
    what_happened = "The EHR did not say whose chart this is."
    what_to_do = "Open a patient's chart first, then open Chartside from there."


class NotSignedIn(AppError):
    title = "Your session has ended"
    what_happened = "Chartside was not used for a while, or you signed out, so it closed this chart."
    what_to_do = BACK_TO_CHART
    status = 401


class LaunchNotFound(AppError):
    title = "This chart is closed in Chartside"
    what_happened = "The page belongs to a visit to the chart that has ended."
    what_to_do = BACK_TO_CHART
    status = 404


class LaunchOfAnother(AppError):
    title = "This chart was opened by somebody else"
    what_happened = (
        "The page belongs to a chart that somebody else opened, or that was opened in another browser."
    )
    what_to_do = BACK_TO_CHART
    status = 403


class NotAnAdministrator(AppError):
    title = "This page is for administrators"
    what_happened = (
        "The EHR says who you are, and Chartside's settings do not name you among its administrators."
    )
    what_to_do = "If you should be, ask your IT administrator to add you to admins in Chartside's settings."
    status = 403


class RequestRefused(AppError):
    """A form that must not be acted on. Nothing was sent to the EHR."""

    title = "Nothing was saved"


class WrongPatient(RequestRefused):
    title = "Wrong patient: nothing was saved"
    what_happened = (
        "The form belongs to another patient than the chart it was sent from. Nothing was sent to the EHR."
    )
    what_to_do = WRONG_PATIENT
    status = 409


class ForeignOrigin(RequestRefused):
    what_happened = "The form did not come from a page of Chartside."
    status = 403


class FormTokenWrong(RequestRefused):
    what_happened = "The form was opened in a session that has ended."
    status = 403


class WrongHost(AppError):
    title = "This is not Chartside's address"
    what_happened = "The request came under another name than the one that Chartside was set up for."
    what_to_do = (
        f"{BACK_TO_CHART} If that leads here too, ask your IT administrator to compare Chartside's public_url with"
        " the address that the EHR and the proxy use."
    )
    status = 421


class StoreBusy(AppError):
    title = "Chartside is busy"
    what_happened = "Another page of yours was still being worked on."
    what_to_do = f"Wait a few seconds and try again. {TELL_IT}"
    status = 503


class StoreDown(AppError):
    title = "Chartside's own store is not answering"
    what_happened = (
        "Chartside cannot reach the place where it keeps sessions and unfinished notes."
        " The EHR is not affected."
    )
    what_to_do = (
        "Wait a minute and try again. If you were saving, go back with your browser's Back button and press Save"
        f" again: Chartside looks first for what is already filed, so nothing is filed twice. {TELL_IT}"
    )
    status = 503


@dataclass(frozen=True)
class ErrorPage:
    """What templates/error.html shows. `standalone_ehr` names the EHR for a link into a tab of its own.

    `word` stands beside the reference number; `for_admin` is where an administrator looks.
    """

    title: str
    what_happened: str
    what_to_do: str
    status: int
    standalone_ehr: str | None = None
    word: str = ""
    for_admin: str = ""


def draft_kept(saved_at: datetime) -> None:
    """Tells the error page of this request that what was typed is kept since `saved_at` (aware, the EHR's zone)."""
    g.draft_saved_at = saved_at


def register(app: Flask) -> None:
    """Answers every error of every route with the same page."""
    app.register_error_handler(Exception, _answer)


def _answer(error: Exception) -> tuple[str, int] | HTTPException:
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return error  # Werkzeug raises its redirects.
    page = page_for(error)
    g.reference = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
    log_failure("error", error, reference=g.reference)
    return (
        render_template(
            "error.html",
            page=page,
            reference=g.reference,
            draft_saved_at=g.get("draft_saved_at"),
            fragment=request.headers.get("HX-Request") == "true",
        ),
        page.status,
    )


def page_for(error: Exception) -> ErrorPage:
    """The page of any exception: fixed words by its class, nothing of its own text."""
    if isinstance(error, LaunchSpent):
        return replace(_smart_page(error.first), what_to_do=error.what_to_do, status=error.status)
    if isinstance(error, AppError):
        return ErrorPage(
            error.title,
            error.what_happened,
            error.what_to_do,
            error.status,
            getattr(error, "ehr", None),
            for_admin=error.for_admin,
        )
    if isinstance(error, smart_errors.SmartError):
        return _smart_page(error)
    if isinstance(error, ehr_errors.EhrError):
        return _ehr_page(error)
    if isinstance(error, HTTPException):
        return _http_page(error.code or 500)
    return ErrorPage(
        "Something went wrong", "Chartside met an error of its own.", f"{BACK_TO_CHART} {TELL_IT}", 500
    )


def _smart_page(error: smart_errors.SmartError) -> ErrorPage:
    found = page_of(error)
    wait = getattr(error, "retry_after", None)
    what_to_do = f"Try again in {seconds_words(wait)}. {TELL_IT}" if wait else found.what_to_do
    return ErrorPage(
        found.title,
        error.page_reason,
        what_to_do,
        found.status,
        word=found.word,
        for_admin=found.for_admin,
    )


def _ehr_page(error: ehr_errors.EhrError) -> ErrorPage:
    status = 502 if isinstance(error, ehr_errors.NotFiled) else 500
    if isinstance(error, ehr_errors.WrongPatient | ehr_errors.ChangedMeanwhile):
        status = 409
    return ErrorPage("Nothing was filed", error.page_reason, error.what_to_do, status)


_HTTP_WORDS = {
    400: ("The request could not be read", "Your browser sent something that Chartside does not understand."),
    404: ("There is no such page", "The address does not lead to a page of Chartside."),
    405: ("There is no such page", "The address does not lead to a page of Chartside."),
    413: ("That is too much text", "What was sent is larger than 1 MB, so nothing was saved."),
}


def _http_page(code: int) -> ErrorPage:
    title, happened = _HTTP_WORDS.get(
        code, (HTTPStatus(code).phrase, "Chartside did not accept the request.")
    )
    do = "Go back, shorten the note and save again." if code == 413 else BACK_TO_CHART
    return ErrorPage(title, happened, do, code)
