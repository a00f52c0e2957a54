"""A C-CDA R2.1 document about a patient of the cast, as another organisation's system would send it.

Only what a story needs: the US Realm Header, and sections of medicines, allergies and problems with their narrative.
Built as an XML tree, never by joining strings. https://www.hl7.org/implement/standards/product_brief.cfm?product_id=492
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

V3 = "urn:hl7-org:v3"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMESPACES: Any = {None: V3, "xsi": _XSI}  # lxml takes None for the default namespace; its stubs do not.
_TEMPLATE = "2.16.840.1.113883.10.20.22"
LOINC, SNOMED, RXNORM = "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.88"
_ORAL = {
    "code": "C38288",
    "codeSystem": "2.16.840.1.113883.3.26.1.1",
    "displayName": "Oral Route of Administration",
}

Node = etree._Element


@dataclass(frozen=True)
class Told:
    """A medicine: RxNorm name and code ("" for one that is named in the narrative alone), sig, since when, status."""

    name: str
    code: str
    sig: str
    since: str
    status: str = "active"


@dataclass(frozen=True)
class Letter:
    """The header: kind (template's last arc, LOINC code, title), who wrote it for whom, and the stay if there was one.

    Days are FHIR dates or dateTimes; `stay` is (admitted, discharged, NUBC or HL7 disposition code, its words).
    """

    kind: tuple[str, str, str]
    written: str
    author: tuple[str, str]
    custodian: str
    patient: tuple[str, str, str, str, str]
    stay: tuple[str, str, str, str] | None = None


def clinical_document(
    letter: Letter,
    medicines: tuple[str, str, Sequence[Told]],
    allergies: Sequence[tuple[str, str, str]],
    problems: Sequence[tuple[str, str, str]],
) -> bytes:
    """The document as UTF-8 XML.

    `medicines` are the section's template arc, LOINC code and rows; an allergy is (substance, RxNorm code, reaction); a
    problem (name, SNOMED CT code, onset).
    """
    root = etree.Element(f"{{{V3}}}ClinicalDocument", nsmap=_NAMESPACES)
    _header(root, letter)
    body = _add(_add(root, "component"), "structuredBody")
    arc, loinc, rows = medicines
    section = _section(body, arc, loinc, "Medications", [f"{row.name} - {row.sig}" for row in rows])
    for row in rows:
        _medicine(section, row)
    section = _section(body, "2.6.1", "48765-2", "Allergies", [f"{a} - {r}" for a, _, r in allergies])
    for substance, code, reaction in allergies:
        _allergy(section, substance, code, reaction)
    section = _section(body, "2.5.1", "11450-4", "Problems", [name for name, _, _ in problems])
    for name, code, onset in problems:
        _problem(section, name, code, onset)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _header(root: Node, letter: Letter) -> None:
    arc, loinc, title = letter.kind
    _add(root, "realmCode", code="US")
    _add(root, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    for each in ("1.1", arc):
        _template(root, each)
    _add(root, "id", root="2.999.1", extension=f"{letter.patient[4]}-{loinc}")
    _add(root, "code", code=loinc, codeSystem=LOINC, displayName=title)
    _add(root, "title", title)
    _add(root, "effectiveTime", value=_time(letter.written))
    _add(root, "confidentialityCode", code="N", codeSystem="2.16.840.1.113883.5.25")
    _add(root, "languageCode", code="en-US")
    _patient(root, letter.patient)
    author = _add(root, "author")
    _add(author, "time", value=_time(letter.written))
    assigned = _add(author, "assignedAuthor")
    _add(assigned, "id", nullFlavor="NI")
    _name(_add(assigned, "assignedPerson"), *letter.author)
    custodian = _add(_add(root, "custodian"), "assignedCustodian")
    _add(_add(custodian, "representedCustodianOrganization"), "name", letter.custodian)
    if letter.stay:
        _stay(root, letter.stay, letter.custodian)


def _patient(root: Node, patient: tuple[str, str, str, str, str]) -> None:
    given, family, sex, born, number = patient
    role = _add(_add(root, "recordTarget"), "patientRole")
    _add(role, "id", root="2.999.2", extension=number)
    person = _add(role, "patient")
    _name(person, given, family)
    _add(person, "administrativeGenderCode", code=sex, codeSystem="2.16.840.1.113883.5.1")
    _add(person, "birthTime", value=_time(born))


def _stay(root: Node, stay: tuple[str, str, str, str], place: str) -> None:
    admitted, discharged, code, words = stay
    encounter = _add(_add(root, "componentOf"), "encompassingEncounter")
    _add(encounter, "code", code="IMP", codeSystem="2.16.840.1.113883.5.4", displayName="Inpatient")
    _span(encounter, admitted, discharged)
    _add(
        encounter,
        "dischargeDispositionCode",
        code=code,
        codeSystem="2.16.840.1.113883.12.112",
        displayName=words,
    )
    facility = _add(_add(encounter, "location"), "healthCareFacility")
    _add(_add(facility, "location"), "name", place)


def _section(body: Node, arc: str, loinc: str, title: str, lines: Sequence[str]) -> Node:
    section = _add(_add(body, "component"), "section")
    _template(section, arc)
    _add(section, "code", code=loinc, codeSystem=LOINC)
    _add(section, "title", title)
    listed = _add(_add(section, "text"), "list")
    for line in lines:
        _add(listed, "item", line)
    return section


def _medicine(section: Node, row: Told) -> None:
    given = _add(_add(section, "entry", typeCode="DRIV"), "substanceAdministration", moodCode="EVN")
    given.set("classCode", "SBADM")
    _template(given, "4.16", "2014-06-09")
    _add(given, "statusCode", code=row.status)
    _span(given, row.since).set(f"{{{_XSI}}}type", "IVL_TS")
    _add(given, "routeCode", **_ORAL)
    material = _add(_add(_add(given, "consumable"), "manufacturedProduct"), "manufacturedMaterial")
    if row.code:
        _add(material, "code", code=row.code, codeSystem=RXNORM, displayName=row.name)
    else:
        _add(material, "code", nullFlavor="UNK")
    sig = _add(_add(given, "entryRelationship", typeCode="COMP"), "substanceAdministration", moodCode="EVN")
    sig.set("classCode", "SBADM")
    _template(sig, "4.147", "2023-05-01")
    _add(sig, "text", row.sig)


def _allergy(section: Node, substance: str, code: str, reaction: str) -> None:
    observed = _concern(section, "4.30", "4.7")
    _value(observed, "419199007", "Allergy to substance")
    role = _add(_add(observed, "participant", typeCode="CSM"), "participantRole", classCode="MANU")
    entity = _add(role, "playingEntity", classCode="MMAT")
    _add(entity, "code", code=code, codeSystem=RXNORM, displayName=substance)
    shown = _add(_add(observed, "entryRelationship", typeCode="MFST"), "observation", classCode="OBS")
    _template(shown, "4.9", "2014-06-09")
    shown_value = _add(shown, "value", nullFlavor="OTH")
    shown_value.set(f"{{{_XSI}}}type", "CD")
    _add(shown_value, "originalText", reaction)


def _problem(section: Node, name: str, code: str, onset: str) -> None:
    observed = _concern(section, "4.3", "4.4")
    _span(observed, onset)
    _value(observed, code, name)


def _concern(section: Node, concern: str, observation: str) -> Node:
    act = _add(_add(section, "entry", typeCode="DRIV"), "act", classCode="ACT", moodCode="EVN")
    _template(act, concern)
    _add(act, "statusCode", code="active")
    observed = _add(_add(act, "entryRelationship", typeCode="SUBJ"), "observation", classCode="OBS")
    _template(observed, observation)
    return observed


def _value(observed: Node, code: str, words: str) -> None:
    value = _add(observed, "value", code=code, codeSystem=SNOMED, displayName=words)
    value.set(f"{{{_XSI}}}type", "CD")


def _name(parent: Node, given: str, family: str) -> None:
    name = _add(parent, "name")
    _add(name, "given", given)
    _add(name, "family", family)


def _span(parent: Node, low: str, high: str = "") -> Node:
    span = _add(parent, "effectiveTime")
    _add(span, "low", value=_time(low))
    if high:
        _add(span, "high", value=_time(high))
    return span


def _template(parent: Node, arc: str, extension: str = "2015-08-01") -> None:
    _add(parent, "templateId", root=f"{_TEMPLATE}.{arc}", extension=extension)


def _time(fhir: str) -> str:
    """A FHIR date or dateTime as HL7 v3 spells it: "2026-11-20T15:05:00-05:00" is "20261120150500-0500"."""
    day, _, clock = fhir.partition("T")
    return day.replace("-", "") + clock.replace(":", "")


def _add(parent: Node, name: str, text: str = "", **attributes: str) -> Node:
    child = etree.SubElement(parent, f"{{{V3}}}{name}")
    for attribute, value in attributes.items():
        child.set(attribute, value)
    if text:
        child.text = text
    return child
