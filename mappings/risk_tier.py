"""At which risk level the rules of `risk_tier.toml` put a patient, and why; each reason names the rows it comes from.

No score is made up: rules only count what the chart shows, the strongest that fits gives the level, and what could not
be read is said, because a level found in the dark may be too low. The clinician's own level goes before this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fhir_profiles.terminology import codes, display
from mappings.chart import Chart
from mappings.chart_rows import ChartRows
from mappings.risk_fact import Source, facts, unread_facts
from mappings.risk_rule import RiskRule, risk_rules, together
from mappings.risk_score import RiskScore, risk_scores

TIERS = ("low", "rising", "high", "highly-complex")


@dataclass(frozen=True)
class RiskReason:
    """One reason for a level: a sentence, the level it stands for ("" where it only informs), the rows behind it."""

    sentence: str
    tier: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class RiskSuggestion:
    """The level by the rules. `unread` says what could not be counted, so that the level may be higher."""

    tier: str
    words: str
    care: str
    reasons: tuple[RiskReason, ...]
    unread: tuple[str, ...]
    scores: tuple[RiskScore, ...]
    checked: str
    rules_source: str


def suggested(chart: Chart, *, now: datetime, conditions: Sequence[Source] | None = None) -> RiskSuggestion:
    """The level of the chart at `now`. `conditions` are those that a clinician picked, where she has."""
    rules = risk_rules()
    rows = ChartRows(chart, now)
    found = facts(rows, rules=rules.rules, conditions=conditions)
    met = _strongest([(rule, sources) for rule, sources in found if len(sources) >= rule.at_least])
    scores = risk_scores(chart, now=now)
    reasons = [RiskReason(_sentence(rule, sources), str(rule.tier), sources) for rule, sources in met]
    reasons += [RiskReason(each.sentence, each.tier, (each.source,)) for each in scores]
    more = together([each.tier for each in reasons])
    if more:
        reasons.insert(0, RiskReason(f"{more.words}.", str(more.tier)))
    reasons.sort(key=lambda each: -_rank(each.tier))
    tier = max(("low", *(each.tier for each in reasons)), key=_rank)
    return RiskSuggestion(
        tier=str(tier),
        words=tier_words(tier),
        care=rules.care[tier],
        reasons=tuple(reasons),
        unread=unread_facts(rows, picked=conditions is not None),
        scores=scores,
        checked=rules.checked,
        rules_source=rules.source,
    )


def tier_words(tier: str) -> str:
    """A level as it is said: "Highly complex"; "" for none."""
    return display("risk-tier", tier) if tier in codes("risk-tier") else ""


def _rank(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else -1


def _strongest(
    met: Sequence[tuple[RiskRule, tuple[Source, ...]]],
) -> list[tuple[RiskRule, tuple[Source, ...]]]:
    """One rule of each kind: the one of the highest level, since the others say less of the same thing."""
    best: dict[str, tuple[RiskRule, tuple[Source, ...]]] = {}
    for rule, sources in met:
        held = best.get(rule.kind)
        if held is None or _rank(rule.tier) > _rank(held[0].tier):
            best[rule.kind] = (rule, sources)
    return list(best.values())


def _sentence(rule: RiskRule, sources: Sequence[Source]) -> str:
    words = rule.many if len(sources) > 1 else rule.words
    limit = f" ({rule.at_least} or more)" if rule.at_least > 1 else ""
    return f"{len(sources)} {words}{limit}."
