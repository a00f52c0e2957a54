"""Permissions to share with agencies, in one place: given for some facts until a day, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, has_request_context, request
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from app.views.resource_referral import directory
from fhir_profiles.terminology import codes, display
from mappings import pick_lists
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.consent import related_persons
from mappings.patient_warning import patient_warnings
from mappings.sharing import SharingEntry, permissions, revoked, sharing_resource
from mappings.sharing_form import (
    ID,
    RevokeEntry,
    may_revoke,
    may_share,
    parse_revoke,
    parse_sharing,
    sharing_defaults,
)

blueprint = Blueprint("sharing", __name__)
TAKE_BACK = {"about": "revoke"}
"""What the address names when a permission is taken back."""


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "held": permissions(of, now),
        "kinds": tuple(pick_lists.shared_facts().items()),
        "modes": [(code, display("consent-mode", code)) for code in codes("consent-mode")],
        "agreeing": [
            ("patient", "The patient"),
            *related_persons(of).items(),
            ("caregiver", "A caregiver who is not on file"),
        ],
        "cautions": (may_share(of).caution, *patient_warnings(of, today=now.date())),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What a permission files."""
    return (Record("the permission to share", "Consent"),)


FORM: filing.FormPage[SharingEntry] = filing.FormPage(
    name="sharing",
    endpoint="sharing",
    template="sharing/form.html",
    types=(*BANNER_TYPES, "RelatedPerson"),
    parse=lambda values, of, now: parse_sharing(values, chart=of, now=now),
    build=lambda entry, of, author, form_id: (sharing_resource(entry, author, form_id),),
    defaults=lambda of, now: sharing_defaults(now, agency=_agency()),
    gate=lambda of, now: may_share(of).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


def _agency() -> str:
    """The row of the practice's directory that the address names (`?resource=`), by its name."""
    asked = request.args.get("resource", "") if has_request_context() else ""
    found = directory().find(asked) if asked else None
    return found.name if found else ""


def _asked_for() -> str:
    """The id of the permission that is taken back: from the address, else from the form; "" outside of a request."""
    if not has_request_context():
        return ""
    return request.args.get(ID, "") or request.form.get(ID, "")


def _revoke_context(of: Chart, now: datetime) -> Mapping[str, Any]:
    rows = permissions(of, now).rows
    return {
        "taken_back": next((row for row in rows if row.active and row.id == _asked_for()), None),
        "field": ID,
        "cautions": (),
        "before": notice((_end(),), of),
    }


def _end() -> Record:
    return Record("the end of the permission", "Consent", "update")


def _revoke(entry: RevokeEntry, of: Chart, author: Authorship, form_id: UUID) -> Sequence[dict[str, Any]]:
    return (revoked(entry.permission, author, day=entry.day, reason=entry.reason),)


REVOKE_FORM: filing.FormPage[RevokeEntry] = filing.FormPage(
    name="sharing-revoke",
    endpoint="sharing",
    template="sharing/revoke.html",
    types=BANNER_TYPES,
    parse=lambda values, of, now: parse_revoke(values, chart=of, now=now),
    build=_revoke,
    defaults=lambda of, now: {ID: (_asked_for(),), "date": (now.date().isoformat(),)},
    gate=lambda of, now: may_revoke(of, now, _asked_for()).reason if _asked_for() else "",
    context=_revoke_context,
    writes=lambda of: writes_of((_end(),)),
    parameters=TAKE_BACK,
)


def _form() -> filing.FormPage[Any]:
    return REVOKE_FORM if request.args.get("about") == TAKE_BACK["about"] else FORM


@blueprint.get("/l/<launch_id>/sharing")
def show(launch_id: str) -> ResponseReturnValue:
    """Every permission on file and the form of a new one; or, asked for one by its id, the form that takes it back."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/sharing")
def send(launch_id: str) -> ResponseReturnValue:
    """Files a permission, or its end."""
    return filing.send(_form())
