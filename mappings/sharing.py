"""Permissions to share: which agencies may be given which facts, until when; apart from the consent to the service.

A Consent of scope patient-privacy. Agencies stand as actors, the kinds of facts as codes in words, and all of it again
in one line of `policyRule.text`, which every server keeps. Substance-use and mental-health facts need a permission that
names them (42 CFR part 2), so they are a kind of their own. Shape: domain notes C.1, https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fhir_profiles import canonical
from fhir_profiles.terminology import codes, concept, display
from mappings import dates, pick_lists
from mappings.authorship import Authorship, instant, patient_reference, user_reference
from mappings.chart import Chart
from mappings.consent_standing import SHARING_LINE, given_on, sharing_consents
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.identity import full_url, stamp
from mappings.narrative import clean, fixed_line, narrative, read_fixed_line
from mappings.panel import Panel, panel
from mappings.terminology import status_code, words_of

_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_POLICY = "http://terminology.hl7.org/CodeSystem/consentpolicycodes"
_RECIPIENT = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
    "code": "IRCP",
    "display": "information recipient",
}
_PURPOSE = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "COC",
    "display": "coordination of care",
}
_TITLE = "Permission to share with agencies"


@dataclass(frozen=True)
class SharingEntry:
    """What the form says. `facts` are codes of the list of shared facts; `until` is the last day, None without one."""

    agencies: tuple[str, ...]
    facts: tuple[str, ...]
    why: str
    until: date | None
    mode: str
    agreed_by: str
    caregiver_name: str
    day: date


@dataclass(frozen=True)
class Permission:
    """One permission on screen. `state` is "active", "over" (its last day has passed) or "revoked"."""

    id: str
    reference: str
    agencies: tuple[str, ...]
    facts: tuple[str, ...]
    why: str
    given_words: str
    until: date | None
    mode: str
    said_by: str
    taken_by: str
    state: str
    sentence: str
    resource: dict[str, Any]

    @property
    def active(self) -> bool:
        """True while facts may be given."""
        return self.state == "active"


def sharing_resource(entry: SharingEntry, author: Authorship, form_id: UUID) -> dict[str, Any]:
    """The Consent that permits it, from the day it was given."""
    performer = _performer(entry, author)
    day = entry.day.isoformat()
    labels = [pick_lists.shared_facts()[code] for code in entry.facts]
    facts = _facts(entry, author, labels)
    consent = {
        "resourceType": "Consent",
        "text": narrative(_TITLE, [("Patient", author.patient_name), *_in_words(facts)]),
        "extension": [_how(entry, author)],
        "status": "active",
        "scope": {"coding": [{"system": _SCOPE, "code": "patient-privacy", "display": "Privacy Consent"}]},
        "category": [
            {"coding": [{"system": "http://loinc.org", "code": "59284-0"}], "text": "Consent document"},
            concept("consent-category", "information-sharing"),
            {"coding": [{"system": _ACT_CODE, "code": "IDSCL", "display": "information disclosure"}]},
        ],
        "patient": patient_reference(author),
        "dateTime": day if entry.day < author.now.date() else instant(author.now),
        "performer": [performer],
        **({"organization": [{"reference": author.organization}]} if author.organization else {}),
        "policyRule": {
            "coding": [{"system": _POLICY, "code": "hipaa-auth", "display": "HIPAA Authorization"}],
            "text": fixed_line(SHARING_LINE, facts),
        },
        "verification": [{"verified": True, "verifiedWith": performer, "verificationDate": day}],
        "provision": {
            "type": "permit",
            "period": {"start": day, **({"end": entry.until.isoformat()} if entry.until else {})},
            "actor": [
                {"role": {"coding": [_RECIPIENT]}, "reference": {"display": each}} for each in entry.agencies
            ],
            "purpose": [_PURPOSE],
            "code": [{"text": each} for each in labels],
        },
    }
    return stamp(consent, profile="consent-privacy", form_id=form_id, slot="sharing")


def _facts(entry: SharingEntry, author: Authorship, labels: Sequence[str]) -> list[tuple[str, str]]:
    """Labels and words, for the text and the line; a slash parts the items of a list, since names hold commas."""
    return [
        ("To", " / ".join(entry.agencies)),
        ("What", " / ".join(labels)),
        ("What for", entry.why),
        ("Given on", entry.day.isoformat()),
        ("Until", entry.until.isoformat() if entry.until else "revoked"),
        ("Mode", display("consent-mode", entry.mode)),
        ("Said by", entry.caregiver_name or author.patient_name or "the patient"),
        ("Taken by", author.user_name),
    ]


def _in_words(facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same with its days as they are read."""
    days = ("Given on", "Until")
    return [(label, (label in days and dates.plain_words(words)) or words) for label, words in facts]


