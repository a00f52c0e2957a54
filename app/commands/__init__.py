"""The commands of `chartside`, one file for each: what an administrator types, and the exit code it ends with.

Every module has `add(commands)`, which adds its parser with `run` set to a function that takes the parsed options and
gives the exit code: 0 done, 1 failed or found something wrong, 2 wrong options or settings.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.problems import SettingsError
from app.settings import Settings

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_config(parser: argparse.ArgumentParser) -> None:
    """The option that names the settings file."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file (chartside.toml)")


def load_settings(options: argparse.Namespace) -> Settings | None:
    """The settings that `--config` or the environment names; None after printing every problem with them."""
    try:
        return Settings.load(options.config)
    except SettingsError as error:
        print("Chartside did not start: its settings are not right.", file=sys.stderr)
        for problem in error.problems:
            print(f"- {problem}", file=sys.stderr)
        return None


def port(text: str) -> int:
    """An option's TCP port."""
    return _number(text, 1, 65535)


def count(text: str) -> int:
    """An option's number of things, from 1 to 256."""
    return _number(text, 1, 256)


def _number(text: str, least: int, most: int) -> int:
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
