"""Assessments: each questionnaire with its last result and whether it is due, and the one form for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import current_gateway, current_launch, current_time
from app.ehr.documents import documents
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.crisis import urgent_lines
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.advance_directive import directive_view
from mappings.assess import (
    AssessEntry,
    assess_caution,
    assess_resources,
    assessment_defaults,
    may_assess,
    parse_assessment,
)
from mappings.assess_page import AssessPage, assess_page
from mappings.assess_result import past_results
from mappings.chart import Chart
from mappings.chart_review import chart_review
from mappings.crisis import TOLD
from mappings.form import Submitted
from mappings.needs_assessment import NAME as NEEDS
from mappings.needs_assessment import areas
from mappings.needs_facts import TYPES as FACT_TYPES
from mappings.questionnaire.catalogue import Instrument, catalogue, instrument
from mappings.questionnaire.history import InstrumentHistory, history, history_of
from mappings.trend import TrendPicture, trend_picture

blueprint = Blueprint("assess", __name__)

TYPES = (*BANNER_TYPES, *FACT_TYPES)
LANGUAGE = "language"
"""Where the address, and then the form, says in which language the questions are shown."""
LONG = 12
"""From so many questions on, a form may be saved half done."""


@blueprint.app_template_filter("score_picture")
def score_picture(row: InstrumentHistory) -> TrendPicture | None:
    """The picture of an instrument's scores; None where one score is no trend."""
    return trend_picture(row.trend, unit="points")


@dataclass(frozen=True)
class AssessLink:
    """One instrument of the list: its past, and the way to its form."""

    past: InstrumentHistory
    label: str
    address: str


@blueprint.get("/l/<launch_id>/assessments")
def index(launch_id: str) -> str:
    """The list, the needs assessment first, with what every plan rests on beside it."""
    of, now = chart(TYPES), current_time()
    rows = [_link(each) for each in history(of, now=now)]
    needs = next(row for row in rows if row.past.instrument.id == NEEDS)
    return render_template(
        "assess/index.html",
        page=launch_page("assessments", of),
        needs=needs,
        rows=[row for row in rows if row is not needs],
        first=_first(needs, rows),
        areas=areas(of, now=now),
        review=chart_review(of, now=now),
        directive=directive_view(of, documents(current_gateway()), now=now),
        urgent=urgent_lines(of, now),
        refused=may_assess(of),
        caution=assess_caution(of),
    )


def _first(needs: AssessLink, rows: list[AssessLink]) -> AssessLink | None:
    """What the page's one button does: the needs assessment while it is open or due, else what is half done or due."""
    waiting = [row for row in (needs, *rows) if row.past.half_done or row.past.opened_by]
    due = [row for row in (needs, *rows) if row.past.due and (row is needs or row.past.last)]
    return next(iter((*waiting, *due)), None)


def _link(past: InstrumentHistory) -> AssessLink:
    label = "Go on" if past.half_done else "Repeat" if past.last else "Start"
    address = url_for("assess.show", launch_id=current_launch().id, questionnaire=past.instrument.id)
    return AssessLink(past, label, address)


def records(of: Chart, instrument: Instrument | None = None) -> tuple[Record, ...]:
    """What one assessment files."""
    going_on = instrument and history_of(of, instrument, now=current_time()).half_done
    own = Record("the answers with what they add up to", "Task", "update" if going_on else "create")
    asked = instrument is None or instrument.dangers or instrument.id == NEEDS
    more = (Record("a task where an answer asks for one", "Task"),) if asked else ()
    return own, *more


@cache
def form_page(name: str) -> filing.FormPage[AssessEntry]:
    """The form of one instrument. Raises LookupError for a name that is none."""
    of = instrument(name)
    if of is None:
        raise LookupError(name)
    return filing.FormPage(
        name=f"assess-{of.id}",
        endpoint="assess",
        template="assess/form.html",
        types=TYPES,
        parse=lambda values, chart_of, now: parse_assessment(of, values, chart=chart_of, now=now),
        build=assess_resources,
        defaults=lambda chart_of, now: assessment_defaults(of, chart_of, now=now),
        gate=lambda chart_of, now: may_assess(chart_of),
        context=partial(_context, of),
        writes=lambda chart_of: writes_of(records(chart_of, of)),
        parameters={"questionnaire": of.id},
    )


def _context(instrument: Instrument, of: Chart, now: datetime) -> Mapping[str, Any]:
    drawn: list[AssessPage] = []

    def draw(form: Submitted[AssessEntry]) -> AssessPage:
        """Once for a page, which asks twice."""
        if not drawn:
            language = _language(instrument, form)
            drawn.append(assess_page(instrument, form.values, form.errors, of, now, language=language))
        return drawn[0]

    half_done = history_of(of, instrument, now=now).half_done
    begun = (
        f"Begun {half_done.date_words}{f' by {half_done.by}' if half_done.by else ''}" if half_done else ""
    )
    return {
        "draw": draw,
        "instrument": instrument,
        "practice": current_launch().ehr.practice,
        "told": tuple(TOLD.items()),
        "begun": begun,
        "in_spanish": "es" in instrument.definition.title.by_language,
        "cautions": (assess_caution(of),),
        "long": _is_long(instrument) and not assess_caution(of),
        "before": notice(records(of, instrument), of),
        "index_at": url_for("assess.index", launch_id=current_launch().id),
    }


def _language(instrument: Instrument, form: Submitted[AssessEntry]) -> str:
    """The language that the address asks for, or that the form was sent in; English where it is not translated."""
    asked = request.args.get(LANGUAGE, "") or form.value(LANGUAGE)
    return asked if asked in instrument.definition.title.by_language else "en"


def _is_long(instrument: Instrument) -> bool:
    return sum(item.is_asked for item in instrument.definition.questions) >= LONG


@blueprint.get("/l/<launch_id>/assess/<questionnaire>/results")
def results(launch_id: str, questionnaire: str) -> str:
    """Every result of one instrument with its answers, and their course.

    :raise 404: for an instrument that does not exist.
    """
    _known(questionnaire)
    of = chart(TYPES)
    past = next(each for each in history(of, now=current_time()) if each.instrument.id == questionnaire)
    return render_template(
        "assess/results.html",
        page=launch_page("assessments", of),
        past=past,
        rows=past_results(past),
        refused=may_assess(of),
        way=_link(past),
        index_at=url_for("assess.index", launch_id=launch_id),
    )


@blueprint.get("/l/<launch_id>/assess/<questionnaire>")
def show(launch_id: str, questionnaire: str) -> ResponseReturnValue:
    """The form of one instrument: as it was left, else with what the chart knows."""
    return filing.show(_known(questionnaire))


@blueprint.post("/l/<launch_id>/assess/<questionnaire>")
def send(launch_id: str, questionnaire: str) -> ResponseReturnValue:
    """Files the answers, and what they ask for."""
    return filing.send(_known(questionnaire))


def _known(name: str) -> filing.FormPage[AssessEntry]:
    """Raises NotFound for an instrument that does not exist."""
    if name not in {each.id for each in catalogue()}:
        abort(404)
    return form_page(name)
