"""The one path from a form to the chart: keep what was typed, check it, file it once, show the receipt.

Every noun with a form goes this way, so that none of them can lose a note, file for the wrong patient or file twice.
What was sent is kept as a draft before anything else happens, and forgotten only when a receipt exists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from werkzeug import Response

from app.current import current_gateway, current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.ehr.drafts import Draft
from app.ehr.errors import BrokenOff, ChangedMeanwhile, NoAnswer, NotFiled
from app.ehr.receipt import Receipt
from app.ehr.record import Write, anything_filed, complete, filed_before, save
from app.ehr.rungs.document import Form
from app.errors import draft_kept
from app.kept_forms import sent_form_id, sent_values
from app.logs import log_failure, log_filed
from app.services import services
from app.views import conflict, receipt, unread
from app.views.before_filing import was_filed
from app.views.page import authorship, chart, launch_page, not_accepted
from mappings import seen
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.clash import Clash, clashes
from mappings.consent import closes_lapsed
from mappings.form import Submitted
from smart_launch.errors import FhirError, Unauthorized, Unreachable

Entry = TypeVar("Entry")
Values = Mapping[str, tuple[str, ...]]
Answer = tuple[str, int] | Response
FILING_LEASE = 180.0
"""Seconds: longer than reading the chart, saving and looking afterwards can take with every time-out of theirs."""
OTHER_WORDS = (
    "an earlier try of this form was filed with other words, and those stand in the chart unchanged. Save this one"
    " only if it is to stand beside it."
)
FORM_PARAMETER = "form"
"""Where an address names the form that it shows."""


def _nothing(_: Values) -> None:
    return None


@dataclass(frozen=True)
class FormPage(Generic[Entry]):
    """How one noun is shown, read and turned into resources. All functions are given the chart just read.

    `name` is that of its drafts and its path ("care-plan-close"), `endpoint` that of its blueprint. `gate` answers ""
    when the form may be filled in, else the sentence that says why not; `writes` are the interactions without which
    the EHR could not take it; `after` is told what was typed once that is filed.
    """

    name: str
    endpoint: str
    template: str
    types: tuple[str, ...]
    parse: Callable[[Values, Chart, datetime], Submitted[Entry]]
    build: Callable[[Entry, Chart, Authorship, UUID], Sequence[dict[str, Any]]]
    defaults: Callable[[Chart, datetime], Values]
    gate: Callable[[Chart, datetime], str]
    context: Callable[[Chart, datetime], Mapping[str, Any]]
    writes: Callable[[Chart], Sequence[Write]]
    after: Callable[[Values], None] = field(default=_nothing)

    def refusal(self, of: Chart) -> str:
        """Why the form may not be filled in now, as one sentence; "" when it may."""
        return self.gate(of, current_time()) or not_accepted(self.writes(of))


def show(form_page: FormPage[Entry]) -> Answer:
    """The form: as it was left (a draft), else prefilled from the chart.

    Its id stands in its address, so that the browser's Back finds the same form again and not a new one with the old
    entry in it: one that was filed leads to its receipt. One of which a part is filed is not shown to be filled in:
    the chart has moved on by that part, and neither its gate nor its lists are those that the entry was made with.
    """
    draft = services().drafts.load(current_launch().draft_key(form_page.name))
    form_id = draft.form_id if draft else _asked_form_id()
    if form_id is None:
        return redirect(_address(form_page, "show", **{FORM_PARAMETER: str(uuid4())}), 303)
    of = chart(form_page.types, deadline=LATE_SECONDS)
    before = _filed_before(of, form_id)
    if before:
        return _settled(form_page, of, before, draft) if draft else _to_receipt(before)
    if draft and _partly_filed(draft, of):
        page = launch_page(form_page.name, of)
        return unread.show(
            draft, BrokenOff(draft.reason), send_to=_address(form_page, "send"), page=page, status=200
        )
    values = _followed(draft.values, of) if draft else form_page.defaults(of, current_time())
    shown: Submitted[Entry] = Submitted(values=values, errors={}, entry=None)
    return _render(form_page, of, shown, form_id, draft=draft)


def _asked_form_id() -> UUID | None:
    try:
        return UUID(request.args.get(FORM_PARAMETER, ""))
    except ValueError:
        return None


def send(form_page: FormPage[Entry]) -> Answer:
    """Files what was sent, or shows it back with the reason. The wrong-patient and token checks ran before."""
    draft = _keep(form_page, sent_values(), sent_form_id())
    draft_kept(draft.saved_at)
    # A second press waits for the first and then finds its records, also where the EHR knows no conditional create;
    # and of two people who file for one patient at once the second sees what the first has filed.
    with services().store.lock(f"filing:{whose_chart()}", lease=FILING_LEASE):
        of = _read(form_page)
        if of is None or unread.missing(of, form_page.types):
            return _not_read(form_page, of, draft)
        begun = _begun(draft)
        if begun:
            return _go_on(form_page, of, draft, begun)
        before = _filed_before(of, draft.form_id)
        return _settled(form_page, of, before, draft) if before else _file(form_page, of, draft)


def _begun(draft: Draft) -> Sequence[Mapping[str, Any]]:
    """The records of a save of this form that broke half-way, or may have."""
    return services().begun.load(current_launch().record_form(draft.form_id))


def _partly_filed(draft: Draft, of: Chart) -> bool:
    """Whether a save of this entry was broken off after the EHR had taken some of it, or that cannot be told now."""
    begun = _begun(draft)
    if not begun:
        return False
    form = Form(current_launch().record_form(draft.form_id), authorship(of))
    try:
        return anything_filed(current_gateway(), begun, form=form)
    except NoAnswer:
        return True


def _go_on(form_page: FormPage[Entry], of: Chart, draft: Draft, begun: Sequence[Mapping[str, Any]]) -> Answer:
    """Completes the save that was begun; where none of it had arrived, what is typed now is filed instead."""
    try:
        form = Form(current_launch().record_form(draft.form_id), authorship(of))
        if not anything_filed(current_gateway(), begun, form=form):
            services().begun.wipe(form.id)
            return _file(form_page, of, draft)
        whole = complete(current_gateway(), begun, now=current_time(), form=form)
    except NotFiled as error:
        submitted = form_page.parse(draft.values, of, current_time())
        kept = _kept_because(form_page, draft, error)
        return _render(form_page, of, submitted, draft.form_id, draft=kept, not_filed=error, status=502)
    services().begun.wipe(current_launch().record_form(draft.form_id))
    return _settled(form_page, of, whole, draft)


def whose_chart() -> str:
    """The EHR and the patient of this launch, as the name of a lock."""
    here = current_launch()
    return json.dumps([here.ehr.iss, here.patient_id])


def _followed(values: Values, of: Chart) -> Values:
    return seen.followed({name: tuple(items) for name, items in values.items()}, of, current_time())


def _filed_before(of: Chart, form_id: UUID) -> Receipt | None:
    if services().begun.load(current_launch().record_form(form_id)):
        return None
    return filed_before(of, current_launch().record_form(form_id), now=current_time())


def _settled(form_page: FormPage[Entry], of: Chart, before: Receipt, draft: Draft) -> Answer:
    """The receipt of what an earlier try filed; where that had other words, these are neither filed nor lost.

    They are kept as an entry of its own, and a person decides whether it is to stand beside the other.
    """
    if not services().tries.held_other_words(draft.form_id, draft.values):
        return _filed(form_page, before, draft)
    return _kept_beside(form_page, of, draft)


def _kept_beside(form_page: FormPage[Entry], of: Chart, draft: Draft) -> Answer:
    """The entry under an id of its own, since its own form stands in the chart with other words."""
    kept = _keep(form_page, draft.values, uuid4(), reason=OTHER_WORDS)
    shown: Submitted[Entry] = Submitted(values=draft.values, errors={}, entry=None)
    return _render(form_page, of, shown, kept.form_id, draft=kept, status=409)


def _read(form_page: FormPage[Entry]) -> Chart | None:
    """The chart, or None where not even the patient could be read just now.

    A form fills no panel by itself later on, and a save builds upon what it reads, so a slow EHR is waited for here.
    """
    try:
        return chart(form_page.types, deadline=LATE_SECONDS)
    except Unauthorized:
        raise
    except (Unreachable, FhirError) as error:
        log_failure("chart-not-read", error)
        return None


def _file(form_page: FormPage[Entry], of: Chart, draft: Draft) -> Answer:
    values = _followed(draft.values, of)
    submitted = form_page.parse(values, of, current_time())
    if form_page.refusal(of):
        return _render(form_page, of, submitted, draft.form_id, draft=draft, status=409)
    if submitted.entry is None:
        return _render(form_page, of, submitted, draft.form_id, status=422)
    built = _built(form_page, of, draft, submitted.entry)
    found = clashes(built, of, seen.from_field(draft.values), current_time())
    if found:
        return _in_conflict(form_page, of, draft, built, found)
    resources = conflict.settled_as_sent(built, of)
    return _save(form_page, of, draft, submitted, resources) if resources else _left_to_theirs(form_page)


def _built(form_page: FormPage[Entry], of: Chart, draft: Draft, entry: Entry) -> list[dict[str, Any]]:
    form_id = current_launch().record_form(draft.form_id)
    return _accepted(form_page.build(entry, of, authorship(of), form_id))


def _save(
    form_page: FormPage[Entry],
    of: Chart,
    draft: Draft,
    submitted: Submitted[Entry],
    resources: Sequence[dict[str, Any]],
) -> Answer:
    changed = services().tries.held_other_words(draft.form_id, draft.values)
    services().tries.note(draft.form_id, draft.values)
    record_form = current_launch().record_form(draft.form_id)
    begin = partial(services().begun.keep, record_form, now=current_time())
    try:
        form = Form(record_form, authorship(of))
        receipt_of = save(current_gateway(), resources, now=current_time(), begin=begin, form=form)
        services().begun.wipe(record_form)
        # An earlier try may arrive after the chart was read: then that one is filed, and not these words.
        late = receipt_of.again and changed
        return _kept_beside(form_page, of, draft) if late else _filed(form_page, receipt_of, draft)
    except ChangedMeanwhile as error:
        services().begun.wipe(record_form)
        return _changed_under_way(form_page, of, draft, submitted, error)
    except NotFiled as error:
        return _not_filed(form_page, of, draft, submitted, error)


def _not_filed(
    form_page: FormPage[Entry], of: Chart, draft: Draft, submitted: Submitted[Entry], error: NotFiled
) -> Answer:
    kept = _kept_because(form_page, draft, error)
    return _render(form_page, of, submitted, draft.form_id, draft=kept, not_filed=error, status=502)


def _changed_under_way(
    form_page: FormPage[Entry],
    of: Chart,
    draft: Draft,
    submitted: Submitted[Entry],
    error: ChangedMeanwhile,
) -> Answer:
    """The EHR holds a newer version than the one read a moment ago: it is read again and laid beside the entry."""
    newest = _read(form_page)
    if newest is None or unread.missing(newest, form_page.types):
        return _not_filed(form_page, of, draft, submitted, error)
    again = form_page.parse(_followed(draft.values, newest), newest, current_time())
    if form_page.refusal(newest) or again.entry is None:
        return _render(form_page, newest, again, draft.form_id, draft=draft, status=409)
    built = _built(form_page, newest, draft, again.entry)
    read = [seen.seen_of(each) for each in seen.changeable(of, current_time())]
    found = clashes(built, newest, read, current_time())
    if not found:
        return _not_filed(form_page, newest, draft, again, error)
    return _in_conflict(form_page, newest, draft, built, found)


def _in_conflict(
    form_page: FormPage[Entry],
    of: Chart,
    draft: Draft,
    built: Sequence[dict[str, Any]],
    found: Sequence[Clash],
) -> Answer:
    """Nothing is overwritten unseen: both versions, and three ways on."""
    kept = _kept_because(form_page, draft, ChangedMeanwhile())
    page = launch_page(form_page.name, of, form_id=draft.form_id)
    return conflict.show(page, of, kept, built, found, send_to=_address(form_page, "send"))


def _left_to_theirs(form_page: FormPage[Entry]) -> Response:
    """What the EHR holds stands, nothing of the entry is left to file."""
    services().ledger.throw_away(current_launch().draft_key(form_page.name), now=current_time())
    return redirect(url_for("today.show", launch_id=current_launch().id), 303)


def _accepted(resources: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the lapsed consents that are closed on the way, where the user may not: they must not stop a note."""
    may = not not_accepted((("Consent", "update"),))
    return [resource for resource in resources if may or not closes_lapsed(resource)]


