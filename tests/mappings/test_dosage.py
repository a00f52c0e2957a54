"""A dosage is the prescriber's words, or a line built from exactly what was coded."""

from __future__ import annotations

import pytest

from mappings.dosage import dosage_words, quantity_words


def timing(**repeat):
    return {"timing": {"repeat": repeat}}


@pytest.mark.parametrize(
    ("dosage", "expected"),
    [
        (
            [{"text": "Take 1 at bedtime", **timing(frequency=2, period=1, periodUnit="d")}],
            "Take 1 at bedtime",
        ),
        ([{"patientInstruction": "with food"}], "with food"),
        (
            [{"doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mg"}}], "route": {"text": "oral"}}],
            "500 mg, oral",
        ),
        ([timing(frequency=1, period=1, periodUnit="d")], "once a day"),
        ([timing(frequency=2, period=1.0, periodUnit="d")], "twice a day"),
        ([timing(frequency=4, period=1, periodUnit="d")], "4 times a day"),
        ([timing(frequency=1, period=8, periodUnit="h")], "every 8 hours"),
        ([timing(frequency=2, period=3, periodUnit="wk")], "twice every 3 weeks"),
        ([timing(period=1, periodUnit="d")], "every day"),
        ([timing(frequency=1, period=0, periodUnit="d")], ""),
        ([{"timing": {"code": {"text": "BID"}}}], "BID"),
        ([{"asNeededBoolean": True}], "as needed"),
        ([{"asNeededBoolean": False}], ""),
        ([{"asNeededCodeableConcept": {"text": "pain"}}], "as needed for pain"),
        (
            [{"doseAndRate": [{"doseRange": {"low": {"value": 1}, "high": {"value": 2, "unit": "tab"}}}]}],
            "1 to 2 tab",
        ),
        ([{"text": "2 now"}, {"text": "1 daily"}], "2 now, then 1 daily"),
        ({"text": "one object"}, "one object"),
        ([{"timing": "daily", "doseAndRate": "x", "route": 5}], ""),
        (None, ""),
    ],
)
def test_a_dosage_in_words(dosage, expected):
    assert dosage_words(dosage) == expected


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ({"value": 8.0, "unit": "%"}, "8 %"),
        ({"value": 0.05, "code": "mg"}, "0.05 mg"),
        ({"value": 4, "comparator": "<", "unit": "%"}, "< 4 %"),
        ({"value": 12, "unit": "1"}, "12"),
        ({"unit": "mg"}, ""),
        (None, ""),
    ],
)
def test_a_quantity_is_shown_as_it_was_sent(quantity, expected):
    assert quantity_words(quantity) == expected
