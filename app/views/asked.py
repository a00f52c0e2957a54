"""What the address of a form asks for: which form it is, and what it is to open with."""

from __future__ import annotations

from uuid import UUID

from flask import request

FORM_PARAMETER = "form"
"""Where an address names the form that it shows."""


def parameters() -> dict[str, str]:
    """What the address asks for beside the launch, so that the form's own address asks for it too."""
    own = {FORM_PARAMETER, "endpoint", *(request.view_args or {})}
    # A name with an underscore first would be an order to url_for.
    asked = {name: value for name, value in request.args.items() if name.isidentifier() and name[0] != "_"}
    return {name: value for name, value in asked.items() if name not in own}


def form_id() -> UUID | None:
    """The id of the form that the address names, or None."""
    try:
        return UUID(request.args.get(FORM_PARAMETER, ""))
    except ValueError:
        return None
