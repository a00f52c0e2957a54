"""One patient's chart as it was read: the Patient and a Reading per resource type, with references resolved.

A reference may be contained (`#id`), relative, absolute, versioned or a `urn:uuid`
(https://hl7.org/fhir/R4/references.html); all are looked up among what was read, never over the network. A
resource whose subject is plainly another patient is left out and the reading marked incomplete: a server's
mistake must not put one patient's facts on another's page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from mappings.element import as_object, as_objects, as_text, reference_text, type_of
from mappings.reading import Reading, ReadStatus

if TYPE_CHECKING:
    # The fold reads references as this room does.
    from mappings.fold import DamagedNote, FoldConflict

P = ParamSpec("P")
T = TypeVar("T")

_SUBJECT_ELEMENTS = ("subject", "patient", "for", "beneficiary")


@dataclass(frozen=True)
class Chart:
    """The chart of one launch. `readings` is keyed by resource type; `base` is the EHR's FHIR base, where known.

    `doubts` and `damaged` are what a person should look at of what was filed in notes.
    """

    patient: dict[str, Any]
    readings: Mapping[str, Reading] = field(default_factory=dict)
    base: str = ""
    doubts: tuple[FoldConflict, ...] = ()
    damaged: tuple[DamagedNote, ...] = ()

    @property
    def patient_id(self) -> str:
        """The logical id of the Patient, or ""."""
        return as_text(as_object(self.patient).get("id"))

    def reading(self, resource_type: str) -> Reading:
        """The read of this type without other patients' resources; NOT_AVAILABLE when it was never asked."""
        return self._own_readings.get(resource_type) or Reading(resource_type, ReadStatus.NOT_AVAILABLE)

    def resources(self, resource_type: str) -> tuple[dict[str, Any], ...]:
        """The resources of exactly this type; what a search included beside them is left to `resolve`."""
        return tuple(item for item in self.reading(resource_type).resources if type_of(item) == resource_type)

    def resolve(self, reference: Any, within: Any = None) -> dict[str, Any] | None:
        """The resource a Reference (or its text) points to, if it is in `within` or was read; else None."""
        text = as_text(reference) if isinstance(reference, str) else reference_text(reference)
        if not text:
            return None
        if text.startswith("#"):
            return _contained(text[1:], within)
        if self.base and text.startswith(("http://", "https://")) and not self._is_at_home(text):
            # The same id on another server is another thing: no name is better than a wrong medicine.
            return None
        return self._index.get(reference_key(text))

    def at_home(self, reference: Any) -> str:
        """`Type/id` of a Reference to a record of this EHR, also by its full address; "" for any other."""
        text = reference_text(reference)
        if text.startswith(("http://", "https://")):
            return reference_key(text) if self.base and self._is_at_home(text) else ""
        return text

    def _is_at_home(self, address: str) -> bool:
        return address.startswith(f"{self.base.rstrip('/')}/")

    @cached_property
    def _worked_out(self) -> dict[Any, Any]:
        return {}

    @cached_property
    def _own_readings(self) -> dict[str, Reading]:
        patients = _identities(self.patient)
        return {kind: _own(reading, patients) for kind, reading in self.readings.items()}

    @cached_property
    def _index(self) -> dict[str, dict[str, Any]]:
        index: dict[str, dict[str, Any]] = {}
        everything = [item for reading in self._own_readings.values() for item in reading.resources]
        for resource in (as_object(self.patient), *everything):
            identity = as_text(as_object(resource).get("id"))
            if identity:
                index.setdefault(f"{type_of(resource)}/{identity}", resource)
                # Transaction bundles refer by the uuid that most servers and loaders keep as the id.
                index.setdefault(f"urn:uuid:{identity.lower()}", resource)
        return index


def once(work_out: Callable[Concatenate[Chart, P], T]) -> Callable[Concatenate[Chart, P], T]:
    """Works a panel or a view out once for each chart and each of its arguments, however many rules ask for it.

    A chart never changes, and what is made of it is never changed either; one of 3,000 resources costs tens of
    milliseconds each time. The arguments must be hashable.
    """

    def remembered(chart: Chart, /, *args: P.args, **kwargs: P.kwargs) -> T:
        known = chart._worked_out
        key = (work_out, args, tuple(kwargs.items()))
        if key not in known:
            known[key] = work_out(chart, *args, **kwargs)
        found: T = known[key]
        return found

    update_wrapper(remembered, work_out)
    return remembered


def reference_key(reference: str) -> str:
    """`Type/id` of a relative, absolute or versioned reference; a urn in lower case; other text unchanged.

    >>> reference_key("https://ehr.example/fhir/Patient/7/_history/2")
    'Patient/7'
    """
    if reference.lower().startswith("urn:"):
        return reference.lower()
    path = reference.split("#", 1)[0].split("?", 1)[0].split("/_history/", 1)[0].rstrip("/")
    parts = path.split("/")
    return "/".join(parts[-2:]) if len(parts) >= 2 and parts[-2] and "?" not in reference else reference


def _contained(identity: str, within: Any) -> dict[str, Any] | None:
    for resource in as_objects(as_object(within).get("contained")):
        if identity and as_text(resource.get("id")).lstrip("#") == identity:
            return resource
    return None


def _identities(patient: Any) -> frozenset[str]:
    """Every `Patient/id` that means this patient: merged records link to each other."""
    identity = as_text(as_object(patient).get("id"))
    if not identity:
        return frozenset()
    links = (reference_text(link.get("other")) for link in as_objects(as_object(patient).get("link")))
    return frozenset({f"Patient/{identity}", *(reference_key(link) for link in links if link)})


def _own(reading: Reading, patients: frozenset[str]) -> Reading:
    """The reading without what is no resource at all or plainly another patient's."""
    own = tuple(
        item for item in reading.resources if isinstance(item, dict) and not _is_anothers(item, patients)
    )
    if len(own) == len(reading.resources):
        return reading
    return replace(reading, resources=own, incomplete=True)


def _is_anothers(resource: dict[str, Any], patients: frozenset[str]) -> bool:
    """True when the resource's subject is a Patient with another id; without an id of ours nothing is."""
    said = (reference_text(resource[element]) for element in _SUBJECT_ELEMENTS if element in resource)
    keys = (reference_key(text) for text in said if text)
    return bool(patients) and any(key.startswith("Patient/") and key not in patients for key in keys)
