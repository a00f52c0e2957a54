"""Files what was documented into the EHR, once: the heart of the promise that nothing is lost and nothing doubled.

A save is one transaction, or one record after the other where the EHR takes no transaction. It ends in a Receipt or in
a NotFiled that says why, and the caller keeps the draft. When no answer came, or the EHR says that something changed
meanwhile, this looks for our identifiers before it believes that nothing was filed: the first try may have arrived
although its answer did not (design section 6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from app.ehr.compartment import names_patient
from app.ehr.errors import (
    InvalidResource,
    NoAnswer,
    NotAccepted,
    NotFiled,
    NoVersion,
    WrongPatient,
)
from app.ehr.gateway import Gateway
from app.ehr.looking import find_new, look_for, meaning
from app.ehr.one_record import held_as_changed
from app.ehr.read_back import look_back
from app.ehr.receipt import Filed, Receipt
from app.ehr.rungs.document import Form, check_writable, file_with_note, in_note, note_filed
from app.ehr.rungs.in_order import file_in_order
from app.ehr.rungs.notes import natively, note_of, uses_documents
from app.ehr.validity import made_by_us
from fhir_profiles.problem import CARDINALITY
from fhir_profiles.validator import Problem, validate
from mappings.chart import Chart
from mappings.form_record import records_of_form
from mappings.identity import identifier_value
from mappings.vendor_facts import UpdateStyle
from mappings.write_ladder import WRITTEN
from smart_launch.errors import (
    FhirError,
    NotFound,
    NotSupported,
    SmartError,
    Unauthorized,
    Unreachable,
)

TRANSACTION = "transaction"

Resource = Mapping[str, Any]
Write = tuple[str, str]
"""A resource type and FHIR's code of the interaction: "create" or "update"."""
Begin = Callable[[Sequence[Resource]], None]


def _not_kept(_: Sequence[Resource]) -> None:
    return None


def save(
    gateway: Gateway,
    resources: Sequence[Resource],
    *,
    now: datetime,
    begin: Begin = _not_kept,
    form: Form | None = None,
) -> Receipt:
    """Files all `resources` of one form: as one transaction where that is taken, else one after the other.

    What the EHR takes in no record goes into a note, where it takes those; `form` is what a note says of itself.

    New ones carry our identifier and no id; changed ones carry id and meta.versionId. `now` is aware, in the EHR's
    time zone. `begin` is given the records just before they are filed one after the other, so that a save that breaks
    half-way can be completed (`complete`). Raises WrongPatient and InvalidResource before anything is sent, NotFiled
    (NotAccepted, NoVersion, Refused, ChangedMeanwhile, NoAnswer) when the EHR holds none of it, HalfFiled when it
    holds some, and Unauthorized when the launch has ended.
    """
    together = _checked(gateway, resources)
    if form and _in_notes(gateway, resources):
        begin(resources)
        return look_back(gateway, resources, file_with_note(gateway, resources, form, now=now))
    if together:
        try:
            return look_back(gateway, resources, _file_together(gateway, resources, now))
        except (NotSupported, NotFound) as error:
            gateway.refuse(SYSTEM, TRANSACTION)
            if any(is_update(resource) for resource in resources) and isinstance(error, NotFound):
                # A change of what is gone answers 404 as well; then nothing was filed, and nothing must be now.
                raise meaning(error)[0] from error
    if len(resources) > 1:
        begin(resources)
    filed, again = file_in_order(gateway, resources)
    return look_back(gateway, resources, Receipt(filed, now, again=again))


def _in_notes(gateway: Gateway, resources: Sequence[Resource]) -> bool:
    return uses_documents(gateway) and any(in_note(gateway, resource) for resource in resources)


def complete(
    gateway: Gateway, resources: Sequence[Resource], *, now: datetime, form: Form | None = None
) -> Receipt:
    """Completes a save that was begun: `resources` are those that `begin` was given, and what is there is not filed
    again. Raises as `save` does.
    """
    _checked(gateway, resources)
    if form and _in_notes(gateway, resources):
        return look_back(gateway, resources, file_with_note(gateway, resources, form, now=now, again=True))
    filed, _ = file_in_order(gateway, resources, again=True)
    return look_back(gateway, resources, Receipt(filed, now, again=True))


