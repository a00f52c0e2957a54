"""The receipt of a save: what was filed, where, in which form and version, what the EHR kept of it, and the way on."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, render_template, request

from app.current import current_gateway, current_launch, current_time
from app.ehr.receipt import Receipt
from app.services import services
from app.views.marked import marked, types_for
from app.views.page import chart, launch_page
from mappings.assess_result import results_at

blueprint = Blueprint("receipt", __name__)


def keep(filed: Receipt) -> str:
    """Keeps a receipt for a day, for this launch alone. Returns its id."""
    receipt_id = secrets.token_urlsafe(12)
    services().ledger.add(current_launch().id, receipt_id, filed)
    return receipt_id


@blueprint.get("/l/<launch_id>/receipt/<receipt_id>")
def show(launch_id: str, receipt_id: str) -> str:
    """:raise 404: for a receipt that is not of this launch, or older than a day."""
    found = services().ledger.receipt(launch_id, receipt_id)
    if found is None:
        abort(404)
    assessed = any(item.kind.startswith("assessment") for item in found.filed)
    of = chart((*types_for([found]), *(("Observation",) if assessed else ())))
    return render_template(
        "receipt/show.html",
        page=launch_page("receipt", of),
        receipt=found,
        marked=marked(of, [found]),
        # A kept receipt knows its offset from UTC, the EHR's zone has a name that people use.
        at=found.at.astimezone(current_launch().ehr.time_zone),
        results=results_at(of, {item.place for item in found.filed}, now=current_time()) if assessed else (),
        taken_back=request.args.get("taken_back", ""),
        beside="beside" in request.args,
        products=current_gateway().vendor.sign_off.products,
    )
