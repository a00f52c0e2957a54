"""What the service answers, as the specification writes it: its one service, and the cards of a call.

https://cds-hooks.hl7.org/2.0/#response, https://cds-hooks.hl7.org/2.0/#card-attributes
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson

from app.cds_hooks.call import HOOK, CdsCall
from app.cds_settings import CdsHooks
from app.ehr_settings import EhrSettings
from fhir_profiles.terminology import coding
from mappings.cds_cards import CdsCard, cards, kinds
from mappings.cds_prefetch import chart_of, kept_in_notes, prefetch_templates
from mappings.vendor import vendor
from mappings.write_ladder import WRITTEN

SERVICE = "care-management"


def discovery(ehr: EhrSettings) -> dict[str, Any]:
    """The services there are, with the queries to prefetch at this EHR."""
    service = {
        "hook": HOOK,
        "id": SERVICE,
        "title": "Care management (Chartside)",
        "description": (
            "Says when a chart is opened that a patient was discharged and not called, that one who may be eligible"
            " is not in care management, and how many minutes of it the month has. Each card opens Chartside at the"
            " step."
        ),
        "prefetch": prefetch_templates(vendor(ehr.vendor)),
        "usageRequirements": "Answers from prefetched data alone; without patient and tasks it answers 412.",
    }
    return {"services": [service]}


def made_cards(call: CdsCall, ehr: EhrSettings, hooks: CdsHooks, *, now: datetime) -> tuple[CdsCard, ...]:
    """The cards of a call, from what it brought alone. `now` is in the EHR's zone."""
    in_notes = WRITTEN if hooks.records == "notes" else kept_in_notes(vendor(ehr.vendor))
    return cards(chart_of(call.prefetch, base=ehr.iss, in_notes=in_notes), now=now)


def answer(made: Iterable[CdsCard], *, public_url: str) -> dict[str, Any]:
    """The body of the answer; `public_url` is where browsers reach the app."""
    return {"cards": [_card(card, public_url) for card in made]}


def kind_of(card_id: str) -> str:
    """Of which kind a card was, by its uuid; "" where it is none of ours."""
    try:
        place = UUID(card_id).bytes[0]
    except ValueError:
        return ""
    return kinds()[place] if place < len(kinds()) else ""


def new_card_id(kind: str) -> str:
    """A uuid for a card: random but for its first byte, which says the kind, so that none need be remembered."""
    made = bytearray(uuid4().bytes)
    made[0] = kinds().index(kind)
    return str(UUID(bytes=bytes(made)))


def _card(card: CdsCard, public_url: str) -> dict[str, Any]:
    label, url = card.source
    return {
        "uuid": new_card_id(card.kind),
        "summary": card.summary,
        "detail": card.detail,
        "indicator": card.indicator,
        "source": {"label": label, "url": url, "topic": coding("card-topic", card.kind)},
        "overrideReasons": [coding("card-override-reason", code) for code in card.reasons],
        "links": [
            {
                "label": card.label,
                "url": f"{public_url}/launch",
                "type": "smart",
                "appContext": orjson.dumps(dict(card.page)).decode(),
            }
        ],
    }
