"""The names of everything Chartside defines: one base, one identifier system, one tag.

Spelled once, because a canonical URL that differs by one letter is another profile, and records already filed in an
EHR carry these names for good. Spec: https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

BASE: Final = "https://chartside.example/fhir"

IDENTIFIER_SYSTEM: Final = f"{BASE}/sid/record"
"""System of the one identifier that each resource of ours bears: how a retry finds its first copy."""


def profile(name: str) -> str:
    """Canonical URL of our profile, such as ``care-plan`` or ``task-contact``."""
    return f"{BASE}/StructureDefinition/{name}"


def extension(name: str) -> str:
    """Canonical URL of our extension, such as ``ruler``; parts of a complex one go by their bare name."""
    return f"{BASE}/StructureDefinition/{name}"


def code_system(name: str) -> str:
    """Canonical URL of our code system, such as ``contact-mode``."""
    return f"{BASE}/CodeSystem/{name}"


def value_set(name: str) -> str:
    """Canonical URL of our value set, such as ``contact-mode``."""
    return f"{BASE}/ValueSet/{name}"


TAG: Final = MappingProxyType({"system": code_system("tag"), "code": "chartside"})
"""The ``meta.tag`` of every resource of ours. Read-only: put ``dict(TAG)`` into a resource."""
