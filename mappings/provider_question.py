"""What a question to a provider says in its four parts, and what was answered: read back from its Task.

The parts are inputs, the answer is an output; the same stands in fixed note lines, from which it is read where an EHR
keeps neither (https://hl7.org/fhir/R4/task.html). Domain rows 114, 152 and 156.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhir_profiles.terminology import codes, concept, display
from mappings.element import as_object, as_objects, as_text
from mappings.identity import code_in
from mappings.narrative import clean, fixed_line, read_fixed_line
from mappings.terminology import words_of

PARTS = ("situation", "background", "assessment", "recommendation")
"""SBAR, in its order."""
LINE = "SBAR"
ANSWER_LINE = "Answer to the question"
REPORT_LINE = "Reported back"
NEEDED, INFORMED = "needed", "for information"
_TOPIC = "About"
_WAITS = "Answer"
_ANSWERS = {"answer": "Answer", "orders": "Orders", "answered-by": "By"}


def given(code: str, **value: Any) -> dict[str, Any]:
    """One input of a Task: what `code` of task-input names, with its value (`valueString=...`)."""
    return {"type": concept("task-input", code), **value}


def question_inputs(parts: dict[str, str], topic: str) -> list[dict[str, Any]]:
    """The inputs of a question: its parts that say something (keys of PARTS), and what it is about."""
    said = [given(name, valueString=parts[name]) for name in PARTS if parts.get(name)]
    return [*said, given("topic", valueCodeableConcept=concept("question-topic", topic))]


def question_line(parts: dict[str, str], topic: str, *, waits: bool) -> str:
    """The note that repeats a question in one line."""
    said = [(display("task-input", name), parts.get(name, "")) for name in PARTS]
    about = (_TOPIC, display("question-topic", topic))
    return fixed_line(LINE, [*said, about, (_WAITS, NEEDED if waits else INFORMED)])


def answer_outputs(answer: str, orders: str, by: str) -> list[dict[str, Any]]:
    """The outputs of an answer: its words, what the provider asked for, whose it is; what is "" is left out."""
    said = {"answer": answer, "orders": orders, "answered-by": by}
    return [
        {"type": concept("task-output", code), "valueString": words} for code, words in said.items() if words
    ]


def answer_line(answer: str, orders: str, by: str) -> str:
    """The note that repeats an answer in one line."""
    return fixed_line(ANSWER_LINE, [("Answer", answer), ("Orders", orders), ("By", by)])


def parts_of(task: dict[str, Any]) -> dict[str, str]:
    """The parts of a question by their names in PARTS; {} for a task that asks nothing of this kind."""
    line = _line(task, LINE)
    said = {name: _said(task, "input", name) or line.get(display("task-input", name), "") for name in PARTS}
    return {name: words for name, words in said.items() if words}


def topic_of(task: dict[str, Any]) -> str:
    """The code of question-topic, or ""."""
    by_words = {display("question-topic", code): code for code in codes("question-topic")}
    for each in as_objects(task.get("input")):
        if code_in(each.get("type"), "task-input") == "topic":
            found = each.get("valueCodeableConcept")
            return code_in(found, "question-topic") or by_words.get(words_of(found), "")
    return by_words.get(_line(task, LINE).get(_TOPIC, ""), "")


def answer_of(task: dict[str, Any]) -> tuple[str, str, str]:
    """The answer, the orders in words, and whose answer it is; each "" where there is none."""
    line = _line(task, ANSWER_LINE)
    answer, orders, by = (
        _said(task, "output", code) or line.get(label, "") for code, label in _ANSWERS.items()
    )
    return answer, orders, by


def reported(task: dict[str, Any]) -> str:
    """What was reported back when a task was done, or ""."""
    return _said(task, "output", "reported") or _line(task, REPORT_LINE).get("Result", "")


def narrative_facts(task: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """The lines that a task's readable text has of its question, its answer and its result."""
    parts = parts_of(task)
    yield from ((display("task-input", name), parts.get(name, "")) for name in PARTS)
    answer, orders, by = answer_of(task)
    yield from (("Answer", answer), ("Orders in words", orders), ("Answered by", by))
    yield ("Reported back", reported(task))


def is_our_line(note: str) -> bool:
    """Whether a note only repeats what the parts of its task say."""
    return note.startswith((f"{LINE}. ", f"{ANSWER_LINE}. ", f"{REPORT_LINE}. "))


def _said(task: dict[str, Any], element: str, code: str) -> str:
    for each in as_objects(task.get(element)):
        if code_in(each.get("type"), f"task-{element}") == code:
            return clean(as_text(each.get("valueString"))).strip()
    return ""


def _line(task: dict[str, Any], title: str) -> dict[str, str]:
    """The facts of the last line with this title."""
    texts = [as_text(as_object(note).get("text")) for note in as_objects(task.get("note"))]
    found = [facts for text in texts if (facts := read_fixed_line(clean(text), title))]
    return found[-1] if found else {}
