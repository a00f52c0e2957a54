"""The card study over all patients, in a launch without one: live totals, and for which patients."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for

from app.current import current_staff_client
from app.ehr.study_cards import LATELY_DAYS, NOT_GRANTED, read_study_cards
from app.services import services
from app.staff_launches import current_staff_launch
from app.views.staff import staff_frame
from mappings.card_study import card_study
from mappings.dates import day_words, valid_form_date

blueprint = Blueprint("staff_cards", __name__)


@blueprint.get("/staff/<staff_launch_id>/cards")
def show(staff_launch_id: str) -> str:
    """The totals of the day that the address asks for, of all days without; or why this sign-in shows none."""
    launch = current_staff_launch()
    now = launch.local_time(services().now())
    read = read_study_cards(current_staff_client(), now=now)
    study = card_study(read.tasks, now=now, day=valid_form_date(request.args.get("day", "")))
    here = url_for("staff_cards.show", staff_launch_id=staff_launch_id)
    return render_template(
        "staff/cards.html",
        **staff_frame(),
        refused=read.reason,
        ask_again=url_for("staff_tasks.sign_in", ehr=launch.ehr.name) if read.reason == NOT_GRANTED else "",
        whole=read.whole,
        study=study,
        lately=LATELY_DAYS,
        here=here,
        days=[
            (day_words(day), number, f"{here}?day={day.isoformat()}", day == study.day)
            for day, number in study.days
        ],
        tasks=url_for("staff_tasks.show", staff_launch_id=staff_launch_id),
    )
