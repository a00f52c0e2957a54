"""Consent to the service: asked, given, declined, stopped; and from when to when minutes may count.

Consent is a gate, so it is never guessed: where the EHR's consents could not be read the state is "unknown". R4 has
no element for "verbal" or for what was disclosed; both stand in an extension and again in `policyRule.text`, which
every server keeps (ppc-1: https://hl7.org/fhir/R4/consent.html#invs). Rules: domain notes B.2, CCM consent.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import concept
from mappings import consent_form, dates
from mappings.authorship import Authorship, instant, patient_reference
from mappings.chart import Chart
from mappings.consent_agreement import (
    agreement_extension,
    agreement_facts,
    agreement_line,
    decline_words,
    read_agreement,
)
from mappings.consent_form import ServiceConsent
from mappings.consent_standing import given_on, service_consents, standing, window_of
from mappings.element import as_flag, as_object, as_text, relative_reference
from mappings.enrolment_state import Gate, state_task, unread
from mappings.episode import new_plan, open_plan
from mappings.form import Submitted
from mappings.identity import reference_to, stamp
from mappings.narrative import narrative
from mappings.panel import SENTENCES, Absence
from mappings.practitioner import resource_name
from mappings.reading import ReadStatus
from mappings.sight import NOT_SHOWN_AGAIN, Sight, as_far_as_shown, caution, sight, unseen
from mappings.terminology import status_code
from mappings.to_do import ToDoEntry, to_do_resource

_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_ABSENCE = {
    ReadStatus.NOT_AVAILABLE: Absence.NOT_AVAILABLE,
    ReadStatus.NO_ACCESS: Absence.NO_ACCESS,
    ReadStatus.PROTECTED: Absence.PROTECTED,
    ReadStatus.COULD_NOT_READ: Absence.COULD_NOT_READ,
    ReadStatus.STILL_LOADING: Absence.STILL_LOADING,
}


@dataclass(frozen=True)
class ConsentView:
    """The standing of consent now: none, active, declined, stopped or unknown, and one sentence that says so."""

    state: str
    sentence: str
    date_words: str = ""
    mode: str = ""
    taken_by: str = ""
    discussed_by: str = ""
    agreed_by: str = ""
    disclosures: tuple[str, ...] = ()
    reason: str = ""
    since: datetime | None = None
    ends: date | None = None
    resource: dict[str, Any] | None = None


_NONE_SEEN = {
    Sight.WHOLE: ConsentView("none", "No consent on file."),
    Sight.PARTLY: ConsentView("unknown", "Consent is unknown: the EHR left out some of the consents."),
    Sight.UNSEEN: ConsentView("unknown", f"Consent is unknown: {NOT_SHOWN_AGAIN}."),
}


def consent_view(chart: Chart, *, now: datetime) -> ConsentView:
    """What the newest of our consents says on the day of `now`."""
    seen = sight(chart, "Consent")
    ours = service_consents(chart, now)
    if seen is Sight.DARK:
        status = chart.reading("Consent").status
        return ConsentView("unknown", f"Consent is unknown: {_why(_ABSENCE[status])}")
    if ours:
        view = _view(ours[0], now)
        return replace(view, sentence=as_far_as_shown(view.sentence)) if seen is Sight.UNSEEN else view
    return _NONE_SEEN[seen]


def _why(absence: Absence) -> str:
    sentence = SENTENCES[absence]
    return f"{sentence[0].lower()}{sentence[1:].removesuffix('.')}."


def _view(consent: dict[str, Any], now: datetime) -> ConsentView:
    state, window, facts = standing(consent, now), window_of(consent, now), read_agreement(consent)
    given = given_on(consent)
    taken = dates.plain_words(given, now.tzinfo)
    said = f"{taken} ({facts.mode})" if facts.mode and taken else taken
    last = window.last_day if window else None
    sentences = {
        "active": f"Consent {said}." if last is None else f"Consent {said}, until {dates.day_words(last)}.",
        "declined": f"Declined {taken}." if taken else "Declined.",
        "stopped": f"Consent stopped{f' {dates.day_words(last)}' if last else ''}.",
        "none": "No consent on file: the one recorded is not in force.",
    }
    return ConsentView(
        state=state,
        sentence=" ".join(sentences[state].split()),
        date_words=taken,
        mode=facts.mode,
        taken_by=facts.taken_by,
        discussed_by=facts.discussed_by,
        agreed_by=facts.said_by,
        disclosures=facts.disclosures,
        reason=facts.reason,
        since=window.start if window else None,
        ends=last,
        resource=consent,
    )


def may_consent(chart: Chart, *, now: datetime) -> Gate:
    """Whether an answer to the service may be recorded now."""
    view = consent_view(chart, now=now)
    if is_deceased(chart):
        return Gate("The chart says that this patient has died.")
    if view.state == "unknown" and sight(chart, "Consent") is not Sight.UNSEEN:
        return Gate(f"{view.sentence} A second one must not be made beside it.")
    if view.state == "active" and view.ends is None:
        return Gate(f"Consent is already on file: {view.date_words}.")
    # Consent drafts the plan: a second one must not be made beside one that could not be read.
    return Gate(unread(chart, "CarePlan"), consent_caution(chart))


def consent_caution(chart: Chart) -> str:
    """What to look at in the chart before an answer or a plan is filed at an EHR that shows neither again; else ""."""
    open_questions = {
        "Consent": "whether the patient has agreed",
        "CarePlan": "whether a care plan is open",
    }
    return caution([open_questions[kind] for kind in unseen(chart, *open_questions)])


def is_deceased(chart: Chart) -> bool:
    """True when the Patient says so by flag or by date."""
    patient = as_object(chart.patient)
    return as_flag(patient.get("deceasedBoolean")) is True or bool(as_text(patient.get("deceasedDateTime")))


def related_persons(chart: Chart) -> dict[str, str]:
    """The family and caregivers on file who may have agreed for the patient: reference -> name."""
    people = (
        (relative_reference(each), resource_name(chart, each)) for each in chart.resources("RelatedPerson")
    )
    return {reference: name for reference, name in people if reference and name}


def parse_consent(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[ServiceConsent]:
    """The consent form as sent; refused as a whole (key "form") where no answer may be recorded now."""
    gate = may_consent(chart, now=now)
    return consent_form.read(values, now=now, related=related_persons(chart), refusal=gate.reason)


def consent_resources(
    entry: ServiceConsent, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What the form files. Agreed: Consent, draft CarePlan (if `drafts_plan`), state "consented". Declined: Consent,
    state "declined" and, where a day was given, the task to ask again. A lapsed consent is closed on the way.
    """
    lapsed = lapsed_consents(chart, author)
    consent = _consent(entry, author, form_id)
    if not entry.accepted:
        reason = decline_words(entry)
        return (
            *lapsed,
            consent,
            state_task("declined", author, form_id, reason=reason),
            *_again(entry, author, form_id),
        )
    plan = open_plan(chart)
    drafts = () if plan else _draft(entry, consent, chart, author, form_id)
    about = next((reference_to(each, "Care management plan") for each in (plan, *drafts) if each), None)
    return (*lapsed, consent, *drafts, state_task("consented", author, form_id, plan=about))


