"""Where a launch lands: who she is, what was promised last time, what is next; and each panel by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, get_template_attribute, render_template, url_for
from markupsafe import Markup

from app.current import current_gateway, current_launch, current_time
from app.ehr.chart import LATE_SECONDS, TODAY_TYPES, open_chart
from app.granted import not_granted, not_granted_sentence
from app.opened_for import opened_for
from app.views import care_plan, close_plan, consent, contact, filing, quick_note, refer
from app.views.page import chart, launch_page
from app.views.prompts import prompts_of
from mappings.chart import Chart
from mappings.medication_reconciled import reconciliations
from mappings.observation import LatestReading
from mappings.program_referral import is_step
from mappings.reading import ReadStatus
from mappings.to_look_at import to_look_at
from mappings.today import TodayView, today_view
from mappings.trend import TrendPicture, trend_picture
from mappings.write_ladder import WRITTEN

blueprint = Blueprint("today", __name__)

PANELS: Mapping[str, tuple[str, ...]] = {
    "problems": ("Condition",),
    "medications": ("MedicationStatement", "MedicationRequest"),
    "allergies": ("AllergyIntolerance",),
    "visits": ("Encounter",),
    "readings": ("Observation",),
    "other_plans": ("CarePlan",),
    "goals": ("Goal",),
    "to_dos": ("Task",),
    "contacts": ("Task",),
    "to_look_at": tuple(WRITTEN),
}
"""Each panel that can come by itself, and the resource types that it needs."""


@blueprint.app_template_filter("trend_picture")
def trend_picture_of(row: LatestReading) -> TrendPicture | None:
    """The picture beside a result; None where one value is no trend."""
    return trend_picture(row.trend, unit=row.unit, low=row.target_low, high=row.target_high)


@blueprint.get("/l/<launch_id>/today")
def show(launch_id: str) -> str:
    """The whole chart, every panel at once; late ones are fetched by the page."""
    of = chart(TODAY_TYPES)
    view = _view(of)
    missing = not_granted()
    return render_template(
        "today/show.html",
        page=launch_page("today", of, view=view),
        view=view,
        actions=_actions(view, of),
        refused="" if _names(missing, view.next_action.target, of) else _refusal(view.next_action.target, of),
        not_granted=not_granted_sentence(missing),
        opened_for=opened_for(view),
        panel_at=_addresses(),
        prompts=prompts_of(of, current_time()),
        reconciled=_reconciled(of),
        look_at=to_look_at(of, current_time()),
        look_later=any(of.reading(kind).status is ReadStatus.STILL_LOADING for kind in WRITTEN),
    )


def _reconciled(of: Chart) -> str:
    """When the medicines were last gone through with the patient, and what was found; "" where nothing tells."""
    done = reconciliations(of, now=current_time()).rows
    if not done:
        return ""
    found = done[0].discrepancies
    said = "" if found is None else f", {found or 'no'} discrepanc{'y' if found in (0, 1) else 'ies'}"
    return f"last {done[0].when_words}{said}"


@blueprint.get("/l/<launch_id>/panel/<name>")
def panel(launch_id: str, name: str) -> str | Markup:
    """One panel, read again, with more patience than a page has.

    :raise 404: for a panel that does not exist.
    """
    if name not in PANELS:
        abort(404)
    of = open_chart(current_gateway(), types=PANELS[name], deadline=LATE_SECONDS)
    draw = get_template_attribute("today/panels.html", name)
    return Markup(draw(_rows(name, of), _addresses()[name]))  # noqa: S704 - the macro's own, escaped output


def _view(of: Chart) -> TodayView:
    return today_view(of, now=current_time(), families=current_launch().ehr.practice.program_families)


def _rows(name: str, of: Chart) -> Any:
    if name == "to_look_at":
        return to_look_at(of, current_time())
    view: TodayView = _view(of)
    return getattr(view, name)


@dataclass(frozen=True)
class Action:
    """A way on from *Today*: the button's words and its address."""

    label: str
    address: str


PAGES: Mapping[str, tuple[str, filing.FormPage[Any]]] = {
    "contact": ("Document contact", contact.FORM),
    "quick-note": ("Quick note", quick_note.FORM),
    "consent": ("Record consent", consent.FORM),
    "care-plan": ("Open the care plan", care_plan.FORM),
    "care-plan/close": ("Close the plan", close_plan.FORM),
    "refer": ("Refer", refer.FORM),
}
"""Where `NextAction.target` may lead: the button's usual words and the form."""


def _refusal(target: str, of: Chart) -> str:
    """Why this launch could not file what the page `target` documents; "" when it could."""
    return PAGES[target][1].to_paste(of) if target in PAGES else ""


def _names(missing: tuple[str, ...], target: str, of: Chart) -> bool:
    """True when what was not granted already tells why the page `target` cannot file: once is enough."""
    return target in PAGES and any(name in missing for name, _ in PAGES[target][1].writes(of))


def _actions(view: TodayView, of: Chart) -> list[Action]:
    """The next action first: it is the page's one primary button. The others are those that are open now.

    What the EHR takes in no form becomes text to paste; none leads to a form of which even that would mislead.
    """
    may_contact = view.enrolment.may_contact.allowed and not view.banner.deceased
    gates = {
        "contact": may_contact,
        "quick-note": may_contact,
        "consent": view.enrolment.may_consent.allowed,
        "care-plan": view.enrolment.may_plan.allowed,
        "care-plan/close": view.enrolment.may_close.allowed,
        "refer": is_step(of) and not refer.FORM.refusal(of),
    }
    first = view.next_action
    labels = {
        target: first.label if target == first.target else words for target, (words, _) in PAGES.items()
    }
    wanted = [first.target, *(target for target, is_open in gates.items() if is_open)]
    targets = [
        target
        for target in dict.fromkeys(wanted)
        if target in PAGES and not PAGES[target][1].unchangeable(of)
    ]
    here = current_launch().id
    return [
        Action(labels[target], url_for(f"{PAGES[target][1].endpoint}.show", launch_id=here))
        for target in targets
    ]


def _addresses() -> dict[str, str]:
    return {name: url_for("today.panel", launch_id=current_launch().id, name=name) for name in PANELS}
