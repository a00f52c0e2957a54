"""The records of one save one after the other, for EHRs that take no transaction; it can go on after any break.

Each is filed once: a later try looks for our identifier before it writes, so a save that broke half-way is completed
by the next press and never doubled. Records that do not name each other go in one batch where the EHR lists that; a
batch is not all or nothing, so each of its entries is looked at (https://hl7.org/fhir/R4/http.html#transaction).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.ehr.bundle import batch_bundle, filed_each, is_update, version_of
from app.ehr.capabilities import SYSTEM
from app.ehr.errors import ChangedMeanwhile, HalfFiled, NoAnswer, NotFiled, NotTaken
from app.ehr.gateway import Gateway
from app.ehr.looking import look_for, meaning, not_supported
from app.ehr.one_record import file_one
from app.ehr.receipt import Filed
from app.ehr.rungs.order import waves, with_places
from mappings.identity import full_url
from mappings.vendor_facts import UpdateStyle
from smart_launch.errors import FhirError, NotFound, NotSupported, SmartError, Unauthorized, Unreachable

BATCH = "batch"

Resource = Mapping[str, Any]


def file_in_order(
    gateway: Gateway, resources: Sequence[Resource], *, again: bool = False
) -> tuple[tuple[Filed, ...], bool]:
    """Files all of them, in an order in which every reference leads somewhere; lines in the order given.

    `again`: an earlier try may have filed some, so each is looked for first. The flag beside the lines tells that one
    was there. Raises HalfFiled where some are in the chart and one is not, another NotFiled where none are, and
    Unauthorized when the launch has ended.
    """
    save = _Save(gateway, again)
    groups = tuple(waves(resources))
    if not again:
        _still_as_read(
            gateway, [resource for group in groups[1:] for resource in group if is_update(resource)]
        )
    for wave in groups:
        try:
            save.file(wave)
        except NotFiled as error:
            if not save.lines:
                raise
            raise HalfFiled(save.filed_of(resources), error) from error
    return save.filed_of(resources), save.found_some


def _still_as_read(gateway: Gateway, changes: Sequence[Resource]) -> None:
    """Raises ChangedMeanwhile before anything is written, where a record to be changed later on is changed already."""
    try:
        held = [gateway.read(resource["resourceType"], resource["id"]) for resource in changes]
    except Unauthorized:
        raise
    except (FhirError, Unreachable) as error:
        raise NoAnswer from error
    if any(version_of(now) != version_of(resource) for now, resource in zip(held, changes, strict=True)):
        raise ChangedMeanwhile


class _Save:
    """What has been filed so far: `lines` by the place of the given record in memory, `places` by its urn."""

    def __init__(self, gateway: Gateway, again: bool) -> None:
        self._gateway = gateway
        self._again = again
        self._places: dict[str, str] = {}
        self.lines: dict[int, Filed] = {}
        self.found_some = False

    def filed_of(self, resources: Sequence[Resource]) -> tuple[Filed, ...]:
        return tuple(self.lines[id(resource)] for resource in resources if id(resource) in self.lines)

    def file(self, wave: Sequence[Resource]) -> None:
        """One group, its changes first: they are what may be refused, and then nothing is half done.

        Raises the first NotFiled of it, after the others were tried; at once where nothing has been filed yet.
        """
        changes_first = sorted(wave, key=lambda resource: not is_update(resource))
        ready = [(resource, with_places(resource, self._places)) for resource in changes_first]
        tried = not self._again and self._by_batch(ready)
        failed: NotFiled | None = None
        for resource, sent in ready:
            if id(resource) in self.lines:
                continue
            try:
                filed, there = file_once(self._gateway, sent, look_first=self._again or tried)
            except NotFiled as error:
                failed = failed or error
                if isinstance(error, NoAnswer) or not self.lines:
                    break
                continue
            self.found_some = self.found_some or there
            self._note(resource, filed)
        if failed:
            raise failed

    def _note(self, resource: Resource, filed: Filed) -> None:
        self.lines[id(resource)] = filed
        if not is_update(resource):
            self._places[full_url(resource)] = filed.reference

    def _by_batch(self, ready: Sequence[tuple[Resource, Resource]]) -> bool:
        """Files the group by one batch, where that is listed; True when a batch was sent, whatever came of it."""
        if len(ready) < 2 or not _batch_fits(self._gateway, [sent for _, sent in ready]):
            return False
        sent = [each for _, each in ready]
        try:
            answer = self._gateway.transaction(batch_bundle(sent))
        except Unauthorized:
            raise
        except (NotSupported, NotFound):
            self._gateway.refuse(SYSTEM, BATCH)
            return False
        except (FhirError, Unreachable):
            # Each of them is looked for, and filed by itself where it is not there.
            return True
        for (resource, _), filed in zip(ready, filed_each(sent, answer), strict=True):
            if filed:
                self._note(resource, filed)
        return True


def _batch_fits(gateway: Gateway, resources: Sequence[Resource]) -> bool:
    listed = BATCH in gateway.capabilities.system and not gateway.refused(SYSTEM, BATCH)
    changes = [resource for resource in resources if is_update(resource)]
    patched = any(gateway.update_style(item["resourceType"]) is UpdateStyle.PATCH for item in changes)
    return listed and not patched and (gateway.vendor.if_match or not changes)


def file_once(gateway: Gateway, resource: Resource, *, look_first: bool) -> tuple[Filed, bool]:
    """Files one record, or finds it filed; True beside it when it was there. Raises NotFiled, Unauthorized."""
    try:
        found = look_for(gateway, resource) if look_first else None
    except Unauthorized:
        raise
    except SmartError as error:
        raise NoAnswer from error
    return (found, True) if found else _sent(gateway, resource)


def _sent(gateway: Gateway, resource: Resource) -> tuple[Filed, bool]:
    try:
        return file_one(gateway, resource)
    except Unauthorized:
        raise
    except (FhirError, Unreachable, ValueError) as error:
        _step_down(gateway, resource, error)
        refusal, may_be_there = meaning(error, new=not is_update(resource))
        if not may_be_there:
            raise refusal from error
        found = _found(gateway, resource, refusal, error)
        return found, True


def _found(gateway: Gateway, resource: Resource, otherwise: NotFiled, cause: Exception) -> Filed:
    try:
        found = look_for(gateway, resource)
    except SmartError:
        raise otherwise from cause
    if not found:
        raise otherwise from cause
    return found


def _step_down(gateway: Gateway, resource: Resource, error: Exception) -> None:
    """Raises NotTaken for a write that is listed and not supported, and remembers it for an hour."""
    interaction = "update" if is_update(resource) else "create"
    if not_supported(error, interaction):
        gateway.refuse(resource["resourceType"], interaction)
        raise NotTaken.of(error) from error
