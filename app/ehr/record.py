"""Files what was documented into the EHR, once: the heart of the promise that nothing is lost and nothing doubled.

A save is one transaction, or one record by itself where the EHR takes no transaction. It ends in a Receipt or in a
NotFiled that says why, and the caller keeps the draft. When no answer came, or the EHR says that something changed
meanwhile, this looks for our identifiers before it believes that nothing was filed: the first try may have arrived
although its answer did not (design section 6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.ehr.bundle import (
    filed_as_found,
    filed_from,
    found_existing,
    is_update,
    transaction_bundle,
    version_of,
)
from app.ehr.capabilities import SYSTEM, Offer
from app.ehr.chart import CHART_READS
from app.ehr.compartment import names_patient
from app.ehr.errors import (
    BreakTheGlass,
    ChangedMeanwhile,
    ChartProtected,
    InvalidResource,
    NoAnswer,
    NotAccepted,
    NotFiled,
    NoVersion,
    Refused,
    WrongPatient,
)
from app.ehr.gateway import Gateway
from app.ehr.one_record import file_one, held_as_changed
from app.ehr.receipt import Filed, Receipt
from fhir_profiles.problem import CARDINALITY
from fhir_profiles.validator import Problem, validate
from mappings.chart import Chart
from mappings.form_record import records_of_form
from mappings.identity import identifier_value
from mappings.vendor_facts import UpdateStyle
from smart_launch.errors import (
    Conflict,
    FhirError,
    NotFhir,
    NotFound,
    NotSupported,
    SmartError,
    Unauthorized,
    Unreachable,
)

TRANSACTION = "transaction"
SEVERAL = "several records at once"

Resource = Mapping[str, Any]
Write = tuple[str, str]
"""A resource type and FHIR's code of the interaction: "create" or "update"."""


def save(gateway: Gateway, resources: Sequence[Resource], *, now: datetime) -> Receipt:
    """Files all `resources` of one form at once: as one transaction, or a single one by itself where none is taken.

    New ones carry our identifier and no id; changed ones carry id and meta.versionId. `now` is aware, in the EHR's
    time zone. Raises WrongPatient and InvalidResource before anything is sent, NotFiled (NotAccepted, NoVersion,
    Refused, ChangedMeanwhile, NoAnswer) when the EHR holds none of it, and Unauthorized when the launch has ended.
    """
    alone = _checked(gateway, resources)
    try:
        return _file_alone(gateway, resources[0], now) if alone else _file_together(gateway, resources, now)
    except Unauthorized:
        raise
    except Conflict as error:
        return _looked_up(gateway, resources, now, ChangedMeanwhile(), error)
    except NotFhir as error:
        return _looked_up(gateway, resources, now, NoAnswer(), error)
    except FhirError as error:
        refused = _refused(error)
        if not error.may_have_acted:
            raise refused from error
        return _looked_up(gateway, resources, now, refused, error)
    except (Unreachable, ValueError) as error:
        return _looked_up(gateway, resources, now, NoAnswer(), error)


def _refused(error: FhirError) -> Refused:
    kind = ChartProtected if isinstance(error, BreakTheGlass) else Refused
    return kind(error.status, error.page_reason, retry_after=error.retry_after)


def _file_together(gateway: Gateway, resources: Sequence[Resource], now: datetime) -> Receipt:
    bundle = transaction_bundle(resources, conditional=_conditional(gateway))
    try:
        response = gateway.transaction(bundle)
    except (NotSupported, NotFound):
        gateway.refuse(SYSTEM, TRANSACTION)
        if len(resources) == 1:
            return _file_alone(gateway, resources[0], now)
        raise
    return Receipt(filed_from(resources, response), now, again=found_existing(resources, response))


def _file_alone(gateway: Gateway, resource: Resource, now: datetime) -> Receipt:
    update = is_update(resource)
    try:
        filed, again = file_one(gateway, resource)
    except (NotSupported, NotFound) as error:
        # A change of what is gone answers 404 as well, and says nothing about the next one.
        if isinstance(error, NotSupported) or not update:
            gateway.refuse(resource["resourceType"], "update" if update else "create")
        raise
    return Receipt((filed,), now, again=again)


def _checked(gateway: Gateway, resources: Sequence[Resource]) -> bool:
    """Checks what may leave; True when its one record goes by itself.

    Metadata that cannot be read just now is no answer: nothing was sent.
    """
    try:
        check(gateway, resources)
        return len(resources) == 1 and not takes_several(gateway)
    except Unauthorized:
        raise
    except (FhirError, Unreachable) as error:
        raise NoAnswer from error


