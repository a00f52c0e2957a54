"""An assessment as it was filed, read back from whatever the EHR kept of it: the answers inside, the outputs, the line.

The contained response says all; where it was dropped, the line does, and a coded output goes before the line's words.
Scores of the EHR's own, kept as results, stand beside ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from mappings import dates
from mappings.chart import Chart, once
from mappings.coding_systems import LOINC
from mappings.element import as_number, as_object, as_objects, as_text, relative_reference, type_of
from mappings.identity import code_in, full_url, own, task_kind
from mappings.measurement import is_usable, measured_when
from mappings.narrative import clean
from mappings.practitioner import actor_name
from mappings.questionnaire.catalogue import Instrument, Scale, catalogue, instrument
from mappings.questionnaire.chart_query import result_codes
from mappings.questionnaire.line import (
    COMPLETE,
    STATE,
    answers_from,
    day_in,
    facts_of,
    instrument_in,
    is_line,
)
from mappings.questionnaire.progress import Progress, progress_of
from mappings.questionnaire.response import answers_in, response_of
from mappings.questionnaire.safety import Danger, dangers
from mappings.questionnaire.score import Score, score_of, scores
from mappings.questionnaire.task import outputs_by_code
from mappings.questionnaire.value import Answers, Value, read_value, words_of_value
from mappings.terminology import codes_of, status_code

OURS, THEIRS = "Chartside", "Result in this EHR"
_STATUS = {"completed": True, "in-progress": False}


@dataclass(frozen=True)
class AssessmentView:
    """One assessment on screen. Of a result of the EHR's own only the score is known: `ours` is False.

    `progress` and `dangers` are reckoned when they are asked for: most pages show neither.
    """

    id: str
    reference: str
    instrument: Instrument
    when: dates.FhirDate | None
    date_words: str
    complete: bool
    scores: tuple[Score, ...]
    answers: Answers
    by: str
    source: str
    ours: bool
    note: str
    resource: dict[str, Any]

    @cached_property
    def progress(self) -> Progress:
        """How far it is."""
        return progress_of(self.instrument.definition, self.answers)

    @cached_property
    def dangers(self) -> tuple[Danger, ...]:
        """The answers among its own that call for the crisis steps."""
        return dangers(self.instrument, self.answers)

    @property
    def score(self) -> int | None:
        """The first score, where there is one."""
        return self.scores[0].value if self.scores else None

    @property
    def score_words(self) -> str:
        """As "12 of 27"; of several scores each by its name: "Self-care with help 1 of 6, …"."""
        if len(self.scores) == 1:
            return self.scores[0].words
        return ", ".join(f"{score.label} {score.words}" for score in self.scores)

    @property
    def meaning(self) -> str:
        """What the scores mean, or ""; of several those that ask for something to be done, if any do."""
        said = [score.meaning for score in self.scores if score.meaning]
        asking = [score.meaning for score in self.scores if score.concern]
        return "; ".join(asking or said)

    @property
    def concern(self) -> bool:
        """True when a score, or an answer, asks for something to be done."""
        return bool(self.dangers) or any(score.concern for score in self.scores)

    def words(self, link_id: str) -> str:
        """An answer in words, or ""."""
        return ", ".join(map(words_of_value, self.answers.get(link_id, ())))


@once
def own_assessments(chart: Chart, *, now: datetime) -> tuple[AssessmentView, ...]:
    """Our assessments, half-done ones too, newest first; none of an instrument that is not known any more."""
    views = [view for task in own(chart, "Task") if (view := _view(chart, task, now))]
    return tuple(sorted(views, key=lambda view: dates.newest_first_key(view.when)))


def own_responses(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Our completed assessments as QuestionnaireResponses, for other questionnaires to ask."""
    found = []
    for task in own(chart, "Task"):
        of = _instrument(task)
        if of and _STATUS.get(status_code(task.get("status"))):
            when = _when(task)
            made = response_of(of.definition, answers_of(of, task), complete=True)
            found.append({**made, **({"authored": when.text} if when else {})})
    return tuple(found)


def _instrument(task: Mapping[str, Any]) -> Instrument | None:
    if task_kind(task) != "assessment":
        return None
    named = (as_text(each.get("valueCanonical")) for each in as_objects(task.get("input")))
    known = next((found for name in named if name and (found := instrument(name))), None)
    return known or instrument_in(facts_of(task))


def _view(chart: Chart, task: dict[str, Any], now: datetime) -> AssessmentView | None:
    of, complete = _instrument(task), _STATUS.get(status_code(task.get("status")))
    if of is None or complete is None:
        return None
    answers = answers_of(of, task)
    when = _when(task)
    return AssessmentView(
        id=as_text(task.get("id")),
        reference=relative_reference(task) or full_url(task),
        instrument=of,
        when=when,
        date_words=dates.words(when, now),
        complete=complete and facts_of(task).get(STATE, COMPLETE) == COMPLETE,
        scores=_scores(of, task, answers),
        answers=answers,
        by=actor_name(chart, task.get("owner"), task),
        source=OURS,
        ours=True,
        note=_note(task),
        resource=task,
    )


def _when(task: Mapping[str, Any]) -> dates.FhirDate | None:
    period = as_object(task.get("executionPeriod"))
    said = (period.get("end"), task.get("lastModified"), task.get("authoredOn"), period.get("start"))
    return next((when for each in said if (when := dates.parse(each))), None) or day_in(facts_of(task))


