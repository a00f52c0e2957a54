"""Which items are enabled by the answers given: enableWhen and enableBehavior.

A question without an answer, or one that is itself not enabled, fulfils no condition but "exists: false", so that a
follow-up never opens by itself. "!=" asks that no answer of a question that was answered be equal.
https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from __future__ import annotations

from collections.abc import Callable

from mappings.questionnaire.definition import Condition, Definition, Item
from mappings.questionnaire.value import Answers, Value, compare, same_value

_ORDER: dict[str, Callable[[int], bool]] = {
    ">": lambda order: order > 0,
    "<": lambda order: order < 0,
    ">=": lambda order: order >= 0,
    "<=": lambda order: order <= 0,
}


def holds(condition: Condition, answers: tuple[Value, ...]) -> bool:
    """Whether one condition is fulfilled by the answers to its question (none where it is not enabled)."""
    wanted = condition.value
    if condition.operator == "exists":
        return bool(answers) is (wanted.get("valueBoolean") is True)
    if condition.operator in ("=", "!="):
        equal = any(same_value(answer, wanted) for answer in answers)
        return equal if condition.operator == "=" else bool(answers) and not equal
    orders = (compare(answer, wanted) for answer in answers)
    return any(order is not None and _ORDER[condition.operator](order) for order in orders)


def enabled_links(of: Definition, answers: Answers) -> frozenset[str]:
    """The linkIds of the items that are enabled by these answers. Items that wait for each other are not."""
    known: dict[str, bool] = {}

    def judge(item: Item, parent: Item | None) -> bool:
        if item.link_id not in known:
            known[item.link_id] = False  # Until it is judged: a circle of conditions ends here.
            above = parent is None or judge(parent, parents.get(parent.link_id))
            known[item.link_id] = above and _fulfilled(item)
        return known[item.link_id]

    def _fulfilled(item: Item) -> bool:
        kept = (holds(each, _answers_to(each.question)) for each in item.conditions)
        return not item.conditions or (any(kept) if item.any_condition else all(kept))

    def _answers_to(question: str) -> tuple[Value, ...]:
        asked = of.by_link[question]
        return answers.get(question, ()) if judge(asked, parents.get(question)) else ()

    parents = {child.link_id: item for item in of.by_link.values() for child in item.items}
    return frozenset(link for link, item in of.by_link.items() if judge(item, parents.get(link)))


def effective(of: Definition, answers: Answers) -> dict[str, tuple[Value, ...]]:
    """The answers that count: those to questions that are there and enabled, in the order of the form."""
    enabled = enabled_links(of, answers)
    return {
        item.link_id: answers[item.link_id]
        for item in of.questions
        if item.link_id in enabled and answers.get(item.link_id)
    }
