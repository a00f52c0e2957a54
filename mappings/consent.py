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
from functools import partial
from typing import Any
from uuid import UUID

from mappings import consent_form, dates
from mappings.authorship import Authorship
from mappings.chart import Chart, once
from mappings.consent_agreement import decline_words, read_agreement, with_stop
from mappings.consent_form import Bounds, ServiceConsent
from mappings.consent_record import consent_record, given_text, with_text
from mappings.consent_standing import given_on, service_consents, standing, window_of
from mappings.coverage import cost_share
from mappings.element import as_flag, as_object, as_text, relative_reference
from mappings.enrolment_state import Gate, state_task, unread
from mappings.episode import new_plan, open_plan
from mappings.form import Submitted
from mappings.identity import reference_to
from mappings.initiating_visit import initiating_visit
from mappings.introduction import introduced_day
from mappings.panel import SENTENCES, Absence
from mappings.practitioner import resource_name
from mappings.reading import ReadStatus
from mappings.sight import NOT_SHOWN_AGAIN, Sight, as_far_as_shown, caution, sight, unseen
from mappings.terminology import status_code
from mappings.to_do import ToDoEntry, completed, open_to_dos, to_do_kind, to_do_resource, to_do_view

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
    practitioner: str = ""
    visit: str = ""
    cost: str = ""
    would_help: str = ""
    ask_again: date | None = None
    stopped_because: str = ""
    wait: date | None = None
    """The day before which the patient who declined does not want to be asked again; None once it has come."""

    @property
    def ask_again_words(self) -> str:
        """The day on which to ask again as it is read, or ""."""
        return dates.day_words(self.ask_again) if self.ask_again else ""


_NONE_SEEN = {
    Sight.WHOLE: ConsentView("none", "No consent on file."),
    Sight.PARTLY: ConsentView("unknown", "Consent is unknown: the EHR left out some of the consents."),
    Sight.UNSEEN: ConsentView("unknown", f"Consent is unknown: {NOT_SHOWN_AGAIN}."),
}


@once
def consent_view(chart: Chart, *, now: datetime) -> ConsentView:
    """What the newest of our consents says on the day of `now`."""
    seen = sight(chart, "Consent")
    ours = service_consents(chart, now)
    if seen is Sight.DARK:
        status = chart.reading("Consent").status
        return ConsentView("unknown", f"Consent is unknown: {_why(_ABSENCE[status])}")
    if ours:
        view = replace(_view(ours[0], now), wait=_wait(ours[0], chart, now))
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
        practitioner=facts.practitioner,
        visit=facts.visit,
        cost=facts.cost,
        would_help=facts.would_help,
        ask_again=facts.ask_again,
        stopped_because=facts.stopped_because,
    )


def consent_history(chart: Chart, *, now: datetime) -> tuple[ConsentView, ...]:
    """Every answer of the patient to the service among what could be read, the newest first; none is overwritten."""
    return tuple(_view(each, now) for each in service_consents(chart, now))


def wait_until(chart: Chart, *, now: datetime) -> date | None:
    """The day before which the patient who declined does not want to be asked again; None where that is over."""
    return consent_view(chart, now=now).wait


def _wait(consent: dict[str, Any], chart: Chart, now: datetime) -> date | None:
    """By the consent's own line; where that is lost, by the open task to ask again."""
    if standing(consent, now) != "declined":
        return None
    days = [row.due for row in map(partial(to_do_view, now=now), _asking_again(chart)) if row.due]
    day = read_agreement(consent).ask_again or max(days, default=None)
    return day if day and day > now.date() else None


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
    bounds = Bounds(
        birth=birth_day(chart),
        introduced=introduced_day(chart, now),
        again=wait_until(chart, now=now),
    )
    return consent_form.read(
        values,
        now=now,
        related=related_persons(chart),
        visits=offered_visits(chart, now),
        bounds=bounds,
        refusal=may_consent(chart, now=now).reason,
    )


def birth_day(chart: Chart) -> date | None:
    """The patient's day of birth, where it is known to the day."""
    born = dates.parse(as_object(chart.patient).get("birthDate"))
    return born.local_day() if born else None


def offered_visits(chart: Chart, now: datetime) -> dict[str, str]:
    """The visits that may have initiated the service, the likeliest first: reference -> words."""
    return {each.reference: each.words for each in initiating_visit(chart, now).candidates}


