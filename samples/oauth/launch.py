"""The launch from the chart: `/launch/chartside` makes a one-use launch and sends the browser to the app.

The path names the client, because a launch serves that client alone; `chartside` is the one the chart uses. The query
says what the app is told: `patient`, `encounter`, `user`, `intent`, `fhirContext` (JSON), `appContext`, `tenant`,
`need_patient_banner` and `smart_style_url`. Patient, user and encounter must be in this EHR; the others are sent as
they are, because apps must bear what other EHRs send.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request

from samples.chart.staff import FIRST, member
from samples.fhir.store import Store
from samples.oauth.authorize import refused_page
from samples.oauth.context import TENANT, OpenChart
from samples.oauth.server import SmartServer
from samples.sandbox import Sandbox

_INTENT = re.compile(r"[A-Za-z0-9._:/-]{1,100}")
LONGEST_CONTEXT = 16_384


class NoSuchChart(LookupError):
    """A launch names something that is not in this EHR; the message is fit for a page."""


def add_launch(blueprint: Blueprint, server: SmartServer, sandbox: Sandbox) -> None:
    """Serves GET /launch/<client id> with the parameters above."""

    @blueprint.get("/launch/<client_id>")
    def launch(client_id: str) -> Response:
        client = server.clients.get(client_id)
        if client is None or not client.redirect_uris:
            return refused_page("No app is registered under that name.", 404)
        try:
            chart = _open_chart(sandbox.store)
        except NoSuchChart as problem:
            return refused_page(str(problem), 404)
        value = server.ledger.keep("launch", chart.to_json(), owner=client_id)
        query = urlencode({"iss": sandbox.settings.fhir_base, "launch": value})
        address = f"{sandbox.settings.app_launch_url}?{query}"
        return Response(status=302, headers={"Location": address, "Cache-Control": "no-store"})


def _open_chart(store: Store) -> OpenChart:
    """What the query names. A launch without a patient opens the practice's view. Raises NoSuchChart."""
    asked = {name: request.args.get(name) or None for name in ("patient", "encounter", "intent")}
    patient, encounter, intent = asked["patient"], asked["encounter"], asked["intent"]
    user = request.args.get("user") or FIRST
    if member(store, user) is None:
        raise NoSuchChart("That user is not one of this practice's staff.")
    if patient and store.read("Patient", patient) is None:
        raise NoSuchChart("There is no such patient in this EHR.")
    if encounter and not _is_of(store, encounter, patient):
        raise NoSuchChart("There is no such visit in this patient's chart.")
    if intent and not _INTENT.fullmatch(intent):
        raise NoSuchChart("The intent of this launch is not a plain word.")
    return OpenChart(
        user,
        patient,
        encounter,
        intent,
        fhir_context=_fhir_context(),
        app_context=_plain("appContext"),
        tenant=_plain("tenant") or TENANT,
        need_patient_banner=request.args.get("need_patient_banner", "true").lower() != "false",
        smart_style_url=_plain("smart_style_url") or "",
    )


def _fhir_context() -> tuple[Any, ...]:
    """The `fhirContext` of the query: a JSON array, of strings (SMART 2.0) or of objects (since 2.1)."""
    text = _plain("fhirContext")
    if text is None:
        return ()
    try:
        items = orjson.loads(text)
    except orjson.JSONDecodeError:
        items = None
    if not isinstance(items, list):
        raise NoSuchChart("The fhirContext of this launch is not a JSON array.")
    return tuple(items)


def _plain(name: str) -> str | None:
    value = request.args.get(name) or None
    if value and len(value) > LONGEST_CONTEXT:
        raise NoSuchChart(f"The {name} of this launch is too long.")
    return value


def _is_of(store: Store, encounter: str, patient: str | None) -> bool:
    found = store.read("Encounter", encounter)
    subject = (found or {}).get("subject", {}).get("reference", "")
    return patient is not None and subject.endswith(f"Patient/{patient}")
