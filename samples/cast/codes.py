"""The words of the cast: code systems, and concepts made of them.

Codes are those a United States chart really carries (SNOMED CT US Edition, ICD-10-CM, LOINC, RxNorm, CVX, NUCC), so
that what the app learns here holds in a practice. US Core's bindings:
https://hl7.org/fhir/us/core/STU6.1/terminology.html
"""

from __future__ import annotations

from typing import Any

SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
UCUM = "http://unitsofmeasure.org"
NUCC = "http://nucc.org/provider-taxonomy"
NUBC_DISCHARGE = "http://www.nubc.org/patient-discharge"
HL7 = "http://terminology.hl7.org/CodeSystem/"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
US_CORE_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"


def coding(system: str, code: str, display: str | None = None) -> dict[str, str]:
    """One FHIR Coding; `display` is left out where the system's own words are not known."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(text: str, *codings: dict[str, str]) -> dict[str, Any]:
    """One FHIR CodeableConcept: the chart's own words first, codes where there are any."""
    return ({"coding": list(codings)} if codings else {}) | {"text": text}


def hl7(system: str, code: str, text: str) -> dict[str, Any]:
    """A concept of one of HL7's own code systems (terminology.hl7.org), named by the last part of its address."""
    return concept(text, coding(HL7 + system, code, text))


def diagnosis(text: str, snomed: str | None = None, icd10: str | None = None) -> dict[str, Any]:
    """A diagnosis as charts carry it: SNOMED CT for the problem list, ICD-10-CM for the claim."""
    codings = [coding(SNOMED, snomed)] if snomed else []
    return concept(text, *codings, *([coding(ICD10, icd10)] if icd10 else []))


def profile(name: str) -> dict[str, list[str]]:
    """`Resource.meta` that claims a US Core profile, by the end of its name ("patient", "bmi")."""
    return {"profile": [US_CORE + name]}
