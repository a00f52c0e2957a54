"""One row per drug from every source, and never one row for two drugs."""

from __future__ import annotations

import pytest

from mappings.coding_systems import RXNORM
from mappings.medication import medications
from mappings.medication_entry import normalised_name
from mappings.panel import Absence
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW, chart_of

METFORMIN = "Metformin 500 MG Oral Tablet"


def concept(text="", *rxnorm):
    return {"text": text, "coding": [{"system": RXNORM, "code": code} for code in rxnorm]}


def order(text=METFORMIN, *rxnorm, status="active", **more):
    body = {
        "resourceType": "MedicationRequest",
        "id": more.pop("id", "o"),
        "status": status,
        "intent": "order",
    }
    return body | {"medicationCodeableConcept": concept(text, *rxnorm)} | more


def statement(text=METFORMIN, *rxnorm, status="active", **more):
    body = {"resourceType": "MedicationStatement", "id": more.pop("id", "s"), "status": status}
    return body | {"medicationCodeableConcept": concept(text, *rxnorm)} | more


def rows(*resources):
    return medications(chart_of(*resources), now=NOW).rows


@pytest.mark.requirement("client@35")
def test_a_statement_and_an_order_of_the_same_code_are_one_row_with_both_sources():
    (row,) = rows(
        statement("metformin", "861007", dateAsserted="2026-11-03", id="s1"),
        order(METFORMIN, "861007", authoredOn="2026-10-01", id="o1"),
    )
    assert row.sources == ("statement, 3 Nov 2026", "order, 1 Oct 2026")
    assert row.references == ("MedicationStatement/s1", "MedicationRequest/o1")
    assert (row.text, row.rxnorm, row.active) == ("metformin", frozenset({"861007"}), True)


@pytest.mark.parametrize(
    ("left", "right", "count"),
    [
        ((METFORMIN,), ("metformin 500mg, oral tablet",), 1),
        ((METFORMIN,), (METFORMIN, "861007"), 1),
        (("metformin", "861007"), ("metformin", "861004"), 2),
        (("Metformin 500 MG",), ("Metformin 1000 MG",), 2),
        (("a", "6809", "861007"), ("b", "6809", "861004"), 2),
        (("a", "6809"), ("b", "6809", "861007"), 1),
        (("insulin glargine 10 units",), ("insulin glargine 100 units",), 2),
    ],
)
def test_rows_join_only_where_it_is_certain(left, right, count):
    assert len(rows(statement(*left), order(*right))) == count
    assert len(rows(statement(*right), order(*left))) == count


def test_a_name_that_fits_two_strengths_joins_neither():
    shown = rows(statement("metformin"), order("metformin", "861007"), order("metformin", "861004"))
    assert len(shown) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metformin 500MG", "metformin 500 mg"),
        ("  METFORMIN,  500 mg ", "metformin 500 mg"),
        ("A-B/C 0.5%", "a b/c 0.5 %"),
    ],
)
def test_names_are_compared_without_case_space_or_punctuation(text, expected):
    assert normalised_name(text) == expected


@pytest.mark.parametrize(
    ("make", "status", "active", "words"),
    [
        (order, "active", True, "active"),
        (order, "on-hold", True, "on hold"),
        (order, "unknown", True, "unknown"),
        (order, "", True, "status not recorded"),
        (order, "stopped", False, "stopped"),
        (order, "completed", False, "completed"),
        (order, "cancelled", False, "cancelled"),
        (order, "draft", False, "draft"),
        (statement, "active", True, "active"),
        (statement, "intended", True, "intended"),
        (statement, "not-taken", False, "not taken"),
        (statement, "stopped", False, "stopped"),
    ],
)
def test_each_status_counts_as_what_it_means(make, status, active, words):
    (row,) = rows(make(status=status))
    assert (row.active, row.status_words) == (active, words)


@pytest.mark.parametrize("make", [order, statement])
def test_entered_in_error_is_left_out(make):
    assert rows(make(status="entered-in-error")) == ()


@pytest.mark.parametrize(
    ("more", "source"),
    [
        ({}, "order"),
        ({"intent": "instance-order"}, "order"),
        ({"intent": "plan"}, "plan"),
        ({"intent": "plan", "reportedBoolean": True}, "reported"),
        ({"reportedReference": {"reference": "RelatedPerson/1"}}, "reported"),
        ({"reportedBoolean": False}, "order"),
    ],
)
def test_the_source_is_in_words(more, source):
    (row,) = rows(order(**more))
    assert row.sources == (source,)
    assert row.reported is (source == "reported")


@pytest.mark.parametrize("intent", ["proposal", "option"])
def test_what_was_only_proposed_is_not_a_medication(intent):
    assert rows(order(intent=intent)) == ()


def test_do_not_perform_is_never_an_active_medication():
    (row,) = rows(order(doNotPerform=True))
    assert (row.active, row.status_words) == (False, "do not give")


def test_a_statement_that_it_was_stopped_is_shown_beside_the_active_order():
    (row,) = rows(
        order(authoredOn="2026-01-05"),
        order(authoredOn="2025-01-05", status="stopped", id="o2"),
        statement(status="stopped", dateAsserted="2026-11-03"),
    )
    assert row.active
    assert row.status_words == "active; statement says stopped"
    assert row.sources == ("statement: stopped, 3 Nov 2026", "order, 5 Jan 2026", "1 earlier")


