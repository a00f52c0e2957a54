"""Documenting a contact: five required facts, everything else prefilled, one press to the chart."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.current import current_launch, current_preferences
from app.kept_forms import sent_form_id
from app.services import services
from app.views import filing
from app.views.contact_context import BESIDE_TYPES, context
from app.views.page import BANNER_TYPES, CONTACT_WRITES
from mappings import contact_parts, one_tap
from mappings.chart import Chart
from mappings.contact_form import ContactEntry
from mappings.contact_save import contact_defaults, contact_resources, parse_contact
from mappings.dates import valid_form_date
from mappings.form import Submitted
from mappings.to_do import to_dos

blueprint = Blueprint("contact", __name__)


def _defaults(of: Chart, now: datetime) -> filing.Values:
    timer = services().timers.get(current_launch().timer_key)
    values = contact_defaults(
        of,
        now=now,
        started=current_launch().local_time(timer.first_started_at) if timer else None,
        seconds=int(timer.elapsed(services().now())) if timer else 0,
        reason=timer.reason if timer else "",
    )
    asked = request.args.get("answers", "")
    # A launch for one task: that one is chosen, and the form takes no other id than those it lists.
    chosen = {"answers": (asked,)} if asked in {row.id for row in to_dos(of, now).rows if row.ours} else {}
    own = current_preferences()
    opened: filing.Values = {**values, "mode": (own.contact_mode,), "staff": (own.staff_kind,), **chosen}
    for part in contact_parts.asked_for(request.args):
        opened = contact_parts.with_part(opened, part, chart=of, now=now, over=True)
    return opened


def _parse(values: filing.Values, of: Chart, now: datetime) -> Submitted[ContactEntry]:
    form_id = current_launch().record_form(sent_form_id())
    return parse_contact(values, chart=of, now=now, user=current_launch().user, form_id=form_id)


def _with_parts(values: filing.Values, of: Chart, now: datetime) -> filing.Values:
    """What was kept, with the parts that the address asks for, as a press of one button would be read."""
    made: filing.Values = {**one_tap.applied(values), **_set_by_hand(values)}
    for asked in contact_parts.asked_for(request.args):
        made = contact_parts.with_part(made, asked, chart=of, now=now)
    return made


def _set_by_hand(values: filing.Values) -> filing.Values:
    """The reason of a timer that was set by hand after the form was begun, with the start that it has since then."""
    timer = services().timers.get(current_launch().timer_key)
    if timer is None or not timer.reason or any(values.get("minutes_reason", ())):
        return {}
    began = current_launch().local_time(timer.first_started_at)
    return {"minutes_reason": (timer.reason,), "timer_start": (f"{began:%H:%M}",)}


def _drawn(values: filing.Values, of: Chart, now: datetime) -> filing.Values:
    """The form with the part that the pressed button names."""
    typed = {name: given for name, given in values.items() if name not in ("draw", one_tap.FIELD)}
    return contact_parts.with_part(typed, request.form.get("draw", ""), chart=of, now=now)


def _stop_the_clock(typed: filing.Values) -> None:
    """Throws the clock away that this contact used; one that was started for another call runs on."""
    timer = services().timers.get(current_launch().timer_key)
    if timer is None:
        return
    began = current_launch().local_time(timer.first_started_at)
    form_began, day = (next(iter(typed.get(name, ())), "") for name in ("timer_start", "date"))
    same_start = form_began in ("", f"{began:%H:%M}")
    if same_start and (not day or valid_form_date(day) == began.date()):
        services().timers.discard(current_launch().timer_key)


FORM: filing.FormPage[ContactEntry] = filing.FormPage(
    name="contact",
    endpoint="contact",
    template="contact/form.html",
    types=(*BANNER_TYPES, "Goal"),
    parse=_parse,
    build=contact_resources,
    defaults=_defaults,
    gate=lambda of, now: "",
    context=context,
    writes=lambda of: CONTACT_WRITES,
    after=_stop_the_clock,
    shown=_with_parts,
    beside=BESIDE_TYPES,
    reads_beside=contact_parts.any_drawn,
)


@blueprint.get("/l/<launch_id>/contact")
def show(launch_id: str) -> ResponseReturnValue:
    """The contact form, with the clock's minutes and the goals at hand."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/contact")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the contact, the goals' progress and the next task in one go."""
    return filing.send(FORM)


@blueprint.get("/l/<launch_id>/contact/form")
def form(launch_id: str) -> ResponseReturnValue:
    """Where a redrawn form is reloaded: it was kept, and is shown at its own address."""
    return redirect(url_for("contact.show", launch_id=launch_id), 303)


@blueprint.post("/l/<launch_id>/contact/form")
def redraw(launch_id: str) -> ResponseReturnValue:
    """The form with a part more or less (`draw`), everything typed kept and nothing filed."""
    return filing.redraw(FORM, _drawn)
