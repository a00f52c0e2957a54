"""The style sheet of one launch: the EHR's colours and sizes where they can be read, and the user's text size.

A style sheet of its own, since the pages' content policy allows no style inside them.
"""

from __future__ import annotations

from flask import Blueprint, Response

from app.current import current_launch, current_preferences
from app.look import style_sheet
from app.services import services

blueprint = Blueprint("style", __name__)


@blueprint.get("/l/<launch_id>/style.css")
def show(launch_id: str) -> Response:
    """The sheet; an empty one where everything is as usual, or where the EHR's is still on its way."""
    style = services().styles.get(current_launch().grant.context.smart_style_url)
    large = current_preferences().text_size == "large"
    return Response(style_sheet(style, large_text=large), mimetype="text/css")
