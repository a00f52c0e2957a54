"""Contacts with everything that may be told of them, and the quick note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes
from mappings.chart import Chart
from mappings.contact_details import TAUGHT_PREFIX, items
from mappings.form import Submitted
from mappings.quick_note import QuickNote, parse_quick_note, quick_note_defaults, quick_note_resources
from tests.written.saves import FORMS, Save, Values, contact


def _parse_note(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime, form_id: UUID | None = None
) -> Submitted[QuickNote]:
    return parse_quick_note(
        values, chart=chart, now=now, user="Practitioner/nurse", staff="other-staff", form_id=form_id
    )


FORMS["quick-note"] = (_parse_note, quick_note_resources)


def told(day: int, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """A contact of two days before with every topic, barrier and thing given, documented with its reasons."""
    plain = contact(day, author=author, **{"start": "10:05", **typed})
    topics = codes("contact-topic")
    hows = codes("teach-back")
    taught = {
        TAUGHT_PREFIX + topic: [hows[number % len(hows)]] for number, topic in enumerate(topics[: len(hows)])
    }
    words = {
        "staff": "practitioner",
        "activity": "education",
        "late_reason": "The line was down; the note was on paper",
        "minutes_reason": "Started too late (timer set from 4 to 12 min)",
        "issue": "Feet hurt at night",
        "barrier_words": "Afraid of the neighbor's dog",
        "given_words": "Bus tokens, two",
        "consulted_who": "Dr Luis Alvarez",
        "consulted_time": "09:20",
        "consulted_about": "Evening dose; lab on Friday",
        "complaint": "Nobody called back last week",
        "compliment": "The front desk was kind",
    }

    def fill(chart: Chart, now: datetime) -> Values:
        earlier = {"date": [(now - timedelta(days=2)).date().isoformat()]}
        listed = {
            "topics": topics,
            "barriers": codes("barrier"),
            "interventions": codes("intervention"),
            "given": tuple(code for code, _ in items()),
        }
        singles = {name: [value] for name, value in words.items()}
        return {**plain.fill(chart, now), **earlier, **singles, **listed, **taught}

    return Save("contact", day, fill, author or {})


def noted(day: int, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """A word in the hallway."""
    given = {name: [value] for name, value in {"note": "He asked about the ride.", **typed}.items()}
    return Save("quick-note", day, lambda _chart, _now: {**quick_note_defaults(), **given}, author or {})


def each_result(mode: str, first_day: int) -> tuple[Save, ...]:
    """One contact by `mode` with each result; the other answers take turns."""
    turn = codes("contact-mode").index(mode)
    people, services = codes("contact-with"), codes("service-type")
    said = ("better", "same", "worse", "", "met", "")
    saves = []
    for number, result in enumerate(codes("contact-result")):
        following = {"next_in": str(7 + number)} if number % 3 != 2 else {"no_next_reason": "Will call us"}
        flags = {"not_chronic_care": "on"} if number == turn else {}
        saves.append(
            contact(
                first_day + number,
                mode=mode,
                result=result,
                service_type=services[(number + turn) % len(services)],
                progress=said[(number + turn) % len(said)],
                ruler=(8, min(10, 4 + number)) if number % 2 else None,
                answers=number in (0, 4),
                note="" if number == 1 else f"Note {number} of {mode}",
                **{"with": people[(number + turn) % len(people)]},
                **following,
                **flags,
            )
        )
    return tuple(saves)
