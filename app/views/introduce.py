"""Care management is introduced: what to say, with the names in it; who did it and how; the letter for others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.current import current_launch, current_time
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES, chart, launch_page
from app.views.spoken import language, names, provider_or_user
from mappings.attempts import attempts
from mappings.chart import Chart
from mappings.introduction import ANSWERS, HOW, IntroductionEntry, introduction_resources, introductions
from mappings.introduction_form import may_introduce, parse_introduction
from mappings.patient_warning import patient_warnings
from mappings.script import LANGUAGES, letter, scripts

blueprint = Blueprint("introduce", __name__)


def _defaults(of: Chart, now: datetime) -> filing.Values:
    return {
        "introduced_by": (provider_or_user(of),),
        "how": ("in-person",),
        "answer": ("interested",),
        "date": (now.date().isoformat(),),
    }


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    speaks = language(of)
    return {
        "hows": tuple(HOW.items()),
        "answers": tuple(ANSWERS.items()),
        "scripts": scripts(names(of), speaks),
        "speaks": speaks,
        "languages": LANGUAGES,
        "tries": attempts(of, now=now, practice=current_launch().ehr.practice),
        "before_now": introductions(of, now),
        "cautions": (may_introduce(of, now=now).caution, *patient_warnings(of, today=now.date())),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What an introduction files."""
    return (Record("the introduction", "Task"),)


FORM: filing.FormPage[IntroductionEntry] = filing.FormPage(
    name="introduce",
    endpoint="introduce",
    template="introduce/form.html",
    types=BANNER_TYPES,
    parse=lambda values, of, now: parse_introduction(values, chart=of, now=now),
    build=lambda entry, of, author, form_id: introduction_resources(entry, author, form_id),
    defaults=_defaults,
    gate=lambda of, now: may_introduce(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/introduce")
def show(launch_id: str) -> ResponseReturnValue:
    """The scripts and the form, or why there is nothing to introduce."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/introduce")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the introduction."""
    return filing.send(FORM)


@blueprint.get("/l/<launch_id>/introduce/letter")
def invitation(launch_id: str) -> str:
    """The invitation as a page to print, in the language asked for."""
    of = chart(BANNER_TYPES)
    speaks = language(of)
    return render_template(
        "introduce/letter.html",
        page=launch_page("introduce-letter", of),
        letter=letter(names(of), speaks, current_time().date()),
        names=names(of),
        speaks=speaks,
        languages=LANGUAGES,
    )
