"""Reads the token that an administrator brings: from a file or a variable, never from the command line.

A command line is seen by everybody on the machine and kept in the shell's history. The file may hold the bare token, or
the token endpoint's answer as JSON, which also says what the token allows. https://www.rfc-editor.org/rfc/rfc6750
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,20000}")
"""b64token of RFC 6750 section 2.1, with a length that a header can have."""


class TokenProblem(Exception):
    """The token cannot be used; the text is the sentence to print, and holds nothing of the token."""


@dataclass(frozen=True)
class BroughtToken:
    """A bearer token; `scope` where the token's answer came with it."""

    access_token: str = field(repr=False)
    scope: str | None = None


def token_from_file(path: Path) -> BroughtToken:
    """The token in a file that only its owner may read. Raises TokenProblem."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise TokenProblem(f"Others may read {path}: chmod 600 it, so that the token stays yours.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise TokenProblem(f"{path} cannot be read.") from None
    return _token(text, str(path))


def token_from_variable(name: str, env: Mapping[str, str]) -> BroughtToken:
    """The token in the environment variable `name`. Raises TokenProblem."""
    text = env.get(name, "")
    if not text.strip():
        raise TokenProblem(f"The environment variable {name} is not set.")
    return _token(text, name)


def _token(text: str, where: str) -> BroughtToken:
    token, scope = text.strip(), None
    if token.startswith("{"):
        token, scope = _of_answer(token, where)
    if not _TOKEN.fullmatch(token):
        raise TokenProblem(
            f"{where} must hold the access token and nothing else (or the token endpoint’s answer as JSON)."
        )
    return BroughtToken(token, scope)


def _of_answer(text: str, where: str) -> tuple[str, str | None]:
    try:
        answer = json.loads(text)
    except ValueError:
        raise TokenProblem(f"{where} begins like JSON, but is none.") from None
    scope = answer.get("scope")
    return str(answer.get("access_token") or ""), scope if isinstance(scope, str) else None
