"""The command line: `chartside COMMAND`, `chartside --version`.

Only this module, the commands and the demo print and choose exit codes; everything below raises typed errors.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app import VERSION
from app.commands import check, demo, keys, new_key, register, requirements, serve, validate

COMMANDS = (demo, serve, register, check, validate, new_key, keys, requirements)


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
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
