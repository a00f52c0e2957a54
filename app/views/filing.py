"""The one path from a form to the chart: keep what was typed, check it, file it once, show the receipt.

Every noun with a form goes this way, so that none of them can lose a note, file for the wrong patient or file twice.
What was sent is kept as a draft before anything else happens, and forgotten only when a receipt exists, or the text
to paste where the EHR takes it in no form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from werkzeug import Response

from app.current import current_gateway, current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.ehr.drafts import Draft
from app.ehr.errors import BrokenOff, ChangedMeanwhile, HalfFiled, LeftOut, NoAnswer, NotFiled, UnknownFate
from app.ehr.receipt import Receipt
from app.ehr.record import anything_filed, complete, save
from app.ehr.rungs.carrier import Form
from app.errors import draft_kept
from app.kept_forms import sent_form_id, sent_values
from app.logs import log_failure, log_filed
from app.paste import PasteText
from app.services import services
from app.views import asked, conflict, copy_ready, earlier_try, receipt, unread, unsure
from app.views.before_filing import was_filed
from app.views.filing_lock import filing_lock
from app.views.form_page import Entry, FormPage, Values
from app.views.page import account_may_not, authorship, chart, launch_page
from mappings import seen
from mappings.chart import Chart
from mappings.clash import Clash, clashes
from mappings.form import Submitted
from smart_launch.errors import FhirError, SmartError, Unauthorized, Unreachable

__all__ = ["Answer", "FormPage", "Values", "again", "redraw", "send", "show"]

Answer = tuple[str, int] | Response
OTHER_WORDS = (
    "an earlier try of this form was filed with other words, and those stand in the chart unchanged. Save this one"
    " only if it is to stand beside it."
)
OTHER_TEXT = (
    "this form was made into text to paste before, with other words, and that text is as it was. Save this one only if"
    " it is to stand beside it."
)


def show(form_page: FormPage[Entry]) -> Answer:
    """The form: as it was left (a draft), else prefilled from the chart.

    Its id stands in its address, so that the browser's Back finds the same form again: one that was filed leads to its
    receipt, one that was made into text to paste to that. One of which a part is filed is not shown to be filled in,
    since neither its gate nor its lists are those that the entry was made with.
    """
    draft = services().drafts.load(current_launch().draft_key(form_page.name))
    form_id = draft.form_id if draft else asked.form_id()
    if form_id is None:
        return redirect(
            _address(form_page, "show", **asked.parameters(), **{asked.FORM_PARAMETER: str(uuid4())}), 303
        )
    made = copy_ready.made_before(form_id)
    if made and not (draft and services().tries.held_other_words(form_id, draft.values)):
        return _to_text(form_page, form_id)
    of = chart(form_page.types_of(), deadline=LATE_SECONDS)
    if made and draft:
        return _kept_beside(form_page, of, draft, OTHER_TEXT)
    before = earlier_try.filed_whole(of, form_id)
    if before:
        return _settled(form_page, of, before, draft) if draft else _to_receipt(before)
    if draft and earlier_try.partly_filed(of, form_id):
        page = launch_page(form_page.name, of)
        return unread.show(
            draft, BrokenOff(draft.reason), send_to=_address(form_page, "send"), page=page, status=200
        )
    now = current_time()
    values = form_page.shown(_followed(draft.values, of), of, now) if draft else form_page.defaults(of, now)
    shown: Submitted[Entry] = Submitted(values=values, errors={}, entry=None)
    return _render(form_page, of, shown, form_id, draft=draft)


def redraw(form_page: FormPage[Entry], change: Callable[[Values, Chart, datetime], Values]) -> Answer:
    """The form as it was sent, changed by a button of its own: everything typed is kept, and nothing is filed."""
    if _is_text(sent_form_id(), sent_values()):
        return copy_ready.to_text(sent_form_id())
    draft = _keep(form_page, sent_values(), sent_form_id())
    draft_kept(draft.saved_at)
    of = chart(form_page.types_of(), deadline=LATE_SECONDS)
    values = change(_followed(draft.values, of), of, current_time())
    _keep(form_page, values, draft.form_id)
    return _render(form_page, of, Submitted(values=values, errors={}, entry=None), draft.form_id)


def send(form_page: FormPage[Entry]) -> Answer:
    """Files what was sent, or shows it back with the reason. The wrong-patient and token checks ran before."""
    if _is_text(sent_form_id(), sent_values()):
        # Before it is kept: a draft of this form that was begun meanwhile must not make room for an old page.
        return copy_ready.to_text(sent_form_id())
    draft = _keep(form_page, sent_values(), sent_form_id())
    draft_kept(draft.saved_at)
    # A second press waits for the first and then finds its records, also where the EHR knows no conditional create;
    # and of two people who file for one patient at once the second sees what the first has filed.
    with filing_lock():
        return _send(form_page, draft)


def again(form_page: FormPage[Entry], text: PasteText) -> Answer:
    """Tries once more to file what a text to paste was made of; it is a draft again until that is decided."""
    draft = _keep(form_page, text.values, text.id, reason=text.reason)
    draft_kept(draft.saved_at)
    with filing_lock():
        services().pastes.withdraw(current_launch().paste_key, text.id)
        return _send(form_page, draft)


def _send(form_page: FormPage[Entry], draft: Draft) -> Answer:
    if _is_text(draft.form_id, draft.values):
        return _to_text(form_page, draft.form_id)
    of = _read(form_page, draft.values)
    if of is None or unread.missing(of, form_page.types):
        return _not_read(form_page, of, draft, NoAnswer())
    if _may_stand_unseen(form_page, of, draft):
        return _not_read(form_page, of, draft, LeftOut())
    return _decided(form_page, of, draft)


def _decided(form_page: FormPage[Entry], of: Chart, draft: Draft) -> Answer:
    """What becomes of an entry, once its chart is read."""
    if copy_ready.made_before(draft.form_id):
        return _kept_beside(form_page, of, draft, OTHER_TEXT)
    if unsure.asks(form_page, of, draft):
        return _ask(form_page, of, draft)
    begun = earlier_try.begun(draft.form_id)
    if begun:
        return _go_on(form_page, of, draft, begun)
    before = earlier_try.filed_whole(of, draft.form_id) or unsure.filed_before(form_page, of, draft)
    return _settled(form_page, of, before, draft) if before else _file(form_page, of, draft)


def _may_stand_unseen(form_page: FormPage[Entry], of: Chart, draft: Draft) -> bool:
    """Whether the EHR left out what the entry names, or perhaps an earlier try of it."""
    if services().tries.has_filed(draft.form_id, draft.values):
        return False
    return unread.hidden(of, _followed(draft.values, of)) or unsure.left_out(form_page, of, draft)


def _is_text(form_id: UUID, values: Values) -> bool:
    """Whether this form was made into text to paste with just these words."""
    return bool(copy_ready.made_before(form_id)) and not services().tries.held_other_words(form_id, values)


def _to_text(form_page: FormPage[Entry], form_id: UUID) -> Response:
    copy_ready.wipe_draft(form_page.name, form_id)
    return copy_ready.to_text(form_id)


def _go_on(form_page: FormPage[Entry], of: Chart, draft: Draft, begun: Sequence[Mapping[str, Any]]) -> Answer:
    """Completes the save that was begun; where none of it had arrived, what is typed now is filed instead."""
    try:
        form = Form(current_launch().record_form(draft.form_id), authorship(of))
        if not anything_filed(current_gateway(), begun, form=form):
            services().begun.wipe(form.id)
            return _file(form_page, of, draft)
        whole = complete(current_gateway(), begun, now=current_time(), form=form)
    except NotFiled as error:
        if copy_ready.no_form_left(error):
            return _rest_as_text(form_page, of, draft, begun, error)
        return _not_filed(form_page, of, draft, form_page.parse(draft.values, of, current_time()), error)
    services().begun.wipe(current_launch().record_form(draft.form_id))
    return _settled(form_page, of, whole, draft)


def _rest_as_text(
    form_page: FormPage[Entry], of: Chart, draft: Draft, begun: Sequence[Mapping[str, Any]], error: NotFiled
) -> Answer:
    """What is missing of a save that was begun, as text; words that were changed since then are kept beside it."""
    left = [dict(each) for each in begun]
    if not isinstance(error, HalfFiled):
        form = Form(current_launch().record_form(draft.form_id), authorship(of))
        left = copy_ready.not_filed_of(begun, form)
    changed = services().tries.held_other_words(draft.form_id, draft.values)
    kept = _keep(form_page, draft.values, uuid4(), reason=OTHER_TEXT) if changed else None
    answer = copy_ready.make(form_page, draft, left, of, error, partly=True)
    if kept is None:
        return answer
    shown: Submitted[Entry] = Submitted(values=draft.values, errors={}, entry=None)
    return _render(form_page, of, shown, kept.form_id, draft=kept, status=409)


def _followed(values: Values, of: Chart) -> Values:
    return seen.followed({name: tuple(items) for name, items in values.items()}, of, current_time())


def _settled(form_page: FormPage[Entry], of: Chart, before: Receipt, draft: Draft) -> Answer:
    """The receipt of what an earlier try filed; other words than its are kept as an entry of their own."""
    if not services().tries.held_other_words(draft.form_id, draft.values):
        return _filed(form_page, before, draft)
    return _kept_beside(form_page, of, draft)


def _kept_beside(form_page: FormPage[Entry], of: Chart, draft: Draft, reason: str = OTHER_WORDS) -> Answer:
    """The entry under an id of its own, since its own form stands in the chart (or in a text) with other words."""
    kept = _keep(form_page, draft.values, uuid4(), reason=reason)
    shown: Submitted[Entry] = Submitted(values=draft.values, errors={}, entry=None)
    return _render(form_page, of, shown, kept.form_id, draft=kept, status=409)


def _read(form_page: FormPage[Entry], values: Values) -> Chart | None:
    """The chart, or None where not even the patient could be read just now; a slow EHR is waited for."""
    try:
        return chart(form_page.types_of(values), deadline=LATE_SECONDS)
    except Unauthorized:
        raise
    except (Unreachable, FhirError) as error:
        log_failure("chart-not-read", error)
        return None


def _file(form_page: FormPage[Entry], of: Chart, draft: Draft) -> Answer:
    values = _followed(draft.values, of)
    submitted = form_page.parse(values, of, current_time())
    if form_page.gate(of, current_time()):
        return _render(form_page, of, submitted, draft.form_id, draft=draft, status=409)
    if submitted.entry is None:
        return _render(form_page, of, submitted, draft.form_id, status=422)
    built = form_page.built(submitted.entry, of, draft.form_id)
    found = clashes(built, of, seen.from_field(draft.values), current_time())
    if found:
        return _in_conflict(form_page, of, draft, built, found)
    resources = conflict.settled_as_sent(built, of)
    return _save(form_page, of, draft, submitted, resources) if resources else _left_to_theirs(form_page)


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
        services().tries.note(draft.form_id, draft.values, refused=True)
        return _changed_under_way(form_page, of, draft, submitted, error)
    except SmartError:
        # The session had ended before anything was written.
        services().tries.note(draft.form_id, draft.values, refused=True)
        raise
    except NotFiled as error:
        if unsure.is_unsure(error):
            return _ask(form_page, of, draft)
        services().tries.note(draft.form_id, draft.values, refused=unsure.is_refused(error))
        if copy_ready.no_form_left(error):
            return copy_ready.make(form_page, draft, resources, of, error)
        return _not_filed(form_page, of, draft, submitted, error)


def _ask(form_page: FormPage[Entry], of: Chart, draft: Draft) -> Answer:
    """It may be in the chart, and this EHR does not show it: a person looks, and says so."""
    kept = _kept_because(form_page, draft, UnknownFate())
    return unsure.show(form_page, of, kept, send_to=_address(form_page, "send"))


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
    newest = _read(form_page, draft.values)
    if newest is None or unread.missing(newest, form_page.types):
        return _not_filed(form_page, of, draft, submitted, error)
    again = form_page.parse(_followed(draft.values, newest), newest, current_time())
    if form_page.gate(newest, current_time()) or again.entry is None:
        return _render(form_page, newest, again, draft.form_id, draft=draft, status=409)
    built = form_page.built(again.entry, newest, draft.form_id)
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


def _not_read(form_page: FormPage[Entry], of: Chart | None, draft: Draft, error: NoAnswer) -> Answer:
    """Nothing was filed, since what the save builds upon could not be read; the draft stays."""
    kept = _kept_because(form_page, draft, error)
    page = launch_page(form_page.name, of) if of else None
    return unread.show(kept, error, send_to=_address(form_page, "send"), page=page)


def _kept_because(form_page: FormPage[Entry], draft: Draft, error: NotFiled) -> Draft:
    return _keep(form_page, draft.values, draft.form_id, reason=error.page_reason)


def _keep(form_page: FormPage[Entry], values: Values, form_id: UUID, *, reason: str = "") -> Draft:
    key = current_launch().draft_key(form_page.name)
    return services().drafts.save(key, values, form_id, now=current_time(), reason=reason)


def _address(form_page: FormPage[Entry], action: str, **parameters: Any) -> str:
    named = {**form_page.parameters, **parameters}
    return url_for(f"{form_page.endpoint}.{action}", launch_id=current_launch().id, **named)


def _filed(form_page: FormPage[Entry], filed: Receipt, draft: Draft) -> Response:
    """Wipes the draft, now that the chart holds it, and goes to the receipt."""
    tries = services().tries
    if not tries.has_filed(draft.form_id, draft.values):
        form_page.after(draft.values)
    tries.note(draft.form_id, draft.values, filed=True, receipt=filed.to_json())
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
    of = of if not_filed else form_page.shown_chart(of)
    page = render_template(
        form_page.template,
        page=launch_page(form_page.name, of, form_id=form_id),
        form=submitted,
        gate=form_page.gate(of, current_time())
        if draft or request.method == "POST"
        else form_page.refusal(of),
        to_paste=form_page.to_paste(of),
        not_mine=account_may_not(form_page.writes(of)),
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
