"""The EHR's own audit trail: with `audit = true`, an AuditEvent for each chart opened and each save filed.

Best effort, beside the requests: nobody waits for it, and nothing fails by it. Each is written at most once, whichever
process and however often a page is loaded or a save pressed, since AuditEvent has no identifier to look for. Where the
EHR does not list AuditEvent.create or did not grant it, nothing is sent. The log (docs/logs.md) has all of it anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from flask import Flask, Response, g

from app.ehr.capabilities import Offer
from app.ehr.gateway import Gateway
from app.ehr.receipt import Receipt
from app.launches import Launch
from app.logs import log, log_failure, short_hash
from app.store import Store
from mappings.audit_event import Action, audit_event

KIND = "audited"
KEPT_SECONDS = 24 * 3600.0
"""How long it is remembered that an event was written: longer than any launch lives."""
MOST_WAITING = 200
MOST_REMEMBERED = 10_000
WRITERS = 2


class AuditTrail:
    """Writes in the background, in order of coming, and drops (with a log line) what an EHR is too slow to take."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="audit")
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._opened: set[str] = set()

    def opened(self, launch: Launch, gateway: Gateway) -> None:
        """This launch's chart was shown. Only the first time counts."""
        if launch.id in self._opened:
            return
        if len(self._opened) >= MOST_REMEMBERED:
            self._opened.clear()
        self._opened.add(launch.id)
        self._later(launch, gateway, action="R", key=f"opened:{launch.id}")

    def filed(self, launch: Launch, gateway: Gateway, receipt: Receipt) -> None:
        """A save ended in the chart. A receipt that comes again is the same event."""
        records = tuple(_place(item.reference, item.version_id) for item in receipt.filed)
        action: Action = "U" if all(item.updated for item in receipt.filed) else "C"
        key = f"filed:{launch.ehr.iss} {' '.join(sorted(records))}"
        self._later(launch, gateway, action=action, key=key, records=records)

    def close(self) -> None:
        """Waits until all that came before is written."""
        self._writers.shutdown(wait=True)

    def _later(
        self,
        launch: Launch,
        gateway: Gateway,
        *,
        action: Action,
        key: str,
        records: tuple[str, ...] = (),
    ) -> None:
        if not launch.ehr.audit:
            return
        if not self._room.acquire(blocking=False):
            log("audit-dropped", launch=short_hash(launch.id), action=action)
            return
        moment = launch.local_time(self._now())
        resource = audit_event(
            action, patient_id=launch.patient_id, user=launch.user, recorded=moment, records=records
        )
        self._writers.submit(self._write, gateway, resource, key, short_hash(launch.id)).add_done_callback(
            lambda _: self._room.release()
        )

    def _write(self, gateway: Gateway, resource: dict[str, object], key: str, launch: str) -> None:
        try:
            if gateway.offer("AuditEvent", "create") is Offer.YES and self._first(key):
                gateway.create(resource, if_none_exist=None)
        except Exception as error:  # noqa: BLE001  # nobody waits for this thread, so the log is the one to tell
            log_failure("audit-not-written", error, launch=launch)

    def _first(self, key: str) -> bool:
        """True once for each key, over all processes. It is noted before it is sent: rather lost than twice."""
        with self._store.lock(f"audit:{key}"):
            if self._store.get(KIND, key) is not None:
                return False
            self._store.put(KIND, key, b"1", expires_at=self._now() + KEPT_SECONDS)
            return True


def register(app: Flask, trail: AuditTrail) -> None:
    """Notes each chart that a page showed."""
    app.after_request(partial(_after, trail))


def _after(trail: AuditTrail, response: Response) -> Response:
    launch: Launch | None = g.get("launch")
    # `gateway` is there when the request has read from the EHR: only then was anything of the chart shown.
    if launch and launch.ehr.audit and response.status_code == 200 and "gateway" in g:
        trail.opened(launch, g.gateway)
    return response


def _place(reference: str, version: str) -> str:
    return f"{reference}/_history/{version}" if version else reference
