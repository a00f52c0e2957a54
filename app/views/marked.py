"""Which lines of receipts name a record that was taken back since: such a line must not say that it stands."""

from __future__ import annotations

from collections.abc import Iterable

from app.ehr.receipt import Receipt
from app.views.page import BANNER_TYPES
from mappings.chart import Chart
from mappings.take_back import find_filed, is_taken_back


def types_for(receipts: Iterable[Receipt]) -> tuple[str, ...]:
    """What a page that lists these receipts reads of the chart."""
    kinds = {item.place.partition("/")[0] for each in receipts for item in each.filed}
    return (*BANNER_TYPES, "Goal") if "Goal" in kinds else BANNER_TYPES


def marked(of: Chart, receipts: Iterable[Receipt]) -> frozenset[str]:
    """The places ("Task/812") of those records that are marked as filed wrongly, as far as the chart could be read."""
    places = {item.place for each in receipts for item in each.filed}
    found = ((place, find_filed(of, place)) for place in places)
    return frozenset(place for place, record in found if record and is_taken_back(record))
