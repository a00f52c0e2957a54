"""A practice's directory of resources: whom a patient can be sent to, the cost, who qualifies, when it was checked.

It is the practice's own reviewed file and holds nothing of any patient. `resource_directory_file` reads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from mappings import dates
from mappings.resource_topic import topic_rules


@dataclass(frozen=True)
class Resource:
    """One row. `topics`, `group`, `cost` and `kind` are codes of resource_topics.toml.

    `facts` are codes of the list of shared facts: the least that this one needs to know. `reference` names a record of
    the EHR ("Organization/7"), or is "". `line` is where its row begins in the file, 0 for one that the EHR offers.
    """

    id: str
    name: str
    topics: tuple[str, ...]
    group: str
    kind: str = "agency"
    about: str = ""
    cost: str = "unknown"
    cost_words: str = ""
    who_qualifies: str = ""
    how_to_refer: str = ""
    contact: str = ""
    phone: str = ""
    web: str = ""
    hours: str = ""
    languages: tuple[str, ...] = ()
    facts: tuple[str, ...] = ("contact",)
    reference: str = ""
    checked: date | None = None
    checked_by: str = ""
    line: int = 0

    def stale(self, today: date) -> bool:
        """True once the months of the rule have passed since it was checked, and where nobody ever did."""
        if self.checked is None:
            return True
        return months_later(self.checked, topic_rules().stale_months) <= today

    @property
    def topic_words(self) -> str:
        """ "Diabetes, Food and nutrition"."""
        return ", ".join(topic_rules().topics[each] for each in self.topics)

    @property
    def group_words(self) -> str:
        """ "In the community"."""
        return topic_rules().groups[self.group]

    @property
    def cost_line(self) -> str:
        """ "Low cost: 3 dollars a ride"."""
        words = topic_rules().costs[self.cost]
        return f"{words}: {self.cost_words}" if self.cost_words else words

    @property
    def checked_words(self) -> str:
        """ "3 Nov 2026 by Dana Whitfield", or ""."""
        day = dates.day_words(self.checked) if self.checked else ""
        return f"{day} by {self.checked_by}" if day and self.checked_by else day

    @property
    def searched(self) -> str:
        """Everything that the search looks through, folded."""
        words = (self.name, self.about, self.who_qualifies, self.topic_words, self.contact, *self.languages)
        return " ".join(words).casefold()


@dataclass(frozen=True)
class PayerNote:
    """What is known of one insurance plan. `match` are parts of the names by which the EHR's coverage tells it."""

    name: str
    match: tuple[str, ...]
    note: str
    services: str = ""
    phone: str = ""
    checked: date | None = None

    @property
    def checked_words(self) -> str:
        """ "1 Sep 2026", or ""."""
        return dates.day_words(self.checked) if self.checked else ""


@dataclass(frozen=True)
class Partner:
    """An organization with which the practice has agreed on something. `until` is the last day of the agreement."""

    name: str
    service: str
    agreement: str
    contact: str = ""
    phone: str = ""
    until: date | None = None
    checked: date | None = None

    def over(self, today: date) -> bool:
        """Whether the agreement has ended."""
        return self.until is not None and self.until < today

    @property
    def until_words(self) -> str:
        """The last day of the agreement in words, or ""."""
        return dates.day_words(self.until) if self.until else ""


@dataclass(frozen=True)
class ResourceDirectory:
    """The whole file. `problems` are sentences about rows that were left out; `file` is "" where none is named."""

    file: str = ""
    resources: tuple[Resource, ...] = ()
    payers: tuple[PayerNote, ...] = ()
    partners: tuple[Partner, ...] = ()
    problems: tuple[str, ...] = ()

    def find(self, identity: str) -> Resource | None:
        """The row of this id, or None: it may have been taken out since."""
        return next((each for each in self.resources if each.id == identity), None)


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def found(
    resources: Iterable[Resource], *, topic: str = "", group: str = "", words: str = ""
) -> tuple[Resource, ...]:
    """The rows of this topic and group that hold every word, in the file's order; "" does not narrow."""
    wanted = words.casefold().split()
    return tuple(
        each
        for each in resources
        if (not topic or topic in each.topics)
        and (not group or group == each.group)
        and all(word in each.searched for word in wanted)
    )


def payer_notes(directory: ResourceDirectory, plans: Iterable[str]) -> tuple[PayerNote, ...]:
    """The notes on the plans of these names (as the EHR's coverage tells them), each once."""
    names = [each.casefold() for each in plans if each.strip()]
    return tuple(
        note
        for note in directory.payers
        if any(part.casefold() in name for part in note.match for name in names)
    )
