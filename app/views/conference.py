"""This patient for the team's meetings: one line for the huddle, four columns for the conference, also on paper."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from app.current import current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.views.page import BANNER_TYPES, chart, launch_page
from app.views.task_user import task_user
from mappings.conference import conference
from mappings.huddle import huddle_line

blueprint = Blueprint("conference", __name__)

TYPES = (
    *BANNER_TYPES,
    *("Goal", "Condition", "Encounter", "Observation", "Procedure", "Appointment", "CareTeam"),
)


@blueprint.get("/l/<launch_id>/conference")
def show(launch_id: str) -> str:
    """The page: it reads and files nothing."""
    of, now = chart(TYPES, deadline=LATE_SECONDS), current_time()
    practice = current_launch().ehr.practice
    return render_template(
        "conference/show.html",
        page=launch_page("conference", of),
        huddle=huddle_line(of, now=now, user=task_user()),
        columns=conference(of, now=now, families=practice.program_families),
        made=f"{now:%d %b %Y, %H:%M}",
        by=current_launch().user_name,
        back=url_for("tasks.show", launch_id=launch_id),
    )
