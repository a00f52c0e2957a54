"""The write ladder: the table of cases, one row an EHR, and each sentence as an administrator reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from mappings.rung import Rung
from mappings.vendor import VENDORS, vendor
from mappings.vendor_facts import UpdateStyle
from mappings.write_ladder import FILED_RUNGS, ArtefactOutcome, Lack, artefacts, ladder

ALL_RUNGS = frozenset(Rung)
EVERYTHING = frozenset({"create", "read", "update", "search-type"})
OPEN = {
    name: EVERYTHING
    for name in ("CarePlan", "Goal", "Task", "Consent", "QuestionnaireResponse", "DocumentReference")
}
N, Q, D, C = Rung.NATIVE, Rung.QUESTIONNAIRE_RESPONSE, Rung.DOCUMENT, Rung.COPY_READY
ARTEFACTS = (
    "Care plan", "Goal", "Task", "Consent", "Contact", "Medication reconciliation", "Community referral",
    "Billing minutes",
)  # fmt: skip
EXPECTED: dict[str, tuple[tuple[Rung, ...], bool]] = {
    "open": ((N, N, N, N, N, N, N, N), True),
    "epic": ((D, D, D, D, D, D, D, D), True),
    "oracle": ((D, D, D, D, D, D, D, D), True),
    "athena": ((Q, Q, Q, Q, Q, Q, Q, Q), False),
    "ecw": ((Q, Q, Q, Q, Q, Q, Q, Q), True),
    "canvas": ((Q, Q, N, N, N, N, N, N), True),
    "medplum": ((N, N, N, N, N, N, N, N), True),
    "openemr": ((C, C, C, C, C, C, C, C), False),
    "generic": ((C, C, C, C, C, C, C, C), False),
}
"""The rung of each artefact at each EHR, in the order of ARTEFACTS, and whether it is read back."""


def all_granted(_resource_type: str, _interaction: str) -> bool:
    return True


def offers_of(persona: str) -> Mapping[str, frozenset[str]]:
    return OPEN if persona == "open" else vendor(persona).interactions


def outcomes(persona: str, **options: frozenset[Rung]) -> tuple[ArtefactOutcome, ...]:
    facts = vendor("generic" if persona == "open" else persona)
    return ladder(offers_of(persona), all_granted, facts, **options)


def one(found: tuple[ArtefactOutcome, ...], artefact: str) -> ArtefactOutcome:
    return next(outcome for outcome in found if outcome.artefact == artefact)


@pytest.mark.requirement("client@41", "client@66")
@pytest.mark.parametrize("persona", EXPECTED)
@pytest.mark.parametrize("filed", [FILED_RUNGS, ALL_RUNGS], ids=["this version", "every rung"])
def test_the_ladder_of_every_ehr(persona: str, filed: frozenset[Rung]) -> None:
    rungs, readable = EXPECTED[persona]
    found = outcomes(persona, filed_rungs=filed)
    assert tuple(outcome.artefact for outcome in found) == ARTEFACTS
    assert tuple(outcome.rung for outcome in found) == rungs
    assert {outcome.readable_back for outcome in found} == {readable}


def test_every_vendor_has_a_row() -> None:
    assert set(EXPECTED) == {"open", *VENDORS}


def test_every_rung_but_text_to_paste_is_filed_and_only_what_has_a_form() -> None:
    assert ALL_RUNGS - {Rung.COPY_READY} == FILED_RUNGS
    formless = {artefact.name for artefact in artefacts() if not artefact.has_form}
    for persona in EXPECTED:
        for outcome in outcomes(persona):
            assert outcome.filed is (outcome.rung in FILED_RUNGS and outcome.artefact not in formless)
            assert ("will be filed" in outcome.reason) is outcome.filed
            assert ("it is not filed" in outcome.reason) is not outcome.filed


@pytest.mark.parametrize(
    ("persona", "artefact", "words"),
    [
        ("open", "Goal", "Goal: will be filed as a Goal record."),
        ("open", "Billing minutes", "Billing minutes: will be filed with each contact, as a Task record."),
        (
            "open",
            "Community referral",
            "Community referral: will be filed as a Task record.",
        ),
        (
            "epic",
            "Goal",
            "Goal: will be filed as a document, because this EHR does not accept Goal.create.",
        ),
        (
            "athena",
            "Consent",
            "Consent: will be filed as answers to a questionnaire, because this EHR does not accept Consent.create,"
            ' but this EHR will not show it to us again: whether the patient has agreed reads "unknown".',
        ),
        (
            "canvas",
            "Consent",
            "Consent: will be filed as a Consent record. A later change of it is filed as answers to a questionnaire,"
            " because this EHR does not accept Consent.update.",
        ),
        (
            "openemr",
            "Contact",
            "Contact: this EHR does not accept Task.create, QuestionnaireResponse.create and DocumentReference.create;"
            " it can only be copied by hand; it is not filed: Chartside makes the text and says so until somebody has"
            " pasted it.",
        ),
    ],
)
def test_each_sentence_says_what_the_ehr_could_hold_and_promises_nothing_more(
    persona: str, artefact: str, words: str
) -> None:
    assert one(outcomes(persona), artefact).words == words


@pytest.mark.parametrize(
    ("persona", "artefact", "words"),
    [
        ("epic", "Goal", "Goal: will be filed as a document, because this EHR does not accept Goal.create."),
        (
            "ecw",
            "Care plan",
            "Care plan: will be filed as answers to a questionnaire, because this EHR does not accept"
            " CarePlan.create.",
        ),
        (
            "athena",
            "Billing minutes",
            "Billing minutes: will be filed as answers to a questionnaire, because this EHR does not accept"
            ' Task.create, but this EHR will not show it to us again: the month\'s minutes read "unknown".',
        ),
    ],
)
def test_a_version_that_files_on_every_rung_says_so(persona: str, artefact: str, words: str) -> None:
    assert one(outcomes(persona, filed_rungs=ALL_RUNGS), artefact).words == words


@pytest.mark.requirement("client@12")
def test_a_scope_that_was_not_granted_is_told_apart_from_an_ehr_that_does_not_offer() -> None:
    def read_only(_resource_type: str, interaction: str) -> bool:
        return interaction in ("read", "search-type")

    goal = one(ladder(OPEN, read_only, vendor("generic")), "Goal")
    assert goal.rung is Rung.COPY_READY
    assert goal.reason.startswith(
        "Goal.create, QuestionnaireResponse.create and DocumentReference.create were not granted"
    )
    assert [(need.name, need.lack) for need in goal.needs] == [
        ("Goal.create", Lack.NOT_GRANTED),
        ("Goal.update", Lack.NOT_GRANTED),
    ]
    missing = one(ladder({**OPEN, "Goal": frozenset({"read"})}, read_only, vendor("generic")), "Goal")
    assert {need.lack for need in missing.needs} == {Lack.NOT_OFFERED}
    assert not goal.filed


def test_scopes_count_for_every_rung_that_is_filed() -> None:
    def no_documents(resource_type: str, _interaction: str) -> bool:
        return resource_type != "DocumentReference"

    epic = vendor("epic")
    found = ladder(epic.interactions, no_documents, epic, filed_rungs=ALL_RUNGS)
    assert {outcome.rung for outcome in found} == {Rung.QUESTIONNAIRE_RESPONSE}
    assert "DocumentReference.create was not granted to this launch" in one(found, "Goal").reason


def test_a_record_that_cannot_be_read_back_is_no_rung_while_another_can() -> None:
    offered = {**OPEN, "Goal": frozenset({"create", "update"})}
    goal = one(ladder(offered, all_granted, vendor("generic"), filed_rungs=ALL_RUNGS), "Goal")
    assert (goal.rung, goal.readable_back) == (Rung.QUESTIONNAIRE_RESPONSE, True)
    assert "because this EHR does not show a Goal again" in goal.reason


def test_a_record_that_nothing_can_be_read_back_of_is_filed_with_a_warning() -> None:
    goal = one(ladder({"Goal": frozenset({"create", "update"})}, all_granted, vendor("generic")), "Goal")
    assert (goal.rung, goal.readable_back, goal.filed) == (Rung.NATIVE, False, True)
    assert goal.reason.endswith('but this EHR will not show it to us again: its progress reads "unknown".')


@pytest.mark.parametrize("way_back", ["read", "search-type"])
def test_either_way_of_reading_back_is_enough(way_back: str) -> None:
    offered = {"Task": frozenset({"create", "update", way_back})}
    assert one(ladder(offered, all_granted, vendor("generic")), "Task").readable_back


def test_a_patch_counts_as_a_change_only_where_the_vendor_patches_that_type() -> None:
    offered = {"Consent": frozenset({"create", "read", "patch"})}
    plain = one(ladder(offered, all_granted, vendor("generic")), "Consent")
    assert not plain.changeable
    assert [need.name for need in plain.needs] == ["Consent.update"]
    patching = replace(vendor("generic"), update_style={"Consent": UpdateStyle.PATCH})
    assert one(ladder(offered, all_granted, patching), "Consent").changeable


def test_an_ehr_that_offers_nothing_leaves_text_to_copy() -> None:
    assert {outcome.rung for outcome in ladder({}, all_granted, vendor("epic"))} == {Rung.COPY_READY}
