"""What every page of the sandbox EHR is sent with.

No page runs inline code or reaches another server; the chart may frame the app and is framed by nobody, and a page
that the app's frame may land on (a refused launch) may be framed by the chart alone.
https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Response

from samples.settings import SandboxSettings

NOT_REAL = "Sandbox EHR - not a real record"


def origin(url: str) -> str:
    """Scheme, host and port of a URL, as CSP names a source."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def app_origins(settings: SandboxSettings) -> tuple[str, ...]:
    """Where the app's pages come from: its launch URL's origin and those of its redirect URIs."""
    return tuple(sorted({origin(url) for url in (settings.app_launch_url, *settings.app_redirect_uris)}))


def protect(response: Response, *, apps: Iterable[str], framed_by: str) -> Response:
    """Sets the page headers on `response`; `framed_by` is a CSP source: 'none' or 'self', in quotes."""
    allowed = " ".join(apps)
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        # A form's answer may be a redirect to the app, and browsers hold that to form-action too.
        f"frame-src 'self' {allowed}; form-action 'self' {allowed}; frame-ancestors {framed_by}"
    )
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
