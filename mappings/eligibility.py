"""Whether the patient belongs in the program: what was decided, the three tests, the level, and who attested it.

The newest decision of ours stands; before one, nothing is decided, whatever the chart suggests. Where our tasks are not
shown the decision is unknown, never a guess. Rules: domain notes A.2, rows 22-25 and 42-43, and B.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fhir_profiles.terminology import display
from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_text, relative_reference
from mappings.eligibility_form import LASTING_NEEDED, NEEDED, RISK_NEEDED
from mappings.eligibility_record import Named, Recorded, read_task
from mappings.enrolment_state import state_steps
from mappings.episode import open_plan
from mappings.identity import full_url, own, task_kind
from mappings.patient_warning import is_deceased
from mappings.practice import Practice
from mappings.program_referral import ReferralView, referrals
from mappings.prompt import Prompt
from mappings.risk_tier import suggested, tier_words
from mappings.sight import NOT_SHOWN_AGAIN, Sight, as_far_as_shown, sight
from mappings.terminology import status_code
from mappings.to_do import due_day, open_to_dos, to_do_kind

_NOT_BEGUN = frozenset({"identified", "referred"})
TEST_WORDS = {
    "chronic": "Two or more chronic conditions",
    "lasting": "Expected to last 12 months or longer, or until death",
    "risk": "Significant risk of death, sudden worsening or loss of function",
}


@dataclass(frozen=True)
class EligibilityTest:
    """One of the three tests of chronic care management, with the conditions that it rests on, by name."""

    key: str
    words: str
    met: bool
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class EligibilityView:
    """The standing decision. `state` is "none", "unknown", "eligible", "waiting" or "not-eligible".

    `conditions` are those that counted, with their references; `attested_by` is "" where nobody has attested yet.
    """

    state: str
    sentence: str
    tests: tuple[EligibilityTest, ...] = ()
    conditions: tuple[Named, ...] = ()
    count: int = 0
    tier: str = ""
    tier_words: str = ""
    suggested: str = ""
    because: tuple[str, ...] = ()
    tier_reason: str = ""
    attested_by: str = ""
    attested_on: date | None = None
    decided_by: str = ""
    date: date | None = None
    why: str = ""
    id: str = ""
    reference: str = ""
    resource: dict[str, Any] | None = None


def eligibility_view(chart: Chart, *, now: datetime) -> EligibilityView:
    """What the newest decision of ours says; "none" before the first, "unknown" where decisions are not shown."""
    found = decisions(chart, now=now)
    seen = sight(chart, "Task")
    if found:
        return found[0]
    if seen is Sight.WHOLE:
        return EligibilityView("none", "Eligibility is not decided yet.")
    why = NOT_SHOWN_AGAIN if seen is Sight.UNSEEN else "the tasks could not all be seen"
    return EligibilityView("unknown", f"Whether eligibility was decided is unknown: {why}.")


def decisions(chart: Chart, *, now: datetime) -> tuple[EligibilityView, ...]:
    """Every decision of ours, newest first."""
    tasks = [each for each in own(chart, "Task") if task_kind(each) == "eligibility"]
    views = [_view(chart, each, now) for each in tasks if status_code(each.get("status")) == "completed"]
    views.sort(key=lambda each: dates.newest_first_key(_when(each.resource)))
    return tuple(each for each in views if each.state)


def _when(task: dict[str, Any] | None) -> dates.FhirDate | None:
    body = as_object(task)
    period = as_object(body.get("executionPeriod"))
    return dates.parse(period.get("start")) or dates.parse(body.get("authoredOn"))


def _view(chart: Chart, task: dict[str, Any], now: datetime) -> EligibilityView:
    said, when = read_task(task), _when(task)
    day = when.local_day(now.tzinfo) if when else None
    sentence = _sentence(said, day)
    hidden = sight(chart, "Task") in (Sight.UNSEEN, Sight.PARTLY)
    return EligibilityView(
        state=said.decision,
        sentence=as_far_as_shown(sentence) if hidden else sentence,
        tests=_tests(said),
        conditions=said.conditions,
        count=said.count,
        tier=said.tier,
        tier_words=tier_words(said.tier),
        suggested=said.suggested,
        because=said.because,
        tier_reason=said.tier_reason,
        attested_by=said.attested_by,
        attested_on=said.attested_on,
        decided_by=as_text(as_object(task.get("owner")).get("display")),
        date=day,
        why=said.why,
        id=as_text(task.get("id")),
        reference=relative_reference(task) or full_url(task),
        resource=task,
    )


def _sentence(said: Recorded, day: date | None) -> str:
    if not said.decision:
        return ""
    by = f", attested by {said.attested_by}" if said.attested_by else ""
    on = said.attested_on or day
    return f"{display('eligibility-decision', said.decision)}{by}{f', {dates.day_words(on)}' if on else ''}."


def _tests(said: Recorded) -> tuple[EligibilityTest, ...]:
    met = {
        "chronic": said.count >= NEEDED,
        "lasting": said.lasting_count >= LASTING_NEEDED,
        "risk": len(said.risk) >= RISK_NEEDED,
    }
    named = {"chronic": said.conditions, "lasting": said.lasting, "risk": said.risk}
    return tuple(
        EligibilityTest(key, words, met[key], tuple(each.words for each in named[key]))
        for key, words in TEST_WORDS.items()
    )


def to_attest(chart: Chart) -> tuple[dict[str, Any], ...]:
    """The open tasks of ours that ask a provider to attest."""
    return tuple(each for each in open_to_dos(chart) if to_do_kind(each) == "attest-eligibility")


def prompts(chart: Chart, *, now: datetime, practice: Practice) -> tuple[Prompt, ...]:
    """What to decide about who is for the program: a referral or an attestation that waits, else a level of risk that
    nobody has looked at; `practice` has no say.
    """
    if is_deceased(chart):
        return ()
    waiting = [each for each in referrals(chart, now=now) if each.open]
    found = (*map(_look_at, waiting[:1]), *(_attest(each, now) for each in to_attest(chart)[:1]))
    return found or _at_risk(chart, now)


def _at_risk(chart: Chart, now: datetime) -> tuple[Prompt, ...]:
    """The level by the rules, for a patient on whom nobody has decided and who is not in the program."""
    steps = state_steps(chart)
    begun = open_plan(chart) is not None or (steps and steps[0].state not in _NOT_BEGUN)
    if begun or eligibility_view(chart, now=now).state != "none":
        return ()
    level = suggested(chart, now=now)
    if level.tier == "low":
        return ()
    reasons = " ".join(each.sentence for each in level.reasons[:3])
    return (
        Prompt(
            sentence=f"{level.words} risk by the rules: {reasons}",
            why="Nobody has decided yet whether the patient belongs in the program.",
            label="Decide eligibility",
            endpoint="eligibility.show",
        ),
    )


def _look_at(referral: ReferralView) -> Prompt:
    late = "overdue since" if referral.overdue else "to be looked at"
    when = f", {late} {referral.due_words}" if referral.due_words else ""
    urgent = as_text(referral.resource.get("priority")) == "urgent" or referral.overdue
    return Prompt(
        sentence=f"Referred to care management{when}. {referral.sentence}",
        why="A referral waits until somebody has decided whether the patient belongs in the program.",
        label="Decide eligibility",
        endpoint="eligibility.show",
        urgent=urgent,
    )


def _attest(task: dict[str, Any], now: datetime) -> Prompt:
    due = due_day(task, now)
    when = f", asked for {dates.words(due, now)}" if due else ""
    who = as_text(as_object(task.get("owner")).get("display")) or "a provider"
    return Prompt(
        sentence=f"Eligibility waits for {who} to attest it{when}.",
        why="A provider who can bill the starting visit decides who is eligible.",
        label="Record the attestation",
        endpoint="eligibility.show",
    )
