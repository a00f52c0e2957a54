"""What the templates of conditions were answered with, read back from the contacts in which they were filled in.

The answers stand inside the contact as a QuestionnaireResponse, once more as outputs, and once more as words in its
fixed line: whichever of them an EHR keeps is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart, once
from mappings.condition_template import ConditionTemplate, condition_template, condition_templates
from mappings.element import as_number, as_object, as_objects, as_text, relative_reference, type_of
from mappings.identity import full_url, own, task_kind
from mappings.narrative import clean, read_fixed_line
from mappings.practitioner import actor_name
from mappings.questionnaire.definition import Item, walk
from mappings.questionnaire.line import answer_in_words
from mappings.questionnaire.response import answers_in, response_of
from mappings.questionnaire.task import outputs_by_code
from mappings.questionnaire.value import Answers, Value, read_value, words_of_value

CONTACT_LINE = "Care management contact"
"""The title of a contact's fixed line (`mappings.contact_record.LINE`; a test compares them)."""
TEMPLATE = "Template"
"""What the line calls the templates of a contact."""


@dataclass(frozen=True)
class VisitAnswers:
    """One template as answered in one contact; `reference` is the contact's."""

    template: ConditionTemplate
    when: dates.FhirDate | None
    date_words: str
    answers: Answers
    by: str
    reference: str

    def words(self, link_id: str) -> str:
        """An answer in words, or ""."""
        return ", ".join(map(words_of_value, self.answers.get(link_id, ())))


@once
def visit_answers(chart: Chart, *, now: datetime) -> tuple[VisitAnswers, ...]:
    """Every template of every contact of ours, the newest first."""
    found = [
        _view(chart, task, template, answers, now)
        for task in _contacts(chart)
        for template, answers in templates_of(task).items()
    ]
    return tuple(sorted(found, key=lambda each: dates.newest_first_key(each.when)))


def last_answers(chart: Chart, template: ConditionTemplate, *, now: datetime) -> VisitAnswers | None:
    """The newest contact with this template, or None."""
    return next((each for each in visit_answers(chart, now=now) if each.template is template), None)


def visit_responses(chart: Chart) -> tuple[dict[str, Any], ...]:
    """The same as QuestionnaireResponses, for the templates' own searches; what was found out once stays known.

    An answer that a later contact did not ask for again is in its response too: supplies are not gone because
    nobody spoke of them.
    """
    known: dict[str, dict[str, tuple[Value, ...]]] = {}
    found = []
    tasks = sorted(_contacts(chart), key=lambda task: dates.newest_first_key(_when(task)), reverse=True)
    for task in tasks:
        for template, answers in templates_of(task).items():
            known[template.id] = {**known.get(template.id, {}), **answers}
            made = response_of(template.definition, known[template.id], complete=True)
            when = _when(task)
            found.append({**made, **({"authored": when.text} if when else {})})
    return tuple(found)


def _contacts(chart: Chart) -> list[dict[str, Any]]:
    return [task for task in own(chart, "Task") if task_kind(task) == "contact"]


def _when(task: Mapping[str, Any]) -> dates.FhirDate | None:
    period = as_object(task.get("executionPeriod"))
    said = (period.get("start"), period.get("end"), task.get("authoredOn"))
    return next((when for each in said if (when := dates.parse(each))), None)


def _view(
    chart: Chart, task: dict[str, Any], template: ConditionTemplate, answers: Answers, now: datetime
) -> VisitAnswers:
    when = _when(task)
    return VisitAnswers(
        template=template,
        when=when,
        date_words=dates.words(when, now),
        answers=answers,
        by=actor_name(chart, task.get("owner"), task),
        reference=relative_reference(task) or full_url(task),
    )


def templates_of(task: Mapping[str, Any]) -> dict[ConditionTemplate, dict[str, tuple[Value, ...]]]:
    """The templates of a contact with their answers, from what the EHR kept of it; {} for a plain contact."""
    inside = _inside(task)
    facts = _facts(task)
    named = {title.strip() for title in facts.get(TEMPLATE, "").split(",")}
    outputs = outputs_by_code(task)
    found = {}
    for template in condition_templates():
        answers = inside.get(template.id) or {
            **_from_line(template, facts),
            **_from_outputs(template, outputs),
        }
        if answers or template.title in named or template.id in inside:
            order = template.definition.by_link
            found[template] = {link: answers[link] for link in order if link in answers}
    return found


def _inside(task: Mapping[str, Any]) -> dict[str, dict[str, tuple[Value, ...]]]:
    responses = [
        each for each in as_objects(task.get("contained")) if type_of(each) == "QuestionnaireResponse"
    ]
    found = {}
    for each in responses:
        template = condition_template(as_text(each.get("questionnaire")))
        if template:
            found[template.id] = answers_in(template.definition, each)
    return found


def _facts(task: Mapping[str, Any]) -> dict[str, str]:
    texts = (each.get("text") for each in as_objects(task.get("note")))
    lines = (read_fixed_line(clean(text), CONTACT_LINE) for text in texts if isinstance(text, str))
    return next(filter(None, lines), {})


def _from_line(template: ConditionTemplate, facts: Mapping[str, str]) -> dict[str, tuple[Value, ...]]:
    asked = (item for item in template.definition.questions if item.is_asked)
    said = ((item, facts.get(template.label(item), "")) for item in asked)
    return {item.link_id: values for item, text in said if text and (values := answer_in_words(item, text))}


Outputs = Mapping[tuple[str, str], list[dict[str, Any]]]


def _from_outputs(template: ConditionTemplate, outputs: Outputs) -> dict[str, tuple[Value, ...]]:
    found: dict[str, tuple[Value, ...]] = {}
    for item in walk(template.definition.items):
        held = [
            output
            for code in item.codes
            for output in outputs.get((str(code.get("system")), str(code.get("code"))), ())
        ]
        if item.type == "group":
            found |= _of_pair(item, held)
        elif item.is_asked:
            values = tuple(value for each in held if (value := _answer(item, each)))
            if values:
                found[item.link_id] = values if item.repeats else values[:1]
    return found


def _answer(item: Item, output: Mapping[str, Any]) -> Value | None:
    """One output as an answer to the item: a code, a text, or the number of a quantity."""
    coding = next(iter(as_objects(as_object(output.get("valueCodeableConcept")).get("coding"))), None)
    number = as_number(as_object(output.get("valueQuantity")).get("value"))
    held = {
        **output,
        **({"valueCoding": coding} if coding else {}),
        **({"valueInteger": number, "valueDecimal": number} if number is not None else {}),
    }
    return read_value(held, item.type)


def _of_pair(group: Item, held: list[dict[str, Any]]) -> dict[str, tuple[Value, ...]]:
    """The two questions of a group whose answer is one value: the ends of a range, or how often in what time."""
    if len(group.items) != 2 or not held:
        return {}
    one, other = group.items
    span = as_object(held[0].get("valueRange"))
    ends = [as_number(as_object(span.get(end)).get("value")) for end in ("low", "high")]
    often = as_object(held[0].get("valueQuantity"))
    number, per = as_number(often.get("value")), as_text(often.get("unit"))
    if span:
        said = zip((one, other), ends, strict=True)
        values = {item.link_id: read_value({"valueInteger": end}, "integer") for item, end in said}
        return {link: (value,) for link, value in values.items() if value}
    option = next((each.value for each in other.options if str(each.words) == per), None)
    count = read_value({"valueInteger": number}, "integer") if number is not None else None
    both = ((one, count), (other, option))
    return {item.link_id: (value,) for item, value in both if value}
