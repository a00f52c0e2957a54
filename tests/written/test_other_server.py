"""How the app gets on with sekmet-fhir beyond a plain save: pressed twice, changed meanwhile, told too little.

The server answers with full addresses in references here, as some do, so every record that is changed went out with
ours and came back with theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.ehr.bundle import is_update
from app.ehr.capabilities import CapabilityCache
from app.ehr.chart import open_chart
from app.ehr.errors import ChangedMeanwhile, NotAccepted
from app.ehr.record import save
from mappings.reading import ReadStatus
from tests.written.contents import the_same_but_for_the_search
from tests.written.course import TYPES, Office, Step, form_id
from tests.written.ehrs import gateway_to, sandbox, sekmet
from tests.written.saves import built, contact
from tests.written.variety import EPISODES

EPISODE = next(each for each in EPISODES if each.name == "declined, asked again, agreed")
PATIENT = EPISODE.patient


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """A running sekmet-fhir that answers with full addresses."""
    with sekmet(absolute_references=True) as ehr:
        yield Office(ehr)


@pytest.fixture
def steps(office: Office) -> tuple[Step, ...]:
    """A decline, an agreement, a contact that answers a task, and a care plan: all filed."""
    return office.course(EPISODE)


def versions(office: Office, step: Step) -> dict[str, str]:
    """Every record of ours and the EHR's that the patient has there, with its version."""
    chart = open_chart(office.ehr.launch(PATIENT, step.now), types=("CarePlan", "Goal", "Task", "Consent"))
    return {
        f"{kind}/{each['id']}": each["meta"]["versionId"]
        for kind in chart.readings
        for each in chart.resources(kind)
    }


def test_full_addresses_in_references_show_the_same_as_our_own(office, steps, tmp_path):
    named = [record.got.get("patient") or record.got["for"] for record in steps[0].records]
    assert all(each["reference"] == f"{office.ehr.base}/Patient/{PATIENT}" for each in named)
    with sandbox(tmp_path) as ehr:
        for here, there in zip(Office(ehr).course(EPISODE), steps, strict=True):
            assert the_same_but_for_the_search(here.view) == the_same_but_for_the_search(there.view)


def test_a_second_press_of_save_files_nothing_twice(office, steps):
    before = versions(office, steps[0])
    first = [record.sent for record in steps[0].records]
    assert not any(is_update(each) for each in first)

    again = save(office.ehr.launch(PATIENT, steps[0].now), first, now=steps[0].now)

    assert [each.reference for each in again.filed] == [each.reference for each in steps[0].receipt.filed]
    assert versions(office, steps[0]) == before


@pytest.mark.parametrize("number", [2, 3], ids=["an answered task", "an opened plan"])
def test_a_second_press_that_meets_its_own_change_is_known_as_the_first(office, steps, number):
    step = steps[number]
    before = versions(office, step)
    assert any(is_update(record.sent) for record in step.records)

    again = save(office.ehr.launch(PATIENT, step.now), [record.sent for record in step.records], now=step.now)

    assert again.again
    assert [each.reference for each in again.filed] == [
        each.reference for each in step.receipt.filed if not each.updated
    ]
    assert versions(office, step) == before


def test_what_changed_meanwhile_is_not_overwritten_and_nothing_of_that_save_is_filed(office, steps):
    """A contact built on the chart as it was before the task that it answers was done."""
    stale, before = steps[1], versions(office, steps[1])
    late = built(contact(31, answers=True, next_in="2"), stale.chart, stale.now, form_id(EPISODE, 99))
    assert {is_update(each) for each in late} == {True, False}

    with pytest.raises(ChangedMeanwhile):
        save(office.ehr.launch(PATIENT, stale.now), late, now=stale.now)

    assert versions(office, stale) == before


def test_a_type_that_its_statement_leaves_out_is_neither_sent_nor_guessed(office, steps):
    gateway = gateway_to(office.ehr.base, PATIENT, CapabilityCache())
    before = versions(office, steps[-1])
    # It takes answers to a questionnaire, in which goals might stand; the goals that it holds and does not list do not.
    assert open_chart(gateway, types=TYPES).resources("Goal") == ()

    (with_goal, *_) = [step for step in steps if any(r.sent["resourceType"] == "Goal" for r in step.records)]
    with pytest.raises(NotAccepted) as refused:
        save(gateway, [record.sent for record in with_goal.records], now=with_goal.now)

    assert refused.value.resource_types == ("Goal",)
    assert versions(office, steps[-1]) == before


def test_the_whole_chart_opens_on_it(office, steps):
    chart = open_chart(office.ehr.launch(PATIENT, steps[-1].now + timedelta(days=1)))
    assert {reading.status for reading in chart.readings.values()} == {ReadStatus.READ}
    assert chart.patient["id"] == PATIENT
