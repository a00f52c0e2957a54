"""How one user likes Chartside to look and begin, and what she was told of how it files: never anything of a patient.

Each choice is one of a few fixed words, so that nothing clinical can be in it: SMART forbids to keep in an app's state
what a FHIR record could hold. https://hl7.org/fhir/smart-app-launch/STU2.2/app-state.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

from fhir_profiles.terminology import codes, display
from mappings.before_filing import UNSEEN, WAYS

TEXT_SIZES = MappingProxyType({"normal": "Normal", "large": "Large"})
FIRST_PAGES = MappingProxyType({"today": "Today", "contact": "Document a contact"})
CONTACT_MODES = MappingProxyType({code: display("contact-mode", code) for code in codes("contact-mode")})
STAFF_KINDS = MappingProxyType({code: display("staff-kind", code) for code in codes("staff-kind")})
SHORTCUTS = MappingProxyType({"on": "On", "off": "Off"})

TOLD_PREFIX = "told_"
_TOLD = MappingProxyType({"no": "To be told", "yes": "Was told"})

CHOICES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "text_size": TEXT_SIZES,
        "first_page": FIRST_PAGES,
        "contact_mode": CONTACT_MODES,
        "staff_kind": STAFF_KINDS,
        "shortcuts": SHORTCUTS,
        **{f"{TOLD_PREFIX}{way}": _TOLD for way in (*WAYS.values(), UNSEEN)},
    }
)
"""What may be chosen: for each preference its codes and their words."""


@dataclass(frozen=True)
class Preferences:
    """`text_size` of every page, `first_page` after a launch, `contact_mode` that a new contact begins with.

    `staff_kind` is whose time it is that this user documents; `shortcuts` are the keys that act by themselves.

    `told_*` is "yes" once this user has filed in that way, after it had been said prominently what it does.
    """

    text_size: str = "normal"
    first_page: str = "today"
    contact_mode: str = "phone"
    staff_kind: str = "clinical-staff"
    shortcuts: str = "on"
    told_record: str = "no"
    told_answers: str = "no"
    told_note: str = "no"
    told_text: str = "no"
    told_unseen: str = "no"

    def to_json(self) -> dict[str, str]:
        """A JSON object of fixed words."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> Preferences:
        """What was kept, whoever wrote it: a choice that is not known here falls back to its default."""
        return cls().chosen(value if isinstance(value, Mapping) else {})

    def chosen(self, values: Mapping[str, Any]) -> Preferences:
        """With the choices of `values` that are among those offered; the others stay as they are."""
        made = {
            name: value
            for name, offered in CHOICES.items()
            if isinstance(value := values.get(name), str) and value in offered
        }
        return Preferences(**{**self.to_json(), **made})

    def was_told(self, way: str) -> bool:
        """Whether the user knows one of WAYS or UNSEEN (mappings.before_filing)."""
        return self.to_json()[f"{TOLD_PREFIX}{way}"] == "yes"

    def differing(self, other: Preferences) -> dict[str, str]:
        """Those choices of `self` that are not the same in `other`."""
        ours, theirs = self.to_json(), other.to_json()
        return {
            field.name: ours[field.name] for field in fields(self) if ours[field.name] != theirs[field.name]
        }
