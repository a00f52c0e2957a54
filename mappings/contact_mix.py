"""How the contacts of the last months were held, in person and at a distance, and whether a meeting is due.

The guides: effectiveness grows with time face to face, and telephone alone does little (domain notes, row 78).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fhir_profiles.terminology import codes, display
from mappings.cadence import cadence_data
from mappings.chart import Chart
from mappings.contact import contact_views
from mappings.sight import Sight, sight


@dataclass(frozen=True)
class ContactMix:
    """The contacts with the patient or family held within `days`, by mode.

    `due` is True when so many days went by without one in person. `known` is False where the EHR does not show every
    contact.
    """

    days: int
    modes: Mapping[str, int]
    in_person: int
    due: bool
    known: bool

    @property
    def total(self) -> int:
        """How many contacts were held in all."""
        return sum(self.modes.values())

    @property
    def words(self) -> str:
        """ "6 contacts in the last 90 days: 1 in person, 5 at a distance (4 phone, 1 message)"."""
        if not self.total:
            return f"No contact was held in the last {self.days} days"
        near = cadence_data()["in-person"]["modes"]
        far = [
            f"{self.modes[code]} {display('contact-mode', code).lower()}"
            for code in codes("contact-mode")
            if self.modes.get(code) and code not in near
        ]
        distant = self.total - self.in_person
        told = f" ({', '.join(far)})" if far else ""
        count = f"{self.total} contact{'' if self.total == 1 else 's'} in the last {self.days} days"
        return f"{count}: {self.in_person} in person, {distant} at a distance{told}"


def contact_mix(chart: Chart, *, now: datetime, days: int, since: datetime | None = None) -> ContactMix:
    """The mix of the last `days`; a meeting is due only once the episode that began at `since` has lasted so long."""
    first = now - timedelta(days=days)
    held = (row for row in contact_views(chart, now) if row.reached and row.with_patient)
    rows = [row for row in held if row.when and first <= row.when <= now]
    modes = Counter(row.mode for row in rows)
    in_person = sum(modes[code] for code in cadence_data()["in-person"]["modes"])
    known = sight(chart, "Task") is Sight.WHOLE
    lasted = since is not None and since <= first
    return ContactMix(days, modes, in_person, known and lasted and days > 0 and not in_person, known)
