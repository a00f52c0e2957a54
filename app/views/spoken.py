"""Whose names a script or a letter bears, and in which language it opens."""

from __future__ import annotations

from flask import request

from app.current import current_launch, current_time
from mappings.chart import Chart
from mappings.patient import patient_banner
from mappings.script import LANGUAGES, Names, language_of


def names(of: Chart) -> Names:
    """The patient, the provider, the user, the practice and its numbers; "" for what nobody has set."""
    here = current_launch()
    banner = patient_banner(of, today=current_time().date())
    practice = here.ehr.practice
    return Names(
        patient=banner.given,
        name=banner.name,
        provider=banner.pcp_name or "",
        manager=here.user_name.partition(",")[0],
        signature=here.user_name,
        practice=practice.name or here.ehr.label,
        program=practice.program_name,
        phone=practice.care_manager_phone,
        hours=practice.phone_hours,
    )


def language(of: Chart) -> str:
    """The one that the address asks for, else the patient's own where we have it."""
    asked = request.args.get("language", "")
    return (
        asked if asked in LANGUAGES else language_of(patient_banner(of, today=current_time().date()).language)
    )


def provider_or_user(of: Chart) -> str:
    """Who has probably spoken of the service with the patient: the provider on file, else the user."""
    return patient_banner(of, today=current_time().date()).pcp_name or current_launch().user_name
