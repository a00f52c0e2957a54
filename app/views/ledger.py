"""What was filed in this visit to the chart and what still is not: receipts by id and version, and the kept drafts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, url_for

from app.current import current_launch
from app.ehr.drafts import Draft
from app.services import services
from app.views import unread
from app.views.marked import marked, types_for
from app.views.page import FORMS, chart, launch_page, unfiled
from mappings.chart import Chart

blueprint = Blueprint("ledger", __name__)


@dataclass(frozen=True)
class Waiting:
    """One entry that is not filed: what, since when, why, and where to go on with it."""

    name: str
    words: str
    saved_words: str
    reason: str
    values: dict[str, tuple[str, ...]]
    form_id: UUID
    text: str
    form_at: str
    send_to: str
    discard_at: str


@dataclass(frozen=True)
class Thrown:
    """One entry that was thrown away and can be put back."""

    words: str
    saved_words: str
    restore_at: str


@blueprint.get("/l/<launch_id>/filed")
def show(launch_id: str) -> str:
    """The page. Reads the chart for the banner, and to leave out of the queue what the chart already holds."""
    listed = services().ledger.receipts(launch_id)
    filed = [receipt for _, receipt in listed]
    of = chart(types_for(filed))
    return render_template(
        "ledger/show.html",
        page=launch_page("ledger", of),
        receipts=listed,
        marked=marked(of, filed),
        waiting=_waiting(of),
        thrown=_thrown(),
    )


def _waiting(of: Chart) -> tuple[Waiting, ...]:
    return tuple(_row(form, draft) for form, draft in unfiled(of))


def _row(form: str, draft: Draft) -> Waiting:
    link = FORMS[form]
    here = current_launch().id
    return Waiting(
        name=form,
        words=link.words,
        saved_words=_clock(draft),
        reason=draft.reason,
        values={name: tuple(items) for name, items in draft.values.items()},
        form_id=draft.form_id,
        text=unread.as_text(draft),
        form_at=link.address(here),
        send_to=link.address(here, "send"),
        discard_at=url_for("draft.discard", launch_id=here, form=form),
    )


def _thrown() -> tuple[Thrown, ...]:
    here = current_launch()
    found = ((form, services().ledger.thrown_away(here.draft_key(form))) for form in FORMS)
    return tuple(
        Thrown(FORMS[form].words, _clock(draft), url_for("draft.restore", launch_id=here.id, form=form))
        for form, draft in found
        if draft and not services().drafts.load(here.draft_key(form))
    )


def _clock(draft: Draft) -> str:
    return f"{draft.saved_at.astimezone(current_launch().ehr.time_zone):%d %b, %H:%M}"
