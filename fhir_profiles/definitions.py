"""The definitions as files: loaded when first asked for, found by canonical URL.

They are plain FHIR JSON in ``definitions/`` and not Python, because an EHR's integration team, a validator and the
package build all read them as they are. Spec: https://hl7.org/fhir/R4/conformance-module.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

import orjson

KINDS: Final = ("StructureDefinition", "CodeSystem", "ValueSet", "CapabilityStatement", "Questionnaire")


@cache
def by_url() -> Mapping[str, dict[str, Any]]:
    """All definitions of ours by canonical URL. They are shared: never change one."""
    folder = resources.files(__package__) / "definitions"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".json") and entry.name.startswith(KINDS):
            definition = orjson.loads(entry.read_bytes())
            found[definition["url"]] = definition
    return MappingProxyType(found)


def definition(url: str) -> dict[str, Any] | None:
    """The definition with this canonical URL (a ``|version`` is ignored), or None where it is not ours."""
    return by_url().get(url.partition("|")[0])


def of_kind(resource_type: str) -> tuple[dict[str, Any], ...]:
    """All definitions of one resource type, such as ``ValueSet``, in the order of their file names."""
    return tuple(each for each in by_url().values() if each["resourceType"] == resource_type)
