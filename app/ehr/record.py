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
    HalfFiled,
    InvalidResource,
    NoAnswer,
    NoRung,
    NotFiled,
    NotKept,
    NotTaken,
    NoVersion,
    WrongPatient,
)
from app.ehr.gateway import Gateway
from app.ehr.looking import find_new, look_for, meaning, not_supported
from app.ehr.one_record import held_as_changed
from app.ehr.read_back import look_back
from app.ehr.receipt import Filed, Receipt
from app.ehr.rungs.carrier import Carrier, Form
from app.ehr.rungs.in_order import file_in_order
from app.ehr.rungs.ladder import carrier, rung_of
from app.ehr.rungs.linking import linked
from app.ehr.rungs.notes import note_of
from app.ehr.rungs.with_note import SaveWithNote, in_note
from app.ehr.validity import made_by_us
from fhir_profiles.problem import CARDINALITY
from fhir_profiles.validator import Problem, validate
from mappings.chart import Chart
from mappings.form_record import records_of_form
from mappings.identity import identifier_value
from mappings.rung import Rung
from mappings.vendor_facts import UpdateStyle
from smart_launch.errors import (
    FhirError,
    NotFound,
    NotSupported,
    SmartError,
    Unauthorized,
    Unreachable,
)

TRANSACTION = "transaction"
MOST_STEPS = 12
"""More than there are refusals to learn of in one save: each type created and changed, and each form of note."""

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

    What the EHR takes in no record goes into a note, where it takes those; `form` is what a note says of itself. A form
    that the EHR lists and then does not take is remembered, and the next one is tried in the same save.

    New ones carry our identifier and no id; changed ones carry id and meta.versionId. `now` is aware, in the EHR's
    time zone. `begin` is given the records just before they are filed one after the other, so that a save that breaks
    half-way can be completed (`complete`). Raises WrongPatient and InvalidResource before anything is sent, NotFiled
    (NotAccepted, NoRung, NoVersion, Refused, ChangedMeanwhile, NoAnswer) when the EHR holds none of it, HalfFiled when
    it holds some, and Unauthorized when the launch has ended.
    """
    return _Save(gateway, resources, now, begin, form).file()


def complete(
    gateway: Gateway, resources: Sequence[Resource], *, now: datetime, form: Form | None = None
) -> Receipt:
    """Completes a save that was begun: `resources` are those that `begin` was given, and what is there is not filed
    again. Raises as `save` does.
    """
    return _Save(gateway, resources, now, _not_kept, form, again=True).file()


class _Save:
    """One save on its way down the ladder. `again`: some of it may be filed already."""

    def __init__(
        self,
        gateway: Gateway,
        resources: Sequence[Resource],
        now: datetime,
        begin: Begin,
        form: Form | None,
        *,
        again: bool = False,
    ) -> None:
        self._gateway, self._resources, self._now = gateway, resources, now
        self._begin, self._form, self._again = begin, form, again
        self._mangled: list[str] = []

    def file(self) -> Receipt:
        """Each round ends, or learns that one more form is not taken; there are only so many."""
        for _ in range(MOST_STEPS):
            try:
                return self._file()
            except NoRung as error:
                half = self._half(error)
                if half is None:
                    raise
                raise half from error
            except NotFiled as error:
                cause = error.cause if isinstance(error, HalfFiled) else error
                if not isinstance(cause, NotTaken | NotKept):
                    raise
                self._step_down(error, cause)
        raise NoAnswer

    def _step_down(self, error: NotFiled, cause: NotTaken | NotKept) -> None:
        """Makes ready for the next form. Raises where none is left."""
        if isinstance(cause, NotKept):
            self._mangled.append(cause.place)
        self._again = self._again or isinstance(error, HalfFiled)
        if isinstance(cause, NotKept) and _none_left(self._gateway, self._resources, self._form):
            # People can read that note: pasted text would say it twice.
            raise error

    def _half(self, error: NoRung) -> HalfFiled | None:
        """No form is left for some of the records, and an earlier round may have filed others: which, if any."""
        if not self._again:
            return None
        found = [(each, _look_natively(self._gateway, each)) for each in self._resources]
        filed = [line for _, line in found if line]
        left = [identifier_value(each) for each, line in found if not line]
        return HalfFiled(filed, error, left=left) if filed else None

    def _file(self) -> Receipt:
        together = _checked(self._gateway, self._resources, self._form)
        note = _note_rung(self._gateway, self._resources, self._form)
        resources = linked(self._gateway, self._resources)
        if note and self._form:
            self._begin(self._resources)
            save = SaveWithNote(self._gateway, note, self._form, again=self._again, mangled=self._mangled)
            return look_back(self._gateway, resources, save.file(resources, self._now))
        if together and not self._again:
            try:
                return look_back(
                    self._gateway, resources, _file_together(self._gateway, resources, self._now)
                )
            except NotTaken as error:
                self._without_transactions(error)
        if len(resources) > 1:
            self._begin(self._resources)
        filed, again = file_in_order(self._gateway, resources, again=self._again)
        return look_back(self._gateway, resources, Receipt(filed, self._now, again=again or self._again))

    def _without_transactions(self, error: NotTaken) -> None:
        """Remembers that none are taken. A change of what is gone answers 404 as well, and says nothing of the next."""
        gone = isinstance(error.__cause__, NotFound)
        if not (gone and any(is_update(resource) for resource in self._resources)):
            self._gateway.refuse(SYSTEM, TRANSACTION)


def _look_natively(gateway: Gateway, resource: Resource) -> Filed | None:
    """The receipt line of a record that the EHR holds itself. Raises NoAnswer where that cannot be told just now."""
    try:
        return None if note_of(resource) else look_for(gateway, resource)
    except Unauthorized:
        raise
    except (NotFound, NotSupported):
        return None
    except SmartError as error:
        raise NoAnswer from error


def _note_rung(gateway: Gateway, resources: Sequence[Resource], form: Form | None) -> Carrier | None:
    """The rung of notes, where this save needs one; a note says which form it is of."""
    return carrier(gateway) if form and any(in_note(gateway, each) for each in resources) else None


def anything_filed(gateway: Gateway, resources: Sequence[Resource], *, form: Form | None = None) -> bool:
    """Whether the EHR holds any of a save that was begun. Raises NoAnswer when that cannot be told just now."""
    try:
        note = _note_rung(gateway, resources, form)
        if form and note and SaveWithNote(gateway, note, form).is_filed():
            return True
        looked = [
            each for each in resources if not (note and in_note(gateway, each)) or _was_refused(gateway, each)
        ]
        return any(look_for(gateway, resource) for resource in linked(gateway, looked))
    except Unauthorized:
        raise
    except SmartError as error:
        raise NoAnswer from error


def _was_refused(gateway: Gateway, resource: Resource) -> bool:
    return not is_update(resource) and gateway.offer(resource["resourceType"], "create") is Offer.REFUSED


def _file_together(gateway: Gateway, resources: Sequence[Resource], now: datetime) -> Receipt:
    """One transaction. Raises NotTaken where the EHR takes none after all."""
    try:
        response = gateway.transaction(transaction_bundle(resources, conditional=_conditional(gateway)))
        return Receipt(filed_from(resources, response), now, again=found_existing(resources, response))
    except Unauthorized:
        raise
    except (FhirError, Unreachable, ValueError) as error:
        if not_supported(error, "create"):
            raise NotTaken.of(error) from error
        refusal, may_be_there = meaning(error, new=not any(map(is_update, resources)))
        if not may_be_there:
            raise refusal from error
        return _looked_up(gateway, resources, now, refusal, error)


def _checked(gateway: Gateway, resources: Sequence[Resource], form: Form | None) -> bool:
    """Checks what may leave; True when all of it goes in one transaction.

    Metadata that cannot be read just now is no answer: nothing was sent.
    """
    try:
        check(gateway, resources, form)
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


def check(gateway: Gateway, resources: Sequence[Resource], form: Form | None = None) -> None:
    """Everything that must be true before a save leaves: whose it is, that it is valid, that the EHR takes it."""
    for resource in resources:
        if not names_patient(resource, gateway.patient_id, base=gateway.iss):
            raise WrongPatient
    if any(is_update(resource) and not version_of(resource) for resource in resources):
        raise NoVersion
    problems = [problem for resource in resources for problem in _problems(gateway, resource)]
    if problems:
        raise InvalidResource(problems)
    left = _none_left(gateway, resources, form)
    if left:
        raise left


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


def _none_left(gateway: Gateway, resources: Sequence[Resource], form: Form | None) -> NoRung | None:
    native = [each for each in resources if not note_of(each)]
    writes = [(each["resourceType"], "update" if is_update(each) else "create") for each in native]
    refused = [write for write in writes if not _takes(gateway, write, form is not None)]
    # What stands in a note is changed by another note, whatever the EHR takes of that type.
    stuck = [each for each in resources if note_of(each)] if form is None or carrier(gateway) is None else []
    return _refusal(gateway, [*refused, *((each["resourceType"], "update") for each in stuck)])


def not_accepted(gateway: Gateway, writes: Sequence[Write]) -> NoRung | None:
    """Why this launch may not file such writes together; None when nothing stands against them.

    `writes` has one entry for each record. Asked before a form is offered, and again of what is filed. Raises what
    reading the metadata raises.
    """
    return _refusal(gateway, [write for write in writes if not _takes(gateway, write, True)])


def _takes(gateway: Gateway, write: Write, notes: bool) -> bool:
    rung = rung_of(gateway, *write)
    return rung is Rung.NATIVE or (notes and rung is not Rung.COPY_READY)


def _refusal(gateway: Gateway, refused: Sequence[Write]) -> NoRung | None:
    """The types that the EHR does not take, else those whose scope was not granted."""
    kinds: dict[bool, list[str]] = {False: [], True: []}
    for kind, interaction in refused:
        kinds[gateway.offer(kind, interaction) is Offer.NOT_GRANTED].append(kind)
    by_scope = not kinds[False]
    return NoRung(kinds[by_scope], by_scope=by_scope) if refused else None


def goes_into_a_note(gateway: Gateway, writes: Sequence[Write]) -> bool:
    """Whether one of these writes would be filed in a note. Raises what reading the metadata raises."""
    return bool({rung_of(gateway, *write) for write in writes} - {Rung.NATIVE, Rung.COPY_READY})


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
