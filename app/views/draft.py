"""Autosave: what is being typed, kept on our side every few seconds, and thrown away when the person says so."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug import Response

from app.current import current_launch, current_time
from app.kept_forms import sent_form_id, sent_values
from app.services import services
from app.views import copy_ready
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
        return render_template("parts/draft_kept.html", saved_words="", text=False)
    if _is_text():
        return render_template("parts/draft_kept.html", saved_words="", text=True)
    draft = services().drafts.save(
        current_launch().draft_key(form), sent_values(), sent_form_id(), now=current_time()
    )
    return render_template("parts/draft_kept.html", saved_words=f"{draft.saved_at:%H:%M}", text=False)


@blueprint.post("/l/<launch_id>/draft/<form>/discard")
def discard(launch_id: str, form: str) -> Response:
    """Throws the draft away, for an hour so that it can be put back, and goes back to *Today* or to the ledger.

    :raise 404: for a form that keeps no drafts.
    """
    _known(form)
    services().ledger.throw_away(current_launch().draft_key(form), now=current_time())
    page = "ledger.show" if request.form.get("back") == "ledger" else "today.show"
    return redirect(url_for(page, launch_id=current_launch().id), 303)


@blueprint.post("/l/<launch_id>/draft/<form>/restore")
def restore(launch_id: str, form: str) -> Response:
    """Puts back what was thrown away within the hour, and goes to the ledger.

    :raise 404: for a form that keeps no drafts.
    """
    _known(form)
    services().ledger.put_back(current_launch().draft_key(form), now=current_time())
    return redirect(url_for("ledger.show", launch_id=current_launch().id), 303)


def _is_text() -> bool:
    """Sent by the page while its own save made it into text to paste: that is kept already, and no draft any more."""
    made = copy_ready.made_before(sent_form_id())
    return made is not None and not services().tries.held_other_words(made.id, sent_values())


def _known(form: str) -> None:
    if form not in FORMS:
        abort(404)
