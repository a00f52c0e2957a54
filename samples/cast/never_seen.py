"""Noah Park: new to the practice. He has insurance and a first visit in the book; the practice has never seen him.

Care management for Medicare begins at a visit with the billing practitioner: there is none to begin it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import appointment
from samples.cast.chart import Chart, Resource, Story
from samples.cast.medicines import stated
from samples.cast.patient import ASIAN, background, coverage, home, patient

STORY = Story(
    "noah-park",
    "New patient, never seen",
    "First visit next week; no visit, problem or reading yet, only what he wrote on the intake form.",
)


def resources(today: date) -> Iterator[Resource]:
    """His chart as it stands today."""
    chart = Chart(STORY.patient_id, "Noah Park", today)
    yield patient(
        chart,
        name=("Park", "Noah"),
        gender="male",
        birth_date="1959-08-03",
        mrn="RB-100107",
        phone="0107",
        extension=background(ASIAN),
        address=home("62 Station Road"),
    )
    yield coverage(chart, "medicare", "SYN-4400107")
    yield appointment(chart, "first", -7, "13", "New patient")
    yield stated(chart, "intake", "Blood pressure pill, white, small", "1 in the morning", 3)
