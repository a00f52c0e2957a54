"""Scores: by every border of every scale, and none while an answer is missing."""

from __future__ import annotations

import pytest

from mappings.questionnaire.catalogue import Instrument, catalogue
from mappings.questionnaire.response import settled
from mappings.questionnaire.score import score_of, scores
from tests.mappings.questionnaire.making import ANSWERED, entry, named, of, phq


@pytest.mark.parametrize(
    ("name", "values", "score", "meaning", "concern"),
    [
        ("phq-2", phq(0, 0), 0, "No sign of depression", False),
        ("phq-2", phq(1, 1), 2, "No sign of depression", False),
        ("phq-2", phq(2, 1), 3, "Depression is possible: ask the PHQ-9", True),
        ("phq-2", phq(3, 3), 6, "Depression is possible: ask the PHQ-9", True),
        ("phq-9", phq(*[0] * 9), 0, "Few or no signs of depression", False),
        ("phq-9", phq(3, 1, *[0] * 7), 4, "Few or no signs of depression", False),
        ("phq-9", phq(3, 2, *[0] * 7), 5, "Mild signs of depression: ask again", False),
        ("phq-9", phq(*[1] * 9), 9, "Mild signs of depression: ask again", False),
        ("phq-9", phq(2, *[1] * 8), 10, "Moderate signs of depression: the provider should know", True),
        ("phq-9", phq(3, 3, 2, *[1] * 6), 14, "Moderate signs of depression: the provider should know", True),
        (
            "phq-9",
            phq(3, 3, 3, *[1] * 6),
            15,
            "Rather severe signs of depression: the provider should know soon",
            True,
        ),
        (
            "phq-9",
            phq(*[2] * 8, 3),
            19,
            "Rather severe signs of depression: the provider should know soon",
            True,
        ),
        (
            "phq-9",
            phq(*[2] * 7, 3, 3),
            20,
            "Severe signs of depression: the provider should know today",
            True,
        ),
        ("phq-9", phq(*[3] * 9), 27, "Severe signs of depression: the provider should know today", True),
    ],
)
def test_the_borders_of_the_depression_scales(
    name: str, values: dict[str, tuple[str, ...]], score: int, meaning: str, concern: bool
) -> None:
    (found,) = entry(name, values).scores

    assert (found.value, found.meaning, found.concern) == (score, meaning, concern)
    assert found.words == f"{score} of {found.top}"


@pytest.mark.parametrize("missing", range(9))
def test_a_phq_9_with_an_answer_missing_has_no_score(missing: int) -> None:
    weights: list[int | None] = [3] * 9
    weights[missing] = None

    assert entry("phq-9", phq(*weights), partial=True).scores == ()


NEEDS = {
    "hunger": ("q-88122-7", "q-88123-5"),
    "transportation": ("q-ride-medical", "q-ride-daily"),
    "falls": ("q-unsteady", "q-worried", "q-fallen"),
}
OFTEN, SOMETIMES, NEVER = "LA28397-0", "LA6729-3", "LA28398-8"
FELL = {"q-fall-count": ("1",), "q-fall-hurt": ("no",)}


@pytest.mark.parametrize(
    ("name", "answers", "score", "concern"),
    [
        ("hunger", (NEVER, NEVER), 0, False),
        ("hunger", (SOMETIMES, NEVER), 1, True),
        ("hunger", (NEVER, OFTEN), 1, True),
        ("hunger", (OFTEN, SOMETIMES), 2, True),
        ("transportation", ("no", "no"), 0, False),
        ("transportation", ("yes", "no"), 1, True),
        ("transportation", ("yes", "yes"), 2, True),
        ("transportation", ("yes", "declined"), None, False),
        ("falls", ("no", "no", "no"), 0, False),
        ("falls", ("yes", "no", "no"), 1, True),
        ("falls", ("no", "no", "yes"), 1, True),
        ("falls", ("yes", "yes", "yes"), 3, True),
        ("falls", ("yes", "yes", "declined"), None, False),
    ],
)
def test_a_count_of_needs(name: str, answers: tuple[str, ...], score: int | None, concern: bool) -> None:
    values = {field: (given,) for field, given in zip(NEEDS[name], answers, strict=True)}
    found = entry(name, {**values, **(FELL if values.get("q-fallen") == ("yes",) else {})}).scores

    assert [(each.value, each.concern) for each in found] == ([] if score is None else [(score, concern)])


