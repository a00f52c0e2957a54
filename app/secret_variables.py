"""A secret of the environment: the variable itself, or a file that the variable with `_FILE` behind it names.

A container's secrets are files, and a process's environment is read more easily than a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.problems import Problems

IN_A_FILE = "_FILE"


def read_secret(env: Mapping[str, str], name: str, problems: Problems, *, where: str = "") -> str | None:
    """The secret, without the line break that an editor leaves behind it; None where neither variable is set.

    What is wrong (both are set, the file cannot be read or is empty) goes into `problems`.
    """
    value, file = env.get(name) or None, env.get(f"{name}{IN_A_FILE}")
    if not file:
        return value
    if value:
        problems.add(f"{where}both {name} and {name}{IN_A_FILE} are set: set one of them")
        return None
    try:
        text = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        problems.add(
            f"{where}{name}{IN_A_FILE}={file} cannot be read: name a file that holds the secret alone"
        )
        return None
    if not text:
        problems.add(f"{where}{name}{IN_A_FILE}={file} is empty: it must hold the secret")
    return text or None
