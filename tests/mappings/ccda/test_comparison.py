"""The document's medicines beside the chart's: what each pair is called, and that nothing is called more than it is."""

from __future__ import annotations

import pytest

from mappings.ccda.comparison import Verdict, compared, home_list
from mappings.ccda.document import ClinicalDocument, read_document
from mappings.medication import Medication
from tests.mappings.ccda.written import DISCHARGE_MEDICATIONS, MEDICATIONS, document, medicine, section


def chart(text: str, dose: str = "", *, code: str = "", active: bool = True) -> Medication:
    rxnorm = frozenset({code} if code else ())
    return Medication(text, dose, "active", (), "", rxnorm, reported=False, references=(), active=active)


def read(*entries: str, loinc: str = MEDICATIONS) -> ClinicalDocument:
    found = read_document(document(section(loinc, *entries)))
    assert isinstance(found, ClinicalDocument)
    return found


FUROSEMIDE = medicine(sig="1 tablet every morning")


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (chart("Lasix 40 mg", "1 tablet every morning", code="313988"), Verdict.SAME),
        (chart("Furosemide 40 mg oral tablet", "1 Tablet every morning."), Verdict.SAME),
        (chart("furosemide 40 MG Oral Tablet", ""), Verdict.DOSE_NOT_SAID),
        (chart("furosemide 40 MG Oral Tablet", "2 tablets every morning"), Verdict.DOSE_DIFFERS),
        (
            chart("furosemide 20 MG Oral Tablet", "1 tablet every morning", code="310429"),
            Verdict.DOSE_DIFFERS,
        ),
        (chart("furosemide 40 MG Oral Tablet", code="313988", active=False), Verdict.STOPPED_IN_CHART),
    ],
)
def test_one_medicine_on_both_sides(row: Medication, verdict: Verdict) -> None:
    (found,) = compared(read(FUROSEMIDE), [row])
    assert found.verdict is verdict


@pytest.mark.parametrize(
    "other",
    [
        "furosemide 10 MG/ML Oral Solution",
        "torsemide 20 MG Oral Tablet",
        "40 MG",
        "",
        "Medication without a name",
    ],
)
def test_another_form_or_drug_is_another_medicine(other: str) -> None:
    found = compared(read(FUROSEMIDE), [chart(other)])
    assert [row.verdict for row in found] == [Verdict.ONLY_DOCUMENT, Verdict.ONLY_CHART]


def test_what_the_document_stopped_and_the_chart_still_gives_stands_out() -> None:
    warfarin = medicine("warfarin sodium 5 MG Oral Tablet", code="855332", status="aborted")
    (found,) = compared(read(warfarin), [chart("warfarin 5", code="855332")])
    assert found.verdict is Verdict.STOPPED_IN_DOCUMENT


def test_what_both_have_stopped_and_what_is_only_stopped_is_no_line() -> None:
    warfarin = medicine("warfarin sodium 5 MG Oral Tablet", code="855332", status="aborted")
    assert compared(read(warfarin), [chart("warfarin 5", code="855332", active=False)]) == ()
    assert compared(read(warfarin), []) == ()
    assert compared(read(), [chart("digoxin", active=False)]) == ()


def test_the_discharge_list_is_the_home_list_where_there_is_one() -> None:
    both = read_document(
        document(
            section(MEDICATIONS, medicine("furosemide 20 MG Oral Tablet", code="310429")),
            section(DISCHARGE_MEDICATIONS, FUROSEMIDE),
        )
    )
    assert isinstance(both, ClinicalDocument)
    assert [item.name for item in home_list(both)] == ["furosemide 40 MG Oral Tablet"]


def test_each_row_of_the_chart_is_used_once_and_none_is_lost() -> None:
    rows = [chart("furosemide 40 MG Oral Tablet", code="313988"), chart("lisinopril 10 MG Oral Tablet")]
    found = compared(read(FUROSEMIDE, FUROSEMIDE), rows)
    assert [row.verdict for row in found] == [
        Verdict.ONLY_DOCUMENT,
        Verdict.DOSE_NOT_SAID,
        Verdict.ONLY_CHART,
    ]
