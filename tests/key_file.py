"""A private key in a file of its own, as a hospital that makes its keys elsewhere hands it to Chartside."""

from __future__ import annotations

import json
from pathlib import Path

from smart_launch.keys import Key


def write_key_file(key: Key, path: Path) -> None:
    """A JWK file that only its owner may read."""
    path.write_text(json.dumps(key.as_dict(private=True)), encoding="ascii")
    path.chmod(0o600)
