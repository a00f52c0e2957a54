"""The sandbox's chart shell: the practice's own screens around the app, simple enough to be understood at once.

A SMART app lives inside somebody else's chart, so the sandbox has one: a patient list, a chart in tabs that shows what
is stored as it is stored, and the app in a frame beside it.
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Flask, Response

from samples.chart.cards import add_cards
from samples.chart.pages import app_origins, protect
from samples.chart.simulate import add_simulate, faults_on
from samples.chart.views import add_views
from samples.sandbox import Sandbox

__all__ = ["register"]


def register(app: Flask, sandbox: Sandbox) -> None:
    """Adds the chart shell's pages and their style to `app`."""
    blueprint = Blueprint(
        "chart",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/static/sandbox",
    )
    add_views(blueprint, sandbox)
    add_simulate(blueprint, sandbox)
    add_cards(blueprint, sandbox)
    apps = app_origins(sandbox.settings)
    # The sign-in pages have the same frame, so they are told too which EHR is played.
    app.context_processor(
        lambda: {"ehr_title": sandbox.persona.title, "faults_on": partial(faults_on, sandbox)}
    )

    @blueprint.after_request
    def headers(response: Response) -> Response:
        return protect(response, apps=apps, framed_by="'none'")

    app.register_blueprint(blueprint)
