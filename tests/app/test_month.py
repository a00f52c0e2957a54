"""The month at each EHR: a contact is filed, read back and counted into it, or the month is unknown and says why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.every_ehr import NATIVE, OTHERS, playing, records
from tests.journeys.enrolling import AGREES, filed, in_days
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

NOT_SHOWN = (
    "This EHR does not show again what is documented with Chartside, so the minutes cannot be added up."
)
ELSEWHERE = [pytest.param(name, marks=pytest.mark.soak) for name in (*NATIVE[1:], *OTHERS)]


@pytest.fixture(scope="module", params=["open", *ELSEWHERE])
def reads_back(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Practice]:
    """A practice whose EHR shows again what is filed with it, in whatever form."""
    with playing(request.param, tmp_path_factory.mktemp("practice")) as made:
        yield made


def agreed(nurse: Visitor, patient: str) -> Seen:
    """Consent of the day before, so that today's minutes count."""
    today = nurse.launch(patient)
    form = nurse.get(f"/l/{today.launch_id}/consent")
    filed(nurse.send(form, **AGREES, date=in_days(-1), time="08:00"))
    return today


def called(nurse: Visitor, today: Seen, **facts: str) -> Seen:
    return filed(nurse.send(nurse.get(f"/l/{today.launch_id}/contact"), **facts))


@pytest.mark.requirement("domain@109", "domain@111", "client@21")
def test_a_contact_is_filed_read_back_and_counted_into_the_month(reads_back: Practice) -> None:
    patient = newcomer(reads_back)
    with Visitor(reads_back) as nurse:
        today = agreed(nurse, patient)
        called(nurse, today, minutes="7", note="Weighs herself daily.")
        called(nurse, today, result="left-message", minutes="1")
        month = nurse.get(f"/l/{today.launch_id}/month")
        log = nurse.get(f"/l/{today.launch_id}/month/log")
        banner = nurse.get(f"/l/{today.launch_id}/plan")
    held = [each for each in records(reads_back, patient) if each.get("executionPeriod")]
    assert len([each for each in held if each["code"]["coding"][0]["code"] == "contact"]) == 2
    assert "7 min count of 8 documented, in 2 contacts. 13 min to the first threshold" in month.words
    assert "7 of 20 min this month" in banner.words
    assert "Nobody was reached, or the contact did not take place." in month.words
    assert "Not ready: 13 minutes short" in month.words
    assert "Type 2 diabetes" in month.words
    assert "ICD-10-CM E11" in month.words
    for words in ("Gloria", "Dana Whitfield", "Clinical staff", "Signature"):
        assert words in log.words


def test_a_month_that_is_none_is_told_and_another_one_is_empty(reads_back: Practice) -> None:
    patient = newcomer(reads_back)
    with Visitor(reads_back) as nurse:
        today = agreed(nurse, patient)
        for wrong in ("2026-13", "1066-10", "9999-01", "<b>", "../../etc"):
            page = nurse.get(f"/l/{today.launch_id}/month?month={wrong}")
            assert page.status == 200
            assert "There is nothing to show for the month that was asked for" in page.words
        past = nurse.get(f"/l/{today.launch_id}/month?month=2026-01&family=nonsense")
        assert "January 2026" in past.words
        assert "No contact was documented in this month." in past.words
        other = nurse.get(f"/l/{today.launch_id}/month?family=apcm")
        assert "Advanced primary care, level 2" in other.words


def test_where_nothing_is_shown_again_the_month_is_unknown_and_says_why(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with playing("athena", tmp_path_factory.mktemp("practice")) as athena, Visitor(athena) as nurse:
        patient = newcomer(athena)
        today = agreed(nurse, patient)
        called(nurse, today, minutes="7")
        month = nurse.get(f"/l/{today.launch_id}/month")
        assert f"Minutes unknown. {NOT_SHOWN}" in month.words
        assert "Unknown: this EHR does not show again" in month.words
        for never in ("0 min", "Ready", "Not ready", "None recorded", "No contact was documented"):
            assert never not in month.words
        log = nurse.get(f"/l/{today.launch_id}/month/log")
        assert f"Minutes unknown. {NOT_SHOWN}" in log.words
        assert athena.held("QuestionnaireResponse", patient)
