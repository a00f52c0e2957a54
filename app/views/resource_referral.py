"""Referring the patient: to a class, an agency, a specialist or a supplier, with the least facts and a day to chase it.

Other pages lead here with what they know: `?topic=` a topic of the directory, `?resource=` one of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, g, has_request_context, request
from flask.typing import ResponseReturnValue

from app.current import current_gateway, current_launch
from app.ehr.capabilities import Offer
from app.ehr.record import takes_transaction
from app.ehr.services import listed_services
from app.kept_forms import sent_form_id
from app.services import services
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES, rung
from mappings import pick_lists
from mappings.authorship import Authorship
from mappings.cadence import working_day
from mappings.chart import Chart
from mappings.ehr_order import EhrOrder, find_order
from mappings.ehr_service import ehr_services
from mappings.enrolment_state import unread
from mappings.patient_warning import DIED, is_deceased, patient_warnings
from mappings.referral_time import Taken, taken_by, time_defaults
from mappings.resource_directory import Resource, ResourceDirectory
from mappings.resource_referral import resource_referrals
from mappings.resource_referral_form import (
    BEGUN,
    HANDED,
    ORDERS,
    OTHER,
    ResourceReferralEntry,
    defaults,
    read,
)
from mappings.resource_referral_record import offered_problems, referral_resources
from mappings.resource_topic import topic_rules
from mappings.rung import Rung
from mappings.sight import caution, unseen
from mappings.telling import may_tell
from mappings.to_do import PRIORITIES

blueprint = Blueprint("resource_referral", __name__)

TYPES = (*BANNER_TYPES, "Condition", "ServiceRequest")
NOBODY_CHOSEN_DAYS = 14


def directory() -> ResourceDirectory:
    """The practice's directory of resources, with the services that the EHR lists where the practice wants them."""
    here = current_launch().ehr
    if not here.services:
        return here.practice.resource_directory
    if "directory" not in g:
        listed = ehr_services(listed_services(current_gateway()))
        held = here.practice.resource_directory
        g.directory = replace(held, resources=(*held.resources, *listed))
    return cast(ResourceDirectory, g.directory)


def _asked(name: str) -> str:
    """What the address names: a topic or a row that exists; "" for anything else, and outside of a request."""
    said = request.args.get(name, "") if has_request_context() else ""
    if name == "topic":
        return said if said in topic_rules().topics else ""
    return said if directory().find(said) else ""


def _resource() -> Resource | None:
    return directory().find(_asked("resource"))


def _order(of: Chart, now: datetime) -> EhrOrder | None:
    """The order in the EHR that the address names."""
    return find_order(of, now, request.args.get("order", "") if has_request_context() else "")


def _performer(order: EhrOrder | None) -> Resource | None:
    """The row of the directory that bears the name of whom an order names."""
    named = order.whom.casefold() if order else ""
    return next((row for row in directory().resources if named and row.name.casefold() == named), None)


def _defaults(of: Chart, now: datetime) -> filing.Values:
    order = _order(of, now)
    chosen = _resource() or _performer(order)
    days = topic_rules().kinds[chosen.kind].days if chosen else NOBODY_CHOSEN_DAYS
    due = working_day(now.date() + timedelta(days=days))
    opened = {**defaults(chosen, _asked("topic"), due=due, order=order), **clock_minutes()}
    if chosen and may_tell(of, chosen.name, chosen.kind, chosen.facts, now=now).allowed:
        return {**opened, "handed": ("us",)}
    return opened


