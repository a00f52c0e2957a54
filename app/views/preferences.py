"""What one user chooses for herself: how large the text is, where a launch begins, how she usually reaches people."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import current_client, current_launch, kept_preferences
from app.kept_preferences import Kept, Where
from app.preferences import CHOICES
from app.services import services
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.form import Submitted

blueprint = Blueprint("preferences", __name__)

LABELS = (
    ("text_size", "Text size"),
    ("first_page", "Begin with"),
    ("contact_mode", "A new contact begins as"),
    ("staff_kind", "Whose time your contacts are"),
    ("shortcuts", "Single keys that act by themselves, such as ?"),
)
KEPT_WORDS = {
    Where.EHR: "They are kept in the EHR, and hold in every chart that you open there.",
    Where.SESSION: "This EHR does not keep them, so they hold until you close Chartside here.",
    Where.UNREAD: "The EHR could not keep them just now, so they hold until you close Chartside here.",
}


@blueprint.get("/l/<launch_id>/preferences")
def show(launch_id: str) -> ResponseReturnValue:
    """The choices as they stand, and where they are kept."""
    return _page(kept_preferences(), saved="saved" in request.args)


@blueprint.post("/l/<launch_id>/preferences")
def save(launch_id: str) -> ResponseReturnValue:
    """Keeps the choices; what is none of those offered changes nothing."""
    services().preferences.save(current_launch(), current_client(), request.form)
    return redirect(url_for("preferences.show", launch_id=launch_id, saved=""), 303)


def _page(kept: Kept, *, saved: bool) -> str:
    values = {name: (code,) for name, code in kept.preferences.to_json().items()}
    shown: Submitted[None] = Submitted(values=values, errors={}, entry=None)
    return render_template(
        "preferences/form.html",
        page=launch_page("preferences", chart(BANNER_TYPES)),
        form=shown,
        labels=LABELS,
        choices=CHOICES,
        kept_words=KEPT_WORDS[kept.where],
        saved=saved,
        send_to=url_for("preferences.save", launch_id=current_launch().id),
    )
