"""Signing in without a chart: choose who you are, then whose chart to open. A sandbox has no passwords.

Each step is kept on the server under a value that serves once, so that no app can choose the user or the patient by
writing them into its own request. https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-standalone-launch
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from samples.chart.patients import find_patients
from samples.chart.staff import member, staff
from samples.oauth import scopes
from samples.oauth.authorize import code_to_app, error_to_app, go_to, refused_page
from samples.oauth.context import OpenChart
from samples.oauth.server import SmartServer
from samples.sandbox import Sandbox

GONE = "This sign-in is over or was already used. Go back to the app and start again."
NO_SUCH_USER = "That user is not one of this practice's staff."
NO_SUCH_PATIENT = "That patient is not in this practice's list."


def add_login(blueprint: Blueprint, server: SmartServer, sandbox: Sandbox) -> None:
    """Serves the sign-in page and the patient picker of a standalone launch."""
    pages = LoginPages(server, sandbox)
    blueprint.get("/oauth/login/<login>", endpoint="login")(pages.who)
    blueprint.post("/oauth/login/<login>", endpoint="sign_in")(pages.sign_in)
    blueprint.get("/oauth/login/<login>/patient", endpoint="choose_patient")(pages.whose)
    blueprint.post("/oauth/login/<login>/patient", endpoint="open_patient")(pages.open_patient)


class LoginPages:
    """The two pages and what they send; an empty choice is the Cancel button."""

    def __init__(self, server: SmartServer, sandbox: Sandbox) -> None:
        self._ledger = server.ledger
        self._server = server
        self._sandbox = sandbox

    def who(self, login: str) -> Response:
        """The four users to choose from."""
        kept = self._ledger.look("login", login)
        if kept is None or "user" in kept:
            return refused_page(GONE, 410)
        people, client = staff(self._sandbox.store), kept["asked"]["client_id"]
        return Response(render_template("oauth/login.html", login=login, staff=people, client=client))

    def sign_in(self, login: str) -> Response:
        """On to the patient picker when the app asked for a patient, else straight back with a code."""
        chosen = request.form.get("user", "")
        if chosen and member(self._sandbox.store, chosen) is None:
            return refused_page(NO_SUCH_USER, 404)
        kept = self._spend(login, signed_in=False)
        if kept is None:
            return refused_page(GONE, 410)
        if not chosen:
            return _denied(kept)
        asked = kept["asked"]
        if not scopes.includes(asked.get("scope", ""), "launch/patient"):
            return code_to_app(self._server, asked, OpenChart(chosen, from_ehr=False))
        login = self._ledger.keep("login", {"asked": asked, "user": chosen}, owner=asked["client_id"])
        return go_to(url_for("oauth.choose_patient", login=login))

    def whose(self, login: str) -> Response:
        """The practice's patients to choose from."""
        kept = self._ledger.look("login", login)
        if kept is None or "user" not in kept:
            return refused_page(GONE, 410)
        query, page = request.args.get("q", ""), request.args.get("page", 1, type=int)

        def here(**changes: Any) -> str:
            return url_for("oauth.choose_patient", **{"login": login, "q": query, **changes})

        return Response(
            render_template(
                "oauth/patient.html",
                login=login,
                query=query,
                found=find_patients(self._sandbox, query, page=page),
                user=member(self._sandbox.store, kept["user"]),
                here=here,
            )
        )

    def open_patient(self, login: str) -> Response:
        """Back to the app with a code for the chosen patient's chart."""
        patient = request.form.get("patient", "")
        if patient and self._sandbox.store.read("Patient", patient) is None:
            return refused_page(NO_SUCH_PATIENT, 404)
        kept = self._spend(login, signed_in=True)
        if kept is None:
            return refused_page(GONE, 410)
        if not patient:
            return _denied(kept)
        return code_to_app(self._server, kept["asked"], OpenChart(kept["user"], patient, from_ehr=False))

    def _spend(self, login: str, *, signed_in: bool) -> dict[str, Any] | None:
        """What was kept for this step, spent now; None when it is over, spent, or the other step's."""
        kept = self._ledger.look("login", login)
        if kept is None or ("user" in kept) is not signed_in:
            return None
        taken = self._ledger.take("login", login, owner=kept["asked"]["client_id"])
        return taken.body if taken.fate == "taken" else None


def _denied(kept: dict[str, Any]) -> Response:
    return error_to_app(kept["asked"], "access_denied", "The person at the EHR did not allow it.")