def _gate(of: Chart) -> str:
    return DIED if is_deceased(of) else unread(of, "Task")


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    chosen = _resource()
    return {
        "chosen": chosen,
        "order": _order(of, now),
        "stale": bool(chosen and chosen.stale(now.date())),
        "telling": may_tell(of, chosen.name, chosen.kind, chosen.facts, now=now) if chosen else None,
        "resources": (*_offered(), (OTHER, "Somebody who is not in the directory")),
        "topics": tuple(topic_rules().topics.items()),
        "kinds": tuple((each.code, each.words) for each in topic_rules().kinds.values()),
        "problems": tuple(offered_problems(of, now).items()),
        "handed": tuple(HANDED.items()),
        "shared": tuple(pick_lists.shared_facts().items()),
        "begun": tuple(BEGUN.items()),
        "orders": tuple(ORDERS.items()),
        "priorities": [(code, code.capitalize()) for code in PRIORITIES],
        "consent_unknown": unread(of, "Consent") or bool(unseen(of, "Consent")),
        "cautions": (
            *patient_warnings(of, today=now.date()),
            _again(of, now, chosen),
            caution(["which referrals were made before"]) if unseen(of, "Task") else "",
        ),
        "before": notice(records(of), of),
    }


def _offered() -> tuple[tuple[str, str], ...]:
    """The rows of the directory, those of the topic first."""
    topic = _asked("topic")
    rows = sorted(directory().resources, key=lambda row: (topic not in row.topics, row.name.casefold()))
    return tuple((row.id, f"{row.name} ({row.cost_line})") for row in rows)


def _again(of: Chart, now: datetime, chosen: Resource | None) -> str:
    """That a referral to this one is open already."""
    if chosen is None:
        return ""
    rows = (row for row in resource_referrals(of, now).rows if row.open and row.resource_id == chosen.id)
    found = next(rows, None)
    return f"There is an open referral already: {found.name}, {found.ageing}." if found else ""


def records(of: Chart) -> tuple[Record, ...]:
    """What a referral files."""
    order = (Record("its order", "ServiceRequest"),) if orders_too() else ()
    return Record("the referral", "Task"), *order


def orders_too() -> bool:
    """Whether an order goes with a referral: the practice wants it, and the EHR takes both in one transaction."""
    if (
        not has_request_context()
        or not current_launch().ehr.orders
        or rung("Task", "create") is not Rung.NATIVE
    ):
        return False
    gateway = current_gateway()
    return gateway.offer("ServiceRequest", "create") is Offer.YES and takes_transaction(gateway)


def minutes_taken(of: Chart, now: datetime) -> Taken:
    """Asks whether minutes of this user stand in another contact."""
    here = current_launch()
    return taken_by(of, here.user, here.record_form(sent_form_id()), now)


def clock_minutes() -> dict[str, tuple[str, ...]]:
    """What the field of the minutes opens with."""
    timer = services().timers.get(current_launch().timer_key)
    seconds = int(timer.elapsed(services().now())) if timer else 0
    return time_defaults(seconds=seconds, timed=timer is not None)


def stop_the_clock(typed: filing.Values) -> None:
    """Throws the clock away whose minutes were filed; without minutes it runs on."""
    if any(each.strip() for each in typed.get("minutes", ())):
        services().timers.discard(current_launch().timer_key)


def _build(
    entry: ResourceReferralEntry, of: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    return referral_resources(entry, of, author, form_id, order=orders_too())


FORM: filing.FormPage[ResourceReferralEntry] = filing.FormPage(
    name="resource-referral",
    endpoint="resource_referral",
    template="resource_referral/form.html",
    types=TYPES,
    parse=lambda values, of, now: read(
        values,
        chart=of,
        directory=directory(),
        problems=offered_problems(of, now),
        now=now,
        refusal=_gate(of),
        taken=minutes_taken(of, now),
    ),
    build=_build,
    defaults=_defaults,
    gate=lambda of, now: _gate(of),
    context=_context,
    writes=lambda of: writes_of(records(of)),
    after=stop_the_clock,
)


def _form() -> filing.FormPage[ResourceReferralEntry]:
    """The form with what its address names."""
    asked = {name: value for name in ("topic", "resource") if (value := _asked(name))}
    order = request.args.get("order", "")
    asked |= {"order": order} if order else {}
    return replace(FORM, parameters=asked)


@blueprint.get("/l/<launch_id>/referral")
def show(launch_id: str) -> ResponseReturnValue:
    """The form, or why nobody may be referred now."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/referral")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the referral."""
    return filing.send(_form())
