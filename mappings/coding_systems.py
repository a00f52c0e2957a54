"""The code systems that mappings reads, one spelling each.

EHRs name the same system by URL, by http or https, with a stray slash, or by OID. Everything is brought to
the HL7 canonical here, so that a code is compared once and never by its number alone: 4548-4 means A1c only
in LOINC. Sources: https://terminology.hl7.org/external_terminologies.html and the OID registry named there.
"""

from __future__ import annotations

from functools import lru_cache

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
DISCHARGE_DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
NUBC_DISCHARGE = "http://www.nubc.org/patient-discharge"
DATA_ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

_ALIASES = {
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.90": ICD10CM,
    "http://hl7.org/fhir/sid/icd-10": ICD10CM,  # a common mislabel; WHO's categories are the same ones
    "urn:oid:2.16.840.1.113883.6.8": UCUM,
    "urn:oid:2.16.840.1.113883.5.4": ACT_CODE,
    "http://hl7.org/fhir/v3/ActCode": ACT_CODE,
    "urn:oid:2.16.840.1.113883.18.108": IDENTIFIER_TYPE,
    "http://hl7.org/fhir/v2/0203": IDENTIFIER_TYPE,
    "urn:oid:2.16.840.1.113883.6.301.5": NUBC_DISCHARGE,
    "https://www.nubc.org/patient-discharge": NUBC_DISCHARGE,
}


@lru_cache(maxsize=1024)
def canonical_system(system: str) -> str:
    """The canonical URL of a code system however it was spelled; an unknown one comes back unchanged.

    >>> canonical_system("urn:oid:2.16.840.1.113883.6.1")
    'http://loinc.org'
    """
    plain = system.rstrip("/")
    if plain.startswith("https://"):
        plain = plain if plain in _ALIASES else "http://" + plain.removeprefix("https://")
    if plain.startswith(f"{SNOMED}/"):  # an edition or a version: http://snomed.info/sct/731000124108
        return SNOMED
    return _ALIASES.get(plain, plain)
