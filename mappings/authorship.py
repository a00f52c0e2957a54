"""Who writes, for which patient, and when: the facts that every record of one save shares.

All of it comes from the launch, never from the form, so a form cannot sign as somebody else or write to another
patient. `now` is an aware datetime in the EHR's own time zone; every instant carries its offset
(https://hl7.org/fhir/R4/datatypes.html#instant).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

_CLINICIANS = ("Practitioner/", "PractitionerRole/")


@dataclass(frozen=True)
class Authorship:
    """One save's author. `user` and `organization` are relative references, `patient` and `encounter` bare ids."""

    patient: str
    patient_name: str
    user: str | None
    user_name: str
    encounter: str | None
    organization: str | None
    now: datetime


def instant(moment: datetime) -> str:
    """A FHIR instant in the moment's own zone, to the second: "2026-11-21T09:02:00-05:00"."""
    return moment.replace(microsecond=0).isoformat()


def patient_reference(author: Authorship) -> dict[str, Any]:
    """The launch patient."""
    return {"reference": f"Patient/{author.patient}", "display": author.patient_name or "The patient"}


def user_reference(author: Authorship) -> dict[str, Any]:
    """The signed-in clinician; by name only where the EHR did not say which resource stands for them."""
    name = {"display": author.user_name or "Care manager"}
    if author.user and author.user.startswith(_CLINICIANS):
        return {"reference": author.user, **name}
    return name


def annotation(text: str, author: Authorship) -> dict[str, Any]:
    """A signed note. R4 lets no PractitionerRole sign an Annotation, so such a user signs by name."""
    signed: dict[str, Any] = {"authorString": author.user_name or "Care manager"}
    if author.user and author.user.startswith("Practitioner/"):
        signed = {"authorReference": user_reference(author)}
    return {**signed, "time": instant(author.now), "text": text}


def encounter_reference(author: Authorship) -> dict[str, Any]:
    """`{"encounter": …}` for the visit that the app was launched in, else nothing to add."""
    return {"encounter": {"reference": f"Encounter/{author.encounter}"}} if author.encounter else {}
