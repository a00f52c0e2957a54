"""Ends what was left behind: a chart whose session went idle or reached its end is closed at the EHR as well.

A tab that is simply shut, or a nurse who walks away, sends nothing; so each worker looks once a minute, one of them at
a time. Tokens are revoked and forgotten. What was typed stays: drafts live on, and so does the little of a closed
launch by which a form that is sent later is known as its own.
https://hl7.org/fhir/smart-app-launch/STU2.2/best-practices.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from app.errors import AppError
from app.kept_launches import KeptLaunch, KeptLaunches
from app.logs import log, log_failure, short_hash
from app.services import Services
from smart_launch.errors import SmartError

ROUND_SECONDS = 60.0
LEASE_SECONDS = 600.0
"""Longer than a round in which an EHR lets every revocation time out."""
BEFORE_THE_END = 3 * ROUND_SECONDS
"""A launch is closed this long before it would expire from the store, since then its tokens would be lost unrevoked."""


class Reaper:
    """Closes the launches of sessions that are over. `app` is what the factory made."""

    def __init__(self, app: Services) -> None:
        self._app = app
        self._stop = threading.Event()

    def start(self) -> None:
        """Looks once a minute, in a thread that ends with its process."""
        threading.Thread(target=self._run, name="reaper", daemon=True).start()

    def stop(self) -> None:
        """Ends after the round that is under way."""
        self._stop.set()

    def round(self) -> int:
        """Closes what is over now and says how many launches that were; 0 while another worker is at it."""
        try:
            with self._app.store.lock("reaper", timeout=0, lease=LEASE_SECONDS):
                return sum(self._close(kept, launch) for kept, launch in self._due())
        except AppError as error:
            log_failure("reaper", error)
            return 0

    def _run(self) -> None:
        while not self._stop.wait(ROUND_SECONDS):
            try:
                self.round()
            except Exception as error:  # noqa: BLE001  # the thread must outlive whatever one round meets; it is logged
                log_failure("reaper", error)

    def _due(self) -> Iterator[tuple[KeptLaunches[KeptLaunch], KeptLaunch]]:
        """Launches first, sessions after them: a session is there before its launch, so none looks forsaken."""
        kinds: tuple[KeptLaunches, ...] = (self._app.launches, self._app.staff_launches)  # type: ignore[type-arg]  # of two kinds
        found = [(kept, launch) for kept in kinds for launch in kept.all() if not launch.closed]
        owners = self._app.sessions.owners_in_use() if found else frozenset()
        end = self._app.now() + BEFORE_THE_END
        for kept, launch in found:
            # Each revocation before this one may have waited for its EHR: whoever came back meanwhile works on.
            if kept.ends_at(launch) <= end or (
                launch.owner not in owners and launch.owner not in self._app.sessions.owners_in_use()
            ):
                yield kept, launch

    def _close(self, kept: KeptLaunches[KeptLaunch], launch: KeptLaunch) -> int:
        """Revokes at the EHR, where it offers that, and forgets the tokens in any case."""
        try:
            revoked = kept.client(launch, self._app.http).revoke()
        except (SmartError, AppError) as error:
            log_failure("not-revoked", error, launch=short_hash(launch.id))
            revoked = False
        kept.close(launch)
        log("closed", launch=short_hash(launch.id), user=launch.user, revoked=revoked)
        return 1