def anything_filed(gateway: Gateway, resources: Sequence[Resource], *, form: Form | None = None) -> bool:
    """Whether the EHR holds any of a save that was begun. Raises NoAnswer when that cannot be told just now."""
    try:
        noting = form is not None and _in_notes(gateway, resources)
        if form and noting and note_filed(gateway, form):
            return True
        native = [each for each in resources if not noting or not in_note(gateway, each)]
        return any(look_for(gateway, resource) for resource in native)
    except Unauthorized:
        raise
    except SmartError as error:
        raise NoAnswer from error


def _file_together(gateway: Gateway, resources: Sequence[Resource], now: datetime) -> Receipt:
    """One transaction. Raises NotSupported and NotFound where the EHR takes none after all."""
    try:
        response = gateway.transaction(transaction_bundle(resources, conditional=_conditional(gateway)))
        return Receipt(filed_from(resources, response), now, again=found_existing(resources, response))
    except (Unauthorized, NotSupported, NotFound):
        raise
    except (FhirError, Unreachable, ValueError) as error:
        refusal, may_be_there = meaning(error)
        if not may_be_there:
            raise refusal from error
        return _looked_up(gateway, resources, now, refusal, error)


def _checked(gateway: Gateway, resources: Sequence[Resource]) -> bool:
    """Checks what may leave; True when all of it goes in one transaction.

    Metadata that cannot be read just now is no answer: nothing was sent.
    """
    try:
        check(gateway, resources)
        patched = any(is_update(item) and _only_patched(gateway, item["resourceType"]) for item in resources)
        # A transaction could carry a patch, but no EHR is known that takes one so.
        return takes_transaction(gateway) and not patched
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
    if any(is_update(resource) and not version_of(resource) for resource in resources):
        raise NoVersion
    problems = [problem for resource in resources for problem in _problems(gateway, resource)]
    if problems:
        raise InvalidResource(problems)
    _check_accepted(gateway, resources)


def _problems(gateway: Gateway, resource: Resource) -> tuple[Problem, ...]:
    """What is wrong with a record by our own doing; a change is laid beside what the EHR holds before it is blamed."""
    found = (*validate(resource), *_unnamed(resource))
    if not found or not is_update(resource) or note_of(resource):
        # What stands in a note is all of our making.
        return found
    return made_by_us(found, gateway.read(resource["resourceType"], resource["id"]))


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
    check_writable(gateway, resources)


def not_accepted(gateway: Gateway, writes: Sequence[Write]) -> NotAccepted | None:
    """Why this launch may not file such writes together; None when nothing stands against them.

    `writes` has one entry for each record. Asked before a form is offered, and again of what is filed. Raises what
    reading the metadata raises.
    """
    noted = uses_documents(gateway)
    answers = {write: gateway.offer(*write) for write in writes if not (noted and _noted(gateway, *write))}
    for refusals, by_scope in (((Offer.NOT_IN_METADATA, Offer.REFUSED), False), ((Offer.NOT_GRANTED,), True)):
        types = [kind for (kind, _), given in answers.items() if given in refusals]
        if types:
            return NotAccepted(types, by_scope=by_scope)
    return None


def goes_into_a_note(gateway: Gateway, writes: Sequence[Write]) -> bool:
    """Whether one of these writes would be filed in a note. Raises what reading the metadata raises."""
    return uses_documents(gateway) and any(_noted(gateway, *write) for write in writes)


def _noted(gateway: Gateway, resource_type: str, interaction: str) -> bool:
    """Whether such a write goes into a note, where notes are used: what the EHR takes in no record of the type."""
    return resource_type in WRITTEN and not natively(gateway, resource_type, interaction)


def takes_transaction(gateway: Gateway) -> bool:
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

    A transaction is all or nothing, so that the new records are there means that the changes are there as well. Where
    all are changes, they are known by what the EHR holds now.
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
    new = [find_new(gateway, resource) for resource in resources if not is_update(resource)]
    if not new:
        changed = [held_as_changed(gateway, resource) for resource in resources]
        return [] if None in changed else [each for each in changed if each]
    return [] if None in new else [filed_as_found(item) for item in new if item is not None]
