"""The last rung: text for a person to paste, where the EHR takes nothing from Chartside.

Nothing is sent, so it takes everything and shows nothing again; the text itself is `mappings.copy_ready`.
"""

from __future__ import annotations

from app.ehr.gateway import Gateway
from mappings.rung import Rung


class CopyReadyRung:
    """Always there, and never the EHR's own."""

    rung = Rung.COPY_READY

    def can(self, gateway: Gateway, resource_type: str, interaction: str) -> bool:
        """A person can paste anything."""
        return True

    def shows_again(self, gateway: Gateway, resource_type: str) -> bool:
        """What was pasted into a note is words."""
        return False
