"""The Consent to the service as it is filed, and how every version of it is worded.

R4 has no element for "verbal" or for what was disclosed; both stand in an extension and again in `policyRule.text`,
which every server keeps (ppc-1: https://hl7.org/fhir/R4/consent.html#invs).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import concept
from mappings import dates
from mappings.authorship import Authorship, instant, patient_reference
from mappings.consent_agreement import agreement_extension, agreement_facts, agreement_line
from mappings.consent_form import ServiceConsent
from mappings.element import as_object, as_text
from mappings.identity import stamp
from mappings.narrative import narrative

_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"


def consent_record(
    entry: ServiceConsent, author: Authorship, form_id: UUID, *, cost: str = ""
) -> dict[str, Any]:
    """The Consent of one answer; `cost` is what the patient was told about the cost, where insurance was seen."""
    given = given_text(entry)
    performer = _performer(entry, author)
    provision = {"type": "permit", "period": {"start": given}} if entry.accepted else {"type": "deny"}
    consent = {
        "resourceType": "Consent",
        "text": narrative(
            "Consent to care management" if entry.accepted else "Care management declined",
            [
                ("Patient", author.patient_name),
                ("When", _when_words(entry)),
                *agreement_facts(entry, author, cost),
            ],
        ),
        **({"extension": [agreement_extension(entry, author)]} if entry.accepted else {}),
        "status": "active" if entry.accepted else "rejected",
        "scope": {"coding": [{"system": _SCOPE, "code": "treatment", "display": "Treatment"}]},
        "category": [
            {"coding": [{"system": "http://loinc.org", "code": "59284-0"}], "text": "Consent document"},
            concept("consent-category", "care-management-service"),
        ],
        "patient": patient_reference(author),
        "dateTime": given,
        "performer": [performer],
        **({"organization": [{"reference": author.organization}]} if author.organization else {}),
        "policyRule": {"text": agreement_line(entry, author, cost)},
        "verification": [{"verified": True, "verifiedWith": performer, "verificationDate": given}],
        "provision": provision,
    }
    return stamp(consent, profile="consent-service", form_id=form_id, slot="consent")


def _in_words(facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same with the day to ask again as it is read."""
    return [(label, dates.plain_words(words) if label == "Ask again on" else words) for label, words in facts]


def _when_words(entry: ServiceConsent) -> str:
    day = dates.day_words(entry.day)
    return f"{day}, {entry.moment:%H:%M}" if entry.moment else day


def _performer(entry: ServiceConsent, author: Authorship) -> dict[str, Any]:
    if entry.agreed_by == "patient":
        return patient_reference(author)
    named = {"display": entry.caregiver_name}
    on_file = entry.agreed_by.startswith("RelatedPerson/")
    return {"reference": entry.agreed_by, **named} if on_file else {"type": "RelatedPerson", **named}


def given_text(entry: ServiceConsent) -> str:
    """When the answer was given: an instant where the time is known, else the day."""
    return instant(entry.moment) if entry.moment else entry.day.isoformat()


def with_text(consent: dict[str, Any], more: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """A changed consent, worded from what it says itself."""
    period = as_object(as_object(consent.get("provision")).get("period"))
    facts = [
        ("Patient", as_text(as_object(consent.get("patient")).get("display"))),
        ("Status", as_text(consent.get("status"))),
        ("In force from", dates.plain_words(period.get("start"))),
        ("Until", dates.plain_words(period.get("end"))),
        ("Agreement", as_text(as_object(consent.get("policyRule")).get("text"))),
        *more,
    ]
    return {**consent, "text": narrative("Consent to care management", facts)}
