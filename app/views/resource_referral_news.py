"""What was heard of a referral: it goes on, it is closed with its reason, or nobody answered once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, has_request_context, request
from flask.typing import ResponseReturnValue

from app.current import current_launch
from app.services import services
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from app.views.resource_referral import clock_minutes, directory, minutes_taken, stop_the_clock
from mappings.chart import Chart
from mappings.patient_warning import patient_warnings
from mappings.referral_state import offered
from mappings.resource_referral import open_referrals
from mappings.resource_referral_news import (
    NewsEntry,
    may_tell_news,
    news_defaults,
    news_resources,
    parse_news,
)

blueprint = Blueprint("resource_referral_news", __name__)
NAME = "resource-referral-news"


def _asked() -> str:
    """The referral that the form is about: as sent, else as a draft of it was begun with, else as the address says."""
    if not has_request_context():
        return ""
    draft = services().drafts.load(current_launch().draft_key(NAME))
    kept = next(iter(draft.values.get("task", ())), "") if draft else ""
    return request.form.get("task", "") or kept or request.args.get("task", "")


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    row = open_referrals(of, now).get(_asked())
    return {
        "row": row,
        "contact": directory().find(row.resource_id) if row else None,
        "gone": bool(row and row.resource_id and directory().find(row.resource_id) is None),
        "outcomes": [(code, each.words) for code, each in offered(row.state).items()] if row else [],
        "meanings": list(offered(row.state).values()) if row else [],
        "cautions": patient_warnings(of, today=now.date()),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What it files: the referral as it stands now."""
    return (Record("the referral as it stands now", "Task", "update"),)


FORM: filing.FormPage[NewsEntry] = filing.FormPage(
    name=NAME,
    endpoint="resource_referral_news",
    template="resource_referral/news.html",
    types=(*BANNER_TYPES, "ServiceRequest"),
    parse=lambda values, of, now: parse_news(values, chart=of, now=now, taken=minutes_taken(of, now)),
    build=news_resources,
    defaults=lambda of, now: {**news_defaults(of, now=now, task=_asked()), **clock_minutes()},
    gate=lambda of, now: may_tell_news(of, _asked(), now=now),
    context=_context,
    writes=lambda of: writes_of(records(of)),
    after=stop_the_clock,
)


def _form() -> filing.FormPage[NewsEntry]:
    """The form with the referral that its address names."""
    asked = request.args.get("task", "")
    return replace(FORM, parameters={"task": asked} if asked else {})


@blueprint.get("/l/<launch_id>/referral/news")
def show(launch_id: str) -> ResponseReturnValue:
    """The form, or why nothing more can be recorded of it."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/referral/news")
def send(launch_id: str) -> ResponseReturnValue:
    """Files what was heard."""
    return filing.send(_form())
