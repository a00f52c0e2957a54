"""What every page of a launch shows around its own content: whose chart, how long on the clock, what waits unfiled.

Templates see this and the page's view model, nothing else: no launch, no token, no resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import g, request, url_for

from app.current import current_gateway, current_launch, current_preferences, current_time
from app.ehr import record
from app.ehr.chart import DEADLINE_SECONDS, open_chart
from app.ehr.drafts import Draft
from app.ehr.errors import NotAccepted
from app.ehr.record import Write
from app.ehr.rungs.ladder import rung_of
from app.preferences import Preferences
from app.security import csrf_token
from app.services import services
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.enrolment import EnrolmentView, enrolment_view
from mappings.form_record import records_of_form
from mappings.month import MonthView, month_view
from mappings.patient import PatientBanner, patient_banner
from mappings.questionnaire.catalogue import catalogue
from mappings.rung import Rung
from mappings.step_rules import STEP_STATES
from mappings.today import TodayView
from smart_launch.errors import FhirError, Unauthorized, Unreachable


@dataclass(frozen=True)
class FormLink:
    """A form that keeps drafts: its words in the banner, the route that shows it, and what else its address names."""

    words: str
    endpoint: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def address(self, launch_id: str, action: str = "show", **more: str) -> str:
        """Where the form is shown ("show") or sent ("send")."""
        endpoint = f"{self.endpoint.rsplit('.', 1)[0]}.{action}"
        named: dict[str, Any] = {**self.parameters, **more}
        return url_for(endpoint, launch_id=launch_id, **named)


FORMS: Mapping[str, FormLink] = {
    "contact": FormLink("a contact", "contact.show"),
    "quick-note": FormLink("a quick note", "quick_note.show"),
    "introduce": FormLink("an introduction", "introduce.show"),
    "consent": FormLink("a consent", "consent.show"),
    "consent-change": FormLink("a change of practitioner", "consent.show", {"about": "practitioner"}),
    "stop": FormLink("a stop of the service", "stop.show"),
    "sharing": FormLink("a permission to share", "sharing.show"),
    "sharing-revoke": FormLink("a permission taken back", "sharing.show", {"about": "revoke"}),
    "care-plan": FormLink("a care plan", "care_plan.show"),
    "refer": FormLink("a referral", "refer.show"),
    "eligibility": FormLink("an eligibility decision", "eligibility.show"),
    "care-plan-close": FormLink("closing the plan", "close_plan.show"),
    "plan-action": FormLink("a step, action or service of the plan", "plan_action.show"),
    "plan-action-change": FormLink("a change of the plan", "plan_action_change.show"),
    "medication-reconciliation": FormLink("a medication reconciliation", "medication_reconciliation.show"),
    "plan-review": FormLink("a review of the plan", "plan_review.show"),
    "plan-revision": FormLink("a revised plan", "plan_revision.show"),
    "plan-agreement": FormLink("an agreement with the plan", "plan_agreement.show"),
    "plan-end": FormLink("ending a second plan", "plan_end.show"),
    **{
        f"assess-{each.id}": FormLink(
            f"an assessment ({each.title})", "assess.show", {"questionnaire": each.id}
        )
        for each in catalogue()
    },
    "needs-card": FormLink("a needs card", "needs_card.show"),
    "template": FormLink("rows of a template", "template.show"),
    "resource-referral": FormLink("a referral to a resource", "resource_referral.show"),
    "resource-referral-news": FormLink("what was heard of a referral", "resource_referral_news.show"),
    "plan-shared": FormLink("a copy of the plan as given", "copy_given.show"),
    "cadence": FormLink("how often to be in touch", "cadence.show"),
    **{f"step-{to}": FormLink("a step of the program", "step.show", {"to": to}) for to in STEP_STATES},
    "goal-add": FormLink("a goal", "goal_add.show"),
    "goal-change": FormLink("a change of a goal", "goal_change.show"),
    "goal-progress": FormLink("how a goal goes", "goal_progress.show"),
    "goal-end": FormLink("the end of a goal", "goal_end.show"),
    "transition": FormLink("a checklist after a discharge", "transition_checklist.show"),
    "coordination": FormLink("a task with somebody outside", "coordination.show"),
    "sbar": FormLink("a question to the provider", "sbar.show"),
    "sbar-answer": FormLink("an answer to a question", "sbar_answer.show"),
    "task-add": FormLink("a task", "task_add.show"),
    "task-change": FormLink("what becomes of a task", "task_change.show"),
    "here-now": FormLink("that the patient is here", "here_now.show"),
}
"""The forms that keep drafts, by their name."""


@dataclass(frozen=True)
class Hub:
    """One of the pages that lead to all others, in the row below the banner; `rooms` are the pages below it.

    Where the row is narrow, those that are `later` stand under *More*.
    """

    words: str
    endpoint: str
    rooms: tuple[str, ...] = ()
    later: bool = False

    @property
    def place(self) -> str:
        """How the link is marked: "page" on the page itself, "true" on one below it, else ""."""
        if request.endpoint == self.endpoint:
            return "page"
        return "true" if request.blueprint in (self.endpoint.split(".", maxsplit=1)[0], *self.rooms) else ""


HUBS: tuple[Hub, ...] = (
    Hub("Today", "today.show", ("contact", "quick_note", "timer")),
    Hub("Tasks", "tasks.show", ("task_add", "task_change", "sbar", "sbar_answer", "here_now", "conference")),
    Hub("Medicines", "medication_reconciliation.index", ("documents",)),
    Hub(
        "Plan",
        "plan.show",
        (
            *("care_plan", "plan_action", "plan_action_change", "plan_agreement", "plan_end", "plan_review"),
            *("plan_revision", "template", "patient_copy", "copy_given"),
        ),
    ),
    Hub("Goals", "goal.index", ("goal_add", "goal_change", "goal_progress", "goal_end")),
    Hub("Month", "month.show", later=True),
    Hub("Referrals", "resources.show", ("resource_referral", "resource_referral_news")),
    Hub(
        "Follow-up",
        "follow_up.show",
        ("step", "cadence", "close_plan", "transition", "transition_checklist", "coordination"),
    ),
    Hub("Assessments", "assess.index", ("condition_template", "crisis", "needs_card"), later=True),
    Hub("Enrollment", "enrolment.show", ("refer", "eligibility", "introduce", "criteria"), later=True),
    Hub("Consent", "consent.show", ("sharing", "stop"), later=True),
)
"""The row below the banner, from what is done daily to what is done once."""

CONTACT_WRITES: tuple[Write, ...] = (("Task", "create"),)
"""What the EHR must take for a contact, and so for its minutes, to be documented."""

BANNER_TYPES = ("CarePlan", "Consent", "Task")
"""What the banner itself needs to be read: where the patient stands, and this month's minutes."""


