"""One EHR that the sandbox can play, as frozen facts."""

from __future__ import annotations

from dataclasses import dataclass

from samples.personas.oauth import PersonaOAuth

OPEN = "open"


@dataclass(frozen=True)
class Persona:
    """The facts of one persona; `name` is its file's, `plays` the EHR it imitates ("" for the open sandbox)."""

    name: str
    plays: str
    oauth: PersonaOAuth

    @property
    def title(self) -> str:
        """What the sandbox calls itself while it plays this EHR, so that nobody takes it for the vendor's."""
        return f"Sandbox EHR playing {self.plays}" if self.plays else "Sandbox EHR"