def _performer(entry: SharingEntry, author: Authorship) -> dict[str, Any]:
    if entry.agreed_by == "patient":
        return patient_reference(author)
    named = {"display": entry.caregiver_name}
    on_file = entry.agreed_by.startswith("RelatedPerson/")
    return {"reference": entry.agreed_by, **named} if on_file else {"type": "RelatedPerson", **named}


def _how(entry: SharingEntry, author: Authorship) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"url": "mode", "valueCode": entry.mode},
        {"url": "tookConsent", "valueReference": user_reference(author)},
    ]
    return {"url": canonical.extension("consent-agreement"), "extension": parts}


def revoked(consent: dict[str, Any], author: Authorship, *, day: date, reason: str) -> dict[str, Any]:
    """The permission as taken back by the patient, with the day as its last; what was given before stays told."""
    provision = as_object(consent.get("provision"))
    period = {**as_object(provision.get("period")), "end": day.isoformat()}
    changed = {**consent, "status": "inactive", "provision": {**provision, "period": period}}
    more = [("Taken back on", dates.day_words(day)), ("Reason", reason), ("Recorded by", author.user_name)]
    return with_text(changed, more)


def with_text(consent: dict[str, Any], more: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """A changed permission, worded from what it says itself."""
    period = as_object(as_object(consent.get("provision")).get("period"))
    facts = [
        ("Patient", as_text(as_object(consent.get("patient")).get("display"))),
        ("Status", as_text(consent.get("status"))),
        ("From", dates.plain_words(period.get("start"))),
        ("Until", dates.plain_words(period.get("end"))),
        ("Permission", as_text(as_object(consent.get("policyRule")).get("text"))),
        *more,
    ]
    return {**consent, "text": narrative(_TITLE, facts)}


def permissions(chart: Chart, now: datetime) -> Panel[Permission]:
    """Every permission on file, those in force first, then the newest."""
    rows = [_view(each, now) for each in sharing_consents(chart)]
    rows.sort(key=lambda row: not row.active)
    return panel("sharing", "Sharing with agencies", rows, chart.reading("Consent"), only_ours=True)


def open_permission(chart: Chart, now: datetime, identity: str) -> dict[str, Any] | None:
    """The permission of this id, where it is ours and in force; else None."""
    rows = (row for row in permissions(chart, now).rows if row.active and row.id == identity)
    return next((row.resource for row in rows), None)


def _view(consent: dict[str, Any], now: datetime) -> Permission:
    text = as_object(consent.get("policyRule")).get("text")
    line = read_fixed_line(clean(text) if isinstance(text, str) else "", SHARING_LINE)
    provision = as_object(consent.get("provision"))
    end = dates.parse(as_object(provision.get("period")).get("end"))
    until = end.local_day(now.tzinfo) if end else None
    actors = (as_object(each.get("reference")) for each in as_objects(provision.get("actor")))
    named = tuple(filter(None, (as_text(each.get("display")) for each in actors)))
    kinds = tuple(filter(None, map(words_of, as_objects(provision.get("code")))))
    modes = {display("consent-mode", code): code for code in codes("consent-mode")}
    state = _state(consent, until, now)
    agencies = named or _items(line.get("To", ""))
    return Permission(
        id=as_text(consent.get("id")),
        reference=relative_reference(consent) or full_url(consent),
        agencies=agencies,
        facts=kinds or _items(line.get("What", "")),
        why=line.get("What for", ""),
        given_words=dates.plain_words(given_on(consent), now.tzinfo),
        until=until,
        mode=modes.get(line.get("Mode", ""), ""),
        said_by=line.get("Said by", ""),
        taken_by=line.get("Taken by", ""),
        state=state,
        sentence=_sentence(state, until),
        resource=consent,
    )


def _items(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in text.split(" / "))))


def _state(consent: dict[str, Any], until: date | None, now: datetime) -> str:
    if status_code(consent.get("status")) != "active":
        return "revoked"
    return "over" if until and until < now.date() else "active"


def _sentence(state: str, until: date | None) -> str:
    day = dates.day_words(until) if until else ""
    return {
        "active": f"In force until {day}." if day else "In force until the patient takes it back.",
        "over": f"Ended {day}.",
        "revoked": f"Taken back {day}." if day else "Taken back.",
    }[state]
