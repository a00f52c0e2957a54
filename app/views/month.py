"""A calendar month of one patient: what counts and why, whether it is ready, and the same as a log to print."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for

from app.current import current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings import dates
from mappings.billing_rules import family_codes
from mappings.chart import Chart
from mappings.coverage import cost_share
from mappings.month_sheet import MonthSheet, last_moment, month_key, month_sheet
from mappings.patient import patient_banner

blueprint = Blueprint("month", __name__)

TYPES = (*BANNER_TYPES, "Condition", "Encounter", "Coverage", "Appointment")


@blueprint.get("/l/<launch_id>/month")
def show(launch_id: str) -> str:
    """The sheet of the month that the address asks for (`?month=2026-10`), of the running one without."""
    of, now = chart(TYPES, deadline=LATE_SECONDS), current_time()
    sheet, refused = _sheet(of, now)
    return render_template(
        "month/show.html",
        page=launch_page("month", of),
        sheet=sheet,
        refused=refused,
        payers=cost_share(of, now),
        links=_links(launch_id, sheet),
        mend=_mend(launch_id),
        day=dates.day_words,
    )


@blueprint.get("/l/<launch_id>/month/log")
def log(launch_id: str) -> str:
    """The time log of a month: one page to print, with every contact of it."""
    of, now = chart(TYPES, deadline=LATE_SECONDS), current_time()
    sheet, refused = _sheet(of, now)
    here = current_launch()
    return render_template(
        "month/log.html",
        sheet=sheet,
        refused=refused,
        patient=patient_banner(of, today=now.date()),
        practice=here.ehr.practice.name or here.ehr.label,
        made={"by": here.user_name, "date": dates.day_words(now.date()), "time": f"{now:%H:%M}"},
        back=url_for("month.show", launch_id=launch_id, month=sheet.key, family=sheet.family.code),
        day=dates.day_words,
    )


def _sheet(of: Chart, now: datetime) -> tuple[MonthSheet, str]:
    """The sheet asked for, and a sentence where what was asked for is no month before today's."""
    asked, family = request.args.get("month", ""), request.args.get("family", "")
    moment = last_moment(asked, now) if asked else now
    sheet = month_sheet(
        of,
        now=now,
        moment=moment or now,
        families=current_launch().ehr.practice.program_families,
        as_family=family if family in family_codes() else "",
    )
    wrong = (
        ""
        if moment
        else "There is nothing to show for the month that was asked for: this is the running one."
    )
    return sheet, wrong


def _links(launch_id: str, sheet: MonthSheet) -> dict[str, Any]:
    def of_month(key: str, family: str = "") -> str:
        return url_for("month.show", launch_id=launch_id, month=key, family=family or sheet.family.code)

    return {
        "earlier": of_month(sheet.earlier),
        "later": of_month(sheet.later) if sheet.later else "",
        "families": [(each, of_month(sheet.key, each.code)) for each in sheet.families],
        "log": url_for("month.log", launch_id=launch_id, month=sheet.key, family=sheet.family.code),
        "contact": url_for("contact.show", launch_id=launch_id),
        "running": url_for("month.show", launch_id=launch_id, month=month_key(current_time())),
    }


def _mend(launch_id: str) -> dict[str, str]:
    """Where each thing is put right that a month needs."""
    pages = {
        "consent": "consent.show",
        "plan": "plan.show",
        "visit": "consent.show",
        "conditions": "eligibility.show",
        "plan-changed": "plan_revision.show",
        "transition": "transition.show",
    }
    return {need: url_for(endpoint, launch_id=launch_id) for need, endpoint in pages.items()}
