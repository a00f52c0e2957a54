"""Taking back what was filed wrongly: one record of this patient, with a reason, marked entered in error in the EHR.

Where the EHR holds it in a note, or lets no record of its type be changed, a later note corrects it; where it takes
neither, the page says so and words the correction for the person to copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import current_gateway, current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.ehr.errors import ChangedMeanwhile, HalfFiled, NotAccepted, NotFiled
from app.ehr.record import save
from app.ehr.rungs.carrier import Form
from app.ehr.rungs.notes import note_of
from app.kept_forms import sent_values
from app.logs import log_filed
from app.services import services
from app.views import receipt, unread
from app.views.filing import Answer
from app.views.filing_lock import filing_lock
from app.views.page import BANNER_TYPES, authorship, chart, goes_into_a_note, launch_page, not_accepted
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
    correction_text,
    filed_words,
    find_filed,
    is_taken_back,
    parse_take_back,
    record_words,
    taken_back,
)
from mappings.taken_along import Effect, effects, filed_with, opened_again, resting_on

blueprint = Blueprint("take_back", __name__)
TYPES = (*BANNER_TYPES, "Goal", "ServiceRequest")
EMPTY: Submitted[TakeBackEntry] = Submitted(values={}, errors={}, entry=None)
CHANGED = "This record was changed in the EHR after you opened this page. Look again, then decide."

Resource = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """The record that is to be taken back and what hangs on it, as the chart holds them now."""

    chart: Chart
    record: Resource
    filed: tuple[Resource, ...]
    resting: tuple[Resource, ...]
    effects: tuple[Effect, ...]

    @property
    def done(self) -> bool:
        """Whether it is marked already; what was filed with it may still count."""
        return is_taken_back(self.record)

    @property
    def along(self) -> tuple[Resource, ...]:
        """What may be taken back along with it."""
        return (*self.filed, *self.resting)

    @property
    def closed(self) -> tuple[Resource, ...]:
        """The tasks that it closed."""
        return tuple(each.resource for each in self.effects if each.closed)


@dataclass(frozen=True)
class Wanted:
    """What one press is to do: mark these, and open those again."""

    marked: tuple[Resource, ...]
    reopened: tuple[Resource, ...]

    @property
    def records(self) -> tuple[Resource, ...]:
        """All that it changes."""
        return (*self.marked, *self.reopened)


@blueprint.get("/l/<launch_id>/take-back/<kind>/<resource_id>")
def show(launch_id: str, kind: str, resource_id: str) -> ResponseReturnValue:
    """Why, and what will happen.

    :raise 404: for what is not a record of ours in this patient's chart.
    """
    of = _chart(kind)
    subject = _subject(of, kind, resource_id)
    return _render(subject, EMPTY) if subject else _unseen(of)


@blueprint.post("/l/<launch_id>/take-back/<kind>/<resource_id>")
def send(launch_id: str, kind: str, resource_id: str) -> ResponseReturnValue:
    """Marks it, with If-Match, or files the later note that corrects it; else answers with the correction as text.

    :raise 404: for what is not a record of ours in this patient's chart.
    """
    with filing_lock():
        of = _chart(kind)
        subject = _subject(of, kind, resource_id)
        if subject is None:
            return _unseen(of)
        offered, closed = map(_places, (subject.along, subject.closed))
        submitted = parse_take_back(sent_values(), offered=offered, closed=closed)
        if submitted.entry is None:
            return _render(subject, submitted, status=200 if subject.done else 422)
        wanted = _wanted(subject, submitted.entry)
        if not wanted.records:
            return _render(subject, submitted)
        if any(map(_changed, wanted.records)):
            return _render(subject, submitted, said=CHANGED, status=409)
        return _take_back(subject, wanted, submitted, submitted.entry)


def _chart(kind: str) -> Chart:
    if kind not in STATUS:
        abort(404)
    return chart(TYPES, deadline=LATE_SECONDS)


def _subject(of: Chart, kind: str, resource_id: str) -> Subject | None:
    """The record, out of what was read of this launch's patient: another patient's is not among it.

    None where this EHR never shows again what was filed.
    """
    found = find_filed(of, f"{kind}/{resource_id}")
    if found is None and of.reading(kind).ours_unseen:
        return None
    if found is None:
        abort(503 if unread.missing(of, (kind,)) else 404)
    return Subject(of, found, filed_with(found, of), resting_on(found, of), effects(found, of))


def _wanted(subject: Subject, entry: TakeBackEntry) -> Wanted:
    """What was chosen; no more the record itself where it is marked already, as by a press that broke half-way."""
    first = () if subject.done else (subject.record,)
    along = tuple(each for each in subject.along if _place(each) in entry.also)
    return Wanted((*first, *along), tuple(each for each in subject.closed if _place(each) in entry.reopened))


def _changed(record: Resource) -> bool:
    before = seen.find(seen.from_field(sent_values()), record)
    return before is None or before.digests != seen.seen_of(record).digests


def _take_back(
    subject: Subject, wanted: Wanted, submitted: Submitted[TakeBackEntry], entry: TakeBackEntry
) -> Answer:
    author = authorship(subject.chart)
    text = correction_text(wanted.marked, entry, author, reopened=wanted.reopened)
    refused = _refusal(wanted.records)
    if refused:
        return _render(subject, submitted, said=refused, text=text)
    built = [taken_back(each, entry, author) for each in wanted.marked]
    built += [opened_again(each, author) for each in wanted.reopened]
    try:
        filed = save(current_gateway(), built, now=current_time(), form=_form(wanted.records, entry, author))
    except ChangedMeanwhile:
        kind, _, resource_id = _place(subject.record).partition("/")
        newest = _subject(_chart(kind), kind, resource_id) or subject
        return _render(newest, submitted, said=CHANGED, status=409)
    except NotFiled as error:
        return _render(subject, submitted, said=_not_filed_words(error), text=text, status=502)
    log_filed("take-back", filed)
    services().audit.filed(current_launch(), current_gateway(), filed)
    kept = receipt.keep(filed)
    why = WRONG_PATIENT if entry.reason == WRONG_PATIENT else "yes"
    beside = "yes" if any(_way(each) == "beside" for each in wanted.marked) else None
    here = current_launch().id
    to = url_for("receipt.show", launch_id=here, receipt_id=kept, taken_back=why, beside=beside)
    return redirect(to, 303)


def _not_filed_words(error: NotFiled) -> str:
    match error:
        case HalfFiled():
            return f"{error.page_reason} Press again: what is missing is then marked, and nothing twice."
        case NotAccepted():
            return f"NOT FILED. {error.page_reason} Copy the correction below into the chart."
    return f"NOT FILED. {error.page_reason} Try again, or copy the correction below into the chart."


def _form(records: Sequence[Resource], entry: TakeBackEntry, author: Authorship) -> Form:
    """What a note says of this step: the same for a second press of this person with these words on these versions."""
    marked = [_place(each) + str(each.get("meta", {}).get("versionId", "")) for each in records]
    said = (current_launch().ehr.iss, author.user_name, entry.sentence, *marked)
    return Form(uuid5(NAMESPACE_URL, " ".join(said)), author)


def _place(record: Resource) -> str:
    return seen.seen_of(record).reference


def _places(records: Sequence[Resource]) -> tuple[str, ...]:
    return tuple(map(_place, records))


def _refusal(records: Sequence[Resource]) -> str:
    """Why this launch cannot mark them, as one sentence; "" when it can."""
    return not_accepted([(each["resourceType"], "update") for each in records])


def _way(record: Resource) -> str:
    """How it is taken back: "mark" it, or "note" where it stands in one, or "beside" where it cannot be changed."""
    if note_of(record):
        return "note"
    return "beside" if goes_into_a_note([(record["resourceType"], "update")]) else "mark"


def _unseen(of: Chart) -> tuple[str, int]:
    return render_template("take_back/unseen.html", page=launch_page("take-back", of)), 409


def _render(
    subject: Subject,
    submitted: Submitted[TakeBackEntry],
    *,
    said: str = "",
    text: str = "",
    status: int = 200,
) -> tuple[str, int]:
    record = subject.record
    sent = request.method == "POST"
    ticked = ((), ()) if subject.done else (_places(subject.filed), _places(subject.closed))
    page = render_template(
        "take_back/show.html",
        page=launch_page("take-back", subject.chart),
        form=submitted,
        words=record_words(record),
        when=filed_words(record, current_time().tzinfo),
        is_contact=task_kind(record) == "contact",
        done=subject.done,
        filed=[(_place(each), record_words(each)) for each in subject.filed],
        resting=[(_place(each), record_words(each)) for each in subject.resting],
        effects=[each.words for each in subject.effects if not each.closed],
        closed=[(_place(each.resource), each.words) for each in subject.effects if each.closed],
        ticked=submitted.all("also") if sent else ticked[0],
        reopened=submitted.all("reopen") if sent else ticked[1],
        reasons=tuple(REASONS.items()),
        refused=_refusal([record]),
        way=_way(record),
        said=said,
        text=text,
        seen_field=seen.FIELD,
        seen=seen.to_field([record, *subject.along, *subject.closed]),
    )
    return page, status
