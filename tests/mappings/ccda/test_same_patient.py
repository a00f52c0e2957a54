"""The wrong-patient guard of documents."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.ccda.document import ClinicalDocument, read_document
from mappings.ccda.same_patient import Match, same_patient
from tests.mappings.ccda.written import document

ANA: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [{"family": "Prueba-Uno", "given": ["Ana"]}],
    "birthDate": "1951-02-03",
    "identifier": [{"system": "urn:oid:1.2.3", "value": "RB-1"}],
}


def match(patient: Any, data: bytes = document()) -> Match:
    found = read_document(data)
    assert isinstance(found, ClinicalDocument)
    return same_patient(found.header, patient)


def test_the_same_birth_date_and_family_name_are_the_same_patient() -> None:
    assert match(ANA) == Match(True, ())


@pytest.mark.parametrize("family", ["PRUEBA UNO", "Pruebá-Uno", "prueba‐uno"])
def test_spelling_is_no_difference(family: str) -> None:
    assert match({**ANA, "name": [{"family": family, "given": ["Ana"]}]}).same


@pytest.mark.requirement("client@45")
@pytest.mark.parametrize(
    "change",
    [
        {"birthDate": "1951-03-02"},
        {"birthDate": "1951"},
        {"birthDate": None},
        {"name": [{"family": "Otra"}]},
        {"name": []},
        {"name": [{"family": "Prueba"}], "birthDate": "1951-02-04"},
    ],
)
def test_anything_less_is_another_patient(change: dict[str, Any]) -> None:
    found = match({**ANA, **change})
    assert not found.same
    assert found.reasons


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<birthTime value="19510203"/>', b""),
        (b'<birthTime value="19510203"/>', b'<birthTime value="1951"/>'),
        (b'<birthTime value="19510203"/>', b'<birthTime nullFlavor="UNK" value="19510203"/>'),
        (b"<family>Prueba-Uno</family>", b""),
        (b"<family>Prueba-Uno</family>", b"<family>-</family>"),
    ],
)
def test_a_document_that_does_not_say_is_nobody_s(old: bytes, new: bytes) -> None:
    assert not match(ANA, document().replace(old, new, 1)).same


def test_a_document_of_two_patients_or_none_is_nobody_s() -> None:
    one = document()
    start, end = one.index(b"<recordTarget>"), one.index(b"</recordTarget>") + len(b"</recordTarget>")
    target = one[start:end]
    assert match(ANA, one.replace(target, b"", 1)).reasons == ("The document names no patient.",)
    twice = one.replace(target, target + target.replace(b"Prueba-Uno", b"Otra"), 1)
    assert match(ANA, twice).reasons == ("The document names more than one patient.",)


def test_a_number_of_the_same_system_that_differs_and_another_first_name_are_told() -> None:
    twin = {
        **ANA,
        "name": [{"family": "Prueba-Uno", "given": ["Eva"]}],
        "identifier": [{"system": "urn:oid:1.2.3", "value": "RB-2"}],
    }
    found = match(twin)
    assert found.same
    assert len(found.reasons) == 2
