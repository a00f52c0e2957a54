"""Records for an EHR that holds others of ours in notes: what began in a note is pointed to by our identifier.

Every other part of Chartside reads such a record under the UUID of our identifier; to the EHR that is no id of a record
(https://hl7.org/fhir/R4/references.html#logical, design section 6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.ehr.errors import LeftOut, NoAnswer
from app.ehr.gateway import Gateway
from app.ehr.rungs.ladder import readable_carriers
from app.ehr.rungs.notes import note_of, together
from mappings.fold import linked_by_identifier
from mappings.reading import ReadStatus
from mappings.write_ladder import WRITTEN

Resource = Mapping[str, Any]
_IN_A_NOTE = re.compile(
    rf"({'|'.join(WRITTEN)})/[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}"
)


def linked(gateway: Gateway, resources: Sequence[Resource]) -> Sequence[Resource]:
    """The records with their references as the EHR can follow them. Those that stand in a note are left as they are.

    The notes are read only where a reference may lead into one. Raises NoAnswer where they
    cannot be seen, and LeftOut where they cannot all be.
    """
    told = [each for each in resources if not note_of(each) and _may_lead_into_a_note(each)]
    carriers = readable_carriers(gateway) if told else ()
    if not carriers:
        return resources
    notes = together([each.read(gateway) for each in carriers])
    if not notes.whole:
        raise LeftOut if notes.status is ReadStatus.READ else NoAnswer
    alone = notes.alone()
    return [linked_by_identifier(dict(each), alone) if each in told else each for each in resources]


def _may_lead_into_a_note(value: Any) -> bool:
    if isinstance(value, Mapping):
        said = value.get("reference")
        if isinstance(said, str) and _IN_A_NOTE.fullmatch(said):
            return True
        value = list(value.values())
    return isinstance(value, list) and any(map(_may_lead_into_a_note, value))
