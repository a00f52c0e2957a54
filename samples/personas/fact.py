"""What every fact of a persona carries: where it was read and when, and what in it is assumed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A fact's `source` and the day it describes; `assumption` says what the source leaves open and we chose."""

    source: str
    date: date
    assumption: str = ""
