"""What stands on a patient's own record that changes every step: she has died, is merged into another, is a child.

Each is a sentence that says what to do; none of them closes a page (https://hl7.org/fhir/R4/patient-definitions.html).
"""

from __future__ import annotations

from datetime import date

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_flag, as_object, as_objects, as_text

ADULT_YEARS = 18
MERGED = (
    "This record was merged into another one in the EHR. Open the other record there and work in that one."
)
INACTIVE = "The EHR marks this record as no longer in use. Check in the EHR that it is the right one."
CHILD = (
    "The patient is under 18. Medicare's program is for adults as a rule: check the insurance's own rules, and let a"
    " parent or guardian agree."
)
DIED = "The chart says that this patient has died."


def patient_warnings(chart: Chart, *, today: date) -> tuple[str, ...]:
    """The sentences that apply, the gravest first; () for an ordinary record."""
    patient = as_object(chart.patient)
    found = []
    if is_deceased(chart):
        found.append(DIED)
    replaced = any(as_text(link.get("type")) == "replaced-by" for link in as_objects(patient.get("link")))
    if replaced:
        found.append(MERGED)
    elif as_flag(patient.get("active")) is False:
        found.append(INACTIVE)
    if is_child(chart, today=today):
        found.append(CHILD)
    return tuple(found)


def is_deceased(chart: Chart) -> bool:
    """True when the Patient says so by flag or by date."""
    patient = as_object(chart.patient)
    return as_flag(patient.get("deceasedBoolean")) is True or bool(as_text(patient.get("deceasedDateTime")))


def is_child(chart: Chart, *, today: date) -> bool:
    """True when the birth date, whole or in part, says that the patient is under 18 for certain."""
    birth = dates.parse(as_object(chart.patient).get("birthDate"))
    return birth is not None and birth.day <= today and dates.age_in_years(birth.day, today) < ADULT_YEARS
