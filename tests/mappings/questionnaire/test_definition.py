"""Our Questionnaires are understood as a whole, and what the engine does not know is refused, not skipped."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_profiles import canonical
from fhir_profiles.definitions import of_kind
from fhir_profiles.terminology import codes
from mappings.questionnaire.catalogue import Instrument, catalogue, instrument
from mappings.questionnaire.definition import DefinitionError, Item, definition
from mappings.questionnaire.line import INSTRUMENT, STATE, WHEN
from tests.mappings.questionnaire.making import of

each_instrument = pytest.mark.parametrize("one", catalogue(), ids=lambda one: one.id)
ASKED_OF_THE_PATIENT = (
    "phq-2",
    "phq-9",
    "hunger",
    "housing",
    "transportation",
    "safety",
    "falls",
    "health-literacy",
)


def test_every_questionnaire_of_ours_but_those_that_other_forms_file_is_an_instrument() -> None:
    filed = {"filed-record", "needs-card", "medication-reconciliation"}
    questionnaires = {each["id"] for each in of_kind("Questionnaire")} - filed
    there = {name for name in questionnaires if not name.startswith("visit-")}

    assert there == {each.id for each in catalogue()}


@each_instrument
def test_an_instrument_says_where_it_comes_from_and_under_what_licence(one: Instrument) -> None:
    assert one.purpose.endswith(".")
    assert one.source
    assert one.licence
    assert 1 <= one.minutes <= 60
    assert one.canonical == f"{one.url}|{one.version}"
    assert (instrument(one.id), instrument(one.url), instrument(one.canonical)) == (one, one, one)


@each_instrument
def test_each_label_of_the_line_stands_for_one_question_and_can_be_read_back(one: Instrument) -> None:
    labels = [item.label for item in one.definition.questions if not item.calculated]
    labels += [scale.label for scale in one.scales]
    labels += [INSTRUMENT, STATE, WHEN]

    assert len(labels) == len(set(labels))
    assert all(label and len(label) <= 60 and not set(":;") & set(label) for label in labels)
    for item in one.definition.questions:
        words = [str(option.words) for option in item.options]
        assert len(words) == len(set(words))
        assert not any(";" in each or "|" in each for each in words)


@each_instrument
def test_each_own_code_is_in_our_code_systems(one: Instrument) -> None:
    for item in one.definition.questions:
        coded = [*item.codes, *(each.value.get("valueCoding", {}) for each in item.options)]
        for code in coded:
            if code.get("system", "").startswith(canonical.BASE):
                assert code["code"] in codes(code["system"].rpartition("/")[2]), (item.link_id, code)


@pytest.mark.parametrize("name", ASKED_OF_THE_PATIENT)
def test_what_a_patient_is_asked_can_be_asked_in_spanish(name: str) -> None:
    one = instrument(name)
    assert one is not None

    def said(item: Item) -> list[str]:
        return [item.text.in_language("es"), *(each.words.in_language("es") for each in item.options)]

    asked = [item for item in one.definition.by_link.values() if item.is_asked and item.type != "text"]
    english = {item.link_id: [str(item.text), *(str(each.words) for each in item.options)] for item in asked}
    same = {
        (item.link_id, es)
        for item in asked
        for es, en in zip(said(item), english[item.link_id], strict=True)
        if es == en
    }
    assert {es for _, es in same} <= {"No"}


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ({"linkId": "a", "type": "quantity"}, "type quantity"),
        ({"linkId": "a", "type": "attachment"}, "type attachment"),
        ({"linkId": "a", "type": "group", "repeats": True}, "does not repeat"),
        ({"linkId": "a", "type": "choice"}, "without answers"),
        ({"linkId": "a", "type": "choice", "answerValueSet": "http://loinc.org/vs/LL358-3"}, "value set"),
        (
            {"linkId": "a", "type": "choice", "answerOption": [{"valueString": "x"}, {"valueString": "x"}]},
            "offered twice",
        ),
        ({"linkId": "a", "type": "choice", "answerOption": [{"initialSelected": True}]}, "no value"),
        (
            {
                "linkId": "a",
                "type": "string",
                "enableWhen": [{"question": "b", "operator": "exists", "answerBoolean": True}],
            },
            "not there",
        ),
        (
            {
                "linkId": "a",
                "type": "string",
                "enableWhen": [{"question": "a", "operator": "exists", "answerBoolean": True}],
            },
            "not there",
        ),
        (
            {
                "linkId": "a",
                "type": "string",
                "enableWhen": [{"question": "b", "operator": "~", "answerInteger": 1}],
            },
            "not understood",
        ),
        ({"linkId": "a", "type": "group", "item": [{"linkId": "a", "type": "string"}]}, "stands twice"),
    ],
)
def test_what_the_engine_does_not_know_is_refused(item: dict[str, Any], what: str) -> None:
    with pytest.raises(DefinitionError, match=what):
        of(item)


def test_a_variable_in_another_language_and_a_questionnaire_that_is_not_there_are_refused() -> None:
    expression = {"name": "x", "language": "text/cql", "expression": "1"}
    url = "http://hl7.org/fhir/StructureDefinition/variable"
    with pytest.raises(DefinitionError, match="variable"):
        of(extension=[{"url": url, "valueExpression": expression}])
    with pytest.raises(DefinitionError, match="no questionnaire"):
        definition(canonical.value_set("priority"))
    assert instrument("no-such-thing") is None
