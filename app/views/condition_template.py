"""The conditions of a patient: results with their course, what is known and told, what is overdue, who else cares."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for

from app.current import current_time
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.condition_page import condition_page
from mappings.condition_template import condition_template

blueprint = Blueprint("condition_template", __name__)
TYPES = (
    *BANNER_TYPES,
    *("Goal", "Condition", "Encounter", "Observation", "Procedure", "Appointment", "CareTeam"),
)


@blueprint.get("/l/<launch_id>/conditions")
def show(launch_id: str) -> str:
    """The page of the templates that fit, or of the one that the address names.

    :raise 404: for a template that does not exist.
    """
    asked = request.args.get("template", "")
    chosen = condition_template(asked) if asked else None
    if asked and chosen is None:
        abort(404)
    of, now = chart(TYPES), current_time()
    return render_template(
        "condition_template/show.html",
        page=launch_page("conditions", of),
        view=condition_page(of, now=now, chosen=chosen),
        contact_at=url_for("contact.show", launch_id=launch_id),
        alone=chosen is not None,
    )
