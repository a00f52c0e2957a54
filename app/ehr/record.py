"""Files what was documented into the EHR, once: the heart of the promise that nothing is lost and nothing doubled.

A save is one transaction. It ends in a Receipt or in a NotFiled that says why, and the caller keeps the draft. When
no answer came, or the EHR says that something changed meanwhile, this looks for our identifiers before it believes
that nothing was filed: the first try may have arrived although its answer did not (design section 6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.ehr.bundle import filed_as_found, filed_from, is_update, transaction_bundle
from app.ehr.capabilities import Offer
from app.ehr.compartment import names_patient
from app.ehr.errors import (
    ChangedMeanwhile,
    InvalidResource,
    NoAnswer,
    NotAccepted,
    Refused,
    WrongPatient,
)
from app.ehr.gateway import Gateway
from app.ehr.receipt import Receipt
from fhir_profiles.validator import validate
from mappings.chart import Chart
from mappings.form_record import records_of_form
from mappings.identity import identifier_value
from smart_launch.errors import Conflict, FhirError, Unauthorized, Unreachable

Resource = Mapping[str, Any]


def save(gateway: Gateway, resources: Sequence[Resource], *, now: datetime) -> Receipt:
    """Files all `resources` of one form as one transaction.

    New ones carry our identifier and no id; changed ones carry id and meta.versionId. `now` is aware, in the EHR's
    time zone. Raises WrongPatient and InvalidResource before anything is sent, NotFiled (NotAccepted, Refused,
    ChangedMeanwhile, NoAnswer) when the EHR holds none of it, and Unauthorized when the launch has ended.
    """
    check(gateway, resources)
    try:
        response = gateway.transaction(transaction_bundle(resources, conditional=_conditional(gateway)))
        return Receipt(filed_from(resources, response), now)
    except Unauthorized:
        raise
    except Conflict as error:
        return _looked_up(gateway, resources, now, ChangedMeanwhile(), error)
    except FhirError as error:
        if error.status < 500:
            raise Refused(error.status, error.page_reason) from error
        return _looked_up(gateway, resources, now, Refused(error.status, error.page_reason), error)
    except (Unreachable, ValueError) as error:
        return _looked_up(gateway, resources, now, NoAnswer(), error)


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
        if not names_patient(resource, gateway.patient_id):
            raise WrongPatient
    problems = [problem for resource in resources for problem in validate(resource)]
    if problems:
        raise InvalidResource(problems)
    _check_accepted(gateway, resources)


def _check_accepted(gateway: Gateway, resources: Sequence[Resource]) -> None:
    offers = {
        (resource["resourceType"], "update" if is_update(resource) else "create") for resource in resources
    }
    answers = {offer: gateway.offer(*offer) for offer in offers}
    for refusal, by_scope in ((Offer.NOT_IN_METADATA, False), (Offer.NOT_GRANTED, True)):
        types = [offer[0] for offer, answer in answers.items() if answer is refusal]
        if types:
            raise NotAccepted(types, by_scope=by_scope)


def _conditional(gateway: Gateway) -> list[str]:
    offered = gateway.capabilities.resources
    return [name for name, capability in offered.items() if capability.conditional_create]


def _looked_up(
    gateway: Gateway, resources: Sequence[Resource], now: datetime, otherwise: Exception, cause: Exception
) -> Receipt:
    """The receipt of an earlier try that did arrive; else `otherwise` is raised.

    A transaction is all or nothing, so that the new records are there means that the changes are there as well.
    """
    new = [resource for resource in resources if not is_update(resource)]
    try:
        found = [gateway.find_ours(item["resourceType"], identifier_value(item)) for item in new]
    except (FhirError, Unreachable):
        raise otherwise from cause
    if not new or any(item is None for item in found):
        raise otherwise from cause
    return Receipt(tuple(filed_as_found(item) for item in found if item is not None), now, again=True)
