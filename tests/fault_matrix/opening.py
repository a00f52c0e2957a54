"""The first column of the matrix: a chart with something in it is opened while a fault is on, and when it is off."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext

from tests.fault_matrix.actions import ACTIONS
from tests.fault_matrix.cell import Outcome, check_log
from tests.fault_matrix.rows import Row
from tests.fault_matrix.screen import RAW, Screen, is_ours, told
from tests.fault_matrix.world import World
from tests.journeys.visitor import Seen, Visitor

FILED = ("consent", "plan", "contact")
HONEST: Mapping[str, str] = {
    "could not be read just now": "could not be read",
    "you have no access": "no access",
    "not available from this ehr": "not available",
    "the ehr left out some": "a part is missing",
    "not shown again": "not shown again",
    "unknown": "unknown",
}
"""What a panel may say in place of what stands in the EHR, and what the table calls it."""
_SECTIONS = ("panel-contacts", "panel-goals", "panel-to-dos", "plan-title", "consent-title", "month-title")


def open_cell(at: World, row: Row) -> Outcome:
    """Runs the cell; an AssertionError tells what a promise was broken by."""
    logged = len(at.log)
    with Visitor(at.running) as nurse:
        patient, word = at.patient()
        launch = nurse.launch(patient)
        for need in FILED:
            with row.on(at) if row.before else nullcontext():
                ACTIONS[need].file(nurse, launch.launch_id, word)
        whole = nurse.launch(patient)
        _sections_are_true(whole, word)
        with row.on(at, opening=True) as switched:
            page = nurse.launch(patient)
        after = nurse.launch(patient)
        assert after.words == whole.words, "the chart is not what it was before the fault"
        check_log(at, logged, word, after.launch_id)
    if not row.before and not any(each.struck for each in switched):
        return Outcome("not met")
    return _outcome(page, whole, word)


def _outcome(page: Seen, whole: Seen, word: str) -> Outcome:
    """What the page told, which must be the truth or the honest reason why it cannot be told."""
    if page.status != 200:
        said = told(page)
        assert said.screen is Screen.PROBLEM, said
        assert is_ours(said.sentence), said.sentence
        return Outcome("sent back to the chart", said.sentence)
    assert not [each for each in RAW if each.lower() in page.words.lower()], page.words
    reasons = _sections_are_true(page, word)
    banner, known = page.all("chip"), whole.all("chip")
    open_ended = any(each in " ".join(banner) for each in ("unknown", "as far as this EHR shows"))
    assert banner == known or open_ended, f"the banner says {banner}, and was {known}"
    if page.words == whole.words:
        return Outcome("told: " + ", ".join(_named(reasons)) if reasons else "whole")
    assert reasons, "something is missing and nobody says so"
    return Outcome("told: " + ", ".join(_named(reasons)), _sentence(page))


def _named(reasons: list[str]) -> list[str]:
    """Without the word that follows from the others."""
    return [each for each in reasons if each != "unknown"]


def _sections_are_true(page: Seen, word: str) -> list[str]:
    """Each section shows what stands in the EHR, or says why not; the reasons, by their names in the table."""
    found: list[str] = []
    for name in _SECTIONS:
        (section,) = page.document.xpath(f"//section[@id='{name}' or @aria-labelledby='{name}']")
        words = " ".join(section.text_content().split())
        reasons = [called for said, called in HONEST.items() if said in words.lower()]
        assert reasons or word in words or name == "month-title", f"{name} hides what is there: {words}"
        assert "None recorded" not in words, f"{name} denies what is there: {words}"
        found += reasons
    return list(dict.fromkeys(found))


def _sentence(page: Seen) -> str:
    said = [*page.all("panel__incomplete"), *page.all("panel__absence")]
    known = [each.removesuffix(" Try again").removesuffix(" ·") for each in said]
    return next(each for each in known if any(reason in each.lower() for reason in HONEST))
