"""The browser session: an opaque id in a cookie that a frame of another site keeps, and everything else on our side.

Flask's own session would put its content, readable, into the cookie, and one "current patient" into the session; ours
holds neither. Launches are bound to the session's `owner`, which never leaves the server, so the id can be renewed
after a sign-in without losing the charts open in other tabs.
https://developer.mozilla.org/docs/Web/Privacy/Guides/Privacy_sandbox/Partitioned_cookies
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

import orjson
from flask import Flask, Response, g, request

from app.settings import Settings
from app.store import Store

COOKIE = "__Host-chartside"
KIND = "session"
_ID_LENGTH = len(secrets.token_urlsafe(32))
SEEN_STEP_SECONDS = 20.0
"""How often `seen_at` is written: a page of ten panels need not write it ten times."""


@dataclass(frozen=True)
class BrowserSession:
    """`id` is what the cookie holds. `ehrs` are the EHRs that launched us here: their frames may show our pages."""

    id: str = field(repr=False)
    owner: str = field(repr=False)
    csrf_token: str = field(repr=False)
    created_at: float
    seen_at: float
    ehrs: tuple[str, ...] = ()


class Sessions:
    """Begins, finds, renews and ends browser sessions. Times are seconds since the epoch."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._idle = settings.session_idle_minutes * 60.0
        self._life = settings.session_hours * 3600.0

    def begin(self) -> BrowserSession:
        """A new session, kept from now on."""
        now = self._now()
        session = BrowserSession(_new_id(), secrets.token_hex(16), secrets.token_urlsafe(32), now, now)
        self._store.put(KIND, session.id, _row(session), expires_at=now + self._life)
        return session

    def find(self, session_id: str) -> BrowserSession | None:
        """The session of this id, also one that is idle, or None when it ended or never was."""
        row = self._store.get(KIND, session_id) if len(session_id) == _ID_LENGTH else None
        if row is None:
            return None
        values = orjson.loads(row)
        return BrowserSession(**{**values, "id": session_id, "ehrs": tuple(values["ehrs"])})

    def is_idle(self, session: BrowserSession) -> bool:
        """True when the session was not used for the configured minutes. It shows nothing more, and begins no launch.

        It is not forgotten yet, so that a form sent from it can still be known as its own and kept as a draft.
        """
        return self._now() - session.seen_at >= self._idle

    def seen(self, session: BrowserSession) -> BrowserSession:
        """Notes that the session is in use."""
        if self._now() - session.seen_at < SEEN_STEP_SECONDS:
            return session
        return self._keep(replace(session, seen_at=self._now()))

    def accept(self, session: BrowserSession, ehr: str) -> BrowserSession:
        """Notes that the EHR of this name launched us in this session."""
        if ehr in session.ehrs:
            return session
        return self._keep(replace(session, ehrs=(*session.ehrs, ehr)))

    def renew(self, session: BrowserSession) -> BrowserSession:
        """The same session under a new id, as new as the sign-in that it follows; the old id opens nothing any more."""
        renewed = replace(session, id=_new_id(), created_at=self._now(), seen_at=self._now())
        self._store.put(KIND, renewed.id, _row(renewed), expires_at=renewed.created_at + self._life)
        self._store.delete(KIND, session.id)
        return renewed

    def _keep(self, session: BrowserSession) -> BrowserSession:
        # Only where it still exists: a request under way must not bring back an id that was renewed meanwhile.
        self._store.replace(KIND, session.id, _row(session), expires_at=session.created_at + self._life)
        return session


def _row(session: BrowserSession) -> bytes:
    values = asdict(session)
    del values["id"]
    return orjson.dumps(values)


def _new_id() -> str:
    return secrets.token_urlsafe(32)


def register(app: Flask, sessions: Sessions) -> None:
    """Finds the session of each request and sends the cookie of a new or renewed one."""

    def find() -> None:
        g.browser_session = None
        g.idle_session = None
        g.cookie_came = COOKIE in request.cookies
        session = sessions.find(request.cookies.get(COOKIE, ""))
        if session is None:
            return
        if sessions.is_idle(session):
            g.idle_session = session
        else:
            g.browser_session = sessions.seen(session)

    def send(response: Response) -> Response:
        if g.get("send_cookie"):
            response.set_cookie(
                COOKIE,
                g.browser_session.id,
                path="/",
                secure=True,
                httponly=True,
                samesite="None",
                partitioned=True,
            )
        return response

    app.before_request(find)
    app.after_request(send)


def current_session() -> BrowserSession | None:
    """The session of this request, or None where there is none in force."""
    session: BrowserSession | None = g.get("browser_session")
    return session


def use(session: BrowserSession) -> BrowserSession:
    """Makes it this request's session and sends its cookie with the answer."""
    g.browser_session = session
    g.send_cookie = True
    return session
