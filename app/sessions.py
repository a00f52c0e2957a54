"""The browser session: an opaque id in a cookie that a frame of another site keeps, and everything else on our side.

Flask's own session would put its content, readable, into the cookie, and one "current patient" into the session; ours
holds neither. Launches are bound to the session's `owner`, which never leaves the server, so the id can be renewed
after a sign-in without losing the charts open in other tabs.
https://developer.mozilla.org/docs/Web/Privacy/Guides/Privacy_sandbox/Partitioned_cookies
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
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
NO_USE = frozenset({"idle.in_use"})
"""Requests that a page makes by itself: whether somebody uses the session is for their view to say."""
GRACE_SECONDS = 10.0
"""How long a renewed id still opens: a save under way in another tab must not be lost to a launch in this one."""


@dataclass(frozen=True)
class BrowserSession:
    """`id` is what the cookie holds. `ehrs` are the EHRs that launched us here: their frames may show our pages.

    `users` says who launched last from each of them, where the EHR told. `leaving` when the id was renewed or somebody
    else signed in, and only requests under way may still use it.
    """

    id: str = field(repr=False)
    owner: str = field(repr=False)
    csrf_token: str = field(repr=False)
    created_at: float
    seen_at: float
    ehrs: tuple[str, ...] = ()
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    leaving: bool = False

    def is_of_another(self, ehr: str, user: str | None) -> bool:
        """True when the EHR of this name said before that somebody else than `user` sits here."""
        return user is not None and self.users.get(ehr, user) != user


class Sessions:
    """Begins, finds, renews and ends browser sessions. Times are seconds since the epoch."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._idle = settings.session_idle_minutes * 60.0
        self._life = settings.session_hours * 3600.0

    def begin(self, *ehrs: str, users: Mapping[str, str] | None = None) -> BrowserSession:
        """A new session, kept from now on, for frames of the EHRs of these names; `users` by EHR, where known."""
        now = self._now()
        owner, token = secrets.token_hex(16), secrets.token_urlsafe(32)
        return self._keep(BrowserSession(_new_id(), owner, token, now, now, ehrs, users or {}))

    def sign_in(self, session: BrowserSession | None, ehr: str, user: str | None = None) -> BrowserSession:
        """The session after a sign-in of `user` at the EHR of this name: always under a new id, with its full life.

        A session that was there goes on with its owner, so that charts in other tabs stay open; its old id ends within
        seconds. Without one, or with one of another user of that EHR, a new one begins: whoever sits down next at a
        shared computer must not write in the name of the one before. One gone idle goes on for its own user alone.
        """
        users = {ehr: user} if user else {}
        if session is None or (self.is_idle(session) and not (user and session.users.get(ehr) == user)):
            return self.begin(ehr, users=users)
        now = self._now()
        with self._store.lock(_lock(session)):
            current = self.find(session.id) or session
            if not current.leaving:
                self._keep(replace(current, leaving=True), expires_at=now + GRACE_SECONDS)
            if current.is_of_another(ehr, user):
                return self.begin(ehr, users=users)
            after = replace(current, id=_new_id(), created_at=now, seen_at=now, leaving=False)
            ehrs = tuple(dict.fromkeys((*current.ehrs, ehr)))
            return self._keep(replace(after, ehrs=ehrs, users={**current.users, **users}))

    def find(self, session_id: str) -> BrowserSession | None:
        """The session of this id, also one that is idle, or None when it ended or never was."""
        row = self._store.get(KIND, session_id) if len(session_id) == _ID_LENGTH else None
        if row is None:
            return None
        values = orjson.loads(row)
        return BrowserSession(**{**values, "id": session_id, "ehrs": tuple(values["ehrs"])})

    def is_idle(self, session: BrowserSession) -> bool:
        """True when the session was not used for the configured minutes. It shows nothing until its user is back.

        It is not forgotten yet, so that a form sent from it can still be known as its own and kept as a draft, and so
        that a call of an hour does not cost what stands typed in its tab: the same user's next sign-in goes on with it.
        """
        return self._now() - session.seen_at >= self._idle

    def seconds_left(self, session: BrowserSession) -> float:
        """How long the session stays in force if it is not used from now on; 0 when it is not."""
        now = self._now()
        left = min(session.seen_at + self._idle, session.created_at + self._life) - now
        return 0.0 if session.leaving else max(0.0, left)

    def owners_in_use(self) -> frozenset[str]:
        """Whose sessions are in force now, or were renewed just now.

        The new id of one that is being renewed may have come after the ids were listed; its old one stands for it.
        """
        ids = [session_id for session_id, _ in self._store.items(KIND)]
        found = [session for session_id in ids if (session := self.find(session_id)) is not None]
        return frozenset(session.owner for session in found if session.leaving or not self.is_idle(session))

    def seen(self, session: BrowserSession) -> BrowserSession:
        """Notes that the session is in use. An id that was renewed meanwhile gains nothing by it."""
        if session.leaving or self._now() - session.seen_at < SEEN_STEP_SECONDS:
            return session
        with self._store.lock(_lock(session)):
            current = self.find(session.id)
            if current is None or current.leaving:
                return session
            return self._keep(replace(current, seen_at=self._now()))

    def _keep(self, session: BrowserSession, *, expires_at: float | None = None) -> BrowserSession:
        end = session.created_at + self._life
        self._store.put(KIND, session.id, _row(session), expires_at=end if expires_at is None else expires_at)
        return session


def _lock(session: BrowserSession) -> str:
    return f"session:{session.id}"


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
        session = sessions.find(request.cookies.get(COOKIE, ""))
        if session is None:
            return
        if sessions.is_idle(session):
            g.idle_session = session
        elif request.endpoint in NO_USE:
            g.browser_session = session
        else:
            g.browser_session = sessions.seen(session)

    def send(response: Response) -> Response:
        for name, value, seconds in g.get("cookies_to_send", ()):
            response.set_cookie(
                name,
                value,
                max_age=seconds,
                path="/",
                secure=True,
                httponly=True,
                samesite="None",
                partitioned=True,
            )
        return response

    app.before_request(find)
    app.after_request(send)


def send_cookie(name: str, value: str, *, seconds: int | None = None) -> None:
    """Sends a cookie with this request's answer, with every attribute that a frame of another site needs.

    Without `seconds` it lives as long as the browser; 0 removes it.
    """
    g.setdefault("cookies_to_send", []).append((name, value, seconds))


def any_cookie_came() -> bool:
    """True when the browser sent any cookie of ours."""
    return any(name.startswith(COOKIE) for name in request.cookies)


def current_session() -> BrowserSession | None:
    """The session of this request, or None where there is none in force."""
    session: BrowserSession | None = g.get("browser_session")
    return session


def idle_session() -> BrowserSession | None:
    """The session that this request's browser had until it was left alone for too long, or None."""
    session: BrowserSession | None = g.get("idle_session")
    return session


def use(session: BrowserSession) -> BrowserSession:
    """Makes it this request's session and sends its cookie with the answer."""
    g.browser_session = session
    send_cookie(COOKIE, session.id)
    return session
