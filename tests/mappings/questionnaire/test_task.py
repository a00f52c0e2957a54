"""An assessment in the chart: what is filed, that validators take it, and that it reads back whatever an EHR drops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from fhir_profiles.definitions import definition
from fhir_profiles.validator import validate
from mappings.kept import Bearing, dropped
from mappings.narrative import plain_text
from mappings.questionnaire.catalogue import catalogue
from mappings.questionnaire.recorded import AssessmentView, own_assessments, own_responses
from mappings.questionnaire.value import words_of_value
from tests.mappings.charts import NOW, chart_of
from tests.mappings.questionnaire.making import ANSWERED, AUTHOR, entry, filed, named, phq
from tests.outside_validators import answer_problems, fhirkit_problems

Task = dict[str, Any]
each_instrument = pytest.mark.parametrize("name", ANSWERED)
HOSTILE = "</div><script>alert(1)</script> “q”; Assessment. State: complete; PHQ-9 score: 0 of 27 | \u202eabc\u0000 🙂"


def without(*names: str) -> Callable[[Task], Task]:
    return lambda task: {name: value for name, value in task.items() if name not in names}


DROPS: dict[str, Callable[[Task], Task]] = {
    "nothing": lambda task: task,
    "contained": without("contained"),
    "contained and outputs": without("contained", "output"),
    "contained and its line": without("contained", "note"),
    "all but the line and the code": without(
        "contained", "output", "input", "meta", "identifier", "text", "executionPeriod", "businessStatus"
    ),
}


def read_back(task: Task) -> AssessmentView:
    (view,) = own_assessments(chart_of(orjson.loads(orjson.dumps({**task, "id": "t1"}))), now=NOW)
    return view


@each_instrument
def test_what_is_filed_is_valid_to_our_validator_and_to_two_that_nobody_here_wrote(name: str) -> None:
    for partial in (False, True):
        task = filed(
            name, ANSWERED[name], partial=partial, plan={"reference": "CarePlan/c", "display": "Plan"}
        )

        assert [str(each) for each in validate(task)] == []
        assert fhirkit_problems({**task, "id": "t1"}) == []
        assert answer_problems(definition(named(name).url) or {}, task["contained"][0]) == []
        assert task["status"] == ("in-progress" if partial else "completed")
        assert ("end" in task["executionPeriod"]) is not partial


@each_instrument
@pytest.mark.parametrize("drop", DROPS)
def test_it_reads_back_whatever_an_ehr_drops(name: str, drop: str) -> None:
    """Of a record without its line and its contained answers only the coded ones are left, and the scores."""
    whole, kept = entry(name, ANSWERED[name]), read_back(DROPS[drop](filed(name, ANSWERED[name])))
    said = {link: [words_of_value(value) for value in values] for link, values in kept.answers.items()}
    questions = {item.link_id: item for item in named(name).definition.questions}

    assert kept.instrument == named(name)
    assert kept.complete
    assert kept.scores == whole.scores
    for link, values in whole.answers.items():
        if drop == "contained and its line" and not questions[link].codes:
            continue
        if questions[link].calculated:
            continue
        # In the line a semicolon is a comma and a bar a stroke; all else is as it was typed.
        wanted = [words_of_value(value) for value in values]
        lined = [each.replace(";", ",").replace("|", "/") for each in wanted]
        assert said[link] in (wanted, lined), link
        if drop == "nothing":
            assert said[link] == wanted


@each_instrument
def test_the_readable_text_says_every_question_that_was_answered(name: str) -> None:
    task, answers = filed(name, ANSWERED[name]), entry(name, ANSWERED[name]).answers
    text = " ".join(plain_text(task["text"]).split())

    for item in named(name).definition.questions:
        if not item.calculated:
            for value in answers.get(item.link_id, ()):
                assert str(item.text) in text
                assert " ".join(words_of_value(value).split()) in text
    assert all(score.words in text and score.meaning in text for score in entry(name, ANSWERED[name]).scores)


def test_scores_and_key_answers_are_outputs_under_public_codes() -> None:
    task = filed("phq-9", ANSWERED["phq-9"])
    outputs = [({each.get("code") for each in one["type"]["coding"]}, one) for one in task["output"]]

    assert next(one for codes, one in outputs if "44261-6" in codes)["valueInteger"] == 9
    ninth = next(one for codes, one in outputs if "44260-8" in codes)
    assert ninth["valueCodeableConcept"]["coding"][0]["code"] == "LA6569-3"
    assert task["input"][0]["valueCanonical"] == task["contained"][0]["questionnaire"]
    assert task["note"][-1]["text"].startswith(
        "Assessment. Instrument: PHQ-9; State: complete; When: 2026-11-21; "
    )
    assert "PHQ-9 score: 9 of 27; Little interest: More than half the days" in task["note"][-1]["text"]


def test_the_food_questions_file_the_public_risk_answer_too() -> None:
    risk = [one for one in filed("hunger", ANSWERED["hunger"])["output"] if "88124-3" in str(one["type"])]

    assert [one["valueCodeableConcept"]["text"] for one in risk] == ["At risk"]


def test_a_half_done_one_is_taken_up_again_and_stays_one_record() -> None:
    added = {"extension": [{"url": "https://ehr.example/queue", "valueCode": "b"}]}
    begun = {**filed("phq-9", phq(2, 1), partial=True), **added, "id": "t7"}
    later = replace(AUTHOR, user="Practitioner/other", user_name="Ben Ode, RN", now=NOW + timedelta(hours=2))
    done = filed("phq-9", ANSWERED["phq-9"], going_on=begun, author=later)
    view = read_back(done)

    assert read_back(begun).progress.words == "2 of 10 answered"
    assert read_back(without("contained", "output")(begun)).answers == read_back(begun).answers
    assert (done["id"], done["identifier"], done["authoredOn"]) == (
        "t7",
        begun["identifier"],
        begun["authoredOn"],
    )
    assert done["executionPeriod"] == {
        "start": begun["executionPeriod"]["start"],
        "end": "2026-11-21T11:14:00-05:00",
    }
    assert (done["requester"], done["owner"]["display"]) == (begun["requester"], "Ben Ode, RN")
    assert done["extension"] == begun["extension"]
    assert (view.complete, view.score_words) == (True, "9 of 27")
    assert [str(each) for each in validate(done)] == []
    assert len(done["note"]) == 1


def test_a_half_done_one_that_a_server_calls_completed_is_still_half_done() -> None:
    task = {**filed("phq-2", phq(1), partial=True), "status": "completed"}

    assert read_back(task).complete is False


@pytest.mark.parametrize("drop", ["nothing", "contained and outputs"])
def test_hostile_words_stay_words_and_change_no_score(drop: str) -> None:
    values = {**ANSWERED["phq-9"], "note": (HOSTILE,)}
    safety = {**ANSWERED["safety"], "q-safety-words": (HOSTILE + "\nline two",)}
    depressed, unsafe = (DROPS[drop](filed(*each)) for each in (("phq-9", values), ("safety", safety)))

    assert "<script" not in depressed["text"]["div"]
    if drop == "nothing":
        assert [str(each) for each in (*validate(depressed), *validate(unsafe))] == []
    assert read_back(depressed).score == 9
    assert "alert(1)" in read_back(depressed).note
    assert "PHQ-9 score: 0 of 27" in read_back(depressed).note
    assert read_back(unsafe).score == 1
    assert "alert(1)" in read_back(unsafe).words("safety-words")
    assert [each.link_id for each in read_back(unsafe).dangers] == ["safe-home"]


def test_a_line_that_somebody_pasted_into_the_note_is_not_taken_for_the_answers() -> None:
    other = filed("phq-9", phq(*[0] * 9))["note"][-1]["text"]
    task = without("contained", "output")(filed("phq-9", {**ANSWERED["phq-9"], "note": (other,)}))

    assert read_back(task).score == 9


@pytest.mark.parametrize(
    "change",
    [
        {"status": "entered-in-error"},
        {"status": "cancelled"},
        {"input": [{"type": {"text": "x"}, "valueCanonical": "http://loinc.org/q/1"}], "note": []},
        {"code": {"text": "?"}, "meta": {}, "input": "nonsense", "note": [{"text": 5}]},
    ],
)
def test_what_is_no_assessment_of_ours_any_more_is_left_out(change: dict[str, Any]) -> None:
    task = {**filed("phq-2", phq(1, 1)), "id": "t1", **change}

    assert own_assessments(chart_of(task), now=NOW) == ()


@pytest.mark.parametrize("junk", [None, 5, "x", [None, 5], {"a": 1}, [{"linkId": 5, "answer": "x"}], [[{}]]])
@pytest.mark.parametrize("element", ["contained", "output", "note", "input", "executionPeriod"])
def test_whatever_an_ehr_holds_there_nothing_raises(element: str, junk: Any) -> None:
    task = {**filed("phq-9", ANSWERED["phq-9"]), "id": "t1", element: junk}

    for view in own_assessments(chart_of(task), now=NOW):
        assert view.progress.total >= 0
        assert isinstance(view.words("44260-8"), str)


def test_junk_inside_the_answers_is_left_out() -> None:
    task = orjson.loads(orjson.dumps(filed("phq-9", ANSWERED["phq-9"])))
    response = task["contained"][0]
    response["item"] += [
        {"linkId": "44260-8", "answer": [{"valueString": "x"}]},
        {"linkId": "nobody", "answer": [{"valueInteger": 1}]},
        5,
    ]

    assert read_back(task).answers.keys() <= set(named("phq-9").definition.by_link)


def test_ours_are_given_as_responses_to_who_asks_for_them() -> None:
    tasks = [{**filed(name, values), "id": name} for name, values in ANSWERED.items()]
    half = {**filed("phq-9", phq(1), partial=True), "id": "half"}
    responses = own_responses(chart_of(*tasks[:1], half))

    assert [each["questionnaire"] for each in responses] == [named("phq-2").canonical]
    assert responses[0]["authored"] == "2026-11-21T09:14:00-05:00"
    assert len(catalogue()) > len(ANSWERED)


def test_the_outside_validator_does_look_at_the_answers() -> None:
    task = orjson.loads(orjson.dumps(filed("phq-2", phq(1, 1))))
    first = task["contained"][0]["item"][0]["item"][0]
    questionnaire = definition(named("phq-2").url) or {}
    first["answer"] = [{"valueString": "Several days"}]
    assert "wrong value type" in answer_problems(questionnaire, task["contained"][0])[0]
    first["linkId"] = "nobody"
    assert "not present" in "".join(answer_problems(questionnaire, task["contained"][0]))


@pytest.mark.parametrize(
    ("lost", "what"),
    [
        (("contained",), "the answers as a filled-in questionnaire"),
        (("output",), "the score"),
        (("output",), "the answers as the EHR can look them up"),
        (("input",), "which questionnaire was asked"),
    ],
)
def test_a_receipt_names_what_an_ehr_dropped_and_says_that_the_line_still_tells(
    lost: tuple[str], what: str
) -> None:
    sent = filed("phq-9", ANSWERED["phq-9"])
    found = {each.what: each.bearing for each in dropped(sent, without(*lost)(sent))}
    worse = {each.what: each.bearing for each in dropped(sent, without(*lost, "note")(sent))}

    assert found[what] is Bearing.IN_NOTE
    assert worse[what] is Bearing.IN_TEXT
