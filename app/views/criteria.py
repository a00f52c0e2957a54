"""Whom to refer and how: one page to print for the front desk, without a word about any patient."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from app.current import current_launch
from mappings.criteria import criteria

blueprint = Blueprint("criteria", __name__)


@blueprint.get("/l/<launch_id>/criteria")
def show(launch_id: str) -> str:
    """The page; nothing of the chart is read for it."""
    return render_template(
        "criteria/show.html",
        criteria=criteria(),
        practice=current_launch().ehr.practice,
        back=url_for("enrolment.show", launch_id=launch_id),
    )
