"""One name is chosen by use and period, and a person without one is not given one."""

from __future__ import annotations

from datetime import date

import pytest

from mappings.human_name import NOT_RECORDED, person_name

TODAY = date(2026, 11, 21)


def name(use="", **parts):
    return {"use": use, **parts} if use else parts


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            [name("usual", given=["Meg"], family="G"), name("official", given=["Margery"], family="Gibson")],
            "Margery Gibson",
        ),
        (
            [name("maiden", given=["M"], family="Old"), name("usual", given=["Meg"], family="Gibson")],
            "Meg Gibson",
        ),
        ([name("old", given=["A"], family="B"), name(given=["C"], family="D")], "C D"),
        ([name("maiden", given=["Margery"], family="Kunde")], "Margery Kunde"),
        ([name("official", given=["Ángela", "María"], family="Guzmán")], "Ángela María Guzmán"),
        ([name("official", text="山田 太郎")], "山田 太郎"),
        ([name("official", text="Gibson, Margery", family="Gibson")], "Gibson, Margery"),
        ([name("official", family="Gibson")], "Gibson"),
        ([name("official", given="Margery", family="Gibson")], "Margery Gibson"),
        ({"given": ["Margery"], "family": "Gibson"}, "Margery Gibson"),
        ("Margery Gibson", "Margery Gibson"),
        (["Margery Gibson"], "Margery Gibson"),
        ([name("official"), name("usual", text="Meg")], "Meg"),
        ([name("official", given=[None, 4], family={})], NOT_RECORDED),
        ([{"extension": [{"url": "x", "valueCode": "masked"}]}], NOT_RECORDED),
        ([], NOT_RECORDED),
        (None, NOT_RECORDED),
        (3, NOT_RECORDED),
    ],
)
def test_the_name_shown(names, expected):
    assert person_name(names, TODAY).text == expected


def test_a_name_whose_period_has_ended_gives_way():
    former = name("official", given=["Ann"], family="Former", period={"end": "2020-05"})
    assert person_name([former, name("usual", text="Ann Now")], TODAY).text == "Ann Now"
    assert person_name([former], TODAY).text == "Ann Former"


def test_clinicians_are_named_with_title_and_degree():
    doctor = person_name([name(prefix=["Dr."], given=["Luis"], family="Alvarez", suffix=["MD"])])
    assert doctor.formal == "Dr. Luis Alvarez, MD"
    assert person_name([name(text="Dr. Luis Alvarez", prefix=["Dr."])]).formal == "Dr. Luis Alvarez"
    assert not person_name([]).recorded
