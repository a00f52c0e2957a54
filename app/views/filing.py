"""The one path from a form to the chart: keep what was typed, check it, file it once, show the receipt.

Every noun with a form goes this way, so that none of them can lose a note, file for the wrong patient or file twice.
What was sent is kept as a draft before anything else happens, and forgotten only when a receipt exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from werkzeug import Response

from app.current import current_gateway, current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.ehr.drafts import Draft
from app.ehr.errors import HalfFiled, NoAnswer, NotFiled
from app.ehr.receipt import Receipt
from app.ehr.record import Write, anything_filed, complete, filed_before, save
from app.errors import draft_kept
from app.kept_forms import sent_form_id, sent_values
from app.logs import log_failure, log_filed
from app.services import services
from app.views import receipt, unread
from app.views.page import authorship, chart, launch_page, not_accepted
from mappings.authorship import Authorship
from mappings.chart import Chart
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
    entry in it: one that was filed leads to its receipt.
    """
    draft = services().drafts.load(current_launch().draft_key(form_page.name))
    form_id = draft.form_id if draft else _asked_form_id()
    if form_id is None:
        return redirect(_address(form_page, "show", **{FORM_PARAMETER: str(uuid4())}), 303)
    of = chart(form_page.types, deadline=LATE_SECONDS)
    before = _filed_before(of, form_id)
    if before:
        return _settled(form_page, of, before, draft) if draft else _to_receipt(before)
    values = draft.values if draft else form_page.defaults(of, current_time())
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
    # A second press waits for the first and then finds its records, also where the EHR knows no conditional create.
    with services().store.lock(f"filing:{draft.form_id}", lease=FILING_LEASE):
        of = _read(form_page)
        if of is None or unread.missing(of, form_page.types):
            return _not_read(form_page, of, draft)
        begun = services().begun.load(current_launch().record_form(draft.form_id))
        if begun:
            return _go_on(form_page, of, draft, begun)
        before = _filed_before(of, draft.form_id)
        return _settled(form_page, of, before, draft) if before else _file(form_page, of, draft)


def _go_on(form_page: FormPage[Entry], of: Chart, draft: Draft, begun: Sequence[Mapping[str, Any]]) -> Answer:
    """Completes a save that broke half-way; where none of it had arrived, what is typed now is filed instead."""
    try:
        if not anything_filed(current_gateway(), begun):
            services().begun.wipe(current_launch().record_form(draft.form_id))
            return _file(form_page, of, draft)
        whole = complete(current_gateway(), begun, now=current_time())
    except NotFiled as error:
        submitted = form_page.parse(draft.values, of, current_time())
        kept = _kept_because(form_page, draft, error)
        return _render(form_page, of, submitted, draft.form_id, draft=kept, not_filed=error, status=502)
    services().begun.wipe(current_launch().record_form(draft.form_id))
    return _settled(form_page, of, whole, draft)


def _filed_before(of: Chart, form_id: UUID) -> Receipt | None:
    """The receipt of this form; None also where a save of it broke half-way, since the rest is still to be filed."""
    record_form = current_launch().record_form(form_id)
    return None if services().begun.load(record_form) else filed_before(of, record_form, now=current_time())


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
    submitted = form_page.parse(draft.values, of, current_time())
    if form_page.refusal(of):
        return _render(form_page, of, submitted, draft.form_id, draft=draft, status=409)
    if submitted.entry is None:
        return _render(form_page, of, submitted, draft.form_id, status=422)
    form_id = current_launch().record_form(draft.form_id)
    resources = form_page.build(submitted.entry, of, authorship(of), form_id)
    changed = services().tries.held_other_words(draft.form_id, draft.values)
    services().tries.note(draft.form_id, draft.values)
    try:
        receipt_of = save(
            current_gateway(),
            _accepted(resources),
            now=current_time(),
            begin=lambda records: services().begun.keep(form_id, records, now=current_time()),
        )
        services().begun.wipe(form_id)
        # An earlier try may arrive after the chart was read: then that one is filed, and not these words.
        late = receipt_of.again and changed
        return _kept_beside(form_page, of, draft) if late else _filed(form_page, receipt_of, draft)
    except NotFiled as error:
        if not isinstance(error, HalfFiled | NoAnswer):
            services().begun.wipe(form_id)
        kept = _kept_because(form_page, draft, error)
        return _render(form_page, of, submitted, draft.form_id, draft=kept, not_filed=error, status=502)


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
        keep_at=url_for("draft.keep", launch_id=here.id, form=form_page.name),
        discard_at=url_for("draft.discard", launch_id=here.id, form=form_page.name),
        **form_page.context(of, current_time()),
    )
    return page, status
