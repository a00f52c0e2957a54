"""The command line: `chartside demo`, `chartside serve`, `chartside new-key`, `chartside --version`.

Only this module and the demo print and choose exit codes; everything below raises typed errors.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet

from app import VERSION, demo, server
from app.problems import SettingsError
from app.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code: 0 done, 1 failed, 2 wrong options or settings."""
    options = _parser().parse_args(arguments)
    run: int = options.run(options)
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chartside", description="Care management from inside the chart: a SMART on FHIR app."
    )
    parser.add_argument("--version", action="version", version=f"chartside {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(commands.add_parser("demo", help="start a sandbox EHR and the app on this machine"))
    _add_serve(commands.add_parser("serve", help="serve the app for the EHRs in chartside.toml"))
    new_key = commands.add_parser("new-key", help="print a new key for CHARTSIDE_KEY or CHARTSIDE_KEY_FILE")
    new_key.set_defaults(run=_new_key)
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ehr-port", type=_port, default=8090, metavar="N", help="port of the sandbox EHR (8090)"
    )
    parser.add_argument("--app-port", type=_port, default=8080, metavar="N", help="port of the app (8080)")
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="load the patients of this folder (NDJSON or Bundles) too; may be repeated",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demo left behind")
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=Path(".chartside"),
        metavar="DIR",
        help="where the demo keeps its files",
    )
    parser.set_defaults(run=_demo)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file (chartside.toml)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8080, metavar="N", help="port to listen on (8080)")
    parser.add_argument("--workers", type=_count, default=server.WORKERS, metavar="N", help="processes (2)")
    parser.add_argument(
        "--threads", type=_count, default=server.THREADS, metavar="N", help="threads of each (16)"
    )
    parser.set_defaults(run=_serve)


def _demo(options: argparse.Namespace) -> int:
    return demo.run(
        demo.DemoOptions(
            ehr_port=options.ehr_port,
            app_port=options.app_port,
            data=tuple(options.data),
            fresh=options.fresh,
            state_dir=options.state_dir,
        )
    )


def _serve(options: argparse.Namespace) -> int:
    try:
        settings = Settings.load(options.config)
    except SettingsError as error:
        print("Chartside did not start: its settings are not right.", file=sys.stderr)
        for problem in error.problems:
            print(f"- {problem}", file=sys.stderr)
        return 2
    server.serve(
        settings, host=options.host, port=options.port, workers=options.workers, threads=options.threads
    )
    return 0


def _new_key(options: argparse.Namespace) -> int:
    print(Fernet.generate_key().decode())
    return 0


def _port(text: str) -> int:
    return _number(text, 1, 65535)


def _count(text: str) -> int:
    return _number(text, 1, 256)


def _number(text: str, least: int, most: int) -> int:
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")


if __name__ == "__main__":
    sys.exit(main())
