"""The cards of one chart: what a person who opens it in the EHR should know of care management, in one line each.

    Chart of a prefetch -> cards() -> CdsCard: a summary, its reasons, and the page of Chartside where it is done

Each rests on a view that the pages show as well, so that a card never says what *Today* would not. Where the EHR did
not bring what a card depends on, there is no card: silence, never a guess. Words and ways on: `cds_cards.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from fhir_profiles.terminology import codes, display
from mappings import dates
from mappings.chart import Chart
from mappings.chronic_count import counted
from mappings.eligibility import eligibility_view
from mappings.eligibility_decision import offered_problems
from mappings.eligibility_form import NEEDED
from mappings.enrolment import BEFORE_CONSENT, enrolment_view
from mappings.month import month_view
from mappings.panel import listed
from mappings.patient_warning import is_child, is_deceased
from mappings.sight import Sight, sight
from mappings.transition import Transition, current
from mappings.transition_stay import weekday_words

INFO, WARNING = "info", "warning"
_MOST_NAMED = 3
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>])")


@dataclass(frozen=True)
class CdsCard:
    """One card, without what only the service knows (its uuid, its address). `kind` is a code of card-topic.

    `summary` is shorter than 140 characters. `detail` is Markdown in which what the chart says is escaped. `page` is
    what a launch from it asks for: the page and the step, as an appContext.
    """

    kind: str
    summary: str
    detail: str
    indicator: str
    label: str
    page: Mapping[str, str] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        """What it is about, in words."""
        return display("card-topic", self.kind)

    @property
    def source(self) -> tuple[str, str]:
        """By which rule, and where that stands."""
        row = _row(self.kind)
        return f"Chartside, by the rules of {row['rule']}", str(row["url"])

    @property
    def reasons(self) -> tuple[str, ...]:
        """Codes of card-override-reason with which it may be put aside."""
        return tuple(_row(self.kind)["reasons"])


def cards(chart: Chart, *, now: datetime) -> tuple[CdsCard, ...]:
    """The cards of a chart at `now` (in the EHR's zone), the most pressing first; () where there is nothing to say."""
    if is_deceased(chart):
        return ()
    makers: tuple[Callable[[Chart, datetime], CdsCard | None], ...] = (_not_called, _not_enrolled, _minutes)
    return tuple(card for make in makers if (card := make(chart, now)))


def kinds() -> tuple[str, ...]:
    """Every kind of card, in the order in which they are shown."""
    return codes("card-topic")


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("mappings").joinpath("cds_cards.toml").read_text("utf-8"))


def _row(kind: str) -> Mapping[str, Any]:
    row: Mapping[str, Any] = _data()["card"][kind]
    return row


def _card(
    kind: str, summary: str, detail: str, *, indicator: str = INFO, label: str = "", **page: str
) -> CdsCard:
    row = _row(kind)
    return CdsCard(
        kind=kind,
        summary=shortened(summary, int(_data()["longest_summary"])),
        detail=detail,
        indicator=indicator,
        label=label or str(row["label"]),
        page={"page": str(row["page"]), **{name: value for name, value in page.items() if value}},
    )


def _not_called(chart: Chart, now: datetime) -> CdsCard | None:
    """Discharged, and nobody has talked with the patient since: while the clocks of the discharge run."""
    if Sight.DARK in (sight(chart, "Encounter"), sight(chart, "Task")):
        return None
    found = current(chart, now=now)
    if found is None or not found.call_is_due:
        return None
    by = found.dates.contact_by
    late = now.date() > by
    when = f"the call was due {weekday_words(by, now)}" if late else f"call by {weekday_words(by, now)}"
    return _card(
        "not-called",
        f"Discharged {dates.day_words(found.dates.discharged)} and not talked to since: {when}.",
        _after_discharge(found),
        indicator=WARNING if now.date() >= by else INFO,
        discharge=found.stay.id,
    )


def _after_discharge(found: Transition) -> str:
    lines = [f"{plain(found.stay.where_to)}\\."]
    if found.tries:
        tries = "try" if len(found.tries) == 1 else "tries"
        lines.append(f"{len(found.tries)} {tries} without an answer\\.")
    if found.other_contact:
        lines.append("A contact since then was not about the discharge\\.")
    lines.append("Two business days after a discharge somebody should have talked with the patient\\.")
    return " ".join(lines)


def _not_enrolled(chart: Chart, now: datetime) -> CdsCard | None:
    """Eligible, or likely to be, and not enrolled; never for somebody who declined, stopped or has ended."""
    standing = enrolment_view(chart, now=now)
    if standing.state not in BEFORE_CONSENT or is_child(chart, today=now.date()):
        return None
    decided = eligibility_view(chart, now=now)
    if decided.state == "eligible":
        return _found_eligible(standing.state, decided.sentence)
    if decided.state == "waiting":
        return _card(
            "not-enrolled",
            "Eligibility for care management waits for the provider to attest it.",
            plain(decided.sentence),
            label="Record the attestation",
        )
    return _likely(chart, now) if decided.state == "none" else None


def _found_eligible(state: str, decided: str) -> CdsCard:
    introduced = state == "introduced"
    following = (
        "The next step is the patient's consent." if introduced else "The next step is to introduce it."
    )
    return _card(
        "not-enrolled",
        f"Eligible for care management and not enrolled. {following}",
        plain(decided),
        label="Record consent" if introduced else "Introduce the program",
        page="consent" if introduced else "introduce",
    )


def _likely(chart: Chart, now: datetime) -> CdsCard | None:
    """By the problem list alone: so many chronic conditions that somebody should look."""
    if sight(chart, "Condition") not in (Sight.WHOLE, Sight.PARTLY):
        return None
    found = counted([row for row in offered_problems(chart, now) if row.chronic_group])
    if len(found) < NEEDED:
        return None
    names = [each.name for each in found]
    named = [*names[:_MOST_NAMED], f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else names
    return _card(
        "not-enrolled",
        f"{len(found)} chronic conditions and not in care management: eligibility is not decided yet.",
        f"{plain(listed(named))}\\. Whether the patient belongs in the program is the provider's decision\\.",
    )


def _minutes(chart: Chart, now: datetime) -> CdsCard | None:
    """The minutes of the month, of a patient in the program, where every contact was brought as a record of its own."""
    seen = all(sight(chart, kind) is Sight.WHOLE for kind in ("Task", "Consent"))
    if not seen or not enrolment_view(chart, now=now).enrolled:
        return None
    month = month_view(chart, now=now)
    if not month.known or not month.rule_confirmed or month.gated_by:
        return None
    contacts = "contact" if month.contacts == 1 else "contacts"
    return _card(
        "minutes",
        f"Care management: {month.sentence}. {month.detail}.".replace("..", "."),
        f"{plain(month.title)}: {month.contacts} {contacts} documented\\.",
    )


def shortened(text: str, longest: int) -> str:
    """The text within so many characters, cut at a word.

    >>> shortened("one two three", 9)
    'one two…'
    """
    if len(text) <= longest:
        return text
    head = text[:longest]
    return f"{head.rsplit(' ', 1)[0] if ' ' in head else head[:-1]}…"


def plain(text: str) -> str:
    """Words of the chart inside Markdown: shown as they are, never as formatting, a link or HTML.

    >>> plain("*a* <b> [x](y)")
    '\\\\*a\\\\* &lt;b&gt; \\\\[x\\\\]\\\\(y\\\\)'
    """
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", " ".join(safe.split()))
