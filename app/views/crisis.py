"""The crisis steps of the practice, and what is still open of an answer that meant danger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, url_for

from app.current import current_launch, current_time
from app.services import services
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.chart import Chart
from mappings.crisis import KIND, because, dangers_typed, prompts
from mappings.prompt import Prompt
from mappings.questionnaire.catalogue import catalogue
from mappings.to_do import to_dos

blueprint = Blueprint("crisis", __name__)


@blueprint.get("/l/<launch_id>/crisis")
def show(launch_id: str) -> str:
    """The steps and numbers, what is open, and the way to document what was done."""
    of, now = chart(BANNER_TYPES), current_time()
    waiting = [row for row in to_dos(of, now).rows if row.kind == KIND and row.ours]
    answers: dict[str, Any] = {"answers": waiting[0].id} if waiting else {}
    return render_template(
        "crisis/show.html",
        page=launch_page("crisis", of),
        practice=current_launch().ehr.practice,
        lines=[line for line in urgent_lines(of, now) if line.endpoint != "contact.show"],
        tasks=waiting,
        contact_at=url_for("contact.show", launch_id=current_launch().id, **answers),
    )


def urgent_lines(of: Chart, now: datetime) -> tuple[Prompt, ...]:
    """What of a danger is open, the most urgent first: typed and not filed, filed and nobody told, a task not done."""
    return (*_unfiled(now), *prompts(of, now=now, practice=current_launch().ehr.practice))


def _unfiled(now: datetime) -> list[Prompt]:
    """The drafts of this user for this patient with such an answer."""
    found = []
    for each in catalogue():
        draft = (
            services().drafts.load(current_launch().draft_key(f"assess-{each.id}")) if each.dangers else None
        )
        typed = dangers_typed(each, draft.values, now=now) if draft else ()
        if draft and typed:
            kept = draft.saved_at.astimezone(current_launch().ehr.time_zone)
            found.append(
                Prompt(
                    sentence=f"Not filed yet: {because(typed)}",
                    why=f"{each.title}, kept {kept:%d %b, %H:%M}",
                    label="Go on with it",
                    endpoint="assess.show",
                    parameters={"questionnaire": each.id},
                    urgent=True,
                )
            )
    return found