def _not_read(form_page: FormPage[Entry], of: Chart | None, draft: Draft) -> Answer:
    """Nothing was filed, since what the save builds upon could not be read; the draft stays."""
    error = NoAnswer()
    kept = _kept_because(form_page, draft, error)
    page = launch_page(form_page.name, of) if of else None
    return unread.show(kept, error, send_to=_address(form_page, "send"), page=page)


def _kept_because(form_page: FormPage[Entry], draft: Draft, error: NotFiled) -> Draft:
    return _keep(form_page, draft.values, draft.form_id, reason=error.page_reason)


def _keep(form_page: FormPage[Entry], values: Values, form_id: UUID, *, reason: str = "") -> Draft:
    key = current_launch().draft_key(form_page.name)
    return services().drafts.save(key, values, form_id, now=current_time(), reason=reason)


def _address(form_page: FormPage[Entry], action: str, **parameters: Any) -> str:
    return url_for(f"{form_page.endpoint}.{action}", launch_id=current_launch().id, **parameters)


def _filed(form_page: FormPage[Entry], filed: Receipt, draft: Draft) -> Response:
    """Wipes the draft, now that the chart holds it, and goes to the receipt."""
    tries = services().tries
    if not tries.has_filed(draft.form_id, draft.values):
        form_page.after(draft.values)
    tries.note(draft.form_id, draft.values, filed=True)
    services().drafts.wipe(current_launch().draft_key(form_page.name))
    log_filed(form_page.name, filed)
    services().audit.filed(current_launch(), current_gateway(), filed)
    was_filed(filed)
    return _to_receipt(filed)


def _to_receipt(filed: Receipt) -> Response:
    receipt_id = receipt.keep(filed)
    return redirect(url_for("receipt.show", launch_id=current_launch().id, receipt_id=receipt_id), 303)


def _render(
    form_page: FormPage[Entry],
    of: Chart,
    submitted: Submitted[Entry],
    form_id: UUID,
    *,
    draft: Draft | None = None,
    not_filed: NotFiled | None = None,
    status: int = 200,
) -> tuple[str, int]:
    here = current_launch()
    page = render_template(
        form_page.template,
        page=launch_page(form_page.name, of, form_id=form_id),
        form=submitted,
        gate=form_page.refusal(of),
        draft=draft,
        not_filed=not_filed,
        send_to=_address(form_page, "send"),
        seen_field=seen.FIELD,
        seen=submitted.values.get(seen.FIELD) or seen.to_field(seen.changeable(of, current_time())),
        keep_at=url_for("draft.keep", launch_id=here.id, form=form_page.name),
        discard_at=url_for("draft.discard", launch_id=here.id, form=form_page.name),
        **form_page.context(of, current_time()),
    )
    return page, status
