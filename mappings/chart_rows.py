"""The panels of one chart at one moment, each made once however many rules look at it.

A panel of a long chart costs milliseconds, and the rules of risk and of finding patients ask for the same ones again
and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from mappings.chart import Chart
from mappings.condition import Problem, problems
from mappings.encounter import Visit, visits
from mappings.medication import Medication, medications
from mappings.observation import LatestReading, latest_readings
from mappings.panel import Panel


@dataclass(frozen=True)
class ChartRows:
    """The panels that rules count in; `now` is in the EHR's zone."""

    chart: Chart
    now: datetime

    @cached_property
    def problems(self) -> Panel[Problem]:
        """The problem list."""
        return problems(self.chart, now=self.now)

    @cached_property
    def medications(self) -> Panel[Medication]:
        """The medication list."""
        return medications(self.chart, now=self.now)

    @cached_property
    def visits(self) -> Panel[Visit]:
        """The visits, newest first."""
        return visits(self.chart, now=self.now)

    @cached_property
    def readings(self) -> Panel[LatestReading]:
        """The latest results."""
        return latest_readings(self.chart, now=self.now)
