"""The page of a text that a person pastes into the chart by hand: copy it, say that it is done, or go another way.

It is reached under "NOT FILED" from every page of its patient until somebody says what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template
from flask.typing import ResponseReturnValue

from app.current import current_launch, current_time
from app.ehr.drafts import Draft
from app.logs import log, log_failure, short_hash
from app.paste import UNDO, PasteText, State
from app.security import csrf_token
from app.services import services
from app.views import (
    assess,
    cadence,
    care_plan,
    close_plan,
    consent,
    contact,
    coordination,
    copy_given,
    copy_ready,
    eligibility,
    filing,
    goal_add,
    goal_change,
    goal_end,
    goal_progress,
    here_now,
    introduce,
    medication_reconciliation,
    needs_card,
    plan_action,
    plan_action_change,
    plan_agreement,
    plan_end,
    plan_review,
    plan_revision,
    quick_note,
    refer,
    resource_referral,
    resource_referral_news,
    sbar,
    sbar_answer,
    sharing,
    step,
    stop,
    task_add,
    task_change,
    template,
    transition_checklist,
)
from app.views.filing_lock import filing_lock
from app.views.form_page import FormPage
from app.views.page import BANNER_TYPES, FORMS, LaunchPage, chart, launch_page
from mappings.questionnaire.catalogue import catalogue
from mappings.step_rules import STEP_STATES
from smart_launch.errors import FhirError, Unauthorized, Unreachable

blueprint = Blueprint("paste", __name__)
blueprint.add_app_template_global(copy_ready.waiting_elsewhere, "texts_to_paste")

FORM_PAGES: tuple[FormPage[Any], ...] = (
    contact.FORM,
    quick_note.FORM,
    refer.FORM,
    eligibility.FORM,
    introduce.FORM,
    consent.FORM,
    consent.CHANGE_FORM,
    stop.FORM,
    sharing.FORM,
    sharing.REVOKE_FORM,
    care_plan.FORM,
    close_plan.FORM,
    template.FORM,
    copy_given.FORM,
    needs_card.FORM,
    goal_add.FORM,
    goal_change.FORM,
    goal_progress.FORM,
    goal_end.FORM,
    sbar.FORM,
    sbar_answer.FORM,
    task_add.FORM,
    task_change.FORM,
    here_now.FORM,
    plan_action.FORM,
    plan_action_change.FORM,
    plan_agreement.FORM,
    plan_end.FORM,
    plan_review.FORM,
    plan_revision.FORM,
    medication_reconciliation.FORM,
    cadence.FORM,
    transition_checklist.FORM,
    coordination.FORM,
    resource_referral.FORM,
    resource_referral_news.FORM,
    *map(step.form_page, STEP_STATES),
    *(assess.form_page(each.id) for each in catalogue()),
)
PAGES: Mapping[str, FormPage[Any]] = {form.name: form for form in FORM_PAGES}
ADDRESS = "/l/<launch_id>/paste/<uuid:text_id>"


@blueprint.get(ADDRESS)
def show(launch_id: str, text_id: UUID) -> str:
    """The text and its ways on, or what became of it. It is there also where the chart cannot be read just now.

    :raise 404: for a text that is not this user's for this patient, or is kept no longer.
    """
    text = _text(text_id)
    page = _frame()
    return render_template(
        "paste/show.html",
        page=page,
        launch_id=launch_id,
        text=text,
        words=FORMS[text.form].words,
        whose=page.banner.name if page else "",
        until_words=_clock(text, hours=services().settings.draft_hours),
        made_words=_clock(text),
        ended_words=f"{text.ended_at.astimezone(_zone()):%H:%M}" if text.ended_at else "",
        may_undo=text.state is not State.WAITING and bool(text.text),
        undo_minutes=int(UNDO.total_seconds() // 60),
        partly=_partly(text),
        blocked=_other_draft(text) is not None,
        form_at=_form_at(text),
        csrf=csrf_token(),
        patient_id=current_launch().patient_id,
        ehr_label=current_launch().ehr.label,
    )


@blueprint.post(f"{ADDRESS}/pasted")
def pasted(launch_id: str, text_id: UUID) -> ResponseReturnValue:
    """The user says that it stands in the chart. Chartside cannot look, and so asks nothing more."""
    return _ended(text_id, State.PASTED)


@blueprint.post(f"{ADDRESS}/discard")
def discard(launch_id: str, text_id: UUID) -> ResponseReturnValue:
    """The user wants it neither in the chart nor kept."""
    return _ended(text_id, State.DISCARDED)


@blueprint.post(f"{ADDRESS}/put-back")
def put_back(launch_id: str, text_id: UUID) -> ResponseReturnValue:
    """Within the hour what was ended waits again."""
    with filing_lock():
        text = _text(text_id)
        if services().pastes.put_back(current_launch().paste_key, text_id):
            _note("text-put-back", text.form)
    return copy_ready.to_text(text_id)


@blueprint.post(f"{ADDRESS}/again")
def again(launch_id: str, text_id: UUID) -> ResponseReturnValue:
    """Tries once more to file it: the access may be another one now. Ends like every save."""
    text = _text(text_id)
    if text.state is not State.WAITING or _other_draft(text):
        return copy_ready.to_text(text_id)
    return filing.again(PAGES[text.form], text)


@blueprint.post(f"{ADDRESS}/change")
def change(launch_id: str, text_id: UUID) -> ResponseReturnValue:
    """Makes it a draft again and opens its form."""
    with filing_lock():
        text = _text(text_id)
        if text.state is not State.WAITING or _partly(text) or _other_draft(text):
            return copy_ready.to_text(text_id)
        key = current_launch().draft_key(text.form)
        services().drafts.save(key, text.values, text.id, now=current_time(), reason=text.reason)
        services().pastes.withdraw(current_launch().paste_key, text_id)
    return redirect(_form_at(text), 303)


def _ended(text_id: UUID, state: State) -> ResponseReturnValue:
    with filing_lock():
        text = _text(text_id)
        if text.state is State.WAITING:
            services().pastes.end(current_launch().paste_key, text_id, state, at=current_time())
            _note("text-ended", text.form, state=state.value)
    return copy_ready.to_text(text_id)


def _note(event: str, form: str, *, state: str | None = None) -> None:
    """Writes into the log what became of a text: whose and of which form, never what it says."""
    here = current_launch()
    whose = f"Patient/{here.patient_id}"
    log(event, form=form, launch=short_hash(here.id), user=here.user, patient=whose, state=state)


def _text(text_id: UUID) -> PasteText:
    found = services().pastes.find(current_launch().paste_key, text_id)
    if found is None:
        abort(404)
    return found


def _frame() -> LaunchPage | None:
    """The frame of the page, or None where not even the patient could be read just now."""
    try:
        return launch_page("paste", chart(BANNER_TYPES))
    except Unauthorized:
        raise
    except (Unreachable, FhirError) as error:
        log_failure("chart-not-read", error)
        return None


def _partly(text: PasteText) -> bool:
    """True where the rest of its save is in the chart: then it can be completed, and not be changed any more."""
    return bool(services().begun.load(current_launch().record_form(text.id)))


def _other_draft(text: PasteText) -> Draft | None:
    """Another entry of the same form that is kept as a draft: there is room for one, and it is not overwritten."""
    kept = services().drafts.load(current_launch().draft_key(text.form))
    return kept if kept and kept.form_id != text.id else None


def _form_at(text: PasteText) -> str:
    return FORMS[text.form].address(current_launch().id)


def _zone() -> ZoneInfo:
    return current_launch().ehr.time_zone


def _clock(text: PasteText, *, hours: int = 0) -> str:
    return f"{text.made_at.astimezone(_zone()) + timedelta(hours=hours):%d %b, %H:%M}"
