"""What the EHR offers against what Chartside needs; the ladder and the forms that follow from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.check.finding import Area, Result, State, result_of
from app.check.needs import FORMS
from app.check.report import Run, sections
from tests.app.check.site import ISS, Site, metadata

Findings = Callable[..., dict]
METADATA = f"{ISS}/metadata"
READ_ONLY = ("read", "search-type")


def test_an_ehr_with_everything_offers_everything(findings: Findings) -> None:
    told = findings(Area.METADATA)
    assert told["Patient"].state is State.OK
    assert told["Task.write"].sentence == "Tasks (Task): can be created and changed."
    assert told["transaction"].state is State.OK
    assert "vendor" not in told


@pytest.mark.requirement("client@28")
def test_one_source_of_medications_is_enough_and_none_is_not(site: Site, findings: Findings) -> None:
    site.answers[METADATA] = (200, metadata("Patient", "Condition", "Encounter", "MedicationRequest"))
    told = findings(Area.METADATA)
    assert told["MedicationStatement"].state is State.MISSING
    assert "comes from the orders alone" in told["MedicationStatement"].sentence
    assert told["Task"].state is State.MISSING
    site.answers[METADATA] = (200, metadata("Patient", "Condition"))
    told = findings(Area.METADATA)
    assert {told[name].state for name in ("MedicationStatement", "MedicationRequest", "Encounter")} == {
        State.FAILED
    }


@pytest.mark.requirement("client@31")
def test_parameters_that_are_demanded_are_told_whoever_demands_them(site: Site, findings: Findings) -> None:
    by_vendor = findings(Area.METADATA, vendor="epic")["CarePlan"]
    assert by_vendor.detail["added"] == ["category"]
    assert "with category as well, which Chartside adds" in by_vendor.sentence
    statement = metadata()
    row = next(each for each in statement["rest"][0]["resource"] if each["type"] == "Goal")
    combination = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination"
    row["extension"] = [{"url": combination, "extension": [{"url": "required", "valueString": "department"}]}]
    site.answers[METADATA] = (200, statement)
    goal = findings(Area.METADATA)["Goal"]
    assert goal.state is State.MISSING
    assert "must name department, which Chartside cannot give" in goal.sentence


def test_differences_from_what_is_known_of_the_vendor_are_named(site: Site, findings: Findings) -> None:
    site.answers[METADATA] = (
        200,
        metadata("Patient", "Task", "CarePlan", interactions=("read", "search-type", "create")),
    )
    told = findings(Area.METADATA, vendor="epic")["vendor"]
    assert told.state is State.NOTE
    assert "Task.create" in told.detail["more"]
    assert {"Task.update", "Goal.search"} <= set(told.detail["less"])
    assert "Epic" in told.sentence
    assert told.sentence.endswith("Chartside goes by what is offered here.")


def test_metadata_of_5_megabytes_is_read_and_remarked_on(site: Site, findings: Findings) -> None:
    site.answers[METADATA] = (200, {**metadata(), "description": "x" * 5_000_000})
    told = findings(Area.METADATA)["metadata"]
    assert (told.state, "5.0 MB" in told.sentence) == (State.NOTE, True)
    site.answers[METADATA] = (200, {**metadata(), "description": "x" * 11_000_000})
    assert findings(Area.METADATA)["metadata"].state is State.FAILED


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>Proxy login</html>"), (200, {"resourceType": "Conformance"}), (503, {}), (200, []),
        (200, {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": {"mode": 7}, "software": [1]}),
        (200, {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [{"resource": [{"type": {}}]}]}),
    ],
)  # fmt: skip
def test_whatever_comes_as_metadata_is_told_and_never_breaks(
    site: Site, run_of: Callable[..., Run], answer: tuple
) -> None:
    site.answers[METADATA] = answer
    done = list(sections(run_of()))
    assert result_of(done) is Result.WILL_NOT_WORK
    assert "Proxy" not in str(done)


@pytest.mark.requirement("client@41")
def test_the_ladder_and_the_forms_follow_from_the_metadata(site: Site, findings: Findings) -> None:
    ladder = findings(Area.LADDER)
    assert ladder["Care plan"].sentence == "Care plan: will be filed as a CarePlan record."
    assert {finding.state for finding in findings(Area.FORMS).values()} == {State.OK}
    site.answers[METADATA] = (200, metadata(interactions=READ_ONLY))
    ladder = findings(Area.LADDER)
    assert (ladder["Goal"].state, ladder["Goal"].detail["filed"]) == (State.FAILED, False)
    assert "this EHR does not accept Goal.create" in ladder["Goal"].sentence
    forms = findings(Area.FORMS)
    assert {finding.state for finding in forms.values()} == {State.FAILED}
    assert forms["contact"].sentence.startswith(
        "Document a contact: cannot be saved. This EHR does not accept tasks"
    )
    assert forms["contact"].sentence.endswith("which the user pastes into the chart by hand.")
    assert "The form is not offered" in forms["care-plan-close"].sentence


def test_a_record_that_no_form_can_save_is_not_promised(site: Site, findings: Findings) -> None:
    """The EHR takes goals, but no care plan: the form that documents both cannot be saved."""
    taken = metadata(system=())
    (plan,) = [item for item in taken["rest"][0]["resource"] if item["type"] == "CarePlan"]
    plan["interaction"] = [{"code": "read"}, {"code": "search-type"}]
    site.answers[METADATA] = (200, taken)
    ladder = findings(Area.LADDER)
    assert ladder["Contact"].state is State.OK
    assert ladder["Goal"].state is State.FAILED
    assert "no form that documents it can be saved here" in ladder["Goal"].sentence
    assert ladder["Goal"].detail["filed"] is False
    forms = findings(Area.FORMS)
    without_plan = {name for name, (_, writes) in FORMS.items() if "CarePlan" not in dict(writes)}
    assert {name for name, finding in forms.items() if finding.state is State.OK} == without_plan


def test_scopes_that_leave_a_write_out_are_told_as_not_granted(findings: Findings) -> None:
    scopes = "openid fhirUser patient/*.rs patient/Task.crus"
    ladder = findings(Area.LADDER, scopes=scopes)
    assert "Goal.create was not granted" in ladder["Goal"].sentence
    assert ladder["Task"].state is State.OK


@pytest.mark.parametrize(
    "name", ["careevolution_r4_2022", "epic_dstu2_ardent_2020", "cerner_dstu2_myrecord_2018"]
)
def test_real_metadata_is_read(shared_data: Path, site: Site, run_of: Callable[..., Run], name: str) -> None:
    captured = json.loads((shared_data / "ehr_captures" / "capability" / f"{name}.json").read_text())
    site.answers[METADATA] = (200, captured)
    told = {part.area: part for part in sections(run_of())}
    first = told[Area.METADATA].findings[0]
    if "dstu2" in name:
        assert (first.detail["error"], len(told[Area.METADATA].findings)) == ("NotFhirR4", 1)
        assert "address of its R4 server" in first.sentence
    else:
        assert first.state is State.OK
        assert len(told[Area.LADDER].findings) > 8
