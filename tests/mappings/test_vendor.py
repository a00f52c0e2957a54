"""What is known of each vendor: its metadata, its errors and its forms, every fact with its source and date."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.ehr_settings import VENDORS as CONFIGURED_VENDORS
from mappings.data_file import DataTable
from mappings.errors import DataFileError, UnknownVendor
from mappings.rung import Rung
from mappings.vendor import VENDORS, read_vendor, vendor
from mappings.vendor_facts import (
    ErrorKind,
    Fact,
    FormValue,
    Mark,
    Precondition,
    ScopeStyle,
    SystemInteraction,
    UpdateStyle,
)
from samples.personas import NAMES, persona

KNOWN = [name for name in VENDORS if name != "generic"]
BIG_FOUR = ("epic", "oracle", "athena", "ecw")


def minimal(**changed: Any) -> DataTable:
    """The least that a vendor's file holds, with what a case changes; None takes a table away."""
    row = {"source": "s"}
    values: dict[str, Any] = {
        "label": "Some EHR",
        "sources": {"s": {"title": "somewhere", "date": date(2026, 11, 21)}},
        "closed_date_ranges": {"needed": False, **row},
        "system": {"most": "none", **row},
        "paging": {"style": "next-link", "expires": False, "words": "w", **row},
        "precondition": {"header": "if-match", **row},
        "conditional_create": {"offered": False, **row},
        "access_token": {**row},
        "scopes": {"style": "v2", "words": "w", **row},
        "document": {"mime_types": [], "dates_need_time": False, "words": "w", **row},
        "sign_off": {"products": [], "words": "w", **row},
        "ladder": {"order": ["record", "questionnaire-response", "document", "copy-ready"], **row},
        "registration": {"where": "w", "words": "w", "field": [], **row},
    }
    values.update(changed)
    return DataTable(
        "vendors/some.toml", "", {key: value for key, value in values.items() if value is not None}
    )


def test_the_settings_offer_just_the_vendors_of_whom_facts_are_kept() -> None:
    assert set(CONFIGURED_VENDORS) == set(VENDORS)


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_file_is_read_whole(name: str) -> None:
    found = vendor(name)
    assert found.name == name
    assert vendor(name) is found


@pytest.mark.parametrize("name", VENDORS)
def test_every_fact_has_a_source_and_a_date_that_is_not_in_the_future(name: str) -> None:
    found = vendor(name)
    facts: list[Fact] = [
        *found.facts.values(),
        *(error.fact for error in found.error_codes.values()),
        *(field.fact for field in found.registration_fields),
        *(rule.fact for rule in found.search_rules),
        *(parameter.fact for parameter in found.tenancy),
        *(note.fact for note in found.notes),
        found.paging.fact, found.scopes.fact, found.document.fact, found.sign_off.fact, found.registration.fact,
    ]  # fmt: skip
    assert all(fact.source and date(2012, 1, 1) < fact.date <= date(2026, 11, 21) for fact in facts)


