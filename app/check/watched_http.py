"""Sends as the app does, and keeps a line of each request: how it was answered, and how long it took.

The check runs the app's own code for discovery and searches, so that it says what a launch will meet; what is said of
single requests (a required parameter was added, the documents as they came) is read off here.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from smart_launch.errors import Unreachable
from smart_launch.http_message import HttpAnswer, HttpRequest
from smart_launch.transport import ANSWER_LIMIT, Http

DOCUMENTS = ("/.well-known/smart-configuration", "/metadata")
"""What a server publishes about itself: the only answers that are kept whole."""


@dataclass(frozen=True)
class Sent:
    """One request. `parameters` are names only; `document` is kept for published documents, never for a chart.

    `status` is 0 where no answer came.
    """

    method: str
    path: str
    parameters: tuple[str, ...]
    status: int
    milliseconds: int
    document: HttpAnswer | None = field(default=None, repr=False)


class WatchedHttp(Http):
    """`inner` sends; `sent` is what went, in the order in which it came back. Safe for many threads."""

    def __init__(self, inner: Http, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._inner = inner
        self._watch = clock
        self._lock = threading.Lock()
        self.sent: list[Sent] = []

    def send(
        self, request: HttpRequest, *, limit: int = ANSWER_LIMIT, seconds: float = math.inf
    ) -> HttpAnswer:
        """As `Http.send`; raises the same."""
        started = self._watch()
        try:
            answer = self._inner.send(request, limit=limit, seconds=seconds)
        except Unreachable:
            self._note(request, None, started)
            raise
        self._note(request, answer, started)
        return answer

    def last(self, ending: str) -> Sent | None:
        """The last request to a path with this ending."""
        return next((item for item in reversed(self.sent) if item.path.endswith(ending)), None)

    def _note(self, request: HttpRequest, answer: HttpAnswer | None, started: float) -> None:
        parts = urlsplit(request.url)
        line = Sent(
            request.method,
            parts.path,
            tuple(name for name, _ in parse_qsl(parts.query, keep_blank_values=True)),
            answer.status if answer else 0,
            round((self._watch() - started) * 1000),
            answer if parts.path.endswith(DOCUMENTS) else None,
        )
        with self._lock:
            self.sent.append(line)
