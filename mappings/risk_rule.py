"""The rules of `risk_tier.toml`, read strictly: from how many of what on a patient stands at which level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from mappings.data_file import DataTable, data_table


class FactKind(StrEnum):
    """What a rule may count."""

    CHRONIC_CONDITIONS = "chronic-conditions"
    ACTIVE_MEDICINES = "active-medicines"
    STAYS = "stays"
    ED_VISITS = "ed-visits"
    CRISES = "crises"
    WEEKDAY_ED_VISITS = "weekday-ed-visits"
    OUT_OF_RANGE = "out-of-range"
    SOCIAL_NEEDS = "social-needs"


class Tier(StrEnum):
    """The four levels, lowest first."""

    LOW = "low"
    RISING = "rising"
    HIGH = "high"
    HIGHLY_COMPLEX = "highly-complex"


@dataclass(frozen=True)
class RiskRule:
    """`at_least` so many of `kind` within `within_days` (None: ever) stand for `tier`; words for one and for many."""

    kind: FactKind
    at_least: int
    within_days: int | None
    tier: Tier
    words: str
    many: str


@dataclass(frozen=True)
class Together:
    """So many different reasons `of` one level are themselves a reason for `tier`."""

    of: Tier
    at_least: int
    tier: Tier
    words: str


@dataclass(frozen=True)
class RiskRules:
    """The whole file; `score` says which coded words of an EHR's score stand for which level."""

    rules: tuple[RiskRule, ...]
    together: Together
    care: Mapping[str, str]
    score_system: str
    score: Mapping[str, str]
    source: str
    checked: str


@cache
def risk_rules() -> RiskRules:
    """The rules. Raises DataFileError where our own file is wrong."""
    table = data_table("risk_tier.toml")
    score = table.table("score")
    made = RiskRules(
        rules=tuple(_rule(row) for row in table.tables("rule")),
        together=_together(table.table("together")),
        care=_care(table),
        score_system=score.text("system"),
        score={code: tier for tier in (Tier.HIGH, Tier.RISING) for code in score.texts(tier)},
        source=table.text("source"),
        checked=table.day("checked").isoformat(),
    )
    score.done()
    table.done()
    return made


def together(tiers: Sequence[str]) -> Together | None:
    """The rule about several reasons at once, where it fits the levels of the reasons found; else None."""
    rule = risk_rules().together
    return rule if sum(tier == rule.of for tier in tiers) >= rule.at_least else None


def _rule(row: DataTable) -> RiskRule:
    words = row.text("words")
    made = RiskRule(
        kind=row.choice("kind", FactKind),
        at_least=row.number("at_least") or 1,
        within_days=row.number("within_days"),
        tier=row.choice("tier", Tier),
        words=words,
        many=row.text("many", default="") or words,
    )
    row.done()
    return made


def _together(row: DataTable) -> Together:
    made = Together(
        of=row.choice("of", Tier),
        at_least=row.number("at_least") or 1,
        tier=row.choice("tier", Tier),
        words=row.text("words"),
    )
    row.done()
    return made


def _care(table: DataTable) -> dict[str, str]:
    care = {}
    for tier, row in table.named_tables("tiers"):
        care[tier] = row.text("care")
        row.done()
    return care