def consent_resources(
    entry: ServiceConsent, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What the form files. Agreed: Consent, draft CarePlan (if `drafts_plan`), state "consented" and, where it is
    wanted, the task to schedule the initiating visit. Declined: Consent, state "declined" and, where a day was given,
    the task to ask again. A lapsed consent is closed on the way, and what was to be asked is done.
    """
    tidied = (*lapsed_consents(chart, author), *asked_now(chart, author))
    consent = consent_record(entry, author, form_id, cost=cost_words(chart, author))
    if not entry.accepted:
        reason = decline_words(entry)
        return (
            *tidied,
            consent,
            state_task("declined", author, form_id, reason=reason),
            *_again(entry, author, form_id),
        )
    plan = open_plan(chart)
    drafts = () if plan else _draft(entry, consent, chart, author, form_id)
    about = next((reference_to(each, "Care management plan") for each in (plan, *drafts) if each), None)
    step = state_task("consented", author, form_id, plan=about)
    return (*tidied, consent, *drafts, step, *_visit_task(entry, author, form_id, about))


def cost_words(chart: Chart, author: Authorship) -> str:
    """The cost notice as it goes into the record, with the plans it was given for; "" where no insurance was seen."""
    notice = cost_share(chart, author.now)
    on_file = ", ".join(notice.payers) or "insurance"
    return f"a deductible or coinsurance may apply; on file: {on_file}" if notice.known else ""


def drafts_plan(chart: Chart) -> bool:
    """Whether consent drafts the care plan: never where the EHR would not show the draft again to be opened."""
    return open_plan(chart) is None and sight(chart, "CarePlan") is not Sight.UNSEEN


def _draft(
    entry: ServiceConsent, consent: dict[str, Any], chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    if not drafts_plan(chart):
        return ()
    supporting = [reference_to(consent, f"Consent of {dates.day_words(entry.day)}")]
    if entry.visit:
        visit = {"reference": entry.visit, "display": f"Initiating visit: {entry.visit_words}"}
        supporting.append(visit)
    start = given_text(entry)
    return (new_plan(author, form_id, start=start, status="draft", supporting=supporting),)


def _again(entry: ServiceConsent, author: Authorship, form_id: UUID) -> tuple[dict[str, Any], ...]:
    if entry.ask_again is None:
        return ()
    help_with = f": {entry.would_help} would help" if entry.would_help else ""
    words = f"Ask again about care management{help_with}"
    to_do = ToDoEntry(words, entry.ask_again, "care-manager", "routine", "ask-again")
    return (to_do_resource(to_do, author, form_id, slot="ask-again"),)


def _visit_task(
    entry: ServiceConsent, author: Authorship, form_id: UUID, plan: dict[str, Any] | None
) -> tuple[dict[str, Any], ...]:
    if entry.visit_due is None:
        return ()
    words = "Schedule the visit that starts the service, with the billing practitioner"
    to_do = ToDoEntry(words, entry.visit_due, "care-manager", "routine", "schedule-initiating-visit")
    return (to_do_resource(to_do, author, form_id, slot="initiating-visit", plan=plan),)


def _asking_again(chart: Chart) -> tuple[dict[str, Any], ...]:
    """The open tasks of ours that are settled by an answer of the patient."""
    return tuple(each for each in open_to_dos(chart) if to_do_kind(each) in ("ask-again", "outreach"))


def asked_now(chart: Chart, author: Authorship) -> tuple[dict[str, Any], ...]:
    """The open tasks to ask the patient, as done by the answer that is being filed."""
    day = dates.day_words(author.now.date())
    return tuple(
        completed(each, author, how=f"The patient answered; recorded on {day}.")
        for each in _asking_again(chart)
        if relative_reference(each)
    )


def stopped_consents(
    chart: Chart, author: Authorship, *, asked: date | None = None, reason: str = ""
) -> tuple[dict[str, Any], ...]:
    """The consents in force, ending with the month's last day: a patient's stop takes effect then, not at once.

    `asked` is the day on which the patient asked for it, today where it is None.
    """
    day = asked or author.now.date()
    return tuple(
        _ending(with_stop(consent, day, reason) if reason else consent, month_end(day), author)
        for consent in service_consents(chart, author.now)
        if standing(consent, author.now) == "active"
    )


def month_end(day: date) -> date:
    """The last day of the month of `day`: when a stop that was asked for on it takes effect."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def replaced_consents(
    chart: Chart, author: Authorship, *, day: date, practitioner: str
) -> tuple[dict[str, Any], ...]:
    """The consents in force, ended on `day` by a new one to another billing practitioner; each is kept as it was."""
    ended = ("Ended by", f"a new consent: {practitioner} bills from {dates.day_words(day)} on")
    made = []
    for consent in service_consents(chart, author.now):
        if standing(consent, author.now) == "active":
            provision = as_object(consent.get("provision"))
            period = {**as_object(provision.get("period")), "end": day.isoformat()}
            changed = {**consent, "status": "inactive", "provision": {**provision, "period": period}}
            made.append(with_text(changed, [ended, ("Recorded by", author.user_name)]))
    return tuple(made)


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