def filed_before(chart: Chart, form_id: UUID, *, now: datetime) -> Receipt | None:
    """The receipt of a form that was filed before, as the chart shows it; None for one that was not.

    Asked before a form is read again: what the first press of Save changed (a consent is on file now) would
    otherwise refuse the second one, although nothing is wrong.
    """
    found = records_of_form(chart, form_id)
    return Receipt(tuple(filed_as_found(item) for item in found), now, again=True) if found else None


def check(gateway: Gateway, resources: Sequence[Resource]) -> None:
    """Everything that must be true before a save leaves: whose it is, that it is valid, that the EHR takes it."""
    for resource in resources:
        if not names_patient(resource, gateway.patient_id, base=gateway.iss):
            raise WrongPatient
    problems = [problem for resource in resources for problem in (*validate(resource), *_unnamed(resource))]
    if problems:
        raise InvalidResource(problems)
    if any(is_update(resource) and not version_of(resource) for resource in resources):
        raise NoVersion
    _check_accepted(gateway, resources)


def _unnamed(resource: Resource) -> tuple[Problem, ...]:
    """A new record without our identifier could be neither found again nor kept from doubling."""
    if is_update(resource) or identifier_value(resource):
        return ()
    return (Problem(f"{resource['resourceType']}.identifier", CARDINALITY, "must hold our identifier"),)


def _check_accepted(gateway: Gateway, resources: Sequence[Resource]) -> None:
    writes = [(item["resourceType"], "update" if is_update(item) else "create") for item in resources]
    refused = not_accepted(gateway, writes)
    if refused:
        raise refused


def not_accepted(gateway: Gateway, writes: Sequence[Write]) -> NotAccepted | None:
    """Why this launch may not file such writes together; None when nothing stands against them.

    `writes` has one entry for each record. Asked before a form is offered, and again of what is filed. Raises what
    reading the metadata raises.
    """
    answers = {write: gateway.offer(*write) for write in writes}
    for refusals, by_scope in (((Offer.NOT_IN_METADATA, Offer.REFUSED), False), ((Offer.NOT_GRANTED,), True)):
        types = [kind for (kind, _), given in answers.items() if given in refusals]
        if types:
            return NotAccepted(types, by_scope=by_scope)
    if len(writes) > 1 and not takes_several(gateway):
        return NotAccepted([SEVERAL], by_scope=False)
    patched = [kind for kind, code in writes if code == "update" and _only_patched(gateway, kind)]
    if len(writes) > 1 and patched:
        # A transaction could carry a patch, but no EHR is known that takes one so.
        return NotAccepted(patched, by_scope=False)
    return None


def takes_several(gateway: Gateway) -> bool:
    """Whether several records can be filed at once, all or none. Raises what reading the metadata raises."""
    return TRANSACTION in gateway.capabilities.system and not gateway.refused(SYSTEM, TRANSACTION)


def _only_patched(gateway: Gateway, resource_type: str) -> bool:
    return gateway.update_style(resource_type) is UpdateStyle.PATCH


def _conditional(gateway: Gateway) -> list[str]:
    offered = gateway.capabilities.resources
    return [name for name, capability in offered.items() if capability.conditional_create]


def _looked_up(
    gateway: Gateway, resources: Sequence[Resource], now: datetime, otherwise: NotFiled, cause: Exception
) -> Receipt:
    """The receipt of an earlier try that did arrive; else `otherwise` is raised.

    A transaction is all or nothing, so that the new records are there means that the changes are there as well. A
    change that was sent by itself is known by what the EHR holds now.
    """
    try:
        found = _found(gateway, resources)
    except SmartError:
        raise otherwise from cause
    if not found:
        raise otherwise from cause
    return Receipt(tuple(found), now, again=True)


def _found(gateway: Gateway, resources: Sequence[Resource]) -> list[Filed]:
    """What the EHR holds of a save; [] unless all of it is there."""
    new = [_find(gateway, resource) for resource in resources if not is_update(resource)]
    if not new and len(resources) == 1:
        changed = held_as_changed(gateway, resources[0])
        return [changed] if changed else []
    return [] if None in new else [filed_as_found(item) for item in new if item is not None]


def _find(gateway: Gateway, resource: Resource) -> dict[str, Any] | None:
    kind = resource["resourceType"]
    read = CHART_READS.get(kind)
    return gateway.find_ours(
        kind, identifier_value(resource), when_required=read.when_required if read else ()
    )
