"""The tasks of this patient: mine, the team's, overdue, by reason; what was answered and reported back."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for

from app.current import current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.views.page import BANNER_TYPES, chart, launch_page
from app.views.task_user import task_user
from mappings.here_now import here_now, may_say_here
from mappings.plan_action import changeable as planned
from mappings.task_list import task_list
from mappings.team_member import contact_persons
from mappings.whereabouts import whereabouts

blueprint = Blueprint("tasks", __name__)

TYPES = (*BANNER_TYPES, "Goal", "RelatedPerson", "CareTeam")


@blueprint.get("/l/<launch_id>/tasks")
def show(launch_id: str) -> str:
    """The page: it files nothing by itself, each of its ways on does."""
    of, now = chart(TYPES, deadline=LATE_SECONDS), current_time()
    reason, overdue = request.args.get("reason", ""), bool(request.args.get("overdue", ""))
    found = task_list(of, now=now, user=task_user(), reason=reason, overdue=overdue)
    here = current_launch()
    return render_template(
        "tasks/show.html",
        page=launch_page("tasks", of),
        tasks=found,
        reason=reason,
        overdue=overdue,
        planned=frozenset(planned(of, now)),
        here=here_now(of, now=now),
        may_say_here=not may_say_here(of, now=now),
        persons=contact_persons(of, now=now),
        ehr_name=here.ehr.name,
        where=whereabouts(here.ehr.practice, now),
        try_again=url_for("tasks.show", launch_id=launch_id),
    )
