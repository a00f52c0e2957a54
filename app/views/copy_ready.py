"""Makes a save into text to paste where no form is left that the EHR takes, and tells every page what waits so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import g, redirect, request, url_for
from werkzeug import Response

from app.current import current_gateway, current_launch, current_time
from app.ehr.drafts import Draft
from app.ehr.errors import HalfFiled, NotAccepted, NotFiled
from app.ehr.receipt import Filed, Receipt
from app.ehr.record import anything_filed
from app.ehr.rungs.carrier import Form
from app.logs import log, log_filed, short_hash
from app.paste import PasteText
from app.services import services
from app.views import receipt
from app.views.before_filing import was_made_text
from app.views.form_page import FormPage
from app.views.page import FORMS, authorship
from mappings.chart import Chart
from mappings.copy_ready import copy_ready
from mappings.identity import identifier_value
from mappings.patient import patient_banner

Resource = dict[str, Any]


@dataclass(frozen=True)
class PasteLine:
    """A text that waits, on every page of its patient: what it is, since when, and where it stands."""

    name: str
    words: str
    made_words: str
    reason: str
    address: str


def no_form_left(error: NotFiled) -> bool:
    """True where the EHR takes this, or what is missing of it, from Chartside in no form at all."""
    return isinstance(error.cause if isinstance(error, HalfFiled) else error, NotAccepted)


def made_before(form_id: UUID) -> PasteText | None:
    """The text that this form was made into: one that waits, or that somebody has pasted."""
    return services().pastes.made_from(current_launch().paste_key, form_id)


def make(
    form_page: FormPage[Any],
    draft: Draft,
    resources: Sequence[Resource],
    of: Chart,
    error: NotFiled,
    *,
    partly: bool = False,
) -> Response:
    """Keeps the text of what is not in the chart, then wipes its draft; goes to the text's page.

    Where a part is in the chart (a HalfFiled says which, `partly` that it is none of `resources`), the records of the
    save stay kept as begun, so that the rest can still be filed.
    """
    here, half = current_launch(), error if isinstance(error, HalfFiled) else None
    made = PasteText(
        id=draft.form_id,
        form=form_page.name,
        values={name: tuple(items) for name, items in draft.values.items()},
        text=_text(_left(resources, half), of),
        made_at=current_time(),
        reason=error.page_reason,
        receipt_id=_receipt(form_page.name, half.filed) if half else "",
    )
    services().pastes.keep(here.paste_key, made)
    wipe_draft(form_page.name, draft.form_id)
    if not (half or partly):
        services().begun.wipe(here.record_form(draft.form_id))
    form_page.after(draft.values)
    was_made_text()
    log(
        "text-to-paste",
        form=form_page.name,
        launch=short_hash(here.id),
        user=here.user,
        patient=f"Patient/{here.patient_id}",
    )
    return to_text(draft.form_id)


def _text(left: Sequence[Resource], of: Chart) -> str:
    born = patient_banner(of, today=current_time().date()).birth_date_words
    read = [each for kind in of.readings for each in of.resources(kind)]
    return copy_ready(left, authorship(of), born=born, read=read)


def to_text(text_id: UUID) -> Response:
    """Goes to the page of a text."""
    return redirect(url_for("paste.show", launch_id=current_launch().id, text_id=text_id), 303)


def wipe_draft(form: str, form_id: UUID) -> None:
    """Forgets the draft of this form's id; another one that was begun meanwhile stays."""
    key = current_launch().draft_key(form)
    kept = services().drafts.load(key)
    if kept and kept.form_id == form_id:
        services().drafts.wipe(key)


def not_filed_of(begun: Sequence[Mapping[str, Any]], form: Form) -> list[Resource]:
    """The records of a save that was begun which the EHR does not hold. Raises NoAnswer when that cannot be told."""
    gateway = current_gateway()
    return [dict(each) for each in begun if not anything_filed(gateway, [each], form=form)]


def _left(resources: Sequence[Resource], half: HalfFiled | None) -> list[Resource]:
    """The records that are in the chart in no form, by the word of the save that broke off."""
    return [each for each in resources if not half or not half.left or identifier_value(each) in half.left]


def _receipt(form: str, filed: Sequence[Filed]) -> str:
    """Keeps the receipt of the part that is in the chart; its id."""
    part = Receipt(tuple(filed), current_time())
    log_filed(form, part)
    services().audit.filed(current_launch(), current_gateway(), part)
    return receipt.keep(part)


def waiting() -> tuple[PasteLine, ...]:
    """What this user has still to paste into this patient's chart, oldest first; () outside a chart."""
    if "launch" not in g:
        return ()
    return tuple(_line(each) for each in services().pastes.waiting(current_launch().paste_key))


def waiting_elsewhere() -> tuple[PasteLine, ...]:
    """The same without the text that the page itself shows."""
    return tuple(line for line in waiting() if line.address != request.path)


def _line(text: PasteText) -> PasteLine:
    made = text.made_at.astimezone(current_launch().ehr.time_zone)
    return PasteLine(
        name=str(text.id),
        words=FORMS[text.form].words,
        made_words=f"{made:%d %b, %H:%M}",
        reason=text.reason,
        address=url_for("paste.show", launch_id=current_launch().id, text_id=text.id),
    )
