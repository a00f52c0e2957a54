"""A medication reconciliation: what it opens with, and what one save of it files.

A completed Task (`medication_reconciliation_task`) and, of the discrepancies, a question to the prescriber. Nothing of
the EHR's own list is changed, and nothing is proposed (`domain.md` A.6, rows 97 and 98).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings import dates, medication_reconciliation_form
from mappings.authorship import Authorship
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.contact import time_spent
from mappings.contact_record import contact_task
from mappings.element import as_text
from mappings.enrolment_state import unread
from mappings.episode import TITLE, open_plan
from mappings.form import Submitted
from mappings.identity import is_ours, reference_to
from mappings.medication_document import SentList
from mappings.medication_list import MedicineLists, medicine_lists
from mappings.medication_reconciliation_form import MODES, ReconciliationEntry
from mappings.medication_reconciliation_task import in_short, reconciliation_task
from mappings.overlap import same_person
from mappings.patient_warning import DIED, is_deceased
from mappings.practice import Practice
from mappings.sbar import SbarEntry, expected_by, sbar_resource, topic
from mappings.sbar_prefill import background
from mappings.to_do import completed, open_to_dos, to_do_kind
from mappings.wall_clock import later

TO_DO = "discharge-medicines"
"""The kind of task that a discharge makes for it."""
_SAID_IN_A_QUESTION = 3000
"""What a question to the prescriber holds of the discrepancies; all of them stand in the reconciliation."""


def reconciliation_refusal(chart: Chart) -> str:
    """Why medicines may not be reconciled now; "" when they may."""
    if is_deceased(chart):
        return DIED
    return unread(chart, "Task") or ""


def reconciliation_defaults(
    lists: MedicineLists, *, seconds: int = 0, timed: bool = False, mode: str = "phone"
) -> dict[str, tuple[str, ...]]:
    """What the form opens with: nothing is answered, and the discrepancies go to the prescriber.

    `seconds` is the timer's running time, where it runs (`timed`); `mode` how the user usually talks to patients.
    """
    key = lists.document.key if lists.document else ""
    minutes = {"minutes": (str(max(1, seconds // 60)),)} if timed else {}
    usual = mode if mode in MODES else MODES[0]
    return {"tell": ("yes",), "document": (key,), "mode": (usual,), **minutes}


def parse_reconciliation(
    values: Mapping[str, Sequence[str]],
    *,
    chart: Chart,
    now: datetime,
    document: SentList | None = None,
    unread_document: str = "",
    user: str | None = None,
    form_id: UUID | None = None,
) -> Submitted[ReconciliationEntry]:
    """The form as sent. `unread_document` says why the document that the page compared with is not there now.

    Minutes of `user` that stand in another contact are refused; what the form `form_id` filed itself is left out.
    """
    return medication_reconciliation_form.read(
        values,
        medicine_lists(chart, document, now=now),
        refusal=reconciliation_refusal(chart) or unread_document,
        given_already=lambda minutes: _given_already(chart, minutes, now, user or "", form_id),
    )


def _given_already(chart: Chart, minutes: int, now: datetime, user: str, form_id: UUID | None) -> str:
    start = later(now, -minutes)
    other = (
        same_person(chart, start, now, user=user, now=now, except_form=str(form_id or "")) if user else None
    )
    if other is None:
        return ""
    return (
        f"Of this time you have documented a contact already: {other.when_words}, {other.clock_words},"
        f" {other.mode_words.lower()}, {other.minutes} min. Change the minutes, or leave them empty."
    )


def reconciliation_resources(
    entry: ReconciliationEntry,
    chart: Chart,
    author: Authorship,
    form_id: UUID,
    *,
    practice: Practice | None = None,
    closes: bool = True,
) -> tuple[dict[str, Any], ...]:
    """What a reconciliation files: itself, a question to the prescriber on what differs, its minutes as a contact.

    The tasks that ask for it are done with it, unless the EHR takes no change of a task (`closes`).
    """
    plan = open_plan(chart)
    about = reference_to(plan, TITLE) if plan else None
    done = reconciliation_task(entry, author, form_id, plan=about)
    answered = answered_to_dos(chart) if closes else ()
    how = f"Done in the medication reconciliation of {dates.day_words(author.now.date())}"
    spent = (
        *_time(entry, chart, author, form_id, about),
        *(completed(task, author, how=how) for task in answered),
    )
    if not (entry.tell and entry.discrepancies):
        return (done, *spent)
    asked = _question(entry, chart, author, practice or Practice())
    provider = primary_care_provider(chart)
    question = sbar_resource(
        asked, author, form_id, plan=about, provider=provider, slot="medication-question"
    )
    return (done, question, *spent)


def answered_to_dos(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Our open tasks that ask for a reconciliation."""
    tasks = (task for task in open_to_dos(chart) if is_ours(task) and as_text(task.get("id")))
    return tuple(task for task in tasks if to_do_kind(task) == TO_DO)


def _time(
    entry: ReconciliationEntry,
    chart: Chart,
    author: Authorship,
    form_id: UUID,
    plan: dict[str, Any] | None,
) -> tuple[dict[str, Any], ...]:
    """The contact in which the patient was asked, where its minutes are to be documented."""
    if entry.minutes is None:
        return ()
    spent = time_spent(
        entry.minutes,
        now=author.now,
        activity="medication-reconciliation",
        with_whom="patient",
        mode=entry.mode,
        note=f"Medicines reconciled: {in_short(entry)}",
    )
    return (contact_task(spent, chart, author, form_id, plan),)


def _question(entry: ReconciliationEntry, chart: Chart, author: Authorship, practice: Practice) -> SbarEntry:
    """The four parts: how many, who it is, each discrepancy, and the usual question. No proposal of ours."""
    rules = topic("medicines", practice)
    found = entry.discrepancies
    number = "1 discrepancy" if len(found) == 1 else f"{len(found)} discrepancies"
    compared = f" and the {_lower(entry.document)}" if entry.document else ""
    text = " | ".join(found)
    if len(text) > _SAID_IN_A_QUESTION:
        text = (
            f"{text[:_SAID_IN_A_QUESTION].rsplit(' | ', 1)[0]} | and more: see the medication reconciliation"
        )
    return SbarEntry(
        situation=f"Medicines reconciled with the EHR’s list{compared}: {number}",
        background=background(chart, author.now),
        assessment=text,
        recommendation=rules.ask,
        priority="routine",
        due=expected_by("medicines", "routine", now=author.now, practice=practice),
        needs_answer=True,
        about="medicines",
        owner_name=rules.answered_by,
    )


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