@dataclass(frozen=True)
class TimerLine:
    """The clock of the banner. `words` is "04:12"; `seconds` lets the browser count on."""

    started: bool
    running: bool
    seconds: int
    words: str
    address: str
    edit: str
    csrf: str
    patient_id: str


@dataclass(frozen=True)
class DraftLine:
    """What waits unfiled: which form, since when, and where to go on with it."""

    words: str
    saved_words: str
    address: str


@dataclass(frozen=True)
class HubLink:
    """One link of the row below the banner; `place` as `Hub.place` says, `later` as in `Hub`."""

    words: str
    address: str
    place: str
    later: bool


@dataclass(frozen=True)
class LaunchPage:
    """The frame of one page of one launch."""

    name: str
    launch_id: str
    banner: PatientBanner
    full_banner: bool
    enrolment: EnrolmentView
    month: MonthView
    timer: TimerLine
    may_time: bool
    draft: DraftLine | None
    csrf: str
    patient_id: str
    form_id: UUID | None
    user_name: str
    ehr_label: str
    today: str
    sign_out: str
    preferences: str
    shortcuts: bool
    style: str
    hubs: tuple[HubLink, ...]


def chart(types: tuple[str, ...], *, deadline: float = DEADLINE_SECONDS) -> Chart:
    """The launch patient's chart, of the named types, read now; what takes longer than `deadline` is not waited for."""
    return open_chart(current_gateway(), types=types, deadline=deadline)


def authorship(of: Chart) -> Authorship:
    """Who writes, for whom and when: all of it from the launch."""
    here = current_launch()
    return Authorship(
        patient=here.patient_id,
        patient_name=patient_banner(of, today=current_time().date()).name,
        user=here.user,
        user_name=here.user_name,
        encounter=here.encounter_id,
        organization=None,
        now=current_time(),
    )


