"""Robin Ashby: a Patient and nothing else, so that "none recorded" can be seen and is not mistaken for "none".

No problem, medicine, allergy, visit or coverage; not even a telephone number.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import without
from samples.cast.chart import Chart, Resource, Story
from samples.cast.patient import patient

STORY = Story(
    "robin-ashby",
    "Nothing recorded at all",
    "Only a name, a date of birth and a record number: every panel must say that nothing is recorded.",
)


def resources(today: date) -> Iterator[Resource]:
    """The one resource of this chart."""
    chart = Chart(STORY.patient_id, "Robin Ashby", today)
    person = patient(
        chart,
        name=("Ashby", "Robin"),
        gender="unknown",
        birth_date="1990-11-17",
        mrn="RB-100194",
        phone="0194",
    )
    yield without(person, "telecom", "generalPractitioner")
