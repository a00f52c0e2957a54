"""Logging that a copy of the plan was given: to whom, how, in which language and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from mappings.chart import Chart
from mappings.copy_given import (
    HOW,
    VERSIONS,
    CopyGivenEntry,
    copies_given,
    copy_given_resources,
    may_log,
    parse_copy_given,
    receivers,
)
from mappings.copy_words import LANGUAGE_WORDS, default_language
from mappings.patient import patient_banner
from mappings.patient_warning import patient_warnings

blueprint = Blueprint("copy_given", __name__)


def _defaults(of: Chart, now: datetime) -> filing.Values:
    """What was last looked at, where the address says it; else the patient's own copy in the patient's language."""
    spoken = default_language(patient_banner(of, today=now.date()).language)
    language, version = request.args.get("language", ""), request.args.get("version", "")
    return {
        "to": ("patient",) if version != "caregiver" else (),
        "how": ("printed",),
        "language": (language if language in LANGUAGE_WORDS else spoken,),
        "version": (version if version in VERSIONS else "patient",),
        "date": (now.date().isoformat(),),
    }


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "receivers": tuple(receivers(of).items()),
        "hows": tuple(HOW.items()),
        "languages": tuple(LANGUAGE_WORDS.items()),
        "versions": tuple(VERSIONS.items()),
        "given": copies_given(of, now=now)[:3],
        "cautions": (*patient_warnings(of, today=now.date()), may_log(of).caution),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What logging files."""
    return (Record("who was given a copy", "Task"),)


FORM: filing.FormPage[CopyGivenEntry] = filing.FormPage(
    name="plan-shared",
    endpoint="copy_given",
    template="copy_given/form.html",
    types=(*BANNER_TYPES, "RelatedPerson"),
    parse=lambda values, of, now: parse_copy_given(values, chart=of, now=now),
    build=copy_given_resources,
    defaults=_defaults,
    gate=lambda of, now: may_log(of).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/copy/given")
def show(launch_id: str) -> ResponseReturnValue:
    """The form that logs a copy."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/copy/given")
def send(launch_id: str) -> ResponseReturnValue:
    """Files that the copy was given."""
    return filing.send(FORM)
