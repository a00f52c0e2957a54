"""Each instrument over time: ours and the EHR's without doubles, trend, what is due and what is asked next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid5

import orjson
import pytest

from mappings.questionnaire.catalogue import catalogue
from mappings.questionnaire.history import assessments, history, history_of, prompts
from mappings.reading import Reading, ReadStatus
from mappings.trend import trend_picture
from tests.mappings.charts import NOW, chart_of, coded
from tests.mappings.questionnaire.making import ANSWERED, AUTHOR, FORM, filed, named, phq

LOINC = "http://loinc.org"


def on(day: str, name: str, values: dict[str, tuple[str, ...]], **more: Any) -> dict[str, Any]:
    """The Task of a form filed at nine on that day."""
    moment = datetime.fromisoformat(f"{day}T09:00:00").replace(tzinfo=NOW.tzinfo)
    author = replace(AUTHOR, now=moment)
    task = filed(name, values, author=author, form_id=uuid5(FORM, f"{day}{name}{more}"), **more)
    return {**task, "id": f"{name}-{day}"}


def seen(day: str, score: Any, *, code: str = "44261-6", **more: Any) -> dict[str, Any]:
    """The same score as the EHR's own result."""
    value = {"valueInteger": score} if isinstance(score, int) else score
    return {
        "resourceType": "Observation",
        "id": f"o-{day}-{code}",
        "status": "final",
        "code": coded(LOINC, code),
        "effectiveDateTime": day,
        **value,
        **more,
    }


def told(*resources: dict[str, Any], name: str = "phq-9") -> list[tuple[str, int | None, str]]:
    """(day, score, source) of an instrument's results."""
    found = history_of(chart_of(*resources), named(name), now=NOW)
    return [(each.when.text[:10] if each.when else "", each.score, each.source) for each in found.results]


NINE_ONES = phq(*[1] * 9)
OURS, THEIRS = "Chartside", "Result in this EHR"


def test_ours_and_the_ehrs_own_stand_in_one_row_of_time() -> None:
    assert told(on("2026-11-02", "phq-9", NINE_ONES), seen("2026-08-03", 14), seen("2026-11-20", 6)) == [
        ("2026-11-20", 6, THEIRS),
        ("2026-11-02", 9, OURS),
        ("2026-08-03", 14, THEIRS),
    ]


@pytest.mark.parametrize(
    ("observation", "counted"),
    [
        (seen("2026-11-02", 9), 1),
        (seen("2026-11-02T23:30:00-05:00", 9), 1),
        (seen("2026-11-03T02:00:00Z", 9), 1),  # The evening of the 2nd in New York.
        (seen("2026-11-02", {"valueQuantity": {"value": 9, "unit": "{score}"}}), 1),
        (seen("2026-11-02", 8), 2),
        (seen("2026-11-03T12:00:00Z", 9), 2),
    ],
)
def test_the_same_score_of_the_same_day_counts_once_as_ours(
    observation: dict[str, Any], counted: int
) -> None:
    found = told(on("2026-11-02", "phq-9", NINE_ONES), observation)

    assert len(found) == counted
    assert ("2026-11-02", 9, OURS) in found


@pytest.mark.parametrize(
    ("value", "score"),
    [
        ({"valueString": "12"}, 12),
        ({"valueQuantity": {"value": 12.0}}, 12),
        ({"valueInteger": 0}, 0),
        ({"valueInteger": 27}, 27),
        ({"valueInteger": 28}, None),
        ({"valueInteger": -1}, None),
        ({"valueQuantity": {"value": 10, "comparator": ">"}}, None),
        ({"valueString": "severe"}, None),
        ({"valueInteger": 5, "status": "entered-in-error"}, None),
        ({"valueInteger": 5, "status": "cancelled"}, None),
        ({"dataAbsentReason": {"text": "refused"}}, None),
        ({"valueInteger": 5, "effectiveDateTime": None}, None),
    ],
)
def test_a_result_of_the_ehr_counts_when_it_is_a_score_with_a_day(
    value: dict[str, Any], score: int | None
) -> None:
    assert [each[1] for each in told(seen("2026-11-02", {}, **value))] == ([] if score is None else [score])


