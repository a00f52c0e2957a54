"""The extensions of SDC and FHIR by a short name, so that their addresses are spelled once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.element import as_object, as_objects, as_text

_FHIR = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
URLS = {
    "calculatedExpression": f"{_SDC}calculatedExpression",
    "initialExpression": f"{_SDC}initialExpression",
    "shortText": f"{_SDC}shortText",
    "variable": f"{_FHIR}variable",
    "hidden": f"{_FHIR}questionnaire-hidden",
    "itemControl": f"{_FHIR}questionnaire-itemControl",
    "unit": f"{_FHIR}questionnaire-unit",
    "optionExclusive": f"{_FHIR}questionnaire-optionExclusive",
    "ordinalValue": f"{_FHIR}ordinalValue",
    "itemWeight": f"{_FHIR}itemWeight",
    "minValue": f"{_FHIR}minValue",
    "maxValue": f"{_FHIR}maxValue",
    "translation": f"{_FHIR}translation",
    "calculatedValue": f"{_FHIR}cqf-calculatedValue",
    "constraint": f"{_FHIR}questionnaire-constraint",
}
"""https://hl7.org/fhir/uv/sdc/STU3/artifacts.html, https://hl7.org/fhir/R4/extensibility-registry.html"""


def found(holder: Mapping[str, Any], name: str) -> tuple[dict[str, Any], ...]:
    """The extensions of this short name on an element."""
    return tuple(each for each in as_objects(holder.get("extension")) if each.get("url") == URLS[name])


def texts(holder: Mapping[str, Any], name: str) -> str:
    """The text of such an extension, or ""."""
    return next((as_text(each.get("valueString")) for each in found(holder, name)), "")


def coded(holder: Mapping[str, Any], name: str) -> str:
    """The code of such an extension, or ""."""
    for each in found(holder, name):
        codings = as_objects(as_object(each.get("valueCodeableConcept")).get("coding"))
        return next((as_text(coding.get("code")) for coding in codings), "")
    return ""


def expression_of(holder: Mapping[str, Any], name: str) -> str:
    """The FHIRPath of such an extension, or ""."""
    said = (as_object(each.get("valueExpression")) for each in found(holder, name))
    return next((as_text(each.get("expression")) for each in said), "")
