"""Taking back what was filed wrongly: one record of this patient, with a reason, marked entered in error in the EHR.

Where the EHR does not let Chartside mark it, the page says so and words the correction for the person to copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import current_gateway, current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.ehr.errors import ChangedMeanwhile, NotFiled
from app.ehr.record import save
from app.ehr.rungs.document import Form
from app.kept_forms import sent_values
from app.logs import log_filed
from app.services import services
from app.views import receipt, unread
from app.views.filing import FILING_LEASE, Answer, whose_chart
from app.views.page import BANNER_TYPES, authorship, chart, launch_page, not_accepted
from mappings import seen
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.form import Submitted
from mappings.identity import task_kind
from mappings.take_back import (
    REASONS,
    STATUS,
    WRONG_PATIENT,
    TakeBackEntry,
    companions,
    correction_text,
    filed_words,
    find_filed,
    is_taken_back,
    parse_take_back,
    record_words,
    taken_back,
)

blueprint = Blueprint("take_back", __name__)
TYPES = (*BANNER_TYPES, "Goal")
EMPTY: Submitted[TakeBackEntry] = Submitted(values={}, errors={}, entry=None)
CHANGED = "This record was changed in the EHR after you opened this page. Look again, then decide."

Resource = dict[str, Any]


@blueprint.get("/l/<launch_id>/take-back/<kind>/<resource_id>")
def show(launch_id: str, kind: str, resource_id: str) -> ResponseReturnValue:
    """Why, and what will happen.

    :raise 404: for what is not a record of ours in this patient's chart.
    """
    of = _chart(kind)
    return _render(of, _record(of, kind, resource_id), EMPTY)


@blueprint.post("/l/<launch_id>/take-back/<kind>/<resource_id>")
def send(launch_id: str, kind: str, resource_id: str) -> ResponseReturnValue:
    """Marks it, with If-Match; or answers with the correction as text.

    :raise 404: for what is not a record of ours in this patient's chart.
    """
    with services().store.lock(f"filing:{whose_chart()}", lease=FILING_LEASE):
        of = _chart(kind)
        record = _record(of, kind, resource_id)
        offered = [seen.seen_of(each).reference for each in companions(record, of)]
        submitted = parse_take_back(sent_values(), offered=offered)
        if is_taken_back(record) or submitted.entry is None:
            return _render(of, record, submitted, status=200 if submitted.entry else 422)
        records = [record, *(each for each in companions(record, of) if _named(each, submitted.entry))]
        if any(map(_changed, records)):
            return _render(of, record, submitted, said=CHANGED, status=409)
        return _take_back(of, records, submitted, submitted.entry)


def _chart(kind: str) -> Chart:
    if kind not in STATUS:
        abort(404)
    return chart(TYPES, deadline=LATE_SECONDS)


def _record(of: Chart, kind: str, resource_id: str) -> Resource:
    """The record, out of what was read of this launch's patient: another patient's is not among it."""
    found = find_filed(of, f"{kind}/{resource_id}")
    if found is None:
        abort(503 if unread.missing(of, (kind,)) else 404)
    return found


def _named(record: Resource, entry: TakeBackEntry) -> bool:
    return seen.seen_of(record).reference in entry.also


def _changed(record: Resource) -> bool:
    before = seen.find(seen.from_field(sent_values()), record)
    return before is None or before.digests != seen.seen_of(record).digests


def _take_back(
    of: Chart, records: Sequence[Resource], submitted: Submitted[TakeBackEntry], entry: TakeBackEntry
) -> Answer:
    author = authorship(of)
    text = correction_text(records, entry, author)
    refused = _refusal(records)
    if refused:
        return _render(of, records[0], submitted, said=refused, text=text)
    marked = [taken_back(each, entry, author) for each in records]
    try:
        filed = save(current_gateway(), marked, now=current_time(), form=_form(records, author))
    except ChangedMeanwhile:
        newest = _chart(records[0]["resourceType"])
        return _render(
            newest, find_filed(newest, _place(records[0])) or records[0], submitted, said=CHANGED, status=409
        )
    except NotFiled as error:
        said = f"NOT FILED. {error.page_reason} Try again, or copy the correction below into the chart."
        return _render(of, records[0], submitted, said=said, text=text, status=502)
    log_filed("take-back", filed)
    services().audit.filed(current_launch(), current_gateway(), filed)
    kept = receipt.keep(filed)
    why = WRONG_PATIENT if entry.reason == WRONG_PATIENT else "yes"
    return redirect(
        url_for("receipt.show", launch_id=current_launch().id, receipt_id=kept, taken_back=why), 303
    )


def _form(records: Sequence[Resource], author: Authorship) -> Form:
    """What a note says of this step: the same for a second press on the same version."""
    marked = [
        seen.seen_of(each).reference + str(each.get("meta", {}).get("versionId", "")) for each in records
    ]
    return Form(uuid5(NAMESPACE_URL, " ".join((current_launch().ehr.iss, *marked))), author)


def _place(record: Resource) -> str:
    return seen.seen_of(record).reference


def _refusal(records: Sequence[Resource]) -> str:
    """Why this launch cannot mark them, as one sentence; "" when it can."""
    return not_accepted([(each["resourceType"], "update") for each in records])


def _render(
    of: Chart,
    record: Resource,
    submitted: Submitted[TakeBackEntry],
    *,
    said: str = "",
    text: str = "",
    status: int = 200,
) -> tuple[str, int]:
    also = companions(record, of)
    ticked = submitted.all("also") if request.method == "POST" else tuple(map(_place, also))
    page = render_template(
        "take_back/show.html",
        page=launch_page("take-back", of),
        form=submitted,
        words=record_words(record),
        when=filed_words(record),
        is_contact=task_kind(record) == "contact",
        done=is_taken_back(record),
        also=[(_place(each), record_words(each)) for each in also],
        ticked=ticked,
        reasons=tuple(REASONS.items()),
        refused=_refusal([record]),
        said=said,
        text=text,
        seen_field=seen.FIELD,
        seen=seen.to_field([record, *also]),
    )
    return page, status
