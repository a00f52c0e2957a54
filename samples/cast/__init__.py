"""The sandbox EHR's own patients: each tells one story out of a care manager's day.

They are written by hand, belong to nobody, and are counted from `today`, so that "discharged yesterday" is true on any
day. Nothing here is written by Chartside: what the app adds stands beside it. One module holds one patient; `staff`
holds the practice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast import (
    child_asthma,
    copd,
    deceased,
    declined,
    depression,
    diabetes,
    heart_failure,
    kidney_disease,
    many_medicines,
    never_seen,
    nothing_recorded,
    prediabetes,
    spanish,
    staff,
    wrong_data,
)
from samples.cast.chart import Resource, Story

_PATIENTS = (
    diabetes,
    heart_failure,
    copd,
    depression,
    many_medicines,
    spanish,
    kidney_disease,
    declined,
    never_seen,
    child_asthma,
    prediabetes,
    deceased,
    nothing_recorded,
    wrong_data,
)

STORIES: tuple[Story, ...] = tuple(module.STORY for module in _PATIENTS)
"""Every patient of the cast, in the order in which a newcomer should meet them."""


def resources(today: date) -> Iterator[Resource]:
    """Every resource of the cast as it stands on `today` (a date in the practice's time zone).

    The practice comes first, then one patient after another; within a chart the Patient comes first. Ids are the same
    on every day, so a second load of the same store replaces and never doubles.
    """
    yield from staff.resources()
    for module in _PATIENTS:
        yield from module.resources(today)


__all__ = ["STORIES", "Resource", "Story", "resources"]