def test_a_renewed_order_does_not_disagree_with_its_stopped_predecessor():
    (row,) = rows(order(authoredOn="2026"), order(authoredOn="2025", status="completed", id="o2"))
    assert (row.disagreement, row.sources) == ("", ("order, 2026", "1 earlier"))


def test_two_active_doses_of_one_drug_are_both_told():
    (row,) = rows(
        order(dosageInstruction=[{"text": "1 daily"}], authoredOn="2026-01-01"),
        statement(dosage=[{"text": "2 daily"}], dateAsserted="2026-11-01"),
    )
    assert (row.dose, row.other_doses) == ("2 daily", ("1 daily",))


def test_a_drug_ordered_many_times_does_not_flood_its_row():
    (row,) = rows(*(order(id=str(year), authoredOn=str(year)) for year in range(2010, 2020)))
    assert row.sources == ("order, 2019", "order, 2018", "order, 2017", "order, 2016", "6 earlier")
    assert len(row.references) == 10


MEDICATION = {"resourceType": "Medication", "id": "m", "code": concept("Lisinopril 10 MG", "314076")}
INGREDIENTS = {
    "resourceType": "Medication",
    "id": "m",
    "ingredient": [{"itemCodeableConcept": {"text": "Zinc"}}],
}


def referring(reference, **more):
    body = order(**more)
    del body["medicationCodeableConcept"]
    return body | {"medicationReference": reference}


@pytest.mark.parametrize(
    ("resource", "others", "text", "codes"),
    [
        (referring({"reference": "#m"}, contained=[MEDICATION]), (), "Lisinopril 10 MG", {"314076"}),
        (referring({"reference": "Medication/m"}), (MEDICATION,), "Lisinopril 10 MG", {"314076"}),
        (
            referring({"reference": "https://ehr.example/Medication/m"}),
            (MEDICATION,),
            "Lisinopril 10 MG",
            {"314076"},
        ),
        (referring({"reference": "Medication/m"}), (INGREDIENTS,), "Zinc", set()),
        (referring({"reference": "Medication/x", "display": "Lisinopril"}), (), "Lisinopril", set()),
        (referring({"reference": "Medication/x"}), (), "Medication whose name could not be read", set()),
        (referring({}), (), "Medication without a name", set()),
        (referring("Medication/m"), (MEDICATION,), "Lisinopril 10 MG", {"314076"}),
    ],
)
def test_the_drug_is_found_behind_its_reference(resource, others, text, codes):
    (row,) = rows(resource, *others)
    assert (row.text, row.rxnorm) == (text, codes)


def test_two_nameless_medications_are_not_taken_for_the_same():
    assert len(rows(referring({}), referring({}, id="2"))) == 2


def test_names_that_could_not_be_read_are_explained():
    chart = chart_of(referring({"reference": "Medication/x"}), Medication=ReadStatus.COULD_NOT_READ)
    assert medications(chart, now=NOW).incomplete.startswith(
        "The medication names could not be read just now"
    )


HOSPITAL = {"category": [{"coding": [{"code": "inpatient"}]}], "encounter": {"reference": "Encounter/e"}}


@pytest.mark.parametrize(
    ("stay", "active", "words"),
    [("finished", False, "hospital stay ended"), ("in-progress", True, "active")],
)
def test_an_order_made_for_a_hospital_stay_ends_with_it(stay, active, words):
    encounter = {"resourceType": "Encounter", "id": "e", "status": stay}
    (row,) = rows(order(**HOSPITAL), encounter)
    assert (row.active, row.status_words) == (active, words)
    assert row.sources[0].startswith("hospital order")


def test_a_discharge_order_outlives_the_stay():
    encounter = {"resourceType": "Encounter", "id": "e", "status": "finished"}
    both = [{"coding": [{"code": "inpatient"}, {"code": "discharge"}]}]
    assert rows(order(**(HOSPITAL | {"category": both})), encounter)[0].active


def test_active_ones_stand_first_by_name_and_stopped_ones_last():
    shown = rows(
        order("Zocor"),
        order("aspirin", id="2"),
        order("Old drug", id="3", status="stopped", authoredOn="2010"),
        order("Newer drug", id="4", status="stopped", authoredOn="2020"),
    )
    assert [row.text for row in shown] == ["aspirin", "Zocor", "Newer drug", "Old drug"]
    assert [row.active for row in shown] == [True, True, False, False]


def test_a_source_that_could_not_be_read_is_named():
    shown = medications(chart_of(statement(), MedicationRequest=ReadStatus.COULD_NOT_READ), now=NOW)
    assert len(shown.rows) == 1
    assert (
        shown.incomplete
        == "The medication orders could not be read just now, so this list may be incomplete."
    )


def test_an_ehr_without_statements_is_the_normal_case():
    shown = medications(chart_of(MedicationRequest=ReadStatus.READ), now=NOW)
    assert (shown.absence, shown.incomplete) == (Absence.NONE_RECORDED, "")


def test_a_withheld_order_is_said_to_be_missing():
    chart = chart_of(statement())
    withheld = Reading("MedicationRequest", ReadStatus.READ, (order("Zocor"),), incomplete=True)
    shown = medications(
        type(chart)(chart.patient, {**chart.readings, "MedicationRequest": withheld}), now=NOW
    )
    assert shown.incomplete.startswith("The EHR left out some of the medication orders")
