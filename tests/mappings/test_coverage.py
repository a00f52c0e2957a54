"""What the patient may have to pay is said by the insurance on file, never promised away, never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.chart import Chart
from mappings.coverage import cost_share, cost_share_words, coverage_kind
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW, PATIENT, chart_of

SOPT = "https://nahdo.org/sopt"


def covered(name: str = "", sopt: str = "", **more: Any) -> dict[str, Any]:
    coding = [{"system": SOPT, "code": sopt}] if sopt else []
    return {
        "resourceType": "Coverage",
        "id": f"{name or sopt or 'x'}",
        "status": "active",
        "type": {"coding": coding, **({"text": name} if name else {})},
        "beneficiary": {"reference": "Patient/p1"},
        "payor": [{"display": name}] if name else [],
        **more,
    }


@pytest.mark.parametrize(
    ("name", "sopt", "kind"),
    [
        ("Medicare", "1", "medicare"),
        ("", "11", "medicare"),
        ("", "121", "medicare"),
        ("", "14", "dual"),
        ("Dual Eligible", "", "dual"),
        ("Ohio QMB program", "2", "dual"),
        ("Ohio Medicaid", "2", "medicaid"),
        ("Medi-Cal", "", "medicaid"),
        ("Medigap Plan G", "5", "supplement"),
        ("Northlake Health Plan", "5", "other"),
        ("", "3712", "other"),
        ("NO_INSURANCE", "", "none"),
        ("", "81", "none"),
        ("", "", "other"),
    ],
)
def test_the_kind_is_told_by_code_or_by_name(name: str, sopt: str, kind: str):
    assert coverage_kind(chart_of(), covered(name, sopt)) == kind


@pytest.mark.requirement("domain@52")
@pytest.mark.parametrize(
    ("plans", "says"),
    [
        ([("Medicare", "1")], "20 % coinsurance apply each month"),
        ([("Medicare", "1"), ("Ohio Medicaid", "2")], "usually not charged"),
        ([("Dual Eligible", "")], "usually not charged"),
        ([("Medicare", "1"), ("Medigap Plan G", "5")], "supplement is on file"),
        ([("Medicare", "1"), ("Northlake Health Plan", "5")], "second plan is on file"),
        ([("Ohio Medicaid", "2")], "Some states ask"),
        ([("Northlake Health Plan", "5")], "may ask a deductible"),
        ([("Self-pay", "81")], "no insurance"),
        ([], "none recorded. Ask the patient"),
    ],
)
def test_the_notice_follows_the_coverage_and_never_promises_that_nothing_is_to_pay(
    plans: list[tuple[str, str]], says: str
):
    held = [covered(name, sopt) for name, sopt in plans]
    chart = chart_of(*held) if held else chart_of(Coverage=ReadStatus.READ)
    words = cost_share_words(chart, NOW)
    assert says in words
    assert "sliding fee scale" in words
    for promise in ("free", "no cost", "nothing to pay", "will not be charged", "waived for you"):
        assert promise not in words.lower()


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (ReadStatus.NOT_AVAILABLE, "not available from this EHR"),
        (ReadStatus.NO_ACCESS, "you have no access"),
        (ReadStatus.COULD_NOT_READ, "could not be read just now"),
    ],
)
def test_insurance_that_was_not_seen_is_called_so(status: ReadStatus, says: str):
    found = cost_share(chart_of(Coverage=status), NOW)
    assert (found.known, says in found.sentence) == (False, True)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"period": {"end": "2025-12-31"}},
        {"period": {"end": "2025"}},
        {"period": {"start": "2027-01-01"}},
    ],
)
def test_coverage_out_of_force_counts_for_nothing(change: dict[str, Any]):
    assert not cost_share(chart_of(covered("Medicare", "1", **change)), NOW).known


def test_coverage_through_today_counts():
    assert cost_share(chart_of(covered("Medicare", "1", period={"end": "2026-11-21"})), NOW).known


@pytest.mark.parametrize("broken", [{}, {"type": 7}, {"payor": "Medicare"}, {"period": []}, {"class": [1]}])
def test_a_broken_coverage_raises_nothing(broken: dict[str, Any]):
    reading = Reading("Coverage", ReadStatus.READ, ({"resourceType": "Coverage", **broken},))
    assert cost_share(Chart(PATIENT, {"Coverage": reading}), NOW).sentence
