"""What one noun brings to the path that every form goes (app.views.filing), and what stands against filling it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from app.current import current_launch, current_time
from app.ehr.record import Write
from app.views.page import authorship, chart, not_accepted
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.consent import closes_lapsed
from mappings.form import Submitted
from smart_launch.errors import FhirError, Unauthorized, Unreachable

Entry = TypeVar("Entry")
Values = Mapping[str, tuple[str, ...]]
CREATE = "create"


def _nothing(_: Values) -> None:
    return None


def _as_kept(values: Values, _: Chart, __: datetime) -> Values:
    return values


@dataclass(frozen=True)
class FormPage(Generic[Entry]):
    """How one noun is shown, read and turned into resources. All functions are given the chart just read.

    `name` is that of its drafts and its path ("care-plan-close"), `endpoint` that of its blueprint. `gate` answers ""
    when the form may be filled in, else the sentence that says why not; `writes` are the interactions without which
    the EHR could not take it; `after` is told what was typed once that is filed, or made into text to paste.
    `beside` are types that its page shows around the form, and that a save asks for only where `reads_beside` says that
    what was typed builds upon them.
    `shown` makes of what was kept what is shown again, where an address or a button asks for more than was typed.
    `parameters` are what its address names beside the launch, where one route serves several forms.
    """

    name: str
    endpoint: str
    template: str
    types: tuple[str, ...]
    parse: Callable[[Values, Chart, datetime], Submitted[Entry]]
    build: Callable[[Entry, Chart, Authorship, UUID], Sequence[dict[str, Any]]]
    defaults: Callable[[Chart, datetime], Values]
    gate: Callable[[Chart, datetime], str]
    context: Callable[[Chart, datetime], Mapping[str, Any]]
    writes: Callable[[Chart], Sequence[Write]]
    after: Callable[[Values], None] = field(default=_nothing)
    shown: Callable[[Values, Chart, datetime], Values] = field(default=_as_kept)
    parameters: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    reads_beside: Callable[[Values], bool] = field(default=bool)

    def types_of(self, values: Values | None = None) -> tuple[str, ...]:
        """What is read to show the form, or to file `values`."""
        return (
            self.types
            if values is not None and not self.reads_beside(values)
            else (*self.types, *self.beside)
        )

    def shown_chart(self, of: Chart) -> Chart:
        """The chart with what stands around the form; as it was where that cannot be read just now."""
        if set(self.beside) <= set(of.readings):
            return of
        try:
            return chart(self.types_of())
        except Unauthorized:
            raise
        except (Unreachable, FhirError):
            return of

    def refusal(self, of: Chart) -> str:
        """Why the form may not be filled in now, as one sentence; "" when it may.

        A new record that the EHR takes in no form becomes text to paste; a change of what stands in the EHR does not,
        since the record would go on saying otherwise.
        """
        return self.gate(of, current_time()) or self.unchangeable(of)

    def unchangeable(self, of: Chart) -> str:
        """Why the EHR would not change a record that this form changes; "" where nothing stands against it."""
        return not_accepted([write for write in self.writes(of) if write[1] != CREATE])

    def built(self, entry: Entry, of: Chart, form_id: UUID) -> list[dict[str, Any]]:
        """The records of a form of this id.

        Without the lapsed consents that are closed on the way, where the user may not: they must not stop a note.
        """
        made = self.build(entry, of, authorship(of), current_launch().record_form(form_id))
        may = not not_accepted((("Consent", "update"),))
        return [resource for resource in made if may or not closes_lapsed(resource)]

    def to_paste(self, of: Chart) -> str:
        """Why the EHR would take nothing of this form, so that text to paste is made; "" where it would."""
        return not_accepted(self.writes(of))
