"""The receipt of a save: what was filed, where, as which version, and the way on."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta

from flask import Blueprint, abort, render_template

from app.current import current_launch, current_time
from app.ehr.receipt import Receipt
from app.services import services
from app.views.page import BANNER_TYPES, chart, launch_page

blueprint = Blueprint("receipt", __name__)
KIND = "receipt"
KEPT = timedelta(hours=24)


def keep(filed: Receipt) -> str:
    """Keeps a receipt for a day, for this launch alone. Returns its id."""
    receipt_id = secrets.token_urlsafe(12)
    row = json.dumps(filed.to_json()).encode()
    services().store.put(KIND, _key(receipt_id), row, expires_at=(current_time() + KEPT).timestamp())
    return receipt_id


def _key(receipt_id: str) -> str:
    return f"{current_launch().id}/{receipt_id}"


@blueprint.get("/l/<launch_id>/receipt/<receipt_id>")
def show(launch_id: str, receipt_id: str) -> str:
    """:raise 404: for a receipt that is not of this launch, or older than a day."""
    row = services().store.get(KIND, _key(receipt_id))
    if row is None:
        abort(404)
    of = chart(BANNER_TYPES)
    return render_template(
        "receipt/show.html", page=launch_page("receipt", of), receipt=Receipt.from_json(json.loads(row))
    )
