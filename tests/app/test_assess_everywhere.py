"""An assessment at every kind of EHR: filed half done, taken up again, and read back as the same history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fhir_profiles.validator import validate
from mappings.chart import Chart
from mappings.coding_systems import LOINC
from mappings.identity import task_kind
from mappings.questionnaire.catalogue import instrument
from mappings.questionnaire.history import InstrumentHistory, history_of
from mappings.reading import Reading, ReadStatus
from samples.sandbox import sandbox_of
from tests.app.every_ehr import playing, records
from tests.journeys.enrolling import filed, in_days
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Seen, Visitor
from tests.mappings.charts import NOW
from tests.mappings.questionnaire.making import ANSWERED, phq
from tests.running import Practice

WORDS = "“She laughs” at her dog; <b>often</b> 🙂"
CALM = {**phq(2, 1, 1, 2, 0, 1, 1, 0, 0), "q-69722-7": ("LA6573-5",)}


ONE_OF_EACH = ("open", "patched", "epic", "ecw", "canvas")
"""Records by PUT and by PATCH, notes alone, answers alone, and both records and answers."""


@pytest.fixture(scope="module", params=ONE_OF_EACH)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with playing(request.param, tmp_path_factory.mktemp("practice")) as made:
        yield made


def answered(nurse: Visitor, today: Seen, name: str, values: dict[str, Any], **more: str) -> Seen:
    """The receipt of a questionnaire that was filled in anew and saved."""
    form = nurse.get(f"/l/{today.launch_id}/assess/{name}")
    plain = {name: values_of for name, values_of in form.form().items() if not name.startswith("q-")}
    return filed(nurse.post(form.url, plain | {name: list(given) for name, given in values.items()} | more))


def held(running: Practice, patient: str, name: str) -> tuple[list[dict[str, Any]], InstrumentHistory]:
    """The assessments that the EHR's own store holds, and the history that they give."""
    tasks = [each for each in records(running, patient) if task_kind(each) == "assessment"]
    chart = Chart(
        {"resourceType": "Patient", "id": patient}, {"Task": Reading("Task", ReadStatus.READ, tuple(tasks))}
    )
    of = instrument(name)
    assert of is not None
    return tasks, history_of(chart, of, now=NOW)


@pytest.mark.requirement("domain@41")
def test_it_is_filed_half_done_taken_up_by_another_launch_and_read_back_the_same(running: Practice) -> None:
    patient = newcomer(running)
    with Visitor(running) as nurse:
        answered(
            nurse, nurse.launch(patient), "function", {"q-do-bathing": ["alone"]}, half="yes", note=WORDS
        )
    (half,), begun = held(running, patient, "function")
    assert (half["status"], validate(half)) == ("in-progress", ())
    assert begun.half_done is not None
    assert (begun.half_done.words("do-bathing"), begun.half_done.note) == ("On their own", WORDS)
    assert begun.results == ()

    running.clock.ahead += 2
    with Visitor(running) as nurse:
        today = nurse.launch(patient)
        assert "Finish Everyday activities" in today.words
        form = nurse.get(f"/l/{today.launch_id}/assess/function")
        assert form.form()["q-do-bathing"] == ["alone"]
        rest = {name: list(given) for name, given in ANSWERED["function"].items()}
        filed(nurse.post(form.url, form.form() | rest))
        answered(nurse, today, "phq-9", CALM)
        listed = nurse.get(f"/l/{today.launch_id}/assessments").words
    tasks, done = held(running, patient, "function")
    assert [validate(each) for each in tasks] == [(), ()]
    assert done.half_done is None
    assert done.last is not None
    assert done.last.resource["identifier"] == half["identifier"]
    assert [score.words for score in done.last.scores] == ["1 of 6", "3 of 8"]
    assert (done.last.words("equipment"), done.last.note) == ("Cane, Glasses, Reacher", WORDS)
    _, mood = held(running, patient, "phq-9")
    assert mood.last is not None
    assert (mood.last.score_words, mood.last.words("44260-8")) == ("8 of 27", "Not at all")
    for said in ("1 of 6", "3 of 8", "8 of 27", mood.last.meaning):
        assert said in listed


def test_one_that_was_filed_wrongly_counts_no_more_and_says_why(running: Practice) -> None:
    patient = newcomer(running)
    with Visitor(running) as nurse:
        today = nurse.launch(patient)
        answered(nurse, today, "phq-2", phq(2, 1))
        (task,), before = held(running, patient, "phq-2")
        assert before.last is not None
        running.clock.ahead += 2
        page = nurse.get(f"/l/{today.launch_id}/take-back/Task/{task['id']}")
        assert "PHQ-2" in page.words
        done = nurse.send(page, reason="wrong-patient", words="Meant for Walter")
        assert "Marked as filed wrongly" in done.words, done.words
        listed = nurse.get(f"/l/{today.launch_id}/assessments").words
    (task,), after = held(running, patient, "phq-2")
    assert (task["status"], after.last, after.half_done) == ("entered-in-error", None, None)
    assert task["statusReason"]["text"] == "Wrong patient: Meant for Walter"
    assert validate(task) == ()
    assert "3 of 6" not in listed


@pytest.mark.requirement("domain@41")
def test_what_the_ehr_was_told_itself_stands_in_the_list_and_in_the_form(running: Practice) -> None:
    patient, store = newcomer(running), sandbox_of(running.ehr.app).store
    for code, value in (
        ("55758-7", {"valueInteger": 4}),
        ("88122-7", {"valueCodeableConcept": {"coding": [{"system": LOINC, "code": "LA28397-0"}]}}),
    ):
        told = {
            "effectiveDateTime": in_days(-3),
            "code": {"coding": [{"system": LOINC, "code": code}]},
            **value,
        }
        about = {"status": "final", "subject": {"reference": f"Patient/{patient}"}}
        store.create({"resourceType": "Observation", **about, **told})
    with Visitor(running) as nurse:
        today = nurse.launch(patient)
        listed = nurse.get(f"/l/{today.launch_id}/assessments").words
        form = nurse.get(f"/l/{today.launch_id}/assess/hunger")
    assert "4 of 6" in listed
    assert "Result in this EHR" in listed
    assert "Ask PHQ-9. Ask now PHQ-2 was 4 of 6" in today.words
    assert "Start: PHQ-9" in listed
    assert form.form()["q-88122-7"] == ["LA28397-0"]
