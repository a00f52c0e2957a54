"""Keeps a form that was sent after its session had gone idle, so that a long phone call does not cost the note.

The form is known to be ours (its session, token, origin and patient were checked), but nothing is filed for somebody
who may have left the room: it becomes a draft that only the same user finds, at the next launch of that patient.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import request

from app.errors import draft_kept
from app.launches import Launch
from app.services import services

FORM_ID = "form_id"
_NOT_FORMS = frozenset(
    {"timer", "timer-edit", "sign-out", "in-use", "preferences", "goal-questions", "goal-target"}
)
FRAME_FIELDS = frozenset({"csrf_token", "patient", FORM_ID})
"""Hidden fields of every form: they are checked, never kept with what was typed."""
SETTLING = "settle."
"""Before the name of each field of the conflict screen: what was chosen there is acted on once and never kept."""


def form_name() -> str:
    """The form that a path under /l/<launch_id>/ belongs to: "contact", "care-plan-close"; autosave as its form.

    A form that only asked for more fields ("contact/form") is the form itself.
    """
    parts = request.path.strip("/").split("/")[2:]
    parts = parts[:-1] if parts[-1:] == ["form"] else parts
    return "-".join(parts[1:] if parts[:1] == ["draft"] else parts)


def keep_form(launch: Launch) -> None:
    """Keeps what this request's form holds as the user's draft, and tells the error page so."""
    name = form_name()
    if (
        name in _NOT_FORMS
        or name.startswith(("take-back", "paste-"))
        or name.endswith(("-discard", "-restore"))
    ):
        return
    now = launch.local_time(services().now())
    services().drafts.save(
        launch.draft_key(name), sent_values(), sent_form_id(), now=now, reason="The session had ended."
    )
    draft_kept(now)


def sent_values() -> dict[str, tuple[str, ...]]:
    """What the person typed, as it came, without the frame's hidden fields."""
    return {
        name: tuple(items)
        for name, items in request.form.lists()
        if name not in FRAME_FIELDS and not name.startswith(SETTLING)
    }


def sent_form_id() -> UUID:
    """The id made with the form, by which a retry is the same save. A missing or broken one gets a new id."""
    try:
        return UUID(request.form.get(FORM_ID, ""))
    except ValueError:
        return uuid4()
