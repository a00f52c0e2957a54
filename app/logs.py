"""The log: one JSON line per request and per event, of who did what and when, never of what was written.

Query strings, names, content, tokens, codes and states do not appear: a request is logged by its route's rule, a
launch by a hash of its id, and records of other libraries without their message, since urllib3's warnings hold whole
URLs. Resource ids do appear, because an audit asks which record was opened. Every event and field: docs/logs.md.
"""

from __future__ import annotations

import hashlib
import logging
import time
import traceback
from datetime import UTC, datetime
from typing import TextIO

import orjson
from flask import Flask, Response, g, request

from app.ehr.receipt import Receipt

LOGGER = logging.getLogger("chartside")
_FIELDS = "chartside_fields"


class JsonLines(logging.Formatter):
    """Our records with their fields; any other library's without its message, which may hold a URL with values."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; times in UTC."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        }
        if record.name == LOGGER.name:
            line |= {"event": record.msg, **getattr(record, _FIELDS, {})}
        else:
            line |= {"event": "library", "logger": record.name, "level": record.levelname}
        return orjson.dumps(line).decode()


def configure(stream: TextIO) -> None:
    """Sends everything of this process to `stream` as JSON lines. Called by the server, never by the app factory."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    LOGGER.setLevel(logging.INFO)


def log(event: str, **fields: object) -> None:
    """Writes one event. Fields are ids, codes and counts, never a clinical value, a name or a secret."""
    LOGGER.info(event, extra={_FIELDS: {name: value for name, value in fields.items() if value is not None}})


def log_failure(event: str, error: BaseException, **fields: object) -> None:
    """Writes an error as its class and the code lines it passed, without its message, which may quote a value."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    log(
        event,
        error=type(error).__name__,
        status=getattr(error, "status", None),
        trace=[f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames],
        **fields,
    )


def log_filed(form: str, receipt: Receipt) -> None:
    """Writes which records a save filed, by id and version: the audit's question, without what they say."""
    launch = g.get("launch")
    log(
        "filed",
        form=form,
        launch=short_hash(launch.id) if launch else None,
        user=launch.user if launch else None,
        patient=f"Patient/{launch.patient_id}" if launch else None,
        records=[f"{item.reference}/_history/{item.version_id}" for item in receipt.filed],
    )


def short_hash(value: str) -> str:
    """Twelve hex digits that tell two launches apart in the log and open none."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def register(app: Flask) -> None:
    """Logs one line for each request that reaches the app."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.request_started = time.perf_counter()


def _finish(response: Response) -> Response:
    chart, staff = g.get("launch"), g.get("staff_launch")
    launch = chart or staff
    log(
        "request",
        method=request.method,
        route=request.url_rule.rule if request.url_rule else "(none)",
        status=response.status_code,
        ms=round((time.perf_counter() - g.request_started) * 1000, 1),
        launch=short_hash(launch.id) if launch else None,
        user=launch.user if launch else None,
        patient=f"Patient/{chart.patient_id}" if chart else None,
        reference=g.get("reference"),
    )
    return response
