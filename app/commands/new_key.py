"""`chartside new-key`: a key for what the app keeps encrypted."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

if TYPE_CHECKING:
    from app.commands import Commands


def add(commands: Commands) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser("new-key", help="print a new key for CHARTSIDE_KEY or CHARTSIDE_KEY_FILE")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints one key."""
    del options
    print(Fernet.generate_key().decode())
    return 0
