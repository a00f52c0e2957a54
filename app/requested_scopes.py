"""The scopes Chartside asks for: the least that its pages use, in the style the EHR understands.

Written once as data and spelled twice, because servers that claim SMART v2 do not all keep it; which spelling an EHR
gets is its `scope_style`. What was granted is read back later and decides what the screens offer.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

from typing import Literal

ScopeStyle = Literal["v1", "v2"]

READ_IN_THE_CHART = (
    "Patient",
    "Condition",
    "Encounter",
    "MedicationStatement",
    "MedicationRequest",
    "Observation",
    "AllergyIntolerance",
    "RelatedPerson",
    "Coverage",
    "CareTeam",
    "Appointment",
    "RiskAssessment",
    "Procedure",
)
WRITTEN_TO_THE_CHART = ("CarePlan", "Goal", "Task", "Consent")
SENT_FROM_ELSEWHERE = ("DocumentReference", "Binary")
"""What hospitals and specialists sent as C-CDA, and the files that some EHRs keep apart from it."""
WHO_IS_WHO = ("Practitioner", "PractitionerRole", "Organization")
"""Names of the user, the PCP and the practice. They lie outside the patient's compartment, hence `user/`."""

IDENTITY = "openid fhirUser online_access"
"""`online_access`, since Chartside works only while its user does; nothing of it needs `offline_access`."""


_ORDERS: dict[ScopeStyle, tuple[str, ...]] = {"v1": ("read", "write"), "v2": ("crus",)}
"""The orders that go with referrals, where the practice wants them (`orders` of its EHR)."""


def scope_text(
    style: ScopeStyle,
    *,
    audit: bool = False,
    orders: bool = False,
    services: bool = False,
    notes: tuple[str, ...] = (),
) -> str:
    """The scopes in SMART v1 (`.read`) or v2 (`.rs`) spelling. smart_launch adds the launch scope that fits.

    With `audit`, to write AuditEvents as well: they are never read. With `orders`, to read the orders of the chart and
    to write those that go with a referral; with `services`, to read the services that the EHR lists. `notes` are the
    types in which an EHR of this vendor holds what it takes in no record (`mappings.write_ladder.note_types`).
    """
    events = (f"patient/AuditEvent.{'write' if style == 'v1' else 'c'}",) if audit else ()
    ordered = [f"patient/ServiceRequest.{letters}" for letters in _ORDERS[style]] if orders else []
    listed = [f"user/HealthcareService.{'read' if style == 'v1' else 'rs'}"] if services else []
    kept = [f"patient/{name}.{letters}" for name in notes for letters in _note_letters(style, name)]
    return " ".join((IDENTITY, *_resource_scopes(style), *ordered, *listed, *kept, *events))


def _note_letters(style: ScopeStyle, name: str) -> tuple[str, ...]:
    """A note is created, found and read, and never changed; its text may stand in a Binary, which is only read."""
    if name == "Binary":
        return ("read",) if style == "v1" else ("r",)
    return ("read", "write") if style == "v1" else ("crs",)


MINIMUM = ("Patient", "Condition", "Encounter", "MedicationRequest", "Task")
"""Without these there is no chart to open; an EHR that refuses one of the others still lets a nurse read."""


def minimum_scope_text(style: ScopeStyle) -> str:
    """The least to ask for, after an EHR has refused the whole list for one scope too many."""
    read = "read" if style == "v1" else "rs"
    return " ".join(("openid fhirUser", *(f"patient/{name}.{read}" for name in MINIMUM)))


def staff_scope_text(style: ScopeStyle) -> str:
    """For a launch without a patient: to read, as this user, what the chart's pages read. Nothing is written there."""
    read = "read" if style == "v1" else "rs"
    types = (*READ_IN_THE_CHART, *WRITTEN_TO_THE_CHART, *SENT_FROM_ELSEWHERE, *WHO_IS_WHO)
    return " ".join((IDENTITY, *(f"user/{name}.{read}" for name in types)))


def preferences_scope_text(style: ScopeStyle) -> str:
    """For the user's own preferences, asked for only where the EHR has a place for an app's state (`Basic`)."""
    return "user/Basic.read user/Basic.write" if style == "v1" else "user/Basic.cus"


STAFF_MINIMUM = "openid fhirUser"
"""Who it is: enough for the page that leads to a chart, and to tell an administrator from others."""


def _resource_scopes(style: ScopeStyle) -> list[str]:
    read = "read" if style == "v1" else "rs"
    write = ("read", "write") if style == "v1" else ("crus",)
    return [
        *(f"patient/{name}.{read}" for name in READ_IN_THE_CHART),
        *(f"patient/{name}.{letters}" for name in WRITTEN_TO_THE_CHART for letters in write),
        *(f"patient/{name}.{read}" for name in SENT_FROM_ELSEWHERE),
        *(f"user/{name}.{read}" for name in WHO_IS_WHO),
    ]
