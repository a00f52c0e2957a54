"""What can be filed in this EHR with this access, form by form, in words; asked of the EHR's own metadata and scopes.

A nurse who meets a missing button looks here before she calls somebody, and what stands here is what she tells them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template

from app.views import (
    assess,
    care_plan,
    close_plan,
    consent,
    contact_context,
    coordination,
    copy_given,
    eligibility,
    goal_add,
    goal_change,
    introduce,
    medication_reconciliation,
    needs_card,
    plan_action,
    plan_agreement,
    plan_review,
    plan_revision,
    quick_note,
    refer,
    resource_referral,
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
from app.views.before_filing import Record, notice, writes_of
from app.views.form_page import CREATE
from app.views.page import BANNER_TYPES, chart, launch_page, not_accepted
from mappings.chart import Chart

blueprint = Blueprint("filed_here", __name__)

FORMS: tuple[tuple[str, Callable[[Chart], Sequence[Record]]], ...] = (
    ("Contacts and their minutes", lambda of: contact_context.records()),
    ("Quick notes", quick_note.records),
    ("How care management was introduced", introduce.records),
    ("A referral to care management", refer.records),
    ("The decision on eligibility", eligibility.records),
    ("Consent, and a patient’s no", consent.records),
    ("The end of a consent", lambda of: stop.END),
    ("Permissions to share with agencies", sharing.records),
    ("A care plan with its goals and tasks", care_plan.records),
    ("A step, an action or a service", plan_action.records),
    ("A review of the plan", lambda of: plan_review.records()),
    ("A revised plan", lambda of: plan_revision.records()),
    ("The agreement with the plan", plan_agreement.records),
    ("Goals and steps of a template", template.records),
    ("Another goal", goal_add.records),
    ("A change, the progress or the end of a goal", goal_change.records),
    ("A pause and other steps of the program", step.records),
    ("The end of the service", close_plan.records),
    ("A medication reconciliation", lambda of: medication_reconciliation.records()),
    ("Questions to the provider", sbar.records),
    ("Answers to them", sbar_answer.records),
    ("Tasks", task_add.records),
    ("What becomes of a task", task_change.records),
    ("Referrals to classes, agencies, specialists and suppliers", resource_referral.records),
    ("What was gone through after a discharge", lambda of: transition_checklist.records()),
    ("Tasks with others outside", lambda of: coordination.records()),
    ("A copy of the plan, logged as given", copy_given.records),
    ("Cards of a card study", lambda of: needs_card.records()),
    ("Assessments and their scores", assess.records),
)
"""Everything that Chartside files, as a nurse calls it, and the records of each."""

FILED = "Filed in the chart."
TEXT = "Chartside makes text of it, for you to paste into the chart."


@dataclass(frozen=True)
class Row:
    """One form: `filed` says whether the EHR takes it in this launch, `words` in which form, or why not."""

    title: str
    filed: bool
    words: str


@blueprint.get("/l/<launch_id>/filed-here")
def show(launch_id: str) -> str:
    """The table."""
    of = chart((*BANNER_TYPES, "Goal"))
    return render_template("filed_here/show.html", page=launch_page("filed-here", of), rows=tuple(_rows(of)))


def _rows(of: Chart) -> Iterator[Row]:
    for title, records_of in FORMS:
        records = records_of(of)
        refusal = not_accepted(writes_of(records))
        # What is changed in the EHR cannot be pasted: the record would go on saying otherwise.
        stuck = not_accepted([write for write in writes_of(records) if write[1] != CREATE])
        why = refusal if stuck else f"{refusal} {TEXT}"
        yield Row(title, not refusal, why if refusal else notice(records, of).sentence or FILED)
