"""Where an EHR never shows again what was filed, nothing can be taken back from here: that is said, with what to do."""

from __future__ import annotations

import pytest

from tests.journeys.enrolling import AGREES
from tests.journeys.visitor import Visitor
from tests.running import practice

ANSWERS = "QuestionnaireResponse"


@pytest.mark.requirement("client@41")
def test_nothing_is_offered_that_cannot_be_done(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("athena")
    with (
        practice(folder, persona="athena", ehr={"authorize": "get"}) as running,
        Visitor(running) as nurse,
    ):
        today = nurse.launch("gloria-reyes")
        receipt = nurse.send(nurse.get(f"/l/{today.launch_id}/consent"), **AGREES)
        for page in (receipt, nurse.get(f"/l/{today.launch_id}/filed")):
            assert "Cannot be taken back from here, since this EHR does not show it again." in page.words, (
                page.words
            )
            assert "/take-back/" not in page.text
        held = len(running.held(ANSWERS, "gloria-reyes"))
        for kind in ("Task", "Consent", "Goal", "CarePlan"):
            place = f"/l/{today.launch_id}/take-back/{kind}/anything"
            for seen in (nurse.get(place), nurse.post(place, receipt.form_frame() | {"reason": "duplicate"})):
                assert seen.status == 409
                assert "does not show it again, so Chartside cannot take it back" in seen.words
                assert "have it marked there as filed wrongly" in seen.words
        assert len(running.held(ANSWERS, "gloria-reyes")) == held
