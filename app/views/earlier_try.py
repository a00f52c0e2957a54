"""What an earlier try of a form has filed, as the chart tells: nothing, a part, or the whole of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.current import current_gateway, current_launch, current_time
from app.ehr.errors import NoAnswer
from app.ehr.receipt import Receipt
from app.ehr.record import anything_filed, filed_before
from app.ehr.rungs.carrier import Form
from app.services import services
from app.views.page import authorship
from mappings.chart import Chart


def begun(form_id: UUID) -> Sequence[Mapping[str, Any]]:
    """The records of a save of this form that broke half-way, or may have."""
    return services().begun.load(current_launch().record_form(form_id))


def partly_filed(of: Chart, form_id: UUID) -> bool:
    """Whether a save of this form was broken off after the EHR had taken some of it, or that cannot be told now."""
    records = begun(form_id)
    if not records:
        return False
    form = Form(current_launch().record_form(form_id), authorship(of))
    try:
        return anything_filed(current_gateway(), records, form=form)
    except NoAnswer:
        return True


def filed_whole(of: Chart, form_id: UUID) -> Receipt | None:
    """The receipt of a form that stands in the chart; None for one that does not, or of which a part does."""
    if begun(form_id):
        return None
    return filed_before(of, current_launch().record_form(form_id), now=current_time())
