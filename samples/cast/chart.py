"""One patient's chart as the cast writes it: whose it is, and what the days are called.

A story must stay true on whatever day the sandbox starts ("discharged yesterday"), so every date is counted back from
`today`, which is given and never read from the clock. The practice is in Ohio: times carry that zone's offset.
https://hl7.org/fhir/R4/datatypes.html#dateTime
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Resource = dict[str, Any]
"""A FHIR R4 resource as JSON would give it."""

ZONE = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Story:
    """Why a patient is in the cast: one line for the sandbox's patient list.

    `patient_id` is the id of the Patient; `title` a few words; `sentence` what a care manager should notice.
    """

    patient_id: str
    title: str
    sentence: str


@dataclass(frozen=True)
class Chart:
    """The patient being written about, and the day the story is told on."""

    patient_id: str
    name: str
    today: date

    @property
    def subject(self) -> dict[str, str]:
        """A Reference to the patient."""
        return {"reference": f"Patient/{self.patient_id}", "display": self.name}

    def id(self, slug: str) -> str:
        """The id of one of this patient's resources: the same on every day, readable, at most 64 characters."""
        return f"{self.patient_id}-{slug}"

    def reference(self, resource_type: str, slug: str) -> dict[str, str]:
        """A Reference to another resource of this chart."""
        return {"reference": f"{resource_type}/{self.id(slug)}"}

    def day(self, ago: int) -> str:
        """The date that many days ago (a negative number is ahead), as FHIR writes it."""
        return (self.today - timedelta(days=ago)).isoformat()

    def month(self, ago: int) -> str:
        """Only the year and month of that day: how most onsets are recorded."""
        return self.day(ago)[:7]

    def moment(self, ago: int, clock: str = "10:00") -> str:
        """A dateTime on that day at that wall clock time, with the practice's offset on that day.

        No story uses a time between 01:00 and 03:00, which does not exist, or exists twice, when the clocks change.
        """
        on = self.today - timedelta(days=ago)
        return datetime.combine(on, time.fromisoformat(clock), ZONE).isoformat()

    def office(self, ago: int) -> int:
        """The nearest day to `ago` on which the practice is open: further back in the past, further on ahead."""
        step = 1 if ago > 0 else -1
        while (self.today - timedelta(days=ago)).weekday() >= 5:
            ago += step
        return ago
