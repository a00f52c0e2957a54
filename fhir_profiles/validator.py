"""The one validator: R4's structure, our profiles, their invariants, narratives and references.

Everything that leaves for an EHR passes here first, so what an EHR would refuse, drop or misread is found while the
person who typed it is still there. Nothing is judged by hand-written checks that a StructureDefinition could state.
Spec: https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from fhir_profiles import canonical, definitions
from fhir_profiles.compiler import CompiledProfile, compiled, compiled_extension
from fhir_profiles.elements import resource_model
from fhir_profiles.invariants import base_problems, extension_problems, profile_problems
from fhir_profiles.problem import CONTEXT, NOT_FHIR, PROFILE, Problem, distinct
from fhir_profiles.references import reference_problems
from fhir_profiles.schema_rules import schema_problems
from fhir_profiles.structure import structure_problems
from fhir_profiles.walk import Place, narratives, survey
from fhir_profiles.xhtml import narrative_problems

__all__ = ["Problem", "validate"]

_OURS: Final = f"{canonical.BASE}/"


def validate(resource: Any) -> tuple[Problem, ...]:
    """Everything that is wrong with a resource; nothing where it may be sent. Never raises, whatever is given.

    Profiles are taken from ``meta.profile``; those of others are left to their own validators. Of a Bundle each
    entry's resource is validated by itself. Invariants are judged once the structure is sound, since they presume it.
    """
    resource_type = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(resource_type, str) or resource_model(resource_type) is None:
        return (Problem("resourceType", NOT_FHIR, "must be an object that names a resource type of R4"),)
    if resource_type == "Bundle":
        return distinct([*_own_problems(_without_resources(resource)), *_entry_problems(resource)])
    return distinct(list(_own_problems(resource)))


def _own_problems(resource: dict[str, Any]) -> Iterator[Problem]:
    seen = survey(resource)
    yield from seen.problems
    if any(each.rule == NOT_FHIR for each in seen.problems):
        return  # Too deep, or a contained resource of no known type: the models would only stumble.
    structure = structure_problems(resource)
    yield from structure
    profiles = tuple(_profiles(resource))
    for each in profiles:
        yield from schema_problems(each.validator, resource["resourceType"], resource)
    yield from _unknown_profiles(resource)
    sound = not structure and not seen.problems
    yield from _extension_problems(seen.places, sound=sound)
    if sound:
        yield from base_problems(seen.places)
        for each in profiles:
            yield from profile_problems(each.invariants, seen.places)
    for path, div in narratives(seen.places).items():
        yield from narrative_problems(path, div)
    yield from reference_problems(resource, seen.places)


def _claimed(resource: dict[str, Any]) -> tuple[str, ...]:
    meta = resource.get("meta")
    claimed = meta.get("profile") if isinstance(meta, dict) else None
    return tuple(each for each in claimed if isinstance(each, str)) if isinstance(claimed, list) else ()


def _profiles(resource: dict[str, Any]) -> Iterator[CompiledProfile]:
    for url in dict.fromkeys(each.partition("|")[0] for each in _claimed(resource)):
        profile = compiled(url) if url.startswith(_OURS) else None
        if profile is not None and profile.resource_type == resource["resourceType"]:
            yield profile


def _unknown_profiles(resource: dict[str, Any]) -> Iterator[Problem]:
    """Names under our base that do not exist, or stand on the wrong resource: always a slip."""
    for number, url in enumerate(_claimed(resource)):
        if url.startswith(_OURS):
            structure = definitions.definition(url)
            if structure is None or structure.get("type") != resource["resourceType"]:
                path = f"{resource['resourceType']}.meta.profile[{number}]"
                yield Problem(path, PROFILE, f"must be a profile of ours on {resource['resourceType']}")


def _extension_problems(places: Iterable[Place], *, sound: bool) -> Iterator[Problem]:
    """What is wrong with the extensions of ours, wherever they stand; invariants only where all is sound so far."""
    for place in places:
        url = place.value.get("url")
        if place.type_name == "Extension" and isinstance(url, str) and url.startswith(_OURS):
            extension = compiled_extension(url)
            if extension is None:
                yield Problem(f"{place.path}.url", PROFILE, "must be an extension of ours that exists")
                continue
            yield from _wrong_context(place, url)
            yield from schema_problems(extension.validator, place.path, place.value)
            if sound:
                yield from extension_problems(extension.invariants, place)


def _wrong_context(place: Place, url: str) -> Iterator[Problem]:
    """An extension stands where its definition says, since nobody looks for it elsewhere."""
    allowed = [each["expression"] for each in (definitions.definition(url) or {}).get("context", ())]
    if place.element.removesuffix(".extension") not in allowed:
        yield Problem(f"{place.path}.url", CONTEXT, f"must stand on {' or '.join(allowed)}")


def _without_resources(bundle: dict[str, Any]) -> dict[str, Any]:
    """A Bundle whose entries keep everything but their resources, which are judged one by one."""
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        return bundle
    bare = [_bare(each) for each in entries]
    return {**bundle, "entry": bare}


def _bare(entry: Any) -> Any:
    if not isinstance(entry, dict) or "resource" not in entry:
        return entry
    rest = {name: value for name, value in entry.items() if name != "resource"}
    return rest or {"fullUrl": "urn:uuid:00000000-0000-0000-0000-000000000000"}


def _entry_problems(bundle: dict[str, Any]) -> Iterator[Problem]:
    entries = bundle.get("entry")
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict) and "resource" in entry:
            for each in validate(entry["resource"]):
                yield each.below(f"Bundle.entry[{number}].resource")
