"""Runs the app under gunicorn: worker processes with threads, since a page waits for the EHR far more than it computes.

Two workers of sixteen threads were the fastest plain set-up measured for charts of eight parallel reads. gunicorn's
own log would print request lines with their query strings, so it goes through ours. It trusts no proxy's headers:
`app.hosts` is the one place that does, for as many proxies as `proxies` says.
https://docs.gunicorn.org/en/stable/settings.html
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import gunicorn.http.wsgi
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from app import create_app, hosts, logs
from app.reaper import Reaper
from app.services import EXTENSION
from app.settings import Settings

WORKERS = 2
THREADS = 16
KEEPALIVE_SECONDS = 15
STOP_SECONDS = 40
"""How long a save under way may go on after SIGTERM: longer than its time-outs, so that it ends in its receipt."""


class QuietLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's messages as JSON lines; what may quote a request is reduced to its kind."""

    def setup(self, cfg: Any) -> None:
        """Both of gunicorn's logs go to the process's handler."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers = []
            logger.propagate = True
        self.error_log.setLevel(logging.INFO)

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Start, stop and workers' comings and goings."""
        logs.log("server", message=msg % args if args else msg)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """gunicorn's own trouble, as a port in use or a worker that died."""
        logs.log("server-error", message=msg % args if args else msg)

    def critical(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """A worker that hangs."""
        self.error(msg, *args, **kwargs)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Mostly a request that is no HTTP; its text is left out."""
        logs.log("server-warning", kind=msg.split(" from ip=", maxsplit=1)[0] if "ip=" in msg else "worker")

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """An error outside the app; the request is left out."""
        error = sys.exc_info()[1]
        if error is not None:
            logs.log_failure("server-failure", error)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with Chartside in it. The app is made in each worker, after the fork."""

    def __init__(self, settings: Settings, *, host: str, port: int, workers: int, threads: int) -> None:
        self._settings = settings
        self._options = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "worker_class": "gthread",
            "workers": workers,
            "threads": threads,
            "timeout": 90,
            "graceful_timeout": STOP_SECONDS,
            "keepalive": KEEPALIVE_SECONDS,
            # A callback's code may be a token of several thousand characters.
            "limit_request_line": 8190,
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "control_socket_disable": True,
            "logger_class": QuietLogger,
            "proc_name": "chartside",
        }
        super().__init__()

    def load_config(self) -> None:
        """gunicorn asks for its settings."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """gunicorn asks for the app, in a worker."""
        app = create_app(self._settings)
        hosts.serve_only(app, self._settings)
        Reaper(app.extensions[EXTENSION]).start()
        return app


def serve(
    settings: Settings, *, host: str, port: int, workers: int = WORKERS, threads: int = THREADS
) -> None:
    """Serves until SIGTERM or SIGINT."""
    logs.configure(sys.stderr)
    # The header is written by gunicorn below the app; an empty name tells a scanner nothing about versions.
    gunicorn.http.wsgi.SERVER = "chartside"
    Server(settings, host=host, port=port, workers=workers, threads=threads).run()
