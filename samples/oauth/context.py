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

TENANT = "riverbend"
NO_STYLE = "none"


@dataclass(frozen=True)
class OpenChart:
    """The context of one launch. `user` is a Practitioner id ("" for a backend service), `patient` and `encounter` ids.

    `fhir_context` and `app_context` are sent as they are, so that an app can be shown what other EHRs send.
    `tenant` is the practice's own unless a launch names another. `smart_style_url` "" is the sandbox's own sheet.
    """

    user: str
    patient: str | None = None
    encounter: str | None = None
    intent: str | None = None
    from_ehr: bool = True
    fhir_context: tuple[Any, ...] = ()
    app_context: str | None = None
    tenant: str = TENANT
    need_patient_banner: bool = True
    smart_style_url: str = ""

    def parameters(self) -> dict[str, Any]:
        """What is told of the launch itself beside a token and at introspection, by SMART's names; nothing empty."""
        told = {
            "patient": self.patient,
            "encounter": self.encounter,
            "intent": self.intent,
            "fhirContext": list(self.fhir_context),
            "appContext": self.app_context,
        }
        return {name: value for name, value in told.items() if value}

    def to_json(self) -> dict[str, Any]:
        """A dict for the ledger."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> OpenChart:
        """The reverse of `to_json`."""
        return cls(**{**kept, "fhir_context": tuple(kept.get("fhir_context", ()))})
