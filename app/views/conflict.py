"""The conflict screen: what stands in the EHR now and what the form says, field by field, with three ways on.

It is no page of its own: it answers a save, and what is chosen on it is sent to the same form again. So a second
change meanwhile simply leads back here, and nothing is ever overwritten unseen (design section 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request

from app.current import current_time
from app.ehr.drafts import Draft
from app.kept_forms import SETTLING
from app.views.page import LaunchPage
from mappings import seen
from mappings.chart import Chart
from mappings.clash import Clash, settled
from mappings.consent import closes_lapsed
from mappings.difference import NOTE

WAY, RECORD, FIELD = f"{SETTLING}way", f"{SETTLING}record", f"{SETTLING}field."
THEIRS, MINE, MERGE = "theirs", "mine", "merge"
SUBJECTS = ("CarePlan", "Consent")
"""Where such a record is left as it is, nothing else of its form would be true: then nothing is filed."""

Resource = dict[str, Any]


def show(
    page: LaunchPage,
    of: Chart,
    draft: Draft,
    built: Sequence[Resource],
    found: Sequence[Clash],
    *,
    send_to: str,
) -> tuple[str, int]:
    """The screen, 409. `built` is the whole save upon the newest chart, `found` what of it is in conflict."""
    records = frozenset(each.reference for each in found)
    drawn = render_template(
        "conflict/show.html",
        page=page,
        draft=draft,
        typed={name: items for name, items in draft.values.items() if name != seen.FIELD},
        seen_field=seen.FIELD,
        seen=seen.to_field(seen.changeable(of, current_time())),
        clashes=found,
        rest_is_filed=bool(_left(built, of, records)),
        send_to=send_to,
        way=WAY,
        record=RECORD,
        field=FIELD,
    )
    return drawn, 409


def settled_as_sent(built: Sequence[Resource], of: Chart) -> tuple[Resource, ...]:
    """The save after what was chosen on the screen; all of it where this request does not come from there.

    () where nothing is left to file. A field about which nothing was chosen stays theirs.
    """
    records = frozenset(request.form.getlist(RECORD))
    match request.form.get(WAY):
        case "theirs":
            return _left(built, of, records)
        case "merge":
            return settled(built, of, {record: _chosen(record) for record in records})
    return tuple(built)


def _chosen(record: str) -> frozenset[str]:
    """The names of the fields that are to be mine; notes never compete, so mine are added."""
    before = f"{FIELD}{record}."
    mine = {name.removeprefix(before) for name, value in request.form.items() if value == MINE}
    return frozenset({NOTE, *(name for name in mine if not name.startswith(SETTLING))})


def _left(built: Sequence[Resource], of: Chart, records: frozenset[str]) -> tuple[Resource, ...]:
    """What is still filed when `records` stay as they are."""
    if any(each.startswith(SUBJECTS) for each in records):
        return ()
    rest = settled(built, of, {record: frozenset() for record in records})
    return () if all(map(closes_lapsed, rest)) else rest
