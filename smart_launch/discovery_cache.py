"""What EHRs said about signing in, kept for a few minutes, so that a launch costs one request less.

Kept no longer than the EHR allows, and a failure never: what an administrator has mended works at once.
https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from smart_launch.discovery import SmartConfiguration, discover_with_age
from smart_launch.transport import Http

KEPT_SECONDS = 300.0
MOST = 64
"""EHRs. An installation has one to a handful; the list of those allowed is checked before this is asked."""


class DiscoveryCache:
    """Finds out how to sign in at a FHIR base, or remembers. Safe for many threads; `now` is a clock in seconds."""

    def __init__(self, *, http: Http, now: Callable[[], float]) -> None:
        self._http = http
        self._now = now
        self._kept: OrderedDict[str, tuple[float, float, SmartConfiguration]] = OrderedDict()
        self._lock = threading.Lock()

    def configuration(self, iss: str) -> SmartConfiguration:
        """The configuration of `iss`. Raises what `discovery.discover` raises."""
        asked_at = self._now()
        with self._lock:
            since, until, kept = self._kept.get(iss, (0.0, 0.0, None))
            # A clock that was put back makes the past uncertain: then the EHR is asked.
            if kept is not None and since <= asked_at < until:
                self._kept.move_to_end(iss)
                return kept
        found, max_age = discover_with_age(iss, http=self._http)
        seconds = KEPT_SECONDS if max_age is None else min(max_age, KEPT_SECONDS)
        with self._lock:
            self._kept[iss] = (asked_at, asked_at + seconds, found)
            self._kept.move_to_end(iss)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return found
