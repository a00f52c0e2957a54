"""The tasks of all patients in a launch without one: whose they are, who is here, who comes today, what was told."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, render_template, request, url_for
from werkzeug import Response

from app.current import current_staff_client
from app.ehr.team_tasks import NOT_GRANTED, read_team_tasks
from app.services import services
from app.staff_launches import StaffLaunch, current_staff_launch
from app.team_settings import PATIENT
from app.views.staff import sign_in as sign_in_without_a_patient
from app.views.staff import staff_frame
from mappings.team_list import team_list
from mappings.team_member import Member

blueprint = Blueprint("staff_tasks", __name__)


@blueprint.get("/staff/<staff_launch_id>/tasks")
def show(staff_launch_id: str) -> str:
    """The list, or why this sign-in or this EHR shows none."""
    launch = current_staff_launch()
    now = launch.local_time(services().now())
    read = read_team_tasks(current_staff_client(), now=now)
    reason, overdue = request.args.get("reason", ""), bool(request.args.get("overdue", ""))
    user = Member(launch.user, launch.user_name)
    found = team_list(
        read.tasks, read.patients, read.appointments, now=now, user=user, reason=reason, overdue=overdue
    )
    return render_template(
        "staff/tasks.html",
        **staff_frame(),
        refused=read.reason,
        ask_again=url_for("staff_tasks.sign_in", ehr=launch.ehr.name) if read.reason == NOT_GRANTED else "",
        incomplete=read.incomplete,
        tasks=found,
        reason=reason,
        overdue=overdue,
        here=url_for("staff_tasks.show", staff_launch_id=staff_launch_id),
        chart_of=lambda patient: _chart_address(launch, patient),
        opens_charts=bool(launch.ehr.practice.chart_link),
        choose=url_for("launch.launch_standalone", ehr=launch.ehr.name),
    )


def _chart_address(launch: StaffLaunch, patient: str) -> str:
    """Where the EHR opens Chartside in this patient's chart; "" where the settings name no such address."""
    return launch.ehr.practice.chart_link.replace(PATIENT, quote(patient, safe=""))


@blueprint.get("/staff/sign-in")
def sign_in() -> Response:
    """The sign-in that asks for no patient, at the EHR that `ehr` names: the administrator's is no other."""
    return sign_in_without_a_patient()
