"""Contacts with the templates of conditions in them, every question answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mappings.chart import Chart
from mappings.condition_template import chosen_templates
from mappings.condition_template_part import OVERDUE
from mappings.overdue import overdue_for
from tests.mappings.visiting import typed
from tests.written.saves import Save, Values, contact


def visited(day: int, chosen: str, **said: Any) -> Save:
    """A contact with these templates ("diabetes,weight"): all is answered, and all that is overdue becomes a task."""
    plain = contact(day, **said)

    def fill(chart: Chart, now: datetime) -> Values:
        templates = chosen_templates(chosen)
        answers = {name: given for each in templates for name, given in typed(each, now.date()).items()}
        due = tuple(dict.fromkeys(row.key for each in templates for row in overdue_for(chart, each, now=now)))
        return {**plain.fill(chart, now), **answers, "template": (chosen,), OVERDUE: due}

    return Save("contact", day, fill)
