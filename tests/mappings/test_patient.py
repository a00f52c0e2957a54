"""The banner says who the patient is, and says so when the EHR does not."""

from __future__ import annotations

import pytest

from mappings.patient import patient_banner
from tests.mappings.charts import NOW, chart_of, coded

V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"


def banner(*others, **patient):
    body = {"resourceType": "Patient", "id": "p1", **patient}
    return patient_banner(chart_of(*others, patient=body), today=NOW.date())


def number(value, code="MR", **more):
    return {"type": coded(V2_0203, code), "value": value, **more}


def test_a_whole_patient():
    shown = banner(
        name=[{"use": "official", "family": "Gibson", "given": ["Margery"]}],
        birthDate="1959-03-12",
        gender="female",
        identifier=[number("999-97-9098", "SS"), number("00-4411")],
        telecom=[{"system": "email", "value": "a@example.org"}, {"system": "phone", "value": "555-0100"}],
        communication=[{"language": coded("urn:ietf:bcp:47", "es"), "preferred": True}],
    )
    assert (shown.id, shown.name, shown.family, shown.given) == ("p1", "Margery Gibson", "Gibson", "Margery")
    assert (shown.birth_date_words, shown.age_words, shown.sex) == (
        "12 Mar 1959",
        "67 y",
        "Female",
    )
    assert (shown.mrn, shown.phone, shown.language) == ("00-4411", "555-0100", "Spanish")
    assert (shown.deceased, shown.deceased_words, shown.pcp_name) == (False, "", None)


def test_an_empty_patient_invents_nothing():
    shown = banner()
    assert shown.name == "Name not recorded"
    assert shown.birth_date_words == "Birth date not recorded"
    assert (shown.age_words, shown.sex, shown.mrn, shown.phone, shown.language) == ("", "", "", "", "")
    assert shown.interpreter_needed is None
    assert not shown.deceased


@pytest.mark.parametrize(
    ("birth", "birth_words", "age_words"),
    [
        ("1959", "born 1959", "about 67 y"),
        ("1959-03", "born Mar 1959", "67 y"),
        ("1959-03-12", "12 Mar 1959", "67 y"),
        ("2030-01-01", "1 Jan 2030", ""),
        ("12/03/1959", "Birth date not recorded", ""),
        (["1959"], "Birth date not recorded", ""),
    ],
)
def test_a_partial_birth_date_stays_partial(birth, birth_words, age_words):
    shown = banner(birthDate=birth)
    assert (shown.birth_date_words, shown.age_words) == (birth_words, age_words)


@pytest.mark.parametrize(
    ("said", "deceased", "words", "age"),
    [
        ({"deceasedBoolean": True}, True, "Deceased, date not recorded", ""),
        ({"deceasedBoolean": "true"}, True, "Deceased, date not recorded", ""),
        ({"deceasedBoolean": False}, False, "", "67 y"),
        ({"deceasedDateTime": "2020-03-11"}, True, "Died 11 Mar 2020", "died at 60 y"),
        ({"deceasedDateTime": "2020-03-12T02:00:00+09:00"}, True, "Died 12 Mar 2020", "died at 61 y"),
        ({"deceasedDateTime": "2020"}, True, "Died 2020", ""),
        ({"deceasedDateTime": "unknown"}, True, "Deceased, date not recorded", ""),
        ({"deceasedDateTime": ""}, False, "", "67 y"),
        ({}, False, "", "67 y"),
    ],
)
def test_death_is_seen_in_either_form(said, deceased, words, age):
    shown = banner(birthDate="1959-03-12", **said)
    assert (shown.deceased, shown.deceased_words, shown.age_words) == (deceased, words, age)


@pytest.mark.parametrize(
    ("identifiers", "mrn"),
    [
        ([number("ssn", "SS"), number("licence", "DL")], ""),
        ([{"value": "no-type"}], ""),
        ([{"type": {"text": "MRN"}, "value": "by-text"}], "by-text"),
        ([number("old", use="old"), number("usual", use="usual")], "usual"),
        ([number("ended", use="usual", period={"end": "2020"}), number("current")], "current"),
        ([number("", use="usual"), number("filled", use="secondary")], "filled"),
        (number("alone"), "alone"),
        (["text", 5, None], ""),
    ],
)
def test_only_what_the_ehr_calls_a_record_number_is_one(identifiers, mrn):
    assert banner(identifier=identifiers).mrn == mrn


@pytest.mark.parametrize(
    ("extension", "needed"),
    [
        ({"url": US_CORE + "us-core-interpreter-needed", "valueCoding": {"code": "373066001"}}, True),
        ({"url": US_CORE + "us-core-interpreter-needed", "valueCoding": {"code": "373067005"}}, False),
        ({"url": US_CORE + "us-core-interpreter-needed", "valueCoding": {"code": "unknown"}}, None),
        (
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
                "valueBoolean": True,
            },
            True,
        ),
        ({"url": "http://example.org/other", "valueBoolean": True}, None),
    ],
)
def test_whether_an_interpreter_is_needed_is_yes_no_or_not_recorded(extension, needed):
    assert banner(extension=[extension]).interpreter_needed is needed


def test_the_preferred_language_goes_before_the_first():
    english, spanish = coded("urn:ietf:bcp:47", "en"), coded("urn:ietf:bcp:47", "es-MX")
    assert (
        banner(communication=[{"language": english}, {"language": spanish, "preferred": True}]).language
        == "Spanish"
    )


@pytest.mark.parametrize(
    ("said", "sex"),
    [
        ({"gender": "male"}, "Male"),
        ({"gender": "other"}, "Other"),
        ({"gender": "M"}, ""),
        ({"extension": [{"url": US_CORE + "us-core-birthsex", "valueCode": "F"}]}, "Female"),
        ({}, ""),
    ],
)
def test_sex_is_said_in_words(said, sex):
    assert banner(**said).sex == sex


def test_the_phone_is_the_one_that_rings_now():
    shown = banner(
        telecom=[
            {"system": "phone", "use": "old", "value": "1"},
            {"system": "phone", "use": "work", "value": "2"},
            {"system": "phone", "use": "mobile", "value": "3"},
            {"system": "phone", "use": "mobile", "value": "4", "period": {"end": "2019"}},
        ]
    )
    assert shown.phone == "3"


def test_the_pcp_is_the_general_practitioner_or_the_care_teams():
    doctor = {"resourceType": "Practitioner", "id": "d", "name": [{"text": "Luis Alvarez", "suffix": ["MD"]}]}
    team = {
        "resourceType": "CareTeam",
        "id": "t",
        "participant": [
            {"role": [{"text": "Pharmacist"}], "member": {"display": "Pat"}},
            {"role": [{"text": "Primary care provider"}], "member": {"reference": "Practitioner/d"}},
        ],
    }
    assert (
        banner(doctor, generalPractitioner=[{"reference": "Practitioner/d"}]).pcp_name == "Luis Alvarez, MD"
    )
    assert banner(doctor, team).pcp_name == "Luis Alvarez, MD"
    assert banner(generalPractitioner=[{"reference": "Practitioner/unknown"}]).pcp_name is None