def _note(task: Mapping[str, Any]) -> str:
    said = (each.get("text") for each in as_objects(task.get("note")))
    texts = (clean(text).strip() for text in said if isinstance(text, str))
    return "\n".join(text for text in texts if not is_line(text))


def answers_of(of: Instrument, task: Mapping[str, Any]) -> dict[str, tuple[Value, ...]]:
    """The answers that a Task of ours still tells, as they were filed."""
    for each in as_objects(task.get("contained")):
        if type_of(each) == "QuestionnaireResponse" and as_objects(each.get("item")):
            return answers_in(of.definition, each)
    said = {**answers_from(of, facts_of(task)), **_coded(of, task)}
    return {link: said[link] for link in of.definition.by_link if link in said}


def _coded(of: Instrument, task: Mapping[str, Any]) -> dict[str, tuple[Value, ...]]:
    outputs = outputs_by_code(task)
    found = {}
    for item in of.definition.questions:
        keys = [(str(code.get("system")), str(code.get("code"))) for code in item.codes]
        held = [output for key in keys for output in outputs.get(key, ())]
        values = [read_value(_as_answer(output), item.type) for output in held]
        kept = tuple(value for value in values if value)
        if kept:
            found[item.link_id] = kept if item.repeats else kept[:1]
    return found


def _as_answer(output: Mapping[str, Any]) -> dict[str, Any]:
    coding = next(iter(as_objects(as_object(output.get("valueCodeableConcept")).get("coding"))), None)
    return {**output, **({"valueCoding": coding} if coding else {})}


def _scores(of: Instrument, task: Mapping[str, Any], answers: Answers) -> tuple[Score, ...]:
    """As they were filed, by output or line; where none was kept, what the answers add up to."""
    filed = ((scale, _filed(scale, of, task)) for scale in of.scales)
    found = tuple(score_of(scale, number) for scale, number in filed if number is not None)
    return found or scores(of, answers)


def _filed(scale: Scale, of: Instrument, task: Mapping[str, Any]) -> int | None:
    outputs = [
        each
        for each in as_objects(task.get("output"))
        if code_in(each.get("type"), "assessment-part") == "score"
    ]
    if len(of.scales) > 1:
        outputs = [each for each in outputs if _is_of(scale, as_object(each.get("type")))]
    said = [each.get("valueInteger") for each in outputs]
    said += [facts_of(task).get(scale.label, "").partition(" of ")[0]]
    numbers = (as_number(each) for each in said)
    return next((int(each) for each in numbers if each is not None and 0 <= each <= scale.top), None)


def _is_of(scale: Scale, kind: Mapping[str, Any]) -> bool:
    return as_text(kind.get("text")) == scale.label or bool(codes_of(kind, LOINC) & set(scale.codes))


def observation_codes() -> tuple[str, ...]:
    """The codes of every result that the instruments look for: their scores, and what they prefill from."""
    queries = (query for each in catalogue() for query in each.definition.queries.values())
    asked = (code for query in queries for code in result_codes(query))
    return tuple(dict.fromkeys((*_by_code(), *asked)))


def ehr_scores(chart: Chart, *, now: datetime) -> tuple[AssessmentView, ...]:
    """The scores that the EHR holds as results of its own, newest first; one day's same score once."""
    found: dict[tuple[str, str, int | None], AssessmentView] = {}
    for observation in chart.resources("Observation"):
        known = _scale_of(observation)
        view = _observed(chart, observation, *known, now) if known and is_usable(observation) else None
        if view and view.when:
            found.setdefault((view.instrument.id, str(view.when.local_day(now.tzinfo)), view.score), view)
    return tuple(sorted(found.values(), key=lambda view: dates.newest_first_key(view.when)))


@cache
def _by_code() -> Mapping[str, tuple[Instrument, Scale]]:
    return {code: (each, scale) for each in catalogue() for scale in each.scales for code in scale.codes}


def _scale_of(observation: Mapping[str, Any]) -> tuple[Instrument, Scale] | None:
    """The scale whose score a result is. Nearly none is one, so the bare codes are looked at first."""
    known = _by_code()
    raw = as_objects(as_object(observation.get("code")).get("coding"))
    if not any(each.get("code") in known for each in raw if isinstance(each.get("code"), str)):
        return None
    return next((known[code] for code in codes_of(observation.get("code"), LOINC) if code in known), None)


def _observed(
    chart: Chart, observation: dict[str, Any], of: Instrument, scale: Scale, now: datetime
) -> AssessmentView | None:
    quantity = as_object(observation.get("valueQuantity"))
    said = (quantity.get("value"), observation.get("valueInteger"), observation.get("valueString"))
    number = next((each for value in said if (each := as_number(value)) is not None), None)
    if number is None or not 0 <= number <= scale.top or quantity.get("comparator"):
        return None
    when = measured_when(observation)
    return AssessmentView(
        id=as_text(observation.get("id")),
        reference=relative_reference(observation),
        instrument=of,
        when=when,
        date_words=dates.words(when, now),
        complete=True,
        scores=(score_of(scale, int(number)),),
        answers={},
        by=actor_name(chart, next(iter(as_objects(observation.get("performer"))), None), observation),
        source=THEIRS,
        ours=False,
        note="",
        resource=observation,
    )
