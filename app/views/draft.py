"""Autosave: what is being typed, kept on our side every few seconds, and thrown away when the person says so."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug import Response

from app.current import current_launch, current_time
from app.kept_forms import sent_form_id, sent_values
from app.services import services
from app.views.page import FORMS

blueprint = Blueprint("draft", __name__)


@blueprint.post("/l/<launch_id>/draft/<form>")
def keep(launch_id: str, form: str) -> str:
    """Keeps the form as it stands and answers with the line that says so. Reads and writes nothing in the EHR.

    :raise 404: for a form that keeps no drafts.
    """
    _known(form)
    if services().tries.has_filed(sent_form_id(), sent_values()):
        # Sent by the page while its own save was under way: what the chart holds is no draft any more.
        return render_template("parts/draft_kept.html", saved_words="")
    draft = services().drafts.save(
        current_launch().draft_key(form), sent_values(), sent_form_id(), now=current_time()
    )
    return render_template("parts/draft_kept.html", saved_words=f"{draft.saved_at:%H:%M}")


@blueprint.post("/l/<launch_id>/draft/<form>/discard")
def discard(launch_id: str, form: str) -> Response:
    """Throws the draft away and goes back to *Today*.

    :raise 404: for a form that keeps no drafts.
    """
    _known(form)
    services().drafts.wipe(current_launch().draft_key(form))
    return redirect(url_for("today.show", launch_id=current_launch().id), 303)


def _known(form: str) -> None:
    if form not in FORMS:
        abort(404)
