"""Where an EHR never shows what Chartside files, nobody but a person can tell what became of a save without an answer.

So such a form is not sent again by itself: the page asks her to look, and two buttons say what she saw. And a form that
is known to be filed is never filed again, though the chart cannot show it (design section 6).
"""

from __future__ import annotations

from flask import request, url_for

from app.current import current_launch
from app.ehr.drafts import Draft
from app.ehr.errors import HalfFiled, NoAnswer, NotFiled, UnknownFate
from app.ehr.receipt import Receipt
from app.services import services
from app.views import unread
from app.views.conflict import WAY
from app.views.form_page import Entry, FormPage
from app.views.page import launch_page
from mappings.chart import Chart

AGAIN = "again"
"""What the button says that files it once more, since the chart does not hold it."""


def filed_before(form_page: FormPage[Entry], of: Chart, draft: Draft) -> Receipt | None:
    """The receipt of a form that this app has filed and the EHR does not show, now or ever; else None."""
    withheld = any(of.reading(kind).withheld for kind in _types(form_page))
    kept = services().tries.receipt(draft.form_id) if withheld else None
    return Receipt.from_json({**kept, "again": True}) if kept else None


def asks(form_page: FormPage[Entry], of: Chart, draft: Draft) -> bool:
    """Whether this entry may be in the chart already, and only a person can say; she has not said so yet."""
    unanswered = services().tries.unanswered(draft.form_id) and _never_shown(form_page, of)
    return unanswered and request.form.get(WAY) != AGAIN


def left_out(form_page: FormPage[Entry], of: Chart, draft: Draft) -> bool:
    """Whether an earlier try of this form may stand among what the EHR left out just now."""
    incomplete = any(of.reading(kind).incomplete for kind in _types(form_page))
    return incomplete and services().tries.unanswered(draft.form_id)


def is_refused(error: NotFiled) -> bool:
    """Whether this says that the EHR holds nothing of the save."""
    return not isinstance(error, NoAnswer | HalfFiled) and getattr(error, "status", 0) < 500


def is_unsure(error: NotFiled) -> bool:
    """Whether after this nobody knows what the EHR took."""
    return isinstance(error.cause if isinstance(error, HalfFiled) else error, UnknownFate)


def show(form_page: FormPage[Entry], of: Chart, draft: Draft, *, send_to: str) -> tuple[str, int]:
    """The page that asks, 502."""
    return unread.show(
        draft,
        UnknownFate(),
        send_to=send_to,
        page=launch_page(form_page.name, of),
        throw_away_at=url_for("draft.discard", launch_id=current_launch().id, form=form_page.name),
    )


def _never_shown(form_page: FormPage[Entry], of: Chart) -> bool:
    return any(of.reading(kind).ours_unseen for kind in _types(form_page))


def _types(form_page: FormPage[Entry]) -> tuple[str, ...]:
    return tuple(kind for kind in unread.BUILT_UPON if kind in form_page.types)
