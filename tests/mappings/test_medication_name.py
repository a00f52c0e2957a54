"""What a medicine's name says is in it: RxNorm's own names, and the names that people write."""

from __future__ import annotations

import pytest

from mappings.medication_name import medicine_name

NAMES = [
    ("24 HR metoprolol succinate 50 MG Extended Release Oral Tablet", {"metoprolol"}),
    ("metformin hydrochloride 500 MG Oral Tablet", {"metformin"}),
    ("Metformin 500mg tab BID", {"metformin"}),
    ("Penicillin V Potassium 500 MG Oral Tablet", {"penicillin v"}),
    ("potassium chloride 20 MEQ Extended Release Oral Tablet", {"potassium chloride"}),
    ("Sodium bicarbonate", {"sodium bicarbonate"}),
    ("ferrous sulfate 325 MG Oral Tablet", {"ferrous sulfate"}),
    (
        "60 ACTUAT fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT Dry Powder Inhaler",
        {"fluticasone", "salmeterol"},
    ),
    ("Fluticasone/Salmeterol (Advair)", {"fluticasone", "salmeterol"}),
    ("lisinopril-hydrochlorothiazide 20-25 mg per tablet", {"lisinopril", "hydrochlorothiazide"}),
    ("co-trimoxazole 400/80", {"co-trimoxazole"}),
    ("NDA020800 0.3 ML Epinephrine 1 MG/ML Auto-Injector", {"epinephrine"}),
    ("Vitamin B 12 5 MG/ML Injectable Solution", {"vitamin b12"}),
    ("Vitamin B12 5 MG/ML Injectable Solution", {"vitamin b12"}),
    ("Vitamin D 1,000 units", {"vitamin d"}),
    ("Vitamin D3", {"cholecalciferol"}),
    ("Salbutamol", {"albuterol"}),
    ("Paracetamol 240mg suppository (product)", {"acetaminophen"}),
    ("insulin glargine 100 UNT/ML Injectable Solution", {"insulin glargine"}),
    (
        "insulin human, isophane 70 UNT/ML / Regular Insulin, Human 30 UNT/ML Injectable Suspension",
        {"insulin human isophane", "insulin human regular"},
    ),
    ("Magnesium, his own, over the counter", {"magnesium"}),
    ("5-HTP 100 mg", {"5-htp"}),
    ("Coenzyme Q10 100mg", {"coenzyme q10"}),
    ("Simvistatin 10 MG", {"simvistatin"}),
    ("", set()),
    ("-", set()),
    ("20 mg", set()),
]


@pytest.mark.parametrize(("name", "ingredients"), NAMES)
def test_the_ingredients_are_what_is_left_without_strength_form_and_salt(name, ingredients):
    assert medicine_name(name).ingredients == ingredients


@pytest.mark.parametrize(
    ("name", "brand", "aside"),
    [
        ("Lipitor 20 mg", {"atorvastatin"}, ()),
        ("Advair", {"fluticasone", "salmeterol"}, ()),
        ("Tylenol PM", set(), ()),
        ("albuterol 0.09 MG/ACTUAT [Proventil]", set(), ({"proventil"}, {"albuterol"})),
        ("Vitamin D (Cholecalciferol)", set(), ({"cholecalciferol"},)),
    ],
)
def test_a_brand_and_what_stands_in_brackets_are_kept_apart_from_the_name(name, brand, aside):
    read = medicine_name(name)
    assert (read.brand, read.asides) == (brand, aside)


@pytest.mark.parametrize(
    ("name", "strengths"),
    [
        ("levothyroxine sodium 0.075 MG Oral Tablet", ((0.075, "mg"),)),
        ("Levothyroxine 75 mcg", ((0.075, "mg"),)),
        ("Proventil HFA 90mcg/actuat", ((0.09, "mg/actuat"),)),
        ("albuterol 0.09 MG/ACTUAT", ((0.09, "mg/actuat"),)),
        ("Amoxicillin 250mg/5ml Suspension", ((50.0, "mg/ml"),)),
        ("lisinopril-hydrochlorothiazide 20-25 mg", ((20.0, "mg"), (25.0, "mg"))),
        ("Vitamin D 1,000 units", ((1000.0, "unit"),)),
        ("Vitamin D 1000 UNT", ((1000.0, "unit"),)),
        ("aspirin", ()),
    ],
)
def test_a_strength_is_the_same_in_other_units(name, strengths):
    assert medicine_name(name).strengths == strengths


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("Nystatin 100UNT/MG Topical Ointment", "skin"),
        ("Nystatin 100,000 u/ml oral suspension", "oral"),
        ("fluticasone nasal spray", "nasal"),
        ("timolol 5 MG/ML Ophthalmic Solution", "eye"),
        ("insulin glargine pen", "injected"),
        ("aspirin", ""),
    ],
)
def test_the_way_into_the_body_is_read_from_the_form(name, route):
    assert medicine_name(name).route == route


@pytest.mark.parametrize("name", ["💊" * 600, "/" * 5000, "[" * 900, "(((", "a / " * 900, "1/2/3/4", "\x00"])
def test_no_name_is_too_hostile_to_be_read(name):
    assert medicine_name(name) == medicine_name(name)
