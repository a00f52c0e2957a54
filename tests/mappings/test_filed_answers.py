"""A save filed as answers to our own Questionnaire: read back whole, and answering what the Questionnaire asks."""

from __future__ import annotations

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles.definitions import definition
from mappings.errors import NotForABlock
from mappings.filed_answers import NOTE, QUESTIONNAIRE, RECORD, filed_answers, read_answers
from mappings.filed_block import Damage, DamagedBlock, FiledBlock
from mappings.identity import identifier_value, is_ours, record_identifier
from mappings.narrative import plain_text
from tests.mappings.filed import FiledSave, all_saves
from tests.outside_validators import US_CORE_VERSIONS, fhirkit_problems, pyrofile_problems


def answers(save: FiledSave, **facts):
    given_facts = {"resources": save.resources, "author": save.author, **facts}
    resources = given_facts.pop("resources")
    return filed_answers(resources, form_id=save.form_id, number=save.number, **given_facts)


def first() -> FiledSave:
    return all_saves()[2]


def test_every_save_is_read_back_whole():
    for save in all_saves():
        made = answers(save, replaces=("QuestionnaireResponse/1",))
        made_at = save.now.replace(microsecond=0).isoformat()
        assert read_answers(made) == (
            FiledBlock(str(save.form_id), save.number, ("QuestionnaireResponse/1",), save.resources, made_at),
        )


def test_they_answer_what_our_questionnaire_asks():
    questions = definition(QUESTIONNAIRE)["item"]
    assert [each["linkId"] for each in questions] == [NOTE, RECORD]
    made = answers(first())
    assert [(each["linkId"], each["text"]) for each in made["item"]] == [
        (each["linkId"], each["text"]) for each in questions
    ]


def test_the_note_says_everything_in_words():
    for save in all_saves():
        words = answers(save)["item"][0]["answer"][0]["valueString"]
        told = {line for each in save.resources for line in plain_text(each["text"]).split("\n")}
        assert [line for line in told if line not in words] == []


@pytest.mark.requirement("client@43")
def test_they_bear_one_identifier_that_a_retry_bears_again():
    made = answers(first())
    assert is_ours(made)
    assert identifier_value(made) == record_identifier(first().form_id, "answers")
    assert made == answers(first())


def test_in_groups_with_other_ids_and_split_in_two():
    made = answers(first())
    note, record = (each["answer"][0]["valueString"] for each in made["item"])
    halves = [{"valueString": record[:500]}, {"valueString": record[500:]}]
    deep = {
        "linkId": "9",
        "item": [{"linkId": "9.1", "answer": [{"valueString": note, "item": [{"answer": halves}]}]}],
    }
    for _ in range(5000):
        deep = {"item": [deep]}
    assert read_answers({**made, "item": [deep]}) == read_answers(made)


def test_of_another_patient_entered_in_error_or_without_the_record_are_not_taken():
    made = answers(first())
    assert read_answers({**made, "subject": {"reference": "Patient/8"}}) == (
        DamagedBlock(Damage.WRONG_PATIENT),
    )
    old = made["subject"]["reference"]
    assert read_answers({**made, "subject": {"reference": "Patient/8"}}, patients=[old, "Patient/8"]) != ()
    assert read_answers({**made, "status": "entered-in-error"}) == ()
    only_the_questionnaire = {"questionnaire": f"{QUESTIONNAIRE}|0.1.0", "item": made["item"][:1]}
    assert read_answers(only_the_questionnaire) == (DamagedBlock(Damage.MISSING),)
    others = {"resourceType": "QuestionnaireResponse", "questionnaire": "http://loinc.org/q/44249-1"}
    assert read_answers(others) == ()


def test_what_is_longer_than_a_fhir_string_is_not_made():
    long = {**first().resources[0], "note": [{"text": "".join(map(chr, range(0x4E00, 0x9FA5))) * 30}]}
    with pytest.raises(NotForABlock):
        answers(first(), resources=(long,))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["item", "answer", "valueString", "subject", "status", "identifier"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_an_ehr_sends_it_never_fails(resource):
    assert all(isinstance(each, DamagedBlock) for each in read_answers(resource))


def beside_the_questionnaire(response):
    """pyrofile finds a Questionnaire only in the same Bundle."""
    entries = [
        {"fullUrl": QUESTIONNAIRE, "resource": definition(QUESTIONNAIRE)},
        {"fullUrl": f"urn:uuid:{identifier_value(response)}", "resource": response},
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


class TestValid:
    """To programs nobody here wrote."""

    @pytest.mark.parametrize("version", US_CORE_VERSIONS)
    def test_to_pyrofile_with_us_core(self, version):
        said = pyrofile_problems(beside_the_questionnaire(answers(first())), version)
        # It has no base definition of Questionnaire here; the Questionnaire itself is for the test below.
        assert [each for each in said if not each.startswith("Questionnaire.")] == []

    def test_pyrofile_looks_into_our_questionnaire(self):
        made = answers(first())
        unasked = [*made["item"], {"linkId": "other", "answer": [{"valueString": "?"}]}]
        said = pyrofile_problems(beside_the_questionnaire({**made, "item": unasked}))
        assert "other" in " ".join(said)
        said = pyrofile_problems(beside_the_questionnaire({**made, "item": made["item"][:1]}))
        assert "record" in " ".join(said)

    def test_to_fhirkit_and_the_models_of_r4(self):
        for save in all_saves()[::5]:
            made = answers(save)
            assert fhirkit_problems(made) == []
            get_fhir_model_class("QuestionnaireResponse").model_validate(made)
        questionnaire = definition(QUESTIONNAIRE)
        get_fhir_model_class("Questionnaire").model_validate(questionnaire)
        assert fhirkit_problems(questionnaire) == []