def test_a_result_under_a_foreign_code_of_the_same_number_is_no_score() -> None:
    other = {**seen("2026-11-02", 5), "code": coded("http://example.org", "44261-6")}

    assert told(other, {**other, "code": "44261-6"}, {**other, "code": {"coding": [{"code": 5}]}}) == []


def test_the_examples_of_us_core_are_read(shared_data: Any) -> None:
    example = shared_data / "ig_examples" / "us_core" / "Observation-PHQ9-item-example-44261-6.json"
    observation = {**orjson.loads(example.read_bytes()), "subject": {"reference": "Patient/p1"}}

    assert told(observation) == [("2022-11-29", 12, THEIRS)]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (phq(*[2] * 9), NINE_ONES, "better: 9, was 18 on 3 Aug 2026"),
        (NINE_ONES, phq(*[2] * 9), "worse: 18, was 9 on 3 Aug 2026"),
        (NINE_ONES, NINE_ONES, "the same: 9, was 9 on 3 Aug 2026"),
    ],
)
def test_the_trend_is_drawn_and_said(before: Any, after: Any, words: str) -> None:
    chart = chart_of(on("2026-08-03", "phq-9", before), on("2026-11-02", "phq-9", after))
    found = history_of(chart, named("phq-9"), now=NOW)

    assert found.trend_words == words
    assert [day for day, _ in found.trend] == [date(2026, 8, 3), date(2026, 11, 2)]
    assert trend_picture(found.trend) is not None
    assert history_of(chart_of(), named("phq-9"), now=NOW).trend_words == ""


def test_a_long_row_keeps_its_last_twelve() -> None:
    chart = chart_of(
        *(seen(f"2026-{month:02}-{day}", month) for month in range(1, 11) for day in ("01", "15"))
    )

    assert len(history_of(chart, named("phq-9"), now=NOW).trend) == 12


@pytest.mark.requirement("domain@41")
def test_the_last_mood_score_function_and_risk_screens_stand_with_their_day_meaning_and_what_is_due() -> None:
    chart = chart_of(
        *(on("2026-11-02", name, values) for name, values in ANSWERED.items() if name != "falls")
    )
    rows = {each.instrument.id: each for each in history(chart, now=NOW)}

    assert list(rows) == [each.id for each in catalogue()]
    assert rows["phq-9"].last is not None
    assert (rows["phq-9"].last.date_words, rows["phq-9"].last.score_words) == ("2 Nov 2026", "9 of 27")
    assert rows["phq-9"].last.meaning == "Mild signs of depression: ask again"
    assert rows["function"].last is not None
    assert rows["function"].last.score_words == "Self-care with help 1 of 6, Household with help 3 of 8"
    assert rows["function"].last.meaning == (
        "Needs help to care for themselves: name who helps; Needs help to run the household: name who helps"
    )
    assert (rows["falls"].last, rows["falls"].due, rows["falls"].due_words) == (None, True, "Not done yet")
    assert (rows["hunger"].due, rows["hunger"].due_words) == (False, "Due again 2 Nov 2027")


@pytest.mark.parametrize(
    ("name", "values", "ago", "due", "words"),
    [
        ("hunger", ANSWERED["hunger"], 364, False, "Due again 22 Nov 2026"),
        ("hunger", ANSWERED["hunger"], 365, True, "Due again today"),
        ("hunger", ANSWERED["hunger"], 366, True, "Due again since 20 Nov 2026"),
        ("phq-9", phq(*[0] * 9), 900, False, ""),
        ("phq-9", NINE_ONES, 900, True, ""),  # The last of the nine alone is a concern.
        ("phq-9", phq(*[2] * 8, 0), 29, False, "Due again 22 Nov 2026"),
        ("phq-9", phq(*[2] * 8, 0), 30, True, "Due again today"),
    ],
)
def test_when_an_instrument_is_due_again(name: str, values: Any, ago: int, due: bool, words: str) -> None:
    day = (NOW.date() - timedelta(days=ago)).isoformat()
    found = history_of(chart_of(on(day, name, values)), named(name), now=NOW)

    assert found.due is due
    assert found.due_words.startswith(words)


