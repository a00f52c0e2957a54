"""Restricted charts: an EHR that opens them only to somebody who first states a reason in the EHR itself.

An app cannot break the glass, so each read is refused until the user has done so and launched again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from samples.fhir.errors import Issue
from samples.personas.fact import Fact
from samples.personas.refusals import Refusals, Refused

_PATIENT_SAYS = (
    "Break-the-Glass: the patient you are attempting to access is restricted. "
    "You must break the glass to access patient data."
)
_RESOURCE_SAYS = "Break-the-Glass security does not authorize you to access the selected patient or resource."
_LEFT_OUT_SAYS = (
    "Break-the-Glass: a patient you are attempting to access is restricted and was left out. "
    "You must break the glass to view patient data."
)


@dataclass(frozen=True, kw_only=True)
class BreakTheGlass(Fact):
    """The restricted patients of the cast, by id, and the numbers of the three refusals.

    `chart` refuses the Patient itself, `resource` everything else of that patient; `left_out` is told in a search of
    patients that would have found one.
    """

    patients: tuple[str, ...]
    chart: str
    resource: str
    left_out: str
    status: int = 403

    def require_open(self, resource_type: str, patients: Iterable[str], refusals: Refusals) -> None:
        """Raises Refused when one of these patients, by id, is restricted."""
        if not set(patients) & set(self.patients):
            return
        of_patient = resource_type == "Patient"
        says, number = (_PATIENT_SAYS, self.chart) if of_patient else (_RESOURCE_SAYS, self.resource)
        raise Refused(self.status, [refusals.issue("suppressed", says, number=number)])

    def notice(self, refusals: Refusals) -> Issue:
        """What a search tells that left out a restricted patient."""
        return refusals.issue("suppressed", _LEFT_OUT_SAYS, number=self.left_out, severity="information")
