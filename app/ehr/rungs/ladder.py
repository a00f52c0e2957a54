"""Which rung a launch takes for a record, from metadata, granted scopes and what the EHR has refused before.

The order is the vendor's (its facts may put documents before answers). A rung counts only if it can be read back; where
none can, the first that at least takes the record (design section 6). Adding a rung means one file and one line here.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.ehr.capabilities import SEARCH, Offer
from app.ehr.gateway import Gateway
from app.ehr.rungs.answers import AnswersRung
from app.ehr.rungs.carrier import Carrier
from app.ehr.rungs.copy_ready import CopyReadyRung
from app.ehr.rungs.document import DocumentRung
from app.ehr.rungs.native import NativeRung
from app.ehr.rungs.rung import WriteRung
from mappings.rung import Rung
from mappings.write_ladder import WRITTEN

NATIVE, COPY_READY = NativeRung(), CopyReadyRung()
CARRIERS: dict[Rung, Carrier] = {each.rung: each for each in (AnswersRung(), DocumentRung())}


def rung_of(gateway: Gateway, resource_type: str, interaction: str) -> Rung:
    """In which form a record of this type is filed in this launch. Raises what reading the metadata raises."""
    if resource_type not in WRITTEN:
        # A note carries what the fold gives back, and nothing else.
        return Rung.NATIVE if NATIVE.can(gateway, resource_type, interaction) else Rung.COPY_READY
    rungs: tuple[WriteRung, ...] = (NATIVE, *_in_order(gateway))
    taken = [each for each in rungs if each.can(gateway, resource_type, interaction)]
    readable = [each for each in taken if each.shows_again(gateway, resource_type)]
    return next(iter([*readable, *taken]), COPY_READY).rung


def carrier(gateway: Gateway) -> Carrier | None:
    """The rung of notes that this launch files in: the first that can be read back, else the first that takes any."""
    taken = [each for each in _in_order(gateway) if each.can(gateway, "", "create")]
    readable = [each for each in taken if each.shows_again(gateway, "")]
    return next(iter([*readable, *taken]), None)


def readable_carriers(gateway: Gateway) -> tuple[Carrier, ...]:
    """The rungs in whose notes records of ours may stand, as far as this launch may read them.

    Not asked for where the EHR takes every record natively and this launch could file no note. What may be filed just
    now says nothing about what was filed before, so that a refusal of the last hour hides no note.
    """
    native = all(_listed(gateway, kind, "create") for kind in WRITTEN)
    return tuple(
        each
        for each in _in_order(gateway)
        if each.shows_again(gateway, "")
        and _listed(gateway, each.kind, "create")
        and (not native or gateway.offer(each.kind, "create") in (Offer.YES, Offer.REFUSED))
    )


def shown_again(gateway: Gateway, resource_type: str) -> bool:
    """Whether what Chartside files of this type, by whomever, can be seen in this launch.

    Goes by what the EHR lists, not by what this user may write: a physician who only reads sees what a nurse filed.
    """
    if _listed(gateway, resource_type, "create"):
        return _listed(gateway, resource_type, SEARCH)
    return any(_listed(gateway, each.kind, SEARCH) for each in _filing(gateway))


def _filing(gateway: Gateway) -> Iterator[Carrier]:
    return (each for each in _in_order(gateway) if _listed(gateway, each.kind, "create"))


def _in_order(gateway: Gateway) -> tuple[Carrier, ...]:
    return tuple(CARRIERS[rung] for rung in gateway.vendor.ladder_order if rung in CARRIERS)


def _listed(gateway: Gateway, resource_type: str, interaction: str) -> bool:
    """Whether the EHR's metadata lists it, whatever was granted and whatever it refused within the last hour."""
    return gateway.offer(resource_type, interaction) is not Offer.NOT_IN_METADATA