PLAN = {
    "resourceType": "CarePlan",
    "id": "cp",
    "status": "active",
    "meta": {"tag": [{"system": "https://chartside.example/fhir/CodeSystem/tag", "code": "chartside"}]},
}


def sentences(*resources: dict[str, Any]) -> list[str]:
    return [each.sentence for each in prompts(chart_of(*resources), now=NOW)]


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ((), []),
        ((PLAN,), []),
        ((on("2026-11-20", "phq-2", phq(1, 1)),), []),
        ((on("2026-11-20", "phq-2", phq(2, 1)),), ["Ask PHQ-9."]),
        ((seen("2026-11-20", 3, code="55758-7"),), ["Ask PHQ-9."]),
        ((seen("2026-11-20", 2, code="55758-7"),), []),
        ((on("2026-11-20", "phq-2", phq(2, 1)), on("2026-11-20", "phq-9", phq(*[0] * 9))), []),
        ((on("2026-11-20", "phq-2", phq(2, 1)), on("2026-11-19", "phq-9", phq(*[0] * 9))), ["Ask PHQ-9."]),
        ((on("2026-11-19", "phq-2", phq(3, 3)), on("2026-11-20", "phq-2", phq(0, 1))), []),
        ((on("2026-10-01", "phq-2", phq(3, 3)),), []),
        ((on("2026-11-20", "phq-9", phq(1), partial=True),), ["Finish PHQ-9."]),
        ((PLAN, on("2025-11-20", "hunger", ANSWERED["hunger"])), ["Ask Food again."]),
        ((on("2025-11-20", "hunger", ANSWERED["hunger"]),), []),
    ],
)
def test_what_is_pointed_out(resources: tuple[dict[str, Any], ...], said: list[str]) -> None:
    assert sentences(*resources) == said


def test_a_prompt_says_why_and_leads_to_its_page() -> None:
    (found,) = prompts(chart_of(on("2026-11-20", "phq-2", phq(2, 1))), now=NOW)

    assert found.why == "PHQ-2 was 3 of 6, yesterday. From 3 on, the PHQ-9 is asked."
    assert (found.endpoint, found.parameters) == ("assess.show", {"questionnaire": "phq-9"})


@pytest.mark.parametrize(
    "status", [ReadStatus.COULD_NOT_READ, ReadStatus.NO_ACCESS, ReadStatus.NOT_AVAILABLE]
)
def test_where_nothing_is_shown_again_nothing_is_called_due(status: ReadStatus) -> None:
    found = history_of(chart_of(Task=status), named("hunger"), now=NOW)

    assert (found.due, found.last) == (False, None)
    assert found.due_words == "Not known: this EHR does not show Chartside what was asked before"


def test_one_assessment_in_two_copies_is_one() -> None:
    task = on("2026-11-02", "phq-9", NINE_ONES)
    newer = {**task, "id": "copy", "meta": {**task["meta"], "lastUpdated": "2026-11-03T00:00:00Z"}}

    assert [each.id for each in assessments(chart_of(task, newer), now=NOW)] == ["copy"]


def test_a_chart_of_a_thousand_results_is_read_in_a_moment() -> None:
    many = [seen(f"2025-{n % 12 + 1:02}-01", n % 20, code=str(n), id=str(n)) for n in range(1000)]
    chart = chart_of(*many, on("2026-11-02", "phq-9", NINE_ONES))

    assert [each.source for each in assessments(chart, now=NOW)] == [OURS]
    assert chart.reading("Observation") == Reading("Observation", ReadStatus.READ, tuple(many))
