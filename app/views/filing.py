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
from app.ehr.drafts import Draft
from app.ehr.errors import NoAnswer, NotFiled
from app.ehr.receipt import Receipt
from app.ehr.record import filed_before, save
from app.errors import draft_kept
from app.logs import log_failure, log_filed
from app.security import TOKEN_FIELD
from app.services import services
from app.views import receipt, unread
from app.views.page import authorship, chart, launch_page
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.form import Submitted
from smart_launch.errors import FhirError, Unauthorized, Unreachable

Entry = TypeVar("Entry")
Values = Mapping[str, tuple[str, ...]]
Answer = tuple[str, int] | Response
FRAME_FIELDS = frozenset({TOKEN_FIELD, "patient", "form_id"})
"""Hidden fields of every form: they are checked, never kept with what was typed."""
FORM_PARAMETER = "form"
"""Where an address names the form that it shows."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class FormPage(Generic[Entry]):
    """How one noun is shown, read and turned into resources. All functions are given the chart just read.

    `name` is that of its drafts and its path ("care-plan-close"), `endpoint` that of its blueprint. `gate` answers ""
    when the form may be filled in, else the sentence that says why not.
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
    after: Callable[[], None] = field(default=_nothing)


def show(form_page: FormPage[Entry]) -> Answer:
    """The form: as it was left (a draft), else prefilled from the chart.

    Its id stands in its address, so that the browser's Back finds the same form again and not a new one with the old
    entry in it: one that was filed leads to its receipt.
    """
    draft = services().drafts.load(current_launch().draft_key(form_page.name))
    form_id = draft.form_id if draft else _asked_form_id()
    if form_id is None:
        return redirect(_address(form_page, "show", **{FORM_PARAMETER: str(uuid4())}), 303)
    of = chart(form_page.types)
    before = None if draft else filed_before(of, form_id, now=current_time())
    if before:
        return _to_receipt(before)
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
    draft = services().drafts.save(
        current_launch().draft_key(form_page.name), sent_values(), sent_form_id(), now=current_time()
    )
    draft_kept(draft.saved_at)
    of = _read(form_page)
    if of is None:
        return _not_read(form_page, draft)
    before = filed_before(of, draft.form_id, now=current_time())
    return _filed(form_page, before) if before else _file(form_page, of, draft)


def _read(form_page: FormPage[Entry]) -> Chart | None:
    """The chart, or None where what the save builds upon could not be read just now."""
    try:
        of = chart(form_page.types)
    except Unauthorized:
        raise
    except (Unreachable, FhirError) as error:
        log_failure("chart-not-read", error)
        return None
    return None if unread.missing(of, form_page.types) else of


def _file(form_page: FormPage[Entry], of: Chart, draft: Draft) -> Answer:
    submitted = form_page.parse(draft.values, of, current_time())
    if form_page.gate(of, current_time()):
        return _render(form_page, of, submitted, draft.form_id, draft=draft, status=409)
    if submitted.entry is None:
        return _render(form_page, of, submitted, draft.form_id, status=422)
    resources = form_page.build(submitted.entry, of, authorship(of), draft.form_id)
    try:
        return _filed(form_page, save(current_gateway(), resources, now=current_time()))
    except NotFiled as error:
        kept = _kept_because(form_page, draft, error)
        return _render(form_page, of, submitted, draft.form_id, draft=kept, not_filed=error, status=502)


def _not_read(form_page: FormPage[Entry], draft: Draft) -> Answer:
    """Nothing was filed, since what the save builds upon could not be read; the draft stays."""
    error = NoAnswer()
    return unread.show(_kept_because(form_page, draft, error), error, send_to=_address(form_page, "send"))


def _kept_because(form_page: FormPage[Entry], draft: Draft, error: NotFiled) -> Draft:
    return services().drafts.save(
        current_launch().draft_key(form_page.name),
        draft.values,
        draft.form_id,
        now=current_time(),
        reason=error.page_reason,
    )


def _address(form_page: FormPage[Entry], action: str, **parameters: Any) -> str:
    return url_for(f"{form_page.endpoint}.{action}", launch_id=current_launch().id, **parameters)


def _filed(form_page: FormPage[Entry], filed: Receipt) -> Response:
    """Wipes the draft, now that the chart holds it, and goes to the receipt."""
    services().drafts.wipe(current_launch().draft_key(form_page.name))
    form_page.after()
    log_filed(form_page.name, filed)
    return _to_receipt(filed)


def _to_receipt(filed: Receipt) -> Response:
    receipt_id = receipt.keep(filed)
    return redirect(url_for("receipt.show", launch_id=current_launch().id, receipt_id=receipt_id), 303)


def sent_values() -> dict[str, tuple[str, ...]]:
    """What the person typed, as it came, without the frame's hidden fields."""
    return {name: tuple(items) for name, items in request.form.lists() if name not in FRAME_FIELDS}


def sent_form_id() -> UUID:
    """The id made with the form. A missing or broken one gets a new id: the save is then a new save."""
    try:
        return UUID(request.form.get("form_id", ""))
    except ValueError:
        return uuid4()


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
        gate=form_page.gate(of, current_time()),
        draft=draft,
        not_filed=not_filed,
        send_to=_address(form_page, "send"),
        keep_at=url_for("draft.keep", launch_id=here.id, form=form_page.name),
        discard_at=url_for("draft.discard", launch_id=here.id, form=form_page.name),
        **form_page.context(of, current_time()),
    )
    return page, status