def drafts_plan(chart: Chart) -> bool:
    """Whether consent drafts the care plan: never where the EHR would not show the draft again to be opened."""
    return open_plan(chart) is None and sight(chart, "CarePlan") is not Sight.UNSEEN


def _draft(
    entry: ServiceConsent, consent: dict[str, Any], chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    if not drafts_plan(chart):
        return ()
    supporting = [reference_to(consent, f"Consent of {dates.day_words(entry.day)}")]
    start = _given_text(entry)
    return (new_plan(author, form_id, start=start, status="draft", supporting=supporting),)


def _given_text(entry: ServiceConsent) -> str:
    return instant(entry.moment) if entry.moment else entry.day.isoformat()


def _again(entry: ServiceConsent, author: Authorship, form_id: UUID) -> tuple[dict[str, Any], ...]:
    if entry.ask_again is None:
        return ()
    to_do = ToDoEntry("Ask again about care management", entry.ask_again, "care-manager", "routine", "other")
    return (to_do_resource(to_do, author, form_id, slot="ask-again"),)


def _consent(entry: ServiceConsent, author: Authorship, form_id: UUID) -> dict[str, Any]:
    given = _given_text(entry)
    performer = _performer(entry, author)
    provision = {"type": "permit", "period": {"start": given}} if entry.accepted else {"type": "deny"}
    consent = {
        "resourceType": "Consent",
        "text": narrative(
            "Consent to care management" if entry.accepted else "Care management declined",
            [("Patient", author.patient_name), ("When", _when_words(entry)), *agreement_facts(entry, author)],
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
        "policyRule": {"text": agreement_line(entry, author)},
        "verification": [{"verified": True, "verifiedWith": performer, "verificationDate": given}],
        "provision": provision,
    }
    return stamp(consent, profile="consent-service", form_id=form_id, slot="consent")


def _when_words(entry: ServiceConsent) -> str:
    day = dates.day_words(entry.day)
    return f"{day}, {entry.moment:%H:%M}" if entry.moment else day


def _performer(entry: ServiceConsent, author: Authorship) -> dict[str, Any]:
    if entry.agreed_by == "patient":
        return patient_reference(author)
    named = {"display": entry.caregiver_name}
    on_file = entry.agreed_by.startswith("RelatedPerson/")
    return {"reference": entry.agreed_by, **named} if on_file else {"type": "RelatedPerson", **named}


def stopped_consents(chart: Chart, author: Authorship) -> tuple[dict[str, Any], ...]:
    """The consents in force, ending with the month's last day: a patient's stop takes effect then, not at once."""
    today = author.now.date()
    last = today.replace(day=monthrange(today.year, today.month)[1])
    return tuple(
        _ending(consent, last, author)
        for consent in service_consents(chart, author.now)
        if standing(consent, author.now) == "active"
    )


def _ending(consent: dict[str, Any], last: date, author: Authorship) -> dict[str, Any]:
    provision = as_object(consent.get("provision"))
    period = {**as_object(provision.get("period")), "end": last.isoformat()}
    changed = {**consent, "provision": {**provision, "period": period}}
    stopped = ("Stopped by the patient", f"with effect from the end of {dates.day_words(last)}")
    return with_text(changed, [stopped, ("Recorded by", author.user_name)])


def lapsed_consents(chart: Chart, author: Authorship) -> tuple[dict[str, Any], ...]:
    """The consents whose last day has passed but which still say "active", made inactive; for the next save."""
    return tuple(
        with_text({**consent, "status": "inactive"})
        for consent in service_consents(chart, author.now)
        if status_code(consent.get("status")) == "active" and standing(consent, author.now) == "stopped"
    )


def closes_lapsed(resource: Mapping[str, Any]) -> bool:
    """True for what `lapsed_consents` adds to a save: tidying up, which nobody typed."""
    return resource.get("resourceType") == "Consent" and resource.get("status") == "inactive"


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
