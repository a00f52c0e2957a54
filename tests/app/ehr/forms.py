"""Real saves of the forms, on a chart that the EHR of these tests then holds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mappings.care_plan import care_plan_resources, parse_care_plan
from mappings.consent import consent_resources, parse_consent
from mappings.contact_save import contact_resources, parse_contact
from tests.mappings.charts import NOW
from tests.mappings.shelf import ACCEPT, CONTACT, DIABETES, MARGERY, PLAN, Resource, Shelf, author, entry_of

FORM_ID = UUID("11111111-1111-4111-8111-111111111111")
NOTE = "She checks her fasting glucose daily."
SECRETS = ("Margery", "Gibson", "fasting", "glucose", "church", "Whitfield", "access-1")
"""What must stand in no exception: names, what was typed, the token."""


@dataclass(frozen=True)
class Filing:
    """One save: what it sends, and the chart that it was built on."""

    resources: tuple[Resource, ...]
    chart: tuple[Resource, ...]


def consent() -> Filing:
    """The first save of an episode: everything in it is new."""
    shelf = Shelf(MARGERY, DIABETES)
    entry = entry_of(parse_consent(ACCEPT, chart=shelf.chart(), now=NOW))
    return Filing(consent_resources(entry, shelf.chart(), author(), FORM_ID), tuple(shelf.kept.values()))


def plan() -> Filing:
    """The care plan: a goal, a task and a step are new, the drafted plan is changed."""
    shelf = Shelf(MARGERY, DIABETES)
    shelf.consent()
    entry = entry_of(parse_care_plan(PLAN, chart=shelf.chart(), now=NOW))
    return Filing(care_plan_resources(entry, shelf.chart(), author(), FORM_ID), tuple(shelf.kept.values()))


def contact() -> Filing:
    """A phone contact: a contact and a next task are new, a goal and the answered task are changed."""
    shelf = Shelf(MARGERY, DIABETES)
    shelf.consent()
    shelf.plan()
    goal = shelf.only("Goal")["id"]
    to_dos = [task["id"] for task in shelf.chart().resources("Task") if task["status"] == "requested"]
    values = {**CONTACT, "note": [NOTE], f"progress.{goal}": ["better"], "answers": to_dos}
    entry = entry_of(parse_contact(values, chart=shelf.chart(), now=NOW))
    return Filing(contact_resources(entry, shelf.chart(), author(), FORM_ID), tuple(shelf.kept.values()))


ALL = {"consent": consent, "plan": plan, "contact": contact}
