"""`chartside serve`: the app for the EHRs in chartside.toml, under gunicorn."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from app import server
from app.chosen_store import FILE, open_store
from app.commands import add_config, count, load_settings, port
from app.errors import StoreDown
from smart_launch.address import is_loopback

if TYPE_CHECKING:
    from app.commands import Commands


def add(commands: Commands) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser("serve", help="serve the app for the EHRs in chartside.toml")
    add_config(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=port, default=8080, metavar="N", help="port to listen on (8080)")
    parser.add_argument("--workers", type=count, default=server.WORKERS, metavar="N", help="processes (2)")
    parser.add_argument(
        "--threads", type=count, default=server.THREADS, metavar="N", help="threads of each (16)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT."""
    settings = load_settings(options)
    if settings is None:
        return 2
    if not is_loopback(options.host) and not settings.public_url.startswith("https:"):
        print(
            f"Chartside did not start: --host {options.host} is reached from other machines, and public_url ="
            f' "{settings.public_url}" is not https://. Set public_url to the address that your TLS proxy serves.',
            file=sys.stderr,
        )
        return 2
    for ehr in settings.ehrs:
        for problem in ehr.practice.resource_directory.problems:
            print(problem, file=sys.stderr)
    try:
        open_store(settings).close()
    except StoreDown:
        print(
            f"Chartside did not start: it cannot keep anything in {settings.state_dir / FILE}. Make the folder one that"
            " its user may write to, or name another one with state_dir; a damaged file may be deleted (everybody then"
            " launches again, and unfinished notes are gone).",
            file=sys.stderr,
        )
        return 2
    server.serve(
        settings, host=options.host, port=options.port, workers=options.workers, threads=options.threads
    )
    return 0
