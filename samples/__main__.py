"""`python -m samples`: start the sandbox EHR on this machine."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from samples.personas import NAMES, OPEN
from samples.server import PortTaken, serve
from samples.settings import SandboxSettings

DEFAULT_APP_URL = "http://127.0.0.1:8080"


def settings_from(arguments: Sequence[str]) -> tuple[SandboxSettings, bool]:
    """The settings that a command line asks for, and whether accesses are to be logged."""
    parser = argparse.ArgumentParser(
        prog="python -m samples", description="A sandbox EHR with made-up patients."
    )
    parser.add_argument("--port", type=int, default=8090, help="where it listens on localhost (8090)")
    parser.add_argument(
        "--state-dir", type=Path, default=Path(".chartside/ehr"), help="where it keeps its store"
    )
    parser.add_argument(
        "--data", type=Path, action="append", default=[], metavar="DIR",
        help="load a folder of NDJSON files, resources or Bundles (repeatable)",
    )  # fmt: skip
    parser.add_argument("--app-url", default=DEFAULT_APP_URL, help="the SMART app to launch")
    parser.add_argument("--persona", choices=NAMES, default=OPEN, help="the EHR that it plays (open)")
    parser.add_argument("--fresh", action="store_true", help="begin with an empty store")
    parser.add_argument("--delay-ms", type=int, default=0, help="delay every FHIR read, to see a slow EHR")
    parser.add_argument("--token-seconds", type=int, default=None, help="how long an access token lives")
    parser.add_argument(
        "--app-jwks", default="", metavar="URL", help="where the app's public keys are, on this machine"
    )
    parser.add_argument(
        "--cds-services",
        default="",
        metavar="URL",
        help="ask these CDS Hooks services for cards, on this machine",
    )
    parser.add_argument("--access-log", action="store_true", help="log each request, without ids or queries")
    chosen = parser.parse_args(arguments)
    app_url = chosen.app_url.rstrip("/")
    settings = SandboxSettings(
        port=chosen.port,
        state_dir=chosen.state_dir,
        data_dirs=tuple(chosen.data),
        app_launch_url=f"{app_url}/launch",
        app_redirect_uris=(f"{app_url}/callback",),
        fresh=chosen.fresh,
        delay_ms=chosen.delay_ms,
        persona=chosen.persona,
        access_token_seconds=chosen.token_seconds,
        app_jwks_uri=chosen.app_jwks,
        cds_services=chosen.cds_services.rstrip("/"),
    )
    return settings, chosen.access_log


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; gives the process's exit status."""
    settings, access_log = settings_from(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    if access_log:
        logging.getLogger("samples.access").setLevel(logging.INFO)
    try:
        serve(settings)
    except (PortTaken, NotADirectoryError) as problem:
        sys.stderr.write(f"The sandbox EHR cannot start: {problem}.\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
