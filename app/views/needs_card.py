"""The card study: a card of twenty seconds for the patient, and the totals of the cards in her chart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from app.current import current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.chart import Chart
from mappings.needs_card import header, letter, needs_card_resources, needs_cards
from mappings.needs_card_form import (
    LEAST,
    MOST,
    NeedsCardEntry,
    card,
    card_defaults,
    continuity,
    may_fill,
    need_items,
    parse_card,
)
from mappings.needs_card_totals import totals
from mappings.panel import panel
from mappings.patient import patient_banner
from mappings.questionnaire.field import field_of

blueprint = Blueprint("needs_card", __name__)

TYPES = (*BANNER_TYPES, "Condition", "Encounter", "Coverage")


def records() -> tuple[Record, ...]:
    """What a card files: itself."""
    return (Record("the card", "Task"),)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    here = current_launch()
    today = [each for each in needs_cards(of, now=now) if each.when_words == "today"]
    again = (
        "A card of today is in the chart already. A second one counts as another patient." if today else ""
    )
    return {
        "header": [(label, words) for label, words in header(of, now) if words],
        "mrn": patient_banner(of, today=now.date()).mrn,
        "numbers": range(LEAST, MOST + 1),
        "needs": [(field_of(each.link_id), letter(each.link_id), str(each.text)) for each in need_items()],
        "questions": {link: (field_of(link), str(item.text)) for link, item in card().by_link.items()},
        "reasons": _options("reason"),
        "tops": _lettered(_options("top")),
        "acts": _options("act"),
        "visits_words": continuity(of, now=now, user=here.user or "", user_name=here.user_name).sentence,
        "cautions": (may_fill(of, now=now).caution, again),
        "before": notice(records(), of),
    }


def _options(link: str) -> list[tuple[str, str]]:
    return [(each.key, str(each.words)) for each in card().by_link[link].options]


def _lettered(options: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The needs with their letters before them, as the rows above them bear."""
    return [(key, f"{letter(key)}. {words}" if key.startswith("need-") else words) for key, words in options]


FORM: filing.FormPage[NeedsCardEntry] = filing.FormPage(
    name="needs-card",
    endpoint="needs_card",
    template="needs_card/form.html",
    types=TYPES,
    parse=lambda values, of, now: parse_card(values, chart=of, now=now),
    build=needs_card_resources,
    defaults=lambda of, now: card_defaults(of, now=now, user=current_launch().user or ""),
    gate=lambda of, now: may_fill(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records()),
)


@blueprint.get("/l/<launch_id>/card")
def show(launch_id: str) -> ResponseReturnValue:
    """The card, with every need at 1 and what the chart knows filled in."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/card")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the card."""
    return filing.send(FORM)


@blueprint.get("/l/<launch_id>/cards")
def index(launch_id: str) -> str:
    """The cards of this patient and their totals, counted as the page is drawn."""
    of, now = chart(TYPES, deadline=LATE_SECONDS), current_time()
    cards = needs_cards(of, now=now)
    gate = may_fill(of, now=now)
    return render_template(
        "needs_card/index.html",
        page=launch_page("needs-cards", of),
        cards=cards,
        absence=panel("cards", "Cards", cards, of.reading("Task"), only_ours=True),
        totals=totals(cards),
        refused=gate.reason,
        fill_in=url_for("needs_card.show", launch_id=launch_id),
        add_step=url_for("plan_action.show", launch_id=launch_id, kind="action"),
        resources=url_for("resources.show", launch_id=launch_id),
        all_patients=url_for("staff_tasks.sign_in", ehr=current_launch().ehr.name),
    )
