"""The cards above a chart's summary: what a CDS service says of the patient, with a way into the app or out of sight.

They are fetched by themselves, so that a chart opens at once whatever the service does. A card that was put aside
stays away from that patient's chart until the sandbox is started again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from samples.cds_client import CdsClient, NoCards
from samples.chart.staff import FIRST, Member, member
from samples.chart.words import listed, mapping, text
from samples.faults.control import may_switch
from samples.oauth.keys import signing_keys
from samples.sandbox import Sandbox

INDICATORS = ("info", "warning", "critical")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|~>])")


@dataclass(frozen=True)
class Reason:
    """One of the reasons that a card offers for being put aside."""

    system: str
    code: str
    words: str


@dataclass(frozen=True)
class Link:
    """One way on. `address` is a page of this EHR for a SMART link, else where the card says."""

    words: str
    address: str


@dataclass(frozen=True)
class ShownCard:
    """A card as the chart shows it: plain words, no formatting and no address that is not a link's."""

    id: str
    service: str
    topic: str
    summary: str
    detail: str
    indicator: str
    source: str
    links: tuple[Link, ...]
    reasons: tuple[Reason, ...]


def add_cards(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Serves GET and POST `/chart/<patient>/cards`, where the settings name a card service."""
    if not sandbox.settings.cds_services:
        return
    client = CdsClient(sandbox, signing_keys(sandbox.settings.state_dir))
    put_aside: set[tuple[str, str]] = set()

    @blueprint.get("/chart/<patient>/cards")
    def cards(patient: str) -> Response:
        user = member(sandbox.store, request.args.get("user") or FIRST)
        if user is None or sandbox.store.read("Patient", patient) is None:
            return Response(status=404)
        problem, shown = "", []
        try:
            made = [_card(card, patient, user, sandbox) for card in client.cards(patient, user.id)]
            shown = [card for card in made if (patient, card.topic) not in put_aside]
        except NoCards as said:
            problem = str(said)
        page = render_template(
            "sandbox/hook_cards.html", cards=shown, problem=problem, patient_id=patient, user=user
        )
        return Response(page)

    @blueprint.post("/chart/<patient>/cards")
    def dismiss(patient: str) -> Response:
        user = member(sandbox.store, request.form.get("user") or FIRST)
        if user is None or not may_switch():
            return Response(status=403)
        system, _, code = request.form.get("reason", "").rpartition("|")
        reason = {"system": system, "code": code} if system and code else None
        # The user is done with the card, whether or not the service hears of it.
        with suppress(NoCards):
            client.dismissed(request.form.get("service", ""), request.form.get("card", ""), reason)
        put_aside.add((patient, request.form.get("topic", "")))
        address = url_for("chart.chart", patient=patient, user=user.id)
        return Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})


def _card(card: Mapping[str, Any], patient: str, user: Member, sandbox: Sandbox) -> ShownCard:
    source = mapping(card.get("source"))
    topic = mapping(source.get("topic"))
    indicator = text(card.get("indicator"))
    links = (_link(mapping(each), patient, user, sandbox) for each in listed(card.get("links")))
    return ShownCard(
        id=text(card.get("uuid")),
        service=text(card.get("service")),
        topic=text(topic.get("display")) or "Note",
        summary=text(card.get("summary")),
        detail=_plain(text(card.get("detail"))),
        indicator=indicator if indicator in INDICATORS else INDICATORS[0],
        source=text(source.get("label")),
        links=tuple(link for link in links if link.words and link.address),
        reasons=tuple(
            Reason(text(each.get("system")), text(each.get("code")), text(each.get("display")))
            for each in map(mapping, listed(card.get("overrideReasons")))
        ),
    )


def _link(link: Mapping[str, Any], patient: str, user: Member, sandbox: Sandbox) -> Link:
    """A SMART link of the app in this chart becomes a launch that carries its appContext; others are left out."""
    ours = link.get("type") == "smart" and link.get("url") == sandbox.settings.app_launch_url
    if not ours:
        return Link("", "")
    told = text(link.get("appContext")) or None
    address = url_for("chart.chart", patient=patient, user=user.id, tab="app", appContext=told)
    return Link(text(link.get("label")), address)


def _plain(markdown: str) -> str:
    """The words of a card's Markdown, which services write with escapes and entities."""
    return html.unescape(_ESCAPED.sub(r"\1", markdown))
