"""Medicines: the list as it stands, the reconciliations on file, and the form in which lists are laid side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.current import current_launch, current_preferences, current_time
from app.ehr.documents import key_of
from app.kept_forms import sent_form_id
from app.services import services
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES, chart, launch_page, not_accepted
from app.views.sent_list import ChosenList, chosen_list, words_of
from fhir_profiles.terminology import display
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.form import Submitted
from mappings.medication import medications
from mappings.medication_list import MANY, Line, MedicineLists, medicine_lists
from mappings.medication_reconciled import reconciliations
from mappings.medication_reconciliation import (
    parse_reconciliation,
    reconciliation_defaults,
    reconciliation_refusal,
    reconciliation_resources,
)
from mappings.medication_reconciliation_form import (
    ANSWER,
    HOW,
    MODES,
    NAME,
    SAME,
    SAME_OR_NOT,
    ReconciliationEntry,
)

blueprint = Blueprint("medication_reconciliation", __name__)

TYPES = (*BANNER_TYPES, "MedicationStatement", "MedicationRequest", "Encounter", "Condition")
ANSWER_WORDS = (
    ("taking", "Taking", "T"),
    ("not-taking", "Not taking", "N"),
    ("differently", "Differently", "D"),
    ("cannot-afford", "Cannot afford", "C"),
    ("unknown", "Not known", "U"),
)
"""The answers with the key that gives each while the focus is in its line."""


@dataclass(frozen=True)
class ReconciliationPage:
    """What the form draws: both lists, and which documents may stand beside the EHR's."""

    lists: MedicineLists
    chosen: ChosenList
    others: tuple[tuple[str, str], ...]
    apart: frozenset[str]


@blueprint.get("/l/<launch_id>/medicines")
def index(launch_id: str) -> str:
    """The list as it stands, what was found when it was last gone through, and every reconciliation before."""
    of, now = chart(TYPES), current_time()
    held = medications(of, now=now)
    active = [row for row in held.rows if row.active]
    return render_template(
        "medication_reconciliation/index.html",
        page=launch_page("medication-reconciliation-index", of),
        held=held,
        active=active,
        stopped=[row for row in held.rows if not row.active],
        many=len(active) >= MANY,
        ingredients=medicine_lists(of, None, now=now).ingredients,
        done=reconciliations(of, now=now),
        refused=reconciliation_refusal(of),
    )


def records(of: Chart | None = None) -> tuple[Record, ...]:
    """What a reconciliation files."""
    return (
        Record("the reconciliation", "Task"),
        Record("a question to the prescriber about any discrepancy", "Task"),
    )


def _asked(values: filing.Values) -> str | None:
    """The document that was asked for: by the form, else by the address."""
    sent = values.get("document")
    return next(iter(sent), "") if sent is not None else request.args.get("document")


def _defaults(of: Chart, now: datetime) -> filing.Values:
    timer = services().timers.get(current_launch().timer_key)
    seconds = int(timer.elapsed(services().now())) if timer else 0
    lists = medicine_lists(of, chosen_list(of, request.args.get("document")).sent, now=now)
    return reconciliation_defaults(
        lists, seconds=seconds, timed=timer is not None, mode=current_preferences().contact_mode
    )


def _parse(values: filing.Values, of: Chart, now: datetime) -> Submitted[ReconciliationEntry]:
    chosen = chosen_list(of, _asked(values) or "")
    why = "; ".join(f"{name}: {why}" for name, why in chosen.why_not)
    unread = f"{why}. Nothing was filed. Save again, or choose another document." if why else ""
    return parse_reconciliation(
        values,
        chart=of,
        now=now,
        document=chosen.sent,
        unread_document=unread,
        user=current_launch().user,
        form_id=current_launch().record_form(sent_form_id()),
    )


def _build(
    entry: ReconciliationEntry, of: Chart, author: Authorship, form_id: UUID
) -> Sequence[dict[str, Any]]:
    practice = current_launch().ehr.practice
    closes = not not_accepted((("Task", "update"),))
    return reconciliation_resources(entry, of, author, form_id, practice=practice, closes=closes)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "draw": partial(_page, of=of, now=now),
        "answers": ANSWER_WORDS,
        "same_or_not": tuple(SAME_OR_NOT.items()),
        "at": {"answer": ANSWER, "how": HOW, "same": SAME, "name": NAME},
        "cautions": (),
        "before": notice(records(of), of),
        "modes": [(code, display("contact-mode", code)) for code in MODES],
    }


def _page(form: Submitted[ReconciliationEntry], *, of: Chart, now: datetime) -> ReconciliationPage:
    """Drawn from the chart and what was typed; the document of the form stands, whatever else came meanwhile."""
    chosen = _chosen(of, _asked(form.values))
    lists = medicine_lists(of, chosen.sent, now=now)
    here = chosen.sent.key if chosen.sent else ""
    others = [(key_of(row.reference), words_of(row)) for row in chosen.offered.rows]
    return ReconciliationPage(
        lists=lists,
        chosen=chosen,
        others=tuple(row for row in others if row[0] != here),
        apart=frozenset(line.key for line in lists.lines if _is_parted(line, form)),
    )


def _chosen(of: Chart, asked: str | None) -> ChosenList:
    """The document that was asked for; with those passed over, where it is the one that was chosen for her."""
    likeliest = chosen_list(of, None)
    usual = likeliest.sent.key if likeliest.sent else ""
    return likeliest if asked in (None, usual) else chosen_list(of, asked)


def _is_parted(line: Line, form: Submitted[ReconciliationEntry]) -> bool:
    return line.guessed and form.value(f"{SAME}{line.key}") == "no"


def _stop_the_clock(typed: filing.Values) -> None:
    """Throws the clock away whose minutes were filed; without minutes it runs on."""
    if any(each.strip() for each in typed.get("minutes", ())):
        services().timers.discard(current_launch().timer_key)


FORM: filing.FormPage[ReconciliationEntry] = filing.FormPage(
    name="medication-reconciliation",
    endpoint="medication_reconciliation",
    template="medication_reconciliation/form.html",
    types=TYPES,
    parse=_parse,
    build=_build,
    defaults=_defaults,
    gate=lambda of, now: reconciliation_refusal(of),
    context=_context,
    writes=lambda of: writes_of(records(of)),
    after=_stop_the_clock,
)


@blueprint.get("/l/<launch_id>/medicines/reconcile")
def show(launch_id: str) -> ResponseReturnValue:
    """The lists side by side, nothing answered yet."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/medicines/reconcile")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the reconciliation, and its discrepancies as a question to the prescriber."""
    return filing.send(FORM)
