"""What stands on the patient's own record: died, merged, no longer in use, under 18; each in words, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.patient_warning import CHILD, DIED, INACTIVE, MERGED, patient_warnings
from tests.mappings.charts import NOW, chart_of

REPLACED = [{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ()),
        ({"birthDate": "1959-03-12", "active": True, "deceasedBoolean": False}, ()),
        ({"deceasedBoolean": True}, (DIED,)),
        ({"deceasedDateTime": "2026-11"}, (DIED,)),
        ({"deceasedDateTime": "yesterday"}, (DIED,)),
        ({"link": REPLACED}, (MERGED,)),
        ({"link": REPLACED, "active": False}, (MERGED,)),
        ({"link": [{"other": {"reference": "Patient/p2"}, "type": "replaces"}]}, ()),
        ({"active": False}, (INACTIVE,)),
        ({"active": "false"}, (INACTIVE,)),
        ({"birthDate": "2008-11-22"}, (CHILD,)),
        ({"birthDate": "2008-11-21"}, ()),
        ({"birthDate": "2010"}, (CHILD,)),
        ({"birthDate": "2030-01-01"}, ()),
        ({"birthDate": "unknown"}, ()),
        ({"birthDate": "2012-01-01", "deceasedBoolean": True, "link": REPLACED}, (DIED, MERGED, CHILD)),
    ],
)
def test_the_warnings_of_a_record(facts: dict[str, Any], expected: tuple[str, ...]) -> None:
    patient = {"resourceType": "Patient", "id": "p1", **facts}
    assert patient_warnings(chart_of(patient=patient), today=NOW.date()) == expected
