"""The EHRs that the sandbox can play: one TOML file of facts each, and a small engine that acts on them.

The facts come from published captures of the vendors' metadata and from their public documentation, each with its
source and date; what is assumed says so. They show how this sandbox behaves, not how a vendor's site does.
"""

from __future__ import annotations

from samples.personas.manner import manner_of
from samples.personas.persona import OPEN, Persona
from samples.personas.reader import NAMES, persona

__all__ = ["NAMES", "OPEN", "Persona", "manner_of", "persona"]
