"""How an EHR says no: the status, the issue's code and severity, and the number it gives the error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samples.fhir.errors import FhirProblem, Issue
from samples.personas.fact import Fact


class Refused(FhirProblem):
    """A refusal in the words of the EHR that is played; `allowed` are the methods of an Allow header."""

    def __init__(self, status: int, issues: Sequence[Issue], allowed: Sequence[str] = ()) -> None:
        super().__init__(issues[0].diagnostics)
        self.status = status
        self.issues = tuple(issues)
        self.allowed = tuple(allowed)


@dataclass(frozen=True, kw_only=True)
class Refusals(Fact):
    """The statuses of what is not offered, and the code system of the EHR's own error numbers ("" for none).

    `stale_version` answers an update whose If-Match names another version.
    """

    absent_type: int = 404
    interaction: int = 405
    system: int = 405
    stale_version: int = 412
    severity: str = "error"
    number_system: str = ""

    def issue(self, code: str, says: str, *, number: str = "", severity: str = "", at: str = "") -> Issue:
        """One issue of R4's IssueType `code`, with the EHR's number for it if there is one."""
        severity = severity or self.severity
        return Issue(code, says, at, severity, number, self.number_system if number else "")

    def refused(self, status: int, code: str, says: str, *, number: str = "", at: str = "") -> Refused:
        """A refusal with one issue."""
        return Refused(status, [self.issue(code, says, number=number, at=at)])
