"""Why a FHIR request is refused, as typed errors that become an OperationOutcome.

FhirProblem
|- BadRequest (400)            the request cannot be understood
|  |- NotSupported (400)       understood, but this server does not do it
|- LoginRequired (401)         no token, or one that is not (or no longer) good
|- Forbidden (403)             the token does not reach that far
|- ResourceNotFound (404)      no such resource, version or address
|- InteractionNotAllowed (405) the address exists, that method on it does not
|- FormatNotServed (406)       the caller accepts no JSON
|- ResourceGone (410)          it was there and has been deleted
|- PreconditionFailed (412)    If-Match, If-None-Exist or a conditional reference did not hold
|- FormatNotRead (415)         the body is of a content type that this server does not read
|- PatchTestFailed (422)       a JSON Patch's own test did not hold
`- InvalidResource (422)       the resource breaks R4's rules; one issue for each broken rule

Every answer that is not a success carries an OperationOutcome (https://hl7.org/fhir/R4/http.html#Status-Codes), since
clients are right to expect it everywhere. No message repeats a value that was sent: values are patients' data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar


@dataclass(frozen=True)
class Issue:
    """One OperationOutcome issue; `expression` is the FHIRPath of the element at fault.

    `detail` is an EHR's own number for it, in the code system `detail_system`.
    """

    code: str
    diagnostics: str
    expression: str = ""
    severity: str = "error"
    detail: str = ""
    detail_system: str = ""

    def to_json(self) -> dict[str, Any]:
        """The issue as FHIR JSON."""
        issue: dict[str, Any] = {
            "severity": self.severity,
            "code": self.code,
            "diagnostics": self.diagnostics,
        }
        if self.detail:
            coding = {"system": self.detail_system, "code": self.detail, "display": self.diagnostics}
            issue["details"] = {"coding": [coding], "text": self.diagnostics}
        if self.expression:
            issue["expression"] = [self.expression]
        return issue


def operation_outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    """The OperationOutcome resource that lists these issues."""
    return {"resourceType": "OperationOutcome", "issue": [issue.to_json() for issue in issues]}


class FhirProblem(Exception):
    """A request that is answered with an error; `status` is the HTTP status, `code` the IssueType."""

    status: int = 500
    code: ClassVar[str] = "exception"
    allowed: tuple[str, ...] = ()
    """The methods for an Allow header."""

    def __init__(self, diagnostics: str, *, expression: str = "", code: str = "") -> None:
        super().__init__(diagnostics)
        self.issues: tuple[Issue, ...] = (Issue(code or self.code, diagnostics, expression),)

    @property
    def outcome(self) -> dict[str, Any]:
        """The OperationOutcome to send."""
        return operation_outcome(self.issues)

    def at(self, entry: str) -> FhirProblem:
        """The same problem, found in a Bundle entry: its expressions are put below that entry's path."""
        self.issues = tuple(
            replace(issue, expression=_below(entry, issue.expression)) for issue in self.issues
        )
        return self


def _below(entry: str, expression: str) -> str:
    """`Task.status` in `Bundle.entry[2]` is `Bundle.entry[2].resource.status`."""
    _, dot, rest = expression.partition(".")
    return f"{entry}.resource{dot}{rest}" if expression else entry


class BadRequest(FhirProblem):
    """400: the request cannot be understood."""

    status = 400
    code = "invalid"


class NotSupported(BadRequest):
    """400: understood, but this server does not do it."""

    code = "not-supported"


class LoginRequired(FhirProblem):
    """401: no bearer token, or one that is not good."""

    status = 401
    code = "login"


class Forbidden(FhirProblem):
    """403: the scopes, or the patient they are bound to, do not reach that far."""

    status = 403
    code = "forbidden"


class ResourceNotFound(FhirProblem):
    """404: no such resource, version or address."""

    status = 404
    code = "not-found"


class InteractionNotAllowed(FhirProblem):
    """405: that method is not served at that address."""

    status = 405
    code = "not-supported"

    def __init__(self, diagnostics: str, *, allowed: Sequence[str]) -> None:
        super().__init__(diagnostics)
        self.allowed = tuple(allowed)


class FormatNotServed(FhirProblem):
    """406: the caller accepts no JSON."""

    status = 406
    code = "not-supported"


class ResourceGone(FhirProblem):
    """410: deleted."""

    status = 410
    code = "deleted"


class PreconditionFailed(FhirProblem):
    """412: If-Match, If-None-Exist or a conditional reference did not hold."""

    status = 412
    code = "conflict"


class FormatNotRead(FhirProblem):
    """415: the body's content type is not read here."""

    status = 415
    code = "not-supported"


class PatchTestFailed(FhirProblem):
    """422: the patch is well formed, but its own test does not hold."""

    status = 422
    code = "processing"


class InvalidResource(FhirProblem):
    """422: the resource breaks R4's rules."""

    status = 422
    code = "invalid"

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__(issues[0].diagnostics)
        self.issues = tuple(issues)
