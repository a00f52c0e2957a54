"""The form of the eligibility decision: which conditions count, which last, which bring a risk; the level; who attests.

The clinician's pick is the truth; the rules only prefill. An eligible patient needs the three tests of chronic care
management, or words that say why she is in the program without them. Tests: domain notes A.2, row 43; CMS, chronic care
management (https://www.cms.gov/outreach-and-education/medicare-learning-network-mln/mlnproducts/downloads/chroniccaremanagement.pdf)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_profiles.terminology import codes, display
from mappings.form import Fields, Submitted

DECISIONS = {"eligible": "Eligible", "not-eligible": "Not eligible now"}
ATTESTS = {
    "ask": "Ask the provider: a task is made for it",
    "provider": "A provider has attested it to me",
    "me": "I attest it myself, as a provider who may bill the starting visit",
}
OTHER = "other"
"""Stands in the marks for the condition that is written in and is not on the problem list."""
OLDEST_DAYS = 366
NEEDED, LASTING_NEEDED, RISK_NEEDED = 2, 2, 1
"""How many conditions must count, last, and bring a serious risk."""


@dataclass(frozen=True)
class Picked:
    """What was ticked: references of problems, and OTHER for the condition written in."""

    conditions: tuple[str, ...]
    lasting: tuple[str, ...]
    risk: tuple[str, ...]
    other: str


@dataclass(frozen=True)
class Judged:
    """What the pick comes to: how many conditions count, how many of them last, and the level by the rules."""

    count: int
    lasting: int
    suggested: str


@dataclass(frozen=True)
class EligibilityEntry:
    """One decision. `attest` is a key of ATTESTS ("" where nobody attests that she is not eligible)."""

    decision: str
    picked: Picked
    judged: Judged
    tier: str
    tier_reason: str
    attest: str
    attested_by: str
    attested_on: date | None
    why: str

    @property
    def tests_met(self) -> bool:
        """True when all three tests are met."""
        enough = self.judged.count >= NEEDED and self.judged.lasting >= LASTING_NEEDED
        return enough and len(self.picked.risk) >= RISK_NEEDED


def read(
    values: Mapping[str, Sequence[str]],
    *,
    today: date,
    offered: Collection[str],
    judge: Callable[[Picked], Judged],
    refusal: str = "",
) -> Submitted[EligibilityEntry]:
    """The form as sent. `offered` are references of problems, `judge` counts a pick, `refusal` stops the form."""
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    decision = fields.one_of("decision", DECISIONS, required="Say whether the patient is eligible.")
    picked = _picked(fields, offered)
    judged = judge(picked)
    tier, tier_reason = _tier(fields, judged)
    attest, by, on = _attested(fields, decision, today)
    why = fields.text("why", limit=1000)
    made = EligibilityEntry(decision, picked, judged, tier, tier_reason, attest, by, on, why)
    _ask_why(fields, made)
    return fields.submitted(lambda: made)


def _picked(fields: Fields, offered: Collection[str]) -> Picked:
    other = fields.text("other_condition")
    allowed = (*offered, OTHER)
    conditions = tuple(each for each in fields.many_of("condition", offered))
    conditions = (*conditions, OTHER) if other else conditions
    marks = {name: fields.many_of(name, allowed) for name in ("lasting", "risk")}
    for name, words in (("lasting", "expected to last"), ("risk", "a serious risk")):
        if set(marks[name]) - set(conditions) and "condition" not in fields.errors:
            fields.refuse(name, f"A condition is marked as {words} but does not count. Tick both, or none.")
    return Picked(conditions, marks["lasting"], marks["risk"], other)


def _tier(fields: Fields, judged: Judged) -> tuple[str, str]:
    tier = fields.one_of("tier", codes("risk-tier"), required="Choose the risk level.")
    # Of a pick that was refused nothing follows.
    differs = bool(tier) and tier != judged.suggested and "condition" not in fields.errors
    rules = display("risk-tier", judged.suggested)
    needed = f"By the rules the level is {rules.lower()}. Say why you choose another one." if differs else ""
    reason = fields.text("tier_reason", required=needed, limit=1000)
    return tier, reason if differs else ""


def _attested(fields: Fields, decision: str, today: date) -> tuple[str, str, date | None]:
    attest = fields.one_of("attest", ATTESTS, required="Say who attests the decision.")
    named = attest == "provider"
    by = fields.text("attested_by", required="Write the provider's name." if named else "")
    on = fields.day(
        "attested_on",
        earliest=today - timedelta(days=OLDEST_DAYS),
        latest=today,
        required="Give the day on which the provider attested it." if named else "",
        too_early="This lies more than a year back: let the provider attest it again.",
        too_late="This day is still to come. Give the day on which the provider attested it.",
    )
    if attest == "me":
        return attest, "", today
    if attest == "ask":
        return ("" if decision == "not-eligible" else attest), "", None
    return attest, by, on


def _ask_why(fields: Fields, entry: EligibilityEntry) -> None:
    if entry.why or "condition" in fields.errors:
        return
    if entry.decision == "not-eligible":
        fields.refuse("why", "Say in a few words why the patient is not eligible now.")
    elif entry.decision and not entry.tests_met:
        fields.refuse(*_unmet(entry))


def _unmet(entry: EligibilityEntry) -> tuple[str, str]:
    """The first of the tests that is not met: at which field to say so, and what to do about it."""
    or_else = "or say below in a few words why the patient belongs in the program."
    if entry.judged.count < NEEDED:
        return "condition", f"Fewer than two conditions count. Tick those that do, {or_else}"
    if entry.judged.lasting < LASTING_NEEDED:
        return "lasting", f"Fewer than two are expected to last 12 months. Tick those that are, {or_else}"
    return "risk", f"No condition is marked as a serious risk. Tick the one that is, {or_else}"
