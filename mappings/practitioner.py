"""Who did it: the name behind a reference to a clinician, a role, an organisation or a relative.

References often do not resolve (a clinician of another organisation, a conditional reference of a bulk
export), so the `display` that came with the reference is used next, and nothing is shown rather than a bare
id. https://hl7.org/fhir/us/core/StructureDefinition-us-core-practitionerrole.html
"""

from __future__ import annotations

from typing import Any

from mappings.chart import Chart
from mappings.element import as_object, as_text, type_of
from mappings.human_name import person_name
from mappings.terminology import words_of


def actor_name(chart: Chart, reference: Any, within: Any = None) -> str:
    """The name to show for a Reference to any actor; "" when neither the chart nor the reference tells."""
    resource = chart.resolve(reference, within)
    name = resource_name(chart, resource) if resource else ""
    return name or as_text(as_object(reference).get("display"))


def resource_name(chart: Chart, resource: Any) -> str:
    """The name of a Practitioner, PractitionerRole, Organization, Patient, RelatedPerson, CareTeam or
    Location.
    """
    body = as_object(resource)
    if type_of(body) == "PractitionerRole":
        return _role_name(chart, body)
    if type_of(body) in ("Organization", "Location", "CareTeam", "HealthcareService"):
        return as_text(body.get("name"))
    name = person_name(body.get("name"))
    if not name.recorded:
        return ""
    return name.formal if type_of(body) == "Practitioner" else name.text


def _role_name(chart: Chart, role: dict[str, Any]) -> str:
    """The person; else what they do and for whom. A role pointing at another role is not followed."""
    for element in ("practitioner", "organization"):
        target = chart.resolve(role.get(element), role)
        name = resource_name(chart, target) if target and type_of(target) != "PractitionerRole" else ""
        name = name or as_text(as_object(role.get(element)).get("display"))
        if name:
            return name
    return words_of(role.get("code"))
