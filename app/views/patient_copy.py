"""The copy of the plan for the patient or the person who helps: seen on screen as it prints, in two languages."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for

from app.current import current_launch, current_time
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.copy_given import VERSIONS, copies_given, given_absence, may_log
from mappings.copy_words import LANGUAGES, default_language
from mappings.panel import PLAIN_WORDS
from mappings.patient import patient_banner
from mappings.patient_copy import PARTS, patient_copy
from mappings.template import template_warnings

blueprint = Blueprint("patient_copy", __name__)

TYPES = (*BANNER_TYPES, "Goal", "Condition", "MedicationRequest", "MedicationStatement")
LEAVE_OUT = {
    "goals": "Goals",
    "steps": "Steps and what the team does",
    "medicines": "Medicines",
    "warnings": "Warning signs",
}


@blueprint.get("/l/<launch_id>/copy")
def show(launch_id: str) -> str:
    """The copy as the address asks for it (language, for whom, without what), and the copies that were given."""
    of, now = chart(TYPES), current_time()
    spoken = patient_banner(of, today=now.date()).language
    language = _one_of("language", LANGUAGES, default_language(spoken))
    version = _one_of("version", VERSIONS, "patient")
    without = tuple(each for each in request.args.getlist("without") if each in PARTS)
    here = current_launch()
    copy = patient_copy(
        of,
        now=now,
        practice=here.ehr.practice,
        user_name=here.user_name,
        language=language,
        caregiver=version == "caregiver",
        without=without,
    )
    return render_template(
        "patient_copy/show.html",
        page=launch_page("patient-copy", of),
        copy=copy,
        cautions=template_warnings(of, now=now),
        missing=tuple(PLAIN_WORDS[kind] for kind in copy.missing),
        language=language,
        version=version,
        without=without,
        languages=tuple(LANGUAGES.items()),
        versions=tuple(VERSIONS.items()),
        leave_out=tuple(LEAVE_OUT.items()),
        spoken=spoken,
        made=_made(copy.words.day(now.date())),
        practice=here.ehr.practice.name or here.ehr.label,
        phones_lack=not here.ehr.practice.care_manager_phone,
        gate=may_log(of).reason,
        given=copies_given(of, now=now),
        given_absence=given_absence(of),
        log_at=url_for("copy_given.show", launch_id=launch_id, language=language, version=version),
    )


def _one_of(name: str, allowed: dict[str, str], usual: str) -> str:
    asked = request.args.get(name, "")
    return asked if asked in allowed else usual


def _made(day: str) -> dict[str, str]:
    return {"by": current_launch().user_name, "date": day}
