"""The page of referrals: those of this patient and how long they wait, and the practice's directory to make another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from app.current import current_time
from app.ehr.chart import LATE_SECONDS
from app.views import resource_referral
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.chart import Chart
from mappings.coverage import cost_share
from mappings.ehr_order import ehr_orders
from mappings.patient_warning import DIED, is_deceased
from mappings.resource_directory import ResourceDirectory, found, payer_notes
from mappings.resource_referral import connections, resource_referrals
from mappings.resource_suggestion import suggestions
from mappings.resource_topic import topic_rules

blueprint = Blueprint("resources", __name__)

TYPES = (*BANNER_TYPES, "Condition", "Coverage", "ServiceRequest")


@blueprint.get("/l/<launch_id>/resources")
def show(launch_id: str) -> str:
    """The page; `?topic=`, `?group=` and `?words=` narrow the directory."""
    of, now = chart(TYPES, deadline=LATE_SECONDS), current_time()
    directory = resource_referral.directory()
    panel = resource_referrals(of, now)
    return render_template(
        "resources/show.html",
        page=launch_page("resources", of),
        panel=panel,
        waiting=[row for row in panel.rows if row.open],
        ended=[row for row in panel.rows if not row.open],
        connections=connections(of, now),
        gone={row.id for row in panel.rows if row.resource_id and not directory.find(row.resource_id)},
        refused=DIED if is_deceased(of) else "",
        today=now.date(),
        directory=directory,
        orders=ehr_orders(of, now),
        suggestions=suggestions(of, directory, now=now),
        **_narrowed(directory),
        **_insurance(of, directory),
    )


def _narrowed(directory: ResourceDirectory) -> dict[str, Any]:
    rules = topic_rules()
    topic, group = request.args.get("topic", ""), request.args.get("group", "")
    topic, group = topic if topic in rules.topics else "", group if group in rules.groups else ""
    words = request.args.get("words", "")[:100]
    return {
        "rows": found(directory.resources, topic=topic, group=group, words=words),
        "asked": {"topic": topic, "group": group, "words": words},
        "topics": tuple(rules.topics.items()),
        "groups": tuple(rules.groups.items()),
    }


def _insurance(of: Chart, directory: ResourceDirectory) -> dict[str, Any]:
    """What the practice knows of this patient's plans."""
    share = cost_share(of, current_time())
    return {"plans": share.payers, "payers": payer_notes(directory, (*share.payers, *share.kinds))}
