"""A request before it is sent and an answer after it came: what builders make and parsers read.

Addresses, headers and bodies stay out of the repr: they hold names of patients, tokens and secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import orjson

JSON = "application/json"
FHIR_JSON = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"

LONGEST_RETRY_AFTER = 3600
"""Seconds. A page does not tell a nurse to wait for longer; what asks for more is a fault."""


@dataclass(frozen=True)
class HttpRequest:
    """One request, complete: nothing is added to it but what HTTP itself needs."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class HttpAnswer:
    """One answer, read whole. Header names are in lower case. `cut` when the body was larger than the limit."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)
    cut: bool = False

    @property
    def text(self) -> str:
        """The body as text, which fhirclient's models ask for to see whether there is one."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is not JSON, or was cut off at the limit."""
        if self.cut:
            raise ValueError("larger than the limit")
        return orjson.loads(self.content)

    def json_object(self) -> dict[str, Any] | None:
        """The body as a JSON object, or None for anything else (HTML, a list, cut-off JSON)."""
        try:
            value = self.json()
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    @property
    def retry_after(self) -> int | None:
        """Seconds that the server asks to wait, an hour at most; None where it does not say.

        A date is reckoned from the answer's own Date, so that our clock does not matter; without one it says nothing.
        https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
        """
        asked = self.headers.get("retry-after", "").strip()
        if asked.isascii() and asked.isdigit():
            # Longer numbers are not read: Python refuses thousands of digits.
            return min(int(asked[:9]), LONGEST_RETRY_AFTER)
        until, at = _date(asked), _date(self.headers.get("date", ""))
        if until is None or at is None:
            return None
        return min(max(int((until - at).total_seconds()), 0), LONGEST_RETRY_AFTER)


def _date(text: str) -> datetime | None:
    """An HTTP date, aware; None for anything else."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def get_json(url: str, *, accept: str = JSON) -> HttpRequest:
    """A GET without a token, for what a server publishes about itself."""
    return HttpRequest("GET", url, {"Accept": accept})


def form_post(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> HttpRequest:
    """A form-encoded POST (RFC 6749 appendix B), as OAuth endpoints take it."""
    sent = {"Accept": JSON, "Content-Type": FORM, "Cache-Control": "no-store", **headers}
    return HttpRequest("POST", url, sent, urlencode(form).encode("ascii"))


def with_query(url: str, parameters: Mapping[str, Any] | Iterable[tuple[str, str]] | None) -> str:
    """`url` with search parameters added after those it has; a list as a value repeats the parameter."""
    if not parameters:
        return url
    query = urlencode(
        list(parameters.items()) if isinstance(parameters, Mapping) else list(parameters), doseq=True
    )
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{query}"
