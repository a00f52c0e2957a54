"""Where a launch without a patient lands: it says that no chart is open, and leads to one.

/admin/ is the administrator's way in from outside the EHR: a sign-in that asks for no patient.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from app.current import current_staff_client
from app.errors import UnknownEhr
from app.logs import log, short_hash
from app.security import accept_frames_of, csrf_token
from app.services import services
from app.sign_in import send_to_ehr
from app.staff_launches import current_staff_launch

blueprint = Blueprint("staff", __name__)


def staff_frame() -> dict[str, Any]:
    """What staff/page.html shows around every page of a launch without a patient."""
    launch = current_staff_launch()
    return {
        "ehr": launch.ehr,
        "user_name": launch.user_name,
        "sign_out": url_for("staff.sign_out", staff_launch_id=launch.id),
        "csrf": csrf_token(),
    }


@blueprint.get("/staff/<staff_launch_id>/")
def show(staff_launch_id: str) -> str:
    """Who is signed in, that no chart is open, and the ways on."""
    launch = current_staff_launch()
    return render_template(
        "staff/show.html",
        **staff_frame(),
        tasks=url_for("staff_tasks.show", staff_launch_id=launch.id),
        cards=url_for("staff_cards.show", staff_launch_id=launch.id),
        admin=f"/admin/{launch.id}/" if launch.is_admin else "",
    )


@blueprint.post("/staff/<staff_launch_id>/sign-out")
def sign_out(staff_launch_id: str) -> Response:
    """Revokes the tokens at the EHR, where it offers that, and forgets the launch in any case."""
    launch = current_staff_launch()
    revoked = current_staff_client().revoke()
    services().staff_launches.end(launch)
    log("signed-out", launch=short_hash(staff_launch_id), user=launch.user, revoked=revoked)
    return redirect(url_for("launch.signed_out"), 303)


@blueprint.get("/admin/")
def choose() -> str:
    """The EHRs that have administrators, each with its sign-in."""
    ehrs = [ehr for ehr in services().settings.ehrs if ehr.admins]
    return render_template("staff/choose.html", ehrs=ehrs)


@blueprint.get("/admin/sign-in")
def sign_in() -> Response:
    """A sign-in at the EHR that `ehr` names: standalone, and without a patient. Here it is the administrator's."""
    names = request.args.getlist("ehr")
    ehr = services().settings.ehr_by_name(names[0]) if len(names) == 1 else None
    if ehr is None:
        raise UnknownEhr()
    accept_frames_of(ehr)
    return send_to_ehr(ehr, "staff")
