"""The best rung: the record itself, created or changed in the EHR, by `in_order` or in one transaction."""

from __future__ import annotations

from app.ehr.capabilities import SEARCH, Offer
from app.ehr.gateway import Gateway
from mappings.rung import Rung


class NativeRung:
    """A record of its own type."""

    rung = Rung.NATIVE

    def can(self, gateway: Gateway, resource_type: str, interaction: str) -> bool:
        """Listed, granted and not refused within the last hour."""
        return gateway.offer(resource_type, interaction) is Offer.YES

    def shows_again(self, gateway: Gateway, resource_type: str) -> bool:
        """A record is found again by its search."""
        return gateway.offer(resource_type, SEARCH) is Offer.YES
