"""C-CDA documents written by the tests: a header, and sections given as XML."""

from __future__ import annotations

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:sdtc="urn:hl7-org:sdtc">
<templateId root="2.16.840.1.113883.10.20.22.1.8" extension="2015-08-01"/>
<code code="18842-5" codeSystem="2.16.840.1.113883.6.1"/><title>Discharge summary</title>
<effectiveTime value="20261120150500-0500"/>
<recordTarget><patientRole><id root="1.2.3" extension="RB-1"/><patient>
<name><given>Ana</given><family>Prueba-Uno</family></name>
<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19510203"/>
</patient></patientRole></recordTarget>
<author><time value="20261120"/><assignedAuthor><assignedPerson><name><given>Hana</given><family>Ito</family>
</name></assignedPerson></assignedAuthor></author>
<component><structuredBody>"""
FOOT = "</structuredBody></component></ClinicalDocument>"

MEDICATIONS, DISCHARGE_MEDICATIONS, ALLERGIES, PROBLEMS = "10160-0", "10183-2", "48765-2", "11450-4"


def document(*sections: str) -> bytes:
    """A discharge summary of Ana Prueba-Uno, born 3 Feb 1951."""
    return (HEAD + "".join(sections) + FOOT).encode()


def section(loinc: str, *entries: str, text: str = "<text>As told.</text>") -> str:
    """A section by its LOINC code; `entries` are the XML inside each entry."""
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    code = f'<code code="{loinc}" codeSystem="2.16.840.1.113883.6.1"/>'
    return f"<component><section>{code}<title>Told</title>{text}{inside}</section></component>"


def medicine(
    name: str = "furosemide 40 MG Oral Tablet",
    *,
    code: str = "313988",
    sig: str = "",
    more: str = "",
    negated: bool = False,
    status: str = "active",
    drug: str | None = None,
) -> str:
    """A Medication Activity; `drug` replaces its code element."""
    coded = f'<code code="{code}" codeSystem="2.16.840.1.113883.6.88" displayName="{name}"/>'
    free = '<templateId root="2.16.840.1.113883.10.20.22.4.147"/>'
    told = (
        f'<entryRelationship typeCode="COMP"><substanceAdministration classCode="SBADM" moodCode="EVN">{free}'
        f"<text>{sig}</text></substanceAdministration></entryRelationship>"
    )
    negation = ' negationInd="true"' if negated else ""
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="EVN"{negation}>'
        '<templateId root="2.16.840.1.113883.10.20.22.4.16" extension="2014-06-09"/>'
        f'<statusCode code="{status}"/>{more}<consumable><manufacturedProduct><manufacturedMaterial>'
        f"{coded if drug is None else drug}</manufacturedMaterial></manufacturedProduct></consumable>"
        f"{told if sig else ''}</substanceAdministration>"
    )


def problem(value: str, *, span: str = '<low value="2019"/>', negated: bool = False) -> str:
    """A Problem Concern Act around one observation; `value` is its value element."""
    negation = ' negationInd="true"' if negated else ""
    return (
        '<act classCode="ACT" moodCode="EVN"><statusCode code="active"/><entryRelationship typeCode="SUBJ">'
        f'<observation classCode="OBS" moodCode="EVN"{negation}>'
        '<templateId root="2.16.840.1.113883.10.20.22.4.4"/>'
        f"<effectiveTime>{span}</effectiveTime>{value}</observation></entryRelationship></act>"
    )
