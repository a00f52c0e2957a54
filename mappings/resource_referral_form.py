"""The form that refers a patient: to whom, for what, what they are told and by whose word, and when to chase it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mappings import pick_lists
from mappings.chart import Chart
from mappings.ehr_order import EhrOrder, find_order
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.referral_time import Taken, free, read_minutes
from mappings.resource_directory import Resource, ResourceDirectory
from mappings.resource_referral_days import appointment_day, asked_again_by
from mappings.resource_topic import topic_rules
from mappings.telling import may_tell
from mappings.to_do import PRIORITIES

OTHER = "other"
HANDED = {
    "us": "We contact them, and tell them what they need",
    "patient": "The patient contacts them; we tell them nothing",
}
BEGUN = {
    "sent": "Sent: nothing heard yet",
    "accepted": "They accepted at once",
    "appointment-made": "There is an appointment already",
}
ORDERS = {
    "none": "No order is needed",
    "signed": "The order is signed",
    "needed": "An order is needed: ask the provider",
}


@dataclass(frozen=True)
class ResourceReferralEntry:
    """One referral as typed. `resource` is a row of the directory, or one made of a name where it is not in there.

    `facts` are codes of shared facts ("" of `handed` patient), `permission` who permits that they are told, in words.
    """

    resource: Resource
    topic: str
    need: str
    problem: str
    handed: str
    facts: tuple[str, ...]
    permission: str
    hand_off: str
    begun: str
    appointment: date | None
    order: str
    due: date
    priority: str
    note: str
    order_of: EhrOrder | None = None
    """The order in the EHR that this referral follows."""
    minutes: int | None = None
    """What it took, where that is documented as a contact."""

    @property
    def in_directory(self) -> bool:
        """Whether the practice's directory holds whom is asked."""
        return bool(self.resource.id)


def read(
    values: Mapping[str, Sequence[str]],
    *,
    chart: Chart,
    directory: ResourceDirectory,
    problems: Collection[str],
    now: datetime,
    refusal: str = "",
    taken: Taken = free,
) -> Submitted[ResourceReferralEntry]:
    """The form as sent; `problems` are the ids offered, `refusal` stops it as a whole (key "form").

    `taken` says which minutes stand in another contact.
    """
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    resource = _resource(fields, directory)
    order_of = _order_of(fields, chart, now)
    topic = fields.one_of("topic", topic_rules().topics, required="Choose what it is for.")
    need = fields.text("need", required="Say in a few words what the patient needs from them.")
    problem = fields.one_of("problem", problems)
    handed = fields.one_of("handed", HANDED, required="Say who contacts them.")
    facts, permission = _facts(fields, chart, resource, handed, now)
    hand_off = _hand_off(fields)
    begun = fields.one_of("begun", BEGUN) or "sent"
    appointment = _appointment(fields, begun, now.date())
    order = fields.one_of("order", ORDERS) or "none"
    due = asked_again_by(fields, now.date(), required="Say by when you want to have heard something.")
    priority = fields.one_of("priority", PRIORITIES) or "routine"
    note = fields.text("note", limit=NOTE_LIMIT)
    minutes = read_minutes(fields, taken)

    def entry() -> ResourceReferralEntry:
        if resource is None or due is None:
            raise AssertionError("a field was refused without a message")
        supply = order if resource.kind == "supplier" else "none"
        return ResourceReferralEntry(
            *(resource, topic, need, problem, handed, facts, permission, hand_off),
            *(begun, appointment, supply, due, priority, note, order_of, minutes),
        )

    return fields.submitted(entry)


def _resource(fields: Fields, directory: ResourceDirectory) -> Resource | None:
    offered = [each.id for each in directory.resources]
    chosen = fields.one_of("resource", (*offered, OTHER), required="Choose whom to ask.")
    if chosen and chosen != OTHER:
        return directory.find(chosen)
    if not chosen:
        return None
    name = fields.text("other_name", required="Write the name of whom you ask.", limit=120)
    kind = fields.one_of("other_kind", topic_rules().kinds, required="Say what kind of help it is.")
    phone = fields.text("other_phone", limit=40)
    if not name or not kind:
        return None
    return Resource(id="", name=" ".join(name.split()), topics=(), group="community", kind=kind, phone=phone)


def _order_of(fields: Fields, chart: Chart, now: datetime) -> EhrOrder | None:
    """The order in the EHR that is followed; one that is gone or followed already refuses the form."""
    asked = fields.text("order_of")
    found = find_order(chart, now, asked)
    if asked and found is None:
        fields.refuse("form", "This order is not open in the EHR any more, or is followed already.")
    return found


def _facts(
    fields: Fields, chart: Chart, resource: Resource | None, handed: str, now: datetime
) -> tuple[tuple[str, ...], str]:
    """What they are told, and by whose word; nothing where the patient contacts them."""
    if handed != "us":
        return (), ""
    facts = fields.many_of("facts", pick_lists.shared_facts())
    if not facts and "facts" not in fields.errors:
        fields.refuse("facts", "Tick what they are told, or let the patient contact them.")
    if resource is None or not facts:
        return facts, ""
    found = may_tell(chart, resource.name, resource.kind, facts, now=now)
    if found.allowed:
        return facts, found.sentence
    if found.unknown and fields.flag("looked"):
        return facts, "The permission was looked up in the chart by who refers."
    missing = f" Missing: {'; '.join(found.missing)}." if found.partly else ""
    way = (
        "Look in the chart, then tick below that the patient permits it"
        if found.unknown
        else "Record the permission first (Sharing with agencies)"
    )
    fields.refuse(
        "looked" if found.unknown else "facts",
        f"{found.sentence}{missing} {way}, or let the patient contact them.",
    )
    return facts, ""


def _hand_off(fields: Fields) -> str:
    """Who spoke with whom; "" where there was no warm hand-off."""
    if not fields.flag("hand_off"):
        return ""
    return fields.text("hand_off_with", required="Say who spoke with whom, as “Ana and I with Dalia Roth”.")


def _appointment(fields: Fields, begun: str, today: date) -> date | None:
    if begun != "appointment-made":
        return None
    passed = "This day has passed. Give the day of the appointment, or record the visit as received."
    return appointment_day(fields, today, too_early=passed)


def defaults(
    resource: Resource | None, topic: str, *, due: date, order: EhrOrder | None = None
) -> dict[str, tuple[str, ...]]:
    """What the form opens with: the resource and topic that its address names, the order to follow, the least facts."""
    chosen = topic or (resource.topics[0] if resource else "")
    kind = topic_rules().kinds[resource.kind] if resource else None
    return {
        "resource": (resource.id if resource else "",),
        "topic": (chosen,),
        "need": (order.text if order else "",),
        "order_of": (order.id if order else "",),
        **({"resource": (OTHER,), "other_name": (order.whom,)} if order and not resource else {}),
        "handed": (("patient" if kind.permission else "us") if kind else "",),
        "facts": resource.facts if resource else ("contact",),
        "begun": ("sent",),
        "order": ("none",),
        "due": (due.isoformat(),),
        "priority": ("routine",),
    }
