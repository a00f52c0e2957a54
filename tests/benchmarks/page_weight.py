"""What a browser loads to show *Today*: the page and everything it links to, gzipped as a proxy sends it."""

from __future__ import annotations

import gzip
import re
import tempfile
from pathlib import Path
from urllib.parse import urljoin

from tests.http_launch import SECONDS, browser_session, launch
from tests.running import practice

PATIENT = "gloria-reyes"


def page_weights() -> tuple[int, int]:
    """Bytes of the first load, and of the next one, when the browser holds what does not change."""
    with tempfile.TemporaryDirectory() as folder, practice(Path(folder)) as running:
        session = browser_session()
        page = launch(running, PATIENT, session=session)
        page.raise_for_status()
        linked = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
        parts = [
            session.get(urljoin(page.url, part.replace("&amp;", "&")), timeout=SECONDS) for part in linked
        ]
        again = sum(
            _weight(part.content) for part in parts if "immutable" not in part.headers["Cache-Control"]
        )
        whole = _weight(page.content) + sum(_weight(part.content) for part in parts)
        return whole, _weight(page.content) + again


def _weight(body: bytes) -> int:
    return len(gzip.compress(body, 6))
