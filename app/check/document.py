"""The report as JSON: one stable shape, whose schema is docs/check-report.schema.json."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.check.finding import EXIT_STATUS, Area, Finding, Section, failed, result_of
from app.check.subject import Subject

SHAPE = "chartside-check"
SHAPE_VERSION = 1
"""Goes up when a program that reads the old shape would misread the new one. New fields alone do not count."""


def document(
    subject: Subject,
    sections: Sequence[Section],
    *,
    now: float,
    app_version: str,
    with_token: bool,
    with_patient: bool,
) -> dict[str, Any]:
    """The whole report. `now` in seconds since 1970. It names no patient and holds no token."""
    result = result_of(sections)
    return {
        "report": SHAPE,
        "version": SHAPE_VERSION,
        "checked_at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "app_version": app_version,
        "ehr": {
            "iss": subject.shown,
            "name": subject.ehr.name if subject.ehr else None,
            "label": subject.label,
            "vendor": subject.vendor.name,
        },
        "with_token": with_token,
        "with_patient": with_patient,
        "result": result.value,
        "exit_status": EXIT_STATUS[result],
        "failed": [f"{finding.area.value}/{finding.name}" for finding in failed(sections)],
        "sections": [_section(section) for section in sections],
        "ladder": [dict(finding.detail) for finding in _ladder(sections)],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "area": section.area.value,
        "title": section.title,
        "findings": [
            {
                "name": finding.name,
                "state": finding.state.value,
                "sentence": finding.sentence,
                "detail": dict(finding.detail),
            }
            for finding in section.findings
        ],
    }


def _ladder(sections: Sequence[Section]) -> list[Finding]:
    return [
        finding
        for section in sections
        if section.area is Area.LADDER
        for finding in section.findings
        if "rung" in finding.detail
    ]
