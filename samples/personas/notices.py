"""What an EHR tells inside a searchset, as an OperationOutcome among the entries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from samples.fhir.errors import Issue
from samples.personas.fact import Fact
from samples.personas.refusals import Refusals


@dataclass(frozen=True, kw_only=True)
class Notices(Fact):
    """The EHR's numbers for its notices ("" where it gives none).

    `incomplete_patients` are those of whom it says at each search that there may be more; `unseen` are names of kinds
    of a type that the app may not see, told at each search of the type.
    """

    nothing_found: str = ""
    unknown_parameter: str = ""
    incomplete: str = ""
    incomplete_patients: tuple[str, ...] = ()
    not_authorized: str = ""
    unseen: tuple[str, ...] = ()

    def unknown(self, names: Iterable[str], refusals: Refusals) -> list[Issue]:
        """One warning for each parameter that was not understood. It is named: a name is no patient's data."""
        if not self.unknown_parameter:
            return []
        return [
            refusals.issue(
                "not-supported",
                f"An unknown query parameter was supplied by the client: {name}",
                number=self.unknown_parameter,
                severity="warning",
            )
            for name in names
        ]

    def of_answer(
        self,
        resource_type: str,
        patients: Iterable[str],
        left_out: Iterable[str],
        refusals: Refusals,
        *,
        empty: bool,
    ) -> list[Issue]:
        """The notices that go with a page of this type.

        `empty` when it has no match, `patients` whom it is about, `left_out` the types that it would have included.
        """
        told = []
        if empty and self.nothing_found:
            says = "Resource request returns no results."
            told.append(refusals.issue("not-found", says, number=self.nothing_found, severity="warning"))
        if self.incomplete and set(patients) & set(self.incomplete_patients):
            says = (
                "This response includes information available to the authorized user at the time of the request. "
                "It may not contain the entire record available in the system."
            )
            told.append(refusals.issue("incomplete", says, number=self.incomplete, severity="warning"))
        if self.not_authorized:
            unseen = [kind for kind in self.unseen if kind.partition(" - ")[0] == resource_type]
            told += [self._not_authorized(kind, refusals) for kind in (*unseen, *left_out)]
        return told

    def _not_authorized(self, kind: str, refusals: Refusals) -> Issue:
        says = f"Client not authorized for {kind}. Search results of this type have not been included."
        return refusals.issue("suppressed", says, number=self.not_authorized, severity="warning")
