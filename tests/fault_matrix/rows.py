"""The faults of the matrix: what is switched on at the EHR while a chart is opened or a form is saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from samples.faults.switchboard import Switched
from tests.fault_matrix.world import PATIENCE, World

HELD_TYPES = ("CarePlan", "Goal", "Task", "Consent", "DocumentReference", "QuestionnaireResponse")
"""What a chart is opened for: everything in which something of ours may stand."""
SILENCE = 30
"""Seconds of silence, far beyond the app's patience in these cells; it ends when the failure is switched off."""

Switch = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Row:
    """One fault. `words` is its name in the table.

    `kind` and `details` are those of the sandbox's failure. `strikes` says at what: "writes", "reads" (both while a
    form is saved), or "first form" (the writes of the form that this EHR takes first). `opens` is false for what no
    read can meet; `before` is true for what is on while the chart is filled, and shows when it is opened.
    """

    name: str
    words: str
    kind: str
    details: Mapping[str, Any]
    strikes: str = "writes"
    opens: bool = True
    before: bool = False
    impatient: bool = False

    @contextmanager
    def on(self, at: World, *, opening: bool = False) -> Iterator[list[Switched]]:
        """Inside, the fault is on; yields what was switched on, so that a cell can see whether it struck."""
        with ExitStack() as stack:
            switches = self._reads() if opening else self._saves(at)
            if self.impatient:
                at.http.seconds = PATIENCE
                stack.callback(setattr, at.http, "seconds", float("inf"))
            yield [stack.enter_context(at.faults.on(name, **details)) for name, details in switches]

    def _reads(self) -> list[Switch]:
        return [
            (self.kind, {**self.details, "method": "GET", "resource_type": each})
            for each in (HELD_TYPES if self.opens else ())
        ]

    def _saves(self, at: World) -> list[Switch]:
        if self.strikes == "reads":
            return self._reads()
        if self.strikes == "half":
            # One after the other, where this EHR would take all at once; and then not the second.
            return [("transaction_refused", {}), (self.kind, {**self.details, "method": "WRITE", "after": 1})]
        if self.strikes != "first form":
            return [(self.kind, {**self.details, "method": "WRITE"})]
        aimed = [
            (self.kind, {**self.details, "method": "WRITE", "resource_type": each})
            for each in at.first_form()
        ]
        return [("transaction_refused", dict(self.details)), *aimed]


ROWS = (
    Row("time-out", "Time-out before it arrived", "no_answer", {"seconds": SILENCE}, impatient=True),
    Row("answer-late", "Time-out after it was written", "answer_lost", {"seconds": SILENCE}, impatient=True),
    Row("answer-lost", "The connection breaks after it was written", "answer_lost", {}),
    Row("reset", "The connection is reset", "reset_connection", {}),
    Row("500", "500", "server_error", {"status": 500}),
    Row("502", "502", "server_error", {"status": 502}),
    Row("503", "503 with Retry-After", "server_error", {"status": 503, "seconds": 7}),
    Row("429", "429 with Retry-After", "too_many_requests", {"seconds": 4}),
    Row("401", "401 in the middle of it", "request_expired_token", {}),
    Row("403", "403", "refused", {"status": 403}),
    Row("404", "404", "refused", {"status": 404}, "first form"),
    Row("405", "405", "refused", {"status": 405}, "first form"),
    Row(
        "not-supported",
        "400 that says “not supported”",
        "refused",
        {"status": 400, "code": "not-supported"},
        "first form",
    ),
    Row("409", "409", "refused", {"status": 409}),
    Row("412", "412", "refused", {"status": 412}),
    Row("422", "422 with an OperationOutcome", "refused", {"status": 422}),
    Row("html", "200 with a web page", "html_login_page", {}),
    Row("truncated", "Truncated JSON", "truncated_json", {}),
    Row("transaction-refused", "Transaction refused", "transaction_refused", {}, opens=False),
    Row("half", "Half of the writes done", "reset_connection", {}, "half", opens=False),
    Row("withheld", "A search that shows a part", "search_withholds", {}, "reads"),
    Row("extensions", "Extensions dropped", "extensions_dropped", {}, before=True, opens=False),
    Row("ids", "Ids changed", "ids_changed", {}, before=True, opens=False),
)
BY_NAME = {row.name: row for row in ROWS}
