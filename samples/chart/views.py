"""The pages of the chart shell: the patient list, one patient's chart, and the versions of one resource.

Who is signed in stands in the address (`user=`), because the sandbox has no session of its own to get in the app's
way; every link carries it on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from samples.chart import app_launches, summary
from samples.chart.history import versions
from samples.chart.patients import find_patients, listed_patient, practice_zone, stories
from samples.chart.records import count, of_patient
from samples.chart.rows import newest_first, row
from samples.chart.staff import FIRST, Member, member, staff
from samples.chart.tabs import APP, TABS, Tab, tab_named, tab_of
from samples.sandbox import Sandbox

ROWS_PER_PAGE = 20


def add_views(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Serves `/`, `/chart/<patient>` and `/chart/<patient>/history/<type>/<id>`."""

    @blueprint.get("/")
    def patients() -> Response:
        user = _user(sandbox)
        if user is None:
            return _not_found("That user is not one of this practice's staff.")
        query, page = request.args.get("q", ""), request.args.get("page", 1, type=int)
        shelf = stories(sandbox) if not query and page == 1 else ()
        found = find_patients(sandbox, query, page=page)
        return _page("patients.html", sandbox, user, query=query, stories=shelf, found=found)

    @blueprint.get("/chart/<patient>")
    def chart(patient: str) -> Response:
        user, resource = _user(sandbox), sandbox.store.read("Patient", patient)
        tab_name = request.args.get("tab") or "summary"
        tab = tab_named(tab_name)
        if user is None or resource is None or tab is None:
            return _not_found("There is no such patient, user or tab in this EHR.")
        shown = _summary(sandbox, patient) if not tab.types else {"found": _rows(sandbox, tab, patient)}
        return _page(
            "chart.html",
            sandbox,
            user,
            patient=listed_patient(sandbox, resource),
            tab=tab_name,
            shown=tab,
            tabs=_counted_tabs(sandbox, patient),
            app_url=_app_url(patient, user, tab_name),
            plain=dict.fromkeys(app_launches.PARAMETERS),
            cards_from=_cards_from(sandbox, patient, user, tab_name),
            **shown,
        )

    @blueprint.get("/chart/<patient>/history/<resource_type>/<resource_id>")
    def history(patient: str, resource_type: str, resource_id: str) -> Response:
        user, resource = _user(sandbox), sandbox.store.read("Patient", patient)
        found = versions(sandbox.store, patient, resource_type, resource_id, practice_zone(sandbox))
        if user is None or resource is None or not found:
            return _not_found("There is no such resource in this chart.")
        return _page(
            "history.html",
            sandbox,
            user,
            patient=listed_patient(sandbox, resource),
            resource_type=resource_type,
            resource_id=resource_id,
            tab=tab_of(resource_type).name,
            fhir_url=f"{sandbox.settings.fhir_base}/{resource_type}/{resource_id}/_history",
            versions=found,
        )


def _user(sandbox: Sandbox) -> Member | None:
    return member(sandbox.store, request.args.get("user") or FIRST)


def _app_url(patient: str, user: Member, tab_name: str) -> str:
    """Where the app's frame starts; "" while the app is not open."""
    if tab_name != APP and request.args.get("app") != "open":
        return ""
    carried: dict[str, Any] = {
        name: request.args[name] for name in app_launches.PARAMETERS if request.args.get(name)
    }
    client = request.args.get("client") or "chartside"
    return url_for("oauth.launch", client_id=client, patient=patient, user=user.id, **carried)


def _cards_from(sandbox: Sandbox, patient: str, user: Member, tab_name: str) -> str:
    """Where the chart's cards come from when it is opened; "" on every other page and beside an open app."""
    opened = tab_name == "summary" and request.args.get("app") != "open"
    if not sandbox.settings.cds_services or not opened:
        return ""
    return url_for("chart.cards", patient=patient, user=user.id)


def _counted_tabs(sandbox: Sandbox, patient: str) -> list[dict[str, Any]]:
    return [
        {
            "name": tab.name,
            "title": tab.title,
            "count": count(sandbox.store, tab.types, patient) if tab.types else None,
        }
        for tab in TABS
    ]


def _rows(sandbox: Sandbox, tab: Tab, patient: str) -> dict[str, Any]:
    """One page of a tab's rows, newest first."""
    page = max(1, request.args.get("page", 1, type=int))
    found = newest_first(of_patient(sandbox.store, tab.types, patient))
    start = (page - 1) * ROWS_PER_PAGE
    zone = practice_zone(sandbox)
    return {
        "rows": [row(resource, zone) for resource in found[start : start + ROWS_PER_PAGE]],
        "page": page,
        "last_page": max(1, -(-len(found) // ROWS_PER_PAGE)),
    }


def _summary(sandbox: Sandbox, patient: str) -> dict[str, Any]:
    return {"cards": summary.cards(sandbox.store, patient, practice_zone(sandbox)), "tab_of": tab_of}


def _page(template: str, sandbox: Sandbox, user: Member, **values: Any) -> Response:
    return Response(
        render_template(f"sandbox/{template}", user=user, staff=staff(sandbox.store), here=_here(), **values)
    )


def _here() -> Callable[..., str]:
    """Makes the address of this page with some parameters changed; None takes one away, a new tab starts at page 1."""
    endpoint, asked = request.endpoint or "chart.patients", request.args
    fixed: dict[str, Any] = dict(request.view_args or {})

    def here(**changes: Any) -> str:
        kept: Mapping[str, Any] = {name: value for name, value in asked.items() if name not in fixed}
        wanted = {**kept, **_opening(kept, changes), **changes}
        return url_for(
            endpoint, **fixed, **{name: value for name, value in wanted.items() if value is not None}
        )

    return here


def _opening(kept: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, str]:
    """The app stays open while its user looks through the tabs."""
    return {"app": "open"} if kept.get("tab") == APP and changes.get("tab") not in (None, APP) else {}


def _not_found(sentence: str) -> Response:
    return Response(render_template("sandbox/not_found.html", sentence=sentence), status=404)
