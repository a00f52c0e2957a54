"""Addresses of static files bear a hash of their content, so that a browser may keep them for good.

A page inside the chart is opened thirty times a day: after the first, only the page itself is sent.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

YEAR_SECONDS = 365 * 24 * 3600


def register(app: Flask) -> None:
    """Adds the hash to every `url_for("static", ...)` and lets answers that bear one be kept."""
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def add_hash(endpoint: str, values: dict[str, Any]) -> None:
        file = folder / str(values.get("filename", ""))
        if endpoint == "static" and file.is_file():
            values["v"] = content_hash(file, file.stat().st_mtime_ns)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code < 400 and "v" in request.args:
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
        return response


@lru_cache(maxsize=256)
def content_hash(file: Path, changed_ns: int) -> str:
    """Ten hex digits of the file's SHA-256. `changed_ns` is its time of change, so that a new build counts anew."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10]
