"""What other rooms draw into the one contact form: a condition's template, the call after a discharge.

A contact is documented once, in one form with one draft. A part brings its own fields, and what was answered in them is
filed with the contact: as words of its note, as outputs, as contained answers, as further records of the same save.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.form import Fields

Records = Callable[[Chart, Authorship, UUID, dict[str, Any] | None], tuple[dict[str, Any], ...]]
"""Makes further records of the save, from the chart, its author, the form's id and a Reference to the open plan."""


def no_records(
    chart: Chart, author: Authorship, form_id: UUID, plan: dict[str, Any] | None
) -> tuple[dict[str, Any], ...]:
    """For a part that files nothing beside the contact."""
    return ()


@dataclass(frozen=True)
class ContactAddition:
    """What a part adds to a contact: `facts` (label, words) for its narrative and line, `outputs` and `contained` of
    its Task, and `records` that are filed in the same save.
    """

    facts: tuple[tuple[str, str], ...] = ()
    outputs: tuple[dict[str, Any], ...] = ()
    contained: tuple[dict[str, Any], ...] = ()
    records: Records = no_records


@dataclass(frozen=True)
class Offer:
    """One way to draw a part into the form: the value of its field, and the words of the button."""

    value: str
    words: str
    suggested: bool = False


class ContactPart(Protocol):
    """A part of the contact form that another room owns."""

    field: str
    """The form field whose value chooses what is drawn; "" draws nothing."""
    partial: str
    """The template that draws it, given `part` (what `view` gave), `form` and the `fields` macros."""

    def offers(self, chart: Chart, *, now: datetime) -> tuple[Offer, ...]:
        """What may be drawn for this patient, the suggested first."""
        ...

    def defaults(self, chosen: str, chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
        """What its fields open with, out of the chart."""
        ...

    def read(self, fields: Fields, chosen: str, chart: Chart, *, now: datetime) -> ContactAddition:
        """Its fields as sent; what is wrong is refused into `fields`."""
        ...

    def view(
        self,
        chosen: str,
        values: Mapping[str, Sequence[str]],
        errors: Mapping[str, str],
        chart: Chart,
        *,
        now: datetime,
    ) -> object:
        """What its template shows."""
        ...
