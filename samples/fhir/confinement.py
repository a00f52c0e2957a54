"""Keeping a patient-bound token inside that patient's data.

A resource belongs to the patient whom its type's `patient` search parameter names (Task: `for`), a Patient to itself.
R4's Patient compartment also counts authors and performers; those are left out on purpose, since a patient who
once asserted something in another's chart has no right to that chart. Staff, places, forms and drug definitions are no
patient's data and may be read. A write must name the patient and no other. A scope with a search parameter reaches no
further than that search (samples.fhir.scope_limits).
Spec: https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

from __future__ import annotations

from typing import Any

from samples.fhir.access import Access, Reach
from samples.fhir.criteria import Select
from samples.fhir.errors import Forbidden
from samples.fhir.index_rows import IndexContext, kind_rows
from samples.fhir.scope_limits import limit_select, within_limit
from samples.fhir.search_table import SearchParameter, extractors, parameters

SHARED_TYPES = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "Location", "Questionnaire", "Medication"}
)
_READING = frozenset({"r", "s"})
_NAMING = frozenset({"patient", "subject"})


def require_scope(access: Access, resource_type: str, letter: str) -> None:
    """Raises Forbidden unless some scope grants this interaction on this type."""
    if not access.allows(resource_type, letter):
        raise Forbidden(f"no granted scope allows this interaction on {resource_type}")


def confining_selects(access: Access, resource_type: str, letter: str) -> tuple[Select, ...] | None:
    """The keys this access may see of a type, as selects of which any suffices, or None when it may see all.

    Raises Forbidden when nothing grants it, and when the type has no patient to be confined to.
    """
    require_scope(access, resource_type, letter)
    selects = [_reach_select(access, reach, resource_type) for reach in access.reaches(resource_type, letter)]
    return None if None in selects else tuple(select for select in selects if select is not None)


def _reach_select(access: Access, reach: Reach, resource_type: str) -> Select | None:
    within = limit_select(reach.limit) if reach.limit else None
    if not reach.confined or resource_type in SHARED_TYPES:
        return within
    of_patient = _patient_select(access, resource_type)
    if within is None:
        return of_patient
    return Select(f"{of_patient.sql} AND key IN ({within.sql})", (*of_patient.arguments, *within.arguments))


def _patient_select(access: Access, resource_type: str) -> Select:
    if resource_type == "Patient":
        return Select("SELECT key FROM current WHERE type = 'Patient' AND id = ?", (access.patient,))
    patient = parameters(resource_type).get("patient")
    if patient is None:
        raise Forbidden(f"{resource_type} belongs to no one patient: a patient scope does not reach it")
    return Select(
        "SELECT key FROM reference_index WHERE param = ? AND target_id = ? AND target_type = 'Patient'",
        (patient.number, access.patient),
    )


def require_visible(access: Access, resource: dict[str, Any], context: IndexContext) -> None:
    """Raises Forbidden when this access does not reach to this resource."""
    if not may_read(access, resource, context):
        raise Forbidden("this resource is outside the launch patient's data, or outside what the scopes name")


def may_read(access: Access, resource: dict[str, Any], context: IndexContext) -> bool:
    """True when the access reaches this resource, the scope for reading its type being granted."""
    shared = resource["resourceType"] in SHARED_TYPES
    return any(
        (shared or not reach.confined or access.patient in patients_of(resource, context))
        and (reach.limit is None or within_limit(reach.limit, resource, context))
        for reach in access.reaches(resource["resourceType"], "r")
    )


def require_writable(access: Access, letter: str, resource: dict[str, Any], context: IndexContext) -> None:
    """Raises Forbidden unless some scope reaches it: the launch patient's and no other's, and within its limit."""
    for reach in access.reaches(resource["resourceType"], letter):
        own = not reach.confined or patients_of(resource, context) == {access.patient}
        if own and (reach.limit is None or within_limit(reach.limit, resource, context)):
            return
    raise Forbidden("a patient scope writes only what is about the launch patient, and within what it names")


def require_own_patient(
    access: Access, parameter: SearchParameter, resource_type: str, select: Select
) -> None:
    """Raises Forbidden when a confined search names another patient, by reference or by a Patient's `_id`."""
    if not access.confined(resource_type, "s"):
        return
    named, target_type = select.arguments[1], select.arguments[2:]
    if parameter.kind == "reference":
        names_patient = target_type == ("Patient",) or (not target_type and parameter.code in _NAMING)
    else:
        names_patient = resource_type == "Patient" and parameter.code == "_id"
    if names_patient and named != access.patient:
        raise Forbidden("a patient scope searches only the launch patient's data")


def patients_of(resource: dict[str, Any], context: IndexContext) -> set[str]:
    """The ids of the patients whose data this resource is."""
    if resource["resourceType"] == "Patient":
        return {str(resource.get("id"))}
    if resource["resourceType"] == "Binary":
        return _patients_of_binary(resource)
    return {
        row[0]
        for parameter, extract in extractors(resource["resourceType"])
        if parameter.code == "patient"
        for row in kind_rows("reference", extract(resource), context)
        if row[1] == "Patient"
    }


def _patients_of_binary(resource: dict[str, Any]) -> set[str]:
    """R4 gives a Binary no search parameter: whose it is stands in `securityContext`, and nowhere else.

    https://hl7.org/fhir/R4/binary.html#security
    """
    context = resource.get("securityContext")
    kind, _, identity = str(context.get("reference") if isinstance(context, dict) else "").partition("/")
    return {identity} if kind == "Patient" and identity else set()
