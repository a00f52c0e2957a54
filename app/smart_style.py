"""The EHR's look (`smart_style_url`), without a page ever waiting for it.

Whoever comes first starts the fetch and waits a moment; what is not there by then is on the next page. The looks
themselves are kept by their address in `smart_launch.smart_style`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, TimeoutError

from smart_launch.smart_style import SmartStyle, StyleCache

PATIENCE_SECONDS = 0.5


class Styles:
    """The looks of all EHRs, over one cache. Safe for many threads."""

    def __init__(self, cache: StyleCache) -> None:
        self._cache = cache
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="style")

    def get(self, url: str | None, *, patience: float = PATIENCE_SECONDS) -> SmartStyle | None:
        """The look at `url`; None where there is none, or none yet after `patience` seconds."""
        if not url:
            return None
        try:
            return self._pool.submit(self._cache.style, url).result(timeout=patience)
        except TimeoutError:
            return None
