"""Who is signed in and whose chart is open: what one launch carries from the chart to the token.

It is made when the launch is made (or, standalone, at the login page), kept on the server, and never read from a
cookie or from the app's own parameters. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Clock = Callable[[], float]
"""Seconds since 1970 in UTC, as `time.time`; tests hand in their own."""


@dataclass(frozen=True)
class OpenChart:
    """The context of one launch. `user` is a Practitioner id; the others are ids or None."""

    user: str
    patient: str | None = None
    encounter: str | None = None
    intent: str | None = None
    from_ehr: bool = True

    def to_json(self) -> dict[str, Any]:
        """A dict for the ledger."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> OpenChart:
        """The reverse of `to_json`."""
        return cls(**kept)