def launch_page(
    name: str, of: Chart, *, form_id: UUID | None = None, view: TodayView | None = None
) -> LaunchPage:
    """The frame of the page called `name`; `form_id` where it holds a form that files.

    `view` is the page's own view of the same chart, where it has one: what it has worked out is not worked out twice.
    """
    here, moment = current_launch(), current_time()
    banner = view.banner if view else patient_banner(of, today=moment.date())
    return LaunchPage(
        name=name,
        launch_id=here.id,
        banner=banner,
        full_banner=here.grant.context.need_patient_banner,
        enrolment=view.enrolment if view else enrolment_view(of, now=moment),
        month=view.month if view else month_view(of, now=moment, families=here.ehr.practice.program_families),
        timer=timer_line(),
        may_time=not banner.deceased,
        draft=_draft_line(name, of),
        csrf=csrf_token(),
        patient_id=here.patient_id,
        form_id=form_id,
        user_name=here.user_name,
        ehr_label=here.ehr.label,
        today=url_for("today.show", launch_id=here.id),
        sign_out=url_for("launch.sign_out", launch_id=here.id),
        preferences=url_for("preferences.show", launch_id=here.id),
        shortcuts=current_preferences().shortcuts == "on",
        style=_style_address(),
        hubs=_hubs(),
    )


def _hubs() -> tuple[HubLink, ...]:
    here = current_launch().id
    return tuple(
        HubLink(hub.words, url_for(hub.endpoint, launch_id=here), hub.place, hub.later) for hub in HUBS
    )


def _style_address() -> str:
    """Where this launch's own style sheet is; "" where neither its EHR nor its user asks for one."""
    here = current_launch()
    usual = Preferences().text_size
    wanted = here.grant.context.smart_style_url or current_preferences().text_size != usual
    return url_for("style.show", launch_id=here.id) if wanted else ""


def not_accepted(writes: Sequence[Write]) -> str:
    """Why the EHR would not take such writes from this launch, as one sentence; "" when it would.

    Where its metadata cannot be read just now nothing is said: the save asks again and keeps what was typed.
    """
    found = _refusal(writes)
    return found.page_reason if found else ""


def account_may_not(writes: Sequence[Write]) -> str:
    """Where the EHR would take such writes, but not from this user's account: the sentence that says so; else ""."""
    found = _refusal(writes)
    return found.page_reason if found and found.by_scope else ""


def _refusal(writes: Sequence[Write]) -> NotAccepted | None:
    if "metadata_unread" in g:
        return None
    try:
        return record.not_accepted(current_gateway(), writes)
    except Unauthorized:
        raise
    except (FhirError, Unreachable):
        g.metadata_unread = True
        return None


def goes_into_a_note(writes: Sequence[Write]) -> bool:
    """True where the EHR takes no record for one of these writes, and a note or answers instead."""
    return any(rung(*write) in (Rung.DOCUMENT, Rung.QUESTIONNAIRE_RESPONSE) for write in writes)


def rung(resource_type: str, interaction: str) -> Rung | None:
    """In which form this launch would file such a write; None where the metadata cannot be read just now."""
    if "metadata_unread" in g:
        return None
    try:
        return rung_of(current_gateway(), resource_type, interaction)
    except Unauthorized:
        raise
    except (FhirError, Unreachable):
        g.metadata_unread = True
        return None


def timer_line() -> TimerLine:
    """The clock as it stands."""
    timer = services().timers.get(current_launch().timer_key)
    seconds = int(timer.elapsed(services().now())) if timer else 0
    return TimerLine(
        started=timer is not None,
        running=bool(timer and timer.running),
        seconds=seconds,
        words=f"{seconds // 60:02d}:{seconds % 60:02d}",
        address=url_for("timer.act", launch_id=current_launch().id),
        edit=url_for("timer.edit", launch_id=current_launch().id),
        csrf=csrf_token(),
        patient_id=current_launch().patient_id,
    )


def _draft_line(page: str, of: Chart) -> DraftLine | None:
    for form, draft in unfiled(of):
        if form != page:
            link = FORMS[form]
            saved = draft.saved_at.astimezone(current_launch().ehr.time_zone)
            return DraftLine(link.words, f"{saved:%H:%M}", link.address(current_launch().id))
    return None


def unfiled(of: Chart) -> tuple[tuple[str, Draft], ...]:
    """What this user typed for this patient and has not filed: the form's name and the draft."""
    kept = ((form, services().drafts.load(current_launch().draft_key(form))) for form in FORMS)
    return tuple((form, draft) for form, draft in kept if draft and not _stands_in(of, draft))


def _stands_in(of: Chart, draft: Draft) -> bool:
    """True when the chart holds what the draft says, or a text to paste does: a try whose answer was lost, or typing
    that came in late.

    A save that broke half-way is not in the chart, although some of it is.
    """
    if services().tries.held_other_words(draft.form_id, draft.values):
        return False
    if services().pastes.made_from(current_launch().paste_key, draft.form_id):
        return True
    record_form = current_launch().record_form(draft.form_id)
    return not services().begun.load(record_form) and bool(records_of_form(of, record_form))