def test_a_vendor_that_nobody_knows_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownVendor, match="openemr") as raised:
        vendor("../../etc/passwd")
    assert raised.value.known == VENDORS


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lable": "Typo"}, "lable: is unknown"),
        ({"label": None}, "label: is missing"),
        ({"system": None}, "system: is missing"),
        ({"system": {"most": "everything", "source": "s"}}, "system.most: must be one of"),
        ({"system": {"most": "none"}}, "system.source: is missing"),
        ({"system": {"most": "none", "source": "hearsay"}}, "none of the sources"),
        ({"system": {"most": "none", "source": "s", "mark": "X"}}, "system.mark: must be one of"),
        ({"system": {"most": "none", "source": "s", "since": 1}}, "system.since: is unknown"),
        ({"conditional_create": {"offered": "yes", "source": "s"}}, "must be true or false"),
        ({"access_token": {"seconds": 0, "source": "s"}}, "whole number above 0"),
        ({"access_token": {"seconds": True, "source": "s"}}, "whole number above 0"),
        ({"sources": {"s": {"title": "t", "date": "2026"}}}, "must be a date"),
        ({"sources": {"s": "t"}}, "is not a table"),
        ({"error": {"code": "1"}}, "is not a list of tables"),
        ({"interactions": [{"types": ["A", "A"], "codes": [], "source": "s"}]}, "A is there twice"),
        ({"required_search": [{"types": ["A"], "parameters": [["a"]], "source": "s"}]}, "list of \\[name, value\\]"),
        ({"ladder": {"order": ["record", "copy-ready"], "source": "s"}}, "each rung once"),
        (
            {"ladder": {"order": ["document", "record", "questionnaire-response", "copy-ready"], "source": "s"}},
            "may change places",
        ),
        ({"ladder": {"order": ["paper"], "source": "s"}}, "ladder.order: must be of"),
    ],
)  # fmt: skip
def test_a_slip_in_a_data_file_is_refused_with_its_place(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(DataFileError, match=said) as raised:
        read_vendor("some", minimal(**changed))
    assert str(raised.value).startswith("vendors/some.toml: ")


def test_the_least_that_a_file_may_hold_is_read() -> None:
    found = read_vendor("some", minimal())
    assert (found.token_seconds, found.writes, found.error_codes) == (None, {}, {})


def test_epic_names_its_required_parameters_and_what_may_stand_in_their_place() -> None:
    epic = vendor("epic")
    assert epic.required_search["CarePlan"] == (("category", "assess-plan"),)
    assert epic.missing_parameters("CarePlan", ["patient"]) == (("category", "assess-plan"),)
    assert epic.missing_parameters("CarePlan", ["patient", "category"]) == ()
    assert [name for name, _ in epic.missing_parameters("Observation", ["patient"])] == ["category"]
    assert epic.missing_parameters("Observation", ["patient", "code"]) == ()
    assert epic.missing_parameters("Goal", ["patient"]) == ()


def test_every_epic_error_that_matters_is_explained_by_its_number() -> None:
    epic = vendor("epic")
    kinds = {code: error.kind for code, error in epic.error_codes.items()}
    assert kinds == {
        "4101": ErrorKind.NOTHING_FOUND,
        "4103": ErrorKind.GONE, "4107": ErrorKind.GONE,
        "4111": ErrorKind.PARAMETER_REQUIRED, "59108": ErrorKind.PARAMETER_REQUIRED,
        "4113": ErrorKind.PAGE_EXPIRED,
        "4118": ErrorKind.NOT_AUTHORIZED,
        "4119": ErrorKind.PARTLY_SHOWN,
        "4122": ErrorKind.PARAMETER_UNKNOWN, "59100": ErrorKind.PARAMETER_UNKNOWN,
        "59109": ErrorKind.PARAMETER_UNKNOWN,
        "4127": ErrorKind.TOO_MANY, "4135": ErrorKind.TOO_MANY,
        "4130": ErrorKind.BREAK_THE_GLASS, "4131": ErrorKind.BREAK_THE_GLASS, "4134": ErrorKind.BREAK_THE_GLASS,
        "59141": ErrorKind.DUPLICATE,
        "59177": ErrorKind.SERVER,
        "59187": ErrorKind.NOT_STORED, "59188": ErrorKind.NOT_STORED, "59189": ErrorKind.NOT_STORED,
    }  # fmt: skip
    assert epic.paging.expired_code in kinds
    found = epic.error(["processing", "4130", "4101"])
    assert found is not None
    assert found.code == "4130"
    assert epic.error(["processing"]) is None


COLUMNS = ("epic", "oracle", "athena", "ecw", "canvas", "openemr", "medplum")
OFFERED = """
CarePlan              RS    RS    RS  RS   RS    RS   CRUS
Goal                  RS    RS    RS  RS   RS    RS   CRUS
Task                  RSU   -     -   -    CURS  -    CRUS
Consent               RS    RS    -   -    CRS   -    CRUS
MedicationStatement   -     -     -   -    CURS  -    CRUS
MedicationRequest     RS    CRSP  RS  RS   RS    RS   CRUS
CareTeam              RS    RS    RS  RS   RUS   RS   CRUS
Condition             CRS   CURS  RS  RS   CRUS  RS   CRUS
Observation           CURS  CURS  RS  RS   CRS   RS   CRUS
QuestionnaireResponse CRS   RSU   C   CRS  CRUS  -    CRUS
Communication         CRS   CRSP  -   -    CRS   -    CRUS
DocumentReference     CURS  CURS  RS  RS   CRS   RS   CRUS
ServiceRequest        CURS  RS    RS  RS   RS    RS   CRUS
Procedure             CURS  CRS   RS  RS   RS    RS   CRUS
AllergyIntolerance    CRS   CURS  RS  RS   CRUS  RS   CRUS
Coverage              R     CRSPD RS  RS   CRUS  RS   CRUS
Encounter             RS    CRSP  RS  RS   RS    RS   CRUS
"""
"""What the vendors' captured metadata offers, a letter each; P is patch, D delete, - is not listed."""
LETTERS = {"C": "create", "R": "read", "S": "search-type", "U": "update", "P": "patch", "D": "delete"}
ROWS = [line.split() for line in OFFERED.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_each_vendor_offers_is_what_its_metadata_was_seen_to_offer(row: list[str]) -> None:
    resource_type, *offered = row
    expected = {
        name: {LETTERS[letter] for letter in letters if letter != "-"}
        for name, letters in zip(COLUMNS, offered, strict=True)
    }
    assert {name: set(vendor(name).interactions[resource_type]) for name in COLUMNS} == expected


def test_what_nobody_could_verify_is_not_called_verified() -> None:
    unsure = {
        "ecw": {"Consent", "MedicationStatement", "Communication"},
        "canvas": {"AllergyIntolerance"},
        "openemr": {"Task", "Consent", "MedicationStatement", "QuestionnaireResponse"},
    }
    found = {
        name: {
            kind
            for kind in vendor(name).interactions
            if vendor(name).fact(f"interactions.{kind}").mark is Mark.UNVERIFIED
        }
        for name in KNOWN
    }
    assert {name: kinds for name, kinds in found.items() if kinds} == unsure


def test_oracles_charge_items_are_made_by_operations_and_not_by_a_create() -> None:
    assert "ChargeItem" not in vendor("oracle").writes


@pytest.mark.parametrize("name", BIG_FOUR)
def test_none_of_the_big_four_takes_a_care_plan_goal_task_or_consent(name: str) -> None:
    assert not {"CarePlan", "Goal", "Consent"} & set(vendor(name).writes)
    assert "create" not in vendor(name).writes.get("Task", ())


def test_oracle_patches_six_types_posts_batches_and_wants_closed_dates_with_a_time() -> None:
    oracle = vendor("oracle")
    patched = {name for name in oracle.update_style if oracle.updates_by(name) is UpdateStyle.PATCH}
    assert patched == {
        "Patient",
        "Encounter",
        "MedicationRequest",
        "Coverage",
        "RelatedPerson",
        "Communication",
    }
    assert oracle.updates_by("Observation") is UpdateStyle.PUT
    assert oracle.system is SystemInteraction.BATCH
    assert oracle.closed_date_ranges
    assert oracle.document.dates_need_time
    assert "application/json" not in oracle.document.mime_types
    assert oracle.token_seconds == 600
    assert oracle.scopes.style is ScopeStyle.V1


def test_epic_knows_no_transaction_and_no_conditional_create_but_keeps_if_match() -> None:
    epic = vendor("epic")
    assert (epic.system, epic.conditional_create, epic.if_match) == (SystemInteraction.NONE, False, True)


def test_canvas_guards_a_change_by_its_time_and_not_by_its_version() -> None:
    assert vendor("canvas").precondition is Precondition.IF_UNMODIFIED_SINCE
    assert not vendor("canvas").if_match


def test_athena_names_its_tenants_and_what_waits_for_a_signature() -> None:
    athena = vendor("athena")
    assert {"ah-practice", "ah-chart-sharing-group"} <= {parameter.name for parameter in athena.tenancy}
    assert athena.sign_off.products == ("athenaPractice", "athenaFlow")
    assert athena.document.mime_types == ()


@pytest.mark.parametrize("name", VENDORS)
def test_the_document_comes_first_at_epic_and_oracle_alone(name: str) -> None:
    first = vendor(name).ladder_order[1]
    assert first is (Rung.DOCUMENT if name in ("epic", "oracle") else Rung.QUESTIONNAIRE_RESPONSE)


@pytest.mark.parametrize("name", VENDORS)
def test_every_registration_form_asks_for_what_a_launch_needs(name: str) -> None:
    fields = vendor(name).registration_fields
    asked = {field.value for field in fields}
    assert {FormValue.APP_NAME, FormValue.REDIRECT_URI, FormValue.LAUNCH_URL} <= asked
    assert all(bool(field.answer) is (field.value is FormValue.FIXED) for field in fields)
    assert len({field.name for field in fields}) == len(fields)


@pytest.mark.parametrize("name", KNOWN)
def test_every_known_vendor_says_where_it_is_registered(name: str) -> None:
    assert vendor(name).registration.url.startswith("https://")
    assert vendor(name).paging.words


PERSONAS = sorted(set(NAMES) & set(KNOWN))


@pytest.mark.parametrize("name", PERSONAS)
def test_the_sandbox_that_plays_a_vendor_offers_what_is_known_of_it(name: str) -> None:
    behaviour, facts = persona(name).behaviour, vendor(name)
    assert behaviour is not None
    offered = {
        kind: set(offer.does) - {"vread", "history-instance"}
        for kind, offer in behaviour.offers.types.items()
    }
    played = {kind: codes for kind, codes in facts.interactions.items() if kind in offered}
    assert {kind: offered[kind] for kind in played} == {kind: set(codes) for kind, codes in played.items()}
    assert {kind for kind, codes in facts.interactions.items() if not codes} & set(offered) == set()


@pytest.mark.parametrize("name", PERSONAS)
def test_the_sandbox_that_plays_a_vendor_changes_and_batches_as_is_known_of_it(name: str) -> None:
    behaviour, facts = persona(name).behaviour, vendor(name)
    assert behaviour is not None
    assert behaviour.offers.system == (
        () if facts.system is SystemInteraction.NONE else (facts.system.value,)
    )
    assert behaviour.offers.conditional_create is facts.conditional_create
    assert bool(behaviour.closed_ranges) is facts.closed_date_ranges
    assert behaviour.versions.unmodified_since is (facts.precondition is Precondition.IF_UNMODIFIED_SINCE)
    assert behaviour.paging.expired_number == facts.paging.expired_code
