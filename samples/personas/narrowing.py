"""Searches that an EHR answers with part of what it holds, whatever was asked."""

from __future__ import annotations

from dataclasses import dataclass

from samples.personas.fact import Fact


@dataclass(frozen=True, kw_only=True)
class Narrowing(Fact):
    """Searches of this type find only what has this value of this parameter."""

    type: str
    parameter: str
    value: str
