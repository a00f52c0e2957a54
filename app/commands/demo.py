"""`chartside demo`: the sandbox EHR and the app, started together on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app import demo
from app.commands import port

if TYPE_CHECKING:
    from app.commands import Commands


def add(commands: Commands) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser("demo", help="start a sandbox EHR and the app on this machine")
    parser.add_argument(
        "--ehr-port", type=port, default=8090, metavar="N", help="port of the sandbox EHR (8090)"
    )
    parser.add_argument("--app-port", type=port, default=8080, metavar="N", help="port of the app (8080)")
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="load the patients of this folder (NDJSON or Bundles) too; may be repeated",
    )
    parser.add_argument(
        "--persona",
        choices=demo.PERSONAS,
        default=demo.OPEN,
        help="the EHR that the sandbox plays, to see what can be filed there (open)",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demo left behind")
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=Path(".chartside"),
        metavar="DIR",
        help="where the demo keeps its files",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs until Ctrl-C."""
    return demo.run(
        demo.DemoOptions(
            ehr_port=options.ehr_port,
            app_port=options.app_port,
            data=tuple(options.data),
            persona=options.persona,
            fresh=options.fresh,
            state_dir=options.state_dir,
        )
    )
