"""The reminder that planning at the initiating visit is paid once per patient, and whether the service began before.

Chartside bills nothing and sees no claims, so it can only say that the service was begun before (domain notes B.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mappings.billing_rules import once_only
from mappings.chart import Chart
from mappings.consent import ConsentView, consent_history

CODE = "G0506"


@dataclass(frozen=True)
class PlanningAddOn:
    """One sentence for whoever bills, with `code` and `source`. `again` where the service was begun before."""

    sentence: str
    code: str
    source: str
    again: bool


def planning_add_on(chart: Chart, now: datetime) -> PlanningAddOn | None:
    """The reminder beside a consent in force; None without one, and for a day that no rule is confirmed for."""
    agreed = [each for each in consent_history(chart, now=now) if each.state in ("active", "stopped")]
    rule = once_only(CODE, now.date())
    if rule is None or not agreed or agreed[0].state != "active":
        return None
    before = [each for each in agreed[1:] if _ended_before(each, agreed[0])]
    told = f"{rule.label} is paid once per patient."
    if before:
        first = before[-1].date_words
        told = f"{told} The service was begun before ({first}), so it may have been billed then."
    return PlanningAddOn(told, rule.code, rule.source, again=bool(before))


def _ended_before(earlier: ConsentView, now: ConsentView) -> bool:
    """False where one consent followed the other without a day between them: the service went on."""
    return bool(earlier.ends and now.since and earlier.ends < now.since.date())
