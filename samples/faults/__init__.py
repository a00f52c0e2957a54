"""Failures on request: what a real EHR does to an app on a bad day, switched on and off while the sandbox runs.

    with sandbox_of(app).faults.on("slow", seconds=3):
        ...

Over HTTP the same is done by `/sandbox/faults` (docs/sandbox.md). None of it exists outside the sandbox.
"""

from __future__ import annotations

from samples.faults.catalogue import CATALOGUE, Kind, Place
from samples.faults.control import register
from samples.faults.fault import Fault, FaultNotUnderstood
from samples.faults.switchboard import Switchboard

__all__ = [
    "CATALOGUE",
    "Fault",
    "FaultNotUnderstood",
    "Kind",
    "Place",
    "Switchboard",
    "register",
]
