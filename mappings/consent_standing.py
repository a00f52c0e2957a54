"""Which of our consents stand, from when to when, and what each says now.

A stop sets the last day and leaves the status active, so the day decides, not the status alone: from the next day it
reads as stopped (design section 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_text
from mappings.identity import code_in, own, updated_key
from mappings.terminology import codes_of, status_code

SHARING_LINE = "Permission to share with agencies"
"""How the line of a permission to share begins."""
_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"


@dataclass(frozen=True)
class ConsentWindow:
    """A span of time in which minutes may count: from `start`; through the whole of `last_day`, open when None."""

    start: datetime
    last_day: date | None

    def covers(self, moment: datetime) -> bool:
        """True when `moment` lies within, days reckoned in the zone of `start`."""
        local = moment.astimezone(self.start.tzinfo)
        return local >= self.start and (self.last_day is None or local.date() <= self.last_day)


def standing(consent: dict[str, Any], now: datetime) -> str:
    status = status_code(consent.get("status"))
    if status == "rejected":
        return "declined"
    if status == "inactive":
        return "stopped"
    window = window_of(consent, now)
    if status != "active" or window is None or window.start > now:
        return "none"
    return "active" if window.covers(now) else "stopped"


def consent_windows(chart: Chart, *, now: datetime) -> tuple[ConsentWindow, ...]:
    """Every span of consent on file, stopped ones included: minutes of an ended consent stay counted."""
    standing = [
        c for c in service_consents(chart, now) if status_code(c.get("status")) in {"active", "inactive"}
    ]
    found = ((consent, window_of(consent, now)) for consent in standing)
    return tuple(
        window
        for consent, window in found
        if window and (window.last_day is not None or status_code(consent.get("status")) == "active")
    )


def window_of(consent: dict[str, Any], now: datetime) -> ConsentWindow | None:
    """A consent that says only a day holds from the start of that day; one without any date gives no window."""
    period = as_object(as_object(consent.get("provision")).get("period"))
    start = dates.parse(period.get("start")) or given_on(consent)
    end = dates.parse(period.get("end"))
    if start is None or start.precision < dates.Precision.DAY:
        return None
    return ConsentWindow(start.start(now.tzinfo), end.local_day(now.tzinfo) if end else None)


def given_on(consent: dict[str, Any]) -> dates.FhirDate | None:
    return dates.parse(consent.get("dateTime"))


def service_consents(chart: Chart, now: datetime) -> list[dict[str, Any]]:
    """Our consents to the service, newest first by the day they were given; of one moment, those not ended first."""
    listed = [item for item in own(chart, "Consent") if _is_service(item) and _state_known(item)]
    listed.sort(key=updated_key, reverse=True)
    listed.sort(key=lambda item: status_code(item.get("status")) == "inactive")
    return sorted(listed, key=lambda item: dates.newest_first_key(given_on(item)))


def sharing_consents(chart: Chart) -> list[dict[str, Any]]:
    """Our permissions to share with agencies, newest first by the day they were given."""
    listed = [item for item in own(chart, "Consent") if is_sharing(item) and _state_known(item)]
    listed.sort(key=updated_key, reverse=True)
    return sorted(listed, key=lambda item: dates.newest_first_key(given_on(item)))


def is_sharing(consent: Mapping[str, Any]) -> bool:
    """True for a permission to give facts to others, which is never an agreement to the service.

    Its scope and its line say so as well: a server that drops our code must not make a consent to care of it.
    """
    ours = code_in(consent.get("category"), "consent-category") == "information-sharing"
    said = as_text(as_object(consent.get("policyRule")).get("text")).startswith(SHARING_LINE)
    return ours or said or "patient-privacy" in codes_of(consent.get("scope"), _SCOPE)


def _is_service(consent: dict[str, Any]) -> bool:
    if is_sharing(consent):
        return False
    ours = code_in(consent.get("category"), "consent-category") == "care-management-service"
    return ours or "59284-0" in codes_of(consent.get("category"), "http://loinc.org")


def _state_known(consent: dict[str, Any]) -> bool:
    return status_code(consent.get("status")) in {"active", "inactive", "rejected"}
