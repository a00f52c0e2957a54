"""Files what was documented into the EHR, once: the heart of the promise that nothing is lost and nothing doubled.

A save is one transaction. It ends in a Receipt or in a NotFiled that says why, and the caller keeps the draft. When
no answer came, or the EHR says that something changed meanwhile, this looks for our identifiers before it believes
that nothing was filed: the first try may have arrived although its answer did not (design section 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from app.ehr.capabilities import Offer
from app.ehr.chart import CHART_READS
from app.ehr.compartment import names_patient
from app.ehr.errors import (
    ChangedMeanwhile,
    InvalidResource,
    NoAnswer,
    NotAccepted,
    NotFiled,
    NoVersion,
    Refused,
    WrongPatient,
)
from app.ehr.gateway import Gateway
from app.ehr.receipt import Receipt
from fhir_profiles.problem import CARDINALITY
from fhir_profiles.validator import Problem, validate
from mappings.chart import Chart
from mappings.form_record import records_of_form
from mappings.identity import identifier_value
from smart_launch.errors import Conflict, FhirError, NotFhir, SmartError, Unauthorized, Unreachable

Resource = Mapping[str, Any]
Write = tuple[str, str]
"""A resource type and FHIR's code of the interaction: "create" or "update"."""


def save(gateway: Gateway, resources: Sequence[Resource], *, now: datetime) -> Receipt:
    """Files all `resources` of one form as one transaction.

    New ones carry our identifier and no id; changed ones carry id and meta.versionId. `now` is aware, in the EHR's
    time zone. Raises WrongPatient and InvalidResource before anything is sent, NotFiled (NotAccepted, NoVersion,
    Refused, ChangedMeanwhile, NoAnswer) when the EHR holds none of it, and Unauthorized when the launch has ended.
    """
    bundle = _checked(gateway, resources)
    try:
        response = gateway.transaction(bundle)
        return Receipt(filed_from(resources, response), now, again=found_existing(resources, response))
    except Unauthorized:
        raise
    except Conflict as error:
        return _looked_up(gateway, resources, now, ChangedMeanwhile(), error)
    except NotFhir as error:
        return _looked_up(gateway, resources, now, NoAnswer(), error)
    except FhirError as error:
        refused = Refused(error.status, error.page_reason)
        if not error.may_have_acted:
            raise refused from error
        return _looked_up(gateway, resources, now, refused, error)
    except (Unreachable, ValueError) as error:
        return _looked_up(gateway, resources, now, NoAnswer(), error)


def _checked(gateway: Gateway, resources: Sequence[Resource]) -> dict[str, Any]:
    """The transaction of what may leave. Metadata that cannot be read just now is no answer: nothing was sent."""
    try:
        check(gateway, resources)
        return transaction_bundle(resources, conditional=_conditional(gateway))
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
    refused = not_accepted(
        gateway, [(item["resourceType"], "update" if is_update(item) else "create") for item in resources]
    )
    if refused:
        raise refused


def not_accepted(gateway: Gateway, writes: Iterable[Write]) -> NotAccepted | None:
    """Why this launch may not file such writes; None when nothing stands against them.

    Asked before a form is offered, and again of what is filed. Raises what reading the metadata raises.
    """
    answers = {write: gateway.offer(*write) for write in writes}
    for answer, by_scope in ((Offer.NOT_IN_METADATA, False), (Offer.NOT_GRANTED, True)):
        types = [kind for (kind, _), given in answers.items() if given is answer]
        if types:
            return NotAccepted(types, by_scope=by_scope)
    if "transaction" not in gateway.capabilities.system:
        return NotAccepted(["several records at once"], by_scope=False)
    return None


def _conditional(gateway: Gateway) -> list[str]:
    offered = gateway.capabilities.resources
    return [name for name, capability in offered.items() if capability.conditional_create]


def _looked_up(
    gateway: Gateway, resources: Sequence[Resource], now: datetime, otherwise: NotFiled, cause: Exception
) -> Receipt:
    """The receipt of an earlier try that did arrive; else `otherwise` is raised.

    A transaction is all or nothing, so that the new records are there means that the changes are there as well.
    """
    new = [resource for resource in resources if not is_update(resource)]
    try:
        found = [_find(gateway, item) for item in new]
    except SmartError:
        raise otherwise from cause
    if not new or any(item is None for item in found):
        raise otherwise from cause
    return Receipt(tuple(filed_as_found(item) for item in found if item is not None), now, again=True)


def _find(gateway: Gateway, resource: Resource) -> dict[str, Any] | None:
    kind = resource["resourceType"]
    read = CHART_READS.get(kind)
    return gateway.find_ours(
        kind, identifier_value(resource), when_required=read.when_required if read else ()
    )