@pytest.mark.parametrize(
    ("home", "problems", "bills", "score"),
    [
        ("home-steady", ("home-no-problem",), "no", 0),
        ("home-at-risk", ("home-no-problem",), "no", 1),
        ("home-steady", ("home-temperature", "home-access"), "no", 1),
        ("home-none", ("home-damp-pests",), "yes", 3),
        ("home-steady", ("declined",), "no", None),
        ("declined", ("home-no-problem",), "no", None),
    ],
)
def test_housing_counts_the_kinds_of_need_and_not_each_problem(
    home: str, problems: tuple[str, ...], bills: str, score: int | None
) -> None:
    values = {"q-steady-home": (home,), "q-home-problems": problems, "q-housing-bills": (bills,)}

    assert [each.value for each in entry("housing", values).scores] == ([] if score is None else [score])


@pytest.mark.parametrize(
    ("answer", "score", "concern"),
    [
        ("never", 1, False),
        ("rarely", 2, False),
        ("sometimes", 3, True),
        ("often", 4, True),
        ("always", 5, True),
    ],
)
def test_the_single_question_on_reading_counts_above_two(answer: str, score: int, concern: bool) -> None:
    (found,) = entry("health-literacy", {"q-help-reading": (answer,)}).scores

    assert (found.value, found.concern) == (score, concern)


def test_function_has_two_scales_and_each_stands_alone() -> None:
    both = entry("function", ANSWERED["function"]).scores
    household_open = {name: given for name, given in ANSWERED["function"].items() if name != "q-do-phone"}
    one = entry("function", household_open, partial=True).scores

    assert [(each.label, each.words) for each in both] == [
        ("Self-care with help", "1 of 6"),
        ("Household with help", "3 of 8"),
    ]
    assert [each.label for each in one] == ["Self-care with help"]


@pytest.mark.parametrize("one", [each for each in catalogue() if each.scales], ids=lambda one: one.id)
def test_every_value_of_a_scale_has_a_meaning_and_nothing_outside_it_has(one: Instrument) -> None:
    for scale in one.scales:
        assert all(score_of(scale, value).meaning for value in range(scale.top + 1))
        assert score_of(scale, scale.top + 1).meaning == ""
        assert scale.meaning_of(-1) is None


def test_what_is_calculated_is_made_anew_and_never_taken_from_the_form() -> None:
    values = {**phq(1, 1), "q-55758-7": ("6",)}

    assert entry("phq-2", values).scores[0].value == 2
    assert scores(named("phq-2"), {"55758-7": ({"valueInteger": 6},)}) == ()


def test_a_calculated_answer_opens_a_question_and_a_broken_expression_answers_nothing() -> None:
    def calculated(link: str, expression: str, kind: str = "integer") -> dict[str, object]:
        url = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
        said = {"url": url, "valueExpression": {"language": "text/fhirpath", "expression": expression}}
        return {"linkId": link, "type": kind, "extension": [said]}

    above = [{"question": "double", "operator": ">", "answerInteger": 5}]
    form = of(
        {"linkId": "n", "type": "integer"},
        calculated("double", "%resource.item.where(linkId = 'n').answer.value * 2"),
        {"linkId": "why", "type": "string", "enableWhen": above},
        calculated("broken", "%resource.item.no-such-function("),
        calculated("unknown", "%nobody.told"),
    )
    why = ({"valueString": "because"},)

    assert settled(form, {"n": ({"valueInteger": 2},), "why": why}) == {
        "n": ({"valueInteger": 2},),
        "double": ({"valueInteger": 4},),
    }
    assert settled(form, {"n": ({"valueInteger": 3},), "why": why})["why"] == why
