"""The page "Simulate a failure": for people who want to see what an app does on a bad day of its EHR.

The same switches as `/sandbox/faults` (samples.faults.control); a form of another site cannot press them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from samples.chart.staff import FIRST, Member, member, staff
from samples.faults import CATALOGUE, FaultNotUnderstood, Kind, Place
from samples.faults.control import may_switch
from samples.faults.fault import SECONDS, STATUSES
from samples.faults.switchboard import Switched
from samples.sandbox import Sandbox

TYPES = ("AllergyIntolerance", "CarePlan", "Condition", "Consent", "DocumentReference", "Encounter", "Goal",
         "MedicationRequest", "MedicationStatement", "Observation", "Patient", "QuestionnaireResponse",
         "Task")  # fmt: skip


@dataclass(frozen=True)
class Switch:
    """One failure on the page: its kind, those of it that are on, and what can be chosen for it."""

    kind: Kind
    on: tuple[Switched, ...]

    @property
    def seconds(self) -> float | None:
        """What the field for seconds begins with; None when there is none."""
        return SECONDS.get(self.kind.name)

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses to choose from."""
        return STATUSES.get(self.kind.name, ())

    @property
    def aimed(self) -> bool:
        """Whether it strikes requests, so that reading and writing can be told apart."""
        return "method" in self.kind.takes

    @property
    def types(self) -> tuple[str, ...]:
        """The types of record that it can be aimed at."""
        return TYPES if "resource_type" in self.kind.takes else ()


def add_simulate(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Serves GET and POST /simulate."""

    @blueprint.get("/simulate")
    def simulate() -> Response:
        user = member(sandbox.store, request.args.get("user") or FIRST)
        if user is None:
            sentence = "That user is not one of this practice's staff."
            return Response(render_template("sandbox/not_found.html", sentence=sentence), status=404)
        return _page(sandbox, user)

    @blueprint.post("/simulate")
    def switch() -> Response:
        user = member(sandbox.store, request.form.get("user") or FIRST)
        if user is None or not may_switch():
            sentence = "Failures are switched from this page alone."
            return Response(render_template("sandbox/not_found.html", sentence=sentence), status=403)
        if request.form.get("switch") == "off":
            number = request.form.get("number", type=int)
            sandbox.faults.clear(number=number) if number else sandbox.faults.clear()
        else:
            try:
                sandbox.faults.set(request.form.get("name", ""), **_details(request.form))
            except FaultNotUnderstood as problem:
                return _page(sandbox, user, problem=str(problem))
        address = url_for("chart.simulate", user=user.id)
        return Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})


def faults_on(sandbox: Sandbox) -> tuple[str, ...]:
    """What is switched on, in words; for a line on every page."""
    return tuple(dict.fromkeys(each.fault.kind.title for each in sandbox.faults.now()))


def _details(form: Mapping[str, str]) -> dict[str, Any]:
    """The fields that were filled in. A number that is none is handed on as it is, to be refused with its reason."""
    given: dict[str, Any] = {
        name: form[name] for name in ("resource_type", "method", "scope") if form.get(name)
    }
    for name, kind in (("seconds", float), ("status", int), ("times", int), ("after", int)):
        if form.get(name):
            given[name] = _number(form[name], kind)
    return given


def _number(written: str, kind: type[int] | type[float]) -> int | float | str:
    try:
        return kind(written)
    except ValueError:
        return written


def _page(sandbox: Sandbox, user: Member, *, problem: str = "") -> Response:
    on = sandbox.faults.now()
    groups = [
        (place.value, [_switch(kind, on) for kind in CATALOGUE.values() if kind.place is place])
        for place in Place
    ]

    def here(**changes: Any) -> str:
        return url_for("chart.simulate", **{"user": user.id, **changes})

    page = render_template(
        "sandbox/simulate.html",
        user=user,
        staff=staff(sandbox.store),
        here=here,
        groups=groups,
        on=on,
        problem=problem,
    )
    return Response(page, status=400 if problem else 200)


def _switch(kind: Kind, on: tuple[Switched, ...]) -> Switch:
    return Switch(kind, tuple(each for each in on if each.fault.name == kind.name))
