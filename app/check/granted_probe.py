"""What a token allows, as far as the EHR says so, against what Chartside asks for."""

from __future__ import annotations

from collections.abc import Iterator

from app.check.access import Access, Known, system_scope
from app.check.finding import Area, Finding, State
from app.check.inquiry import Inquiry
from mappings.panel import listed
from smart_launch.backend_services import SystemGrant
from smart_launch.scopes import LEVELS, ScopeSet

_NOT_ACCESS = frozenset({"launch", "launch/patient", "launch/encounter", "online_access", "offline_access"})
_LETTERS = "crus"
"""What Chartside does with a resource; it deletes nothing."""


def granted_findings(inquiry: Inquiry, access: Access) -> Iterator[Finding]:
    """One line; nothing without a token."""
    if not access.has_token:
        return
    if access.known is Known.ENDED:
        yield _finding(State.FAILED, "The EHR says that this token is no longer good: get a new one.")
    elif access.system is not None:
        yield _system(access.system, access.scopes)
    elif not access.for_charts:
        yield _without_patient(access.scopes)
    elif access.known is Known.ASSUMED:
        yield _finding(
            State.NOTE,
            "The EHR does not say what this token allows; what Chartside asks for is taken for granted below.",
            granted=None,
        )
    else:
        yield _told(inquiry.subject.wanted_scope, access.scopes)


def lacking(wanted: str, granted: ScopeSet) -> list[str]:
    """The wanted scopes that are not granted at any level, in the order in which they are asked for."""
    return [scope for scope in wanted.split() if scope not in _NOT_ACCESS and not _allowed(scope, granted)]


def _told(wanted: str, granted: ScopeSet) -> Finding:
    missing = lacking(wanted, granted)
    if not missing:
        return _finding(State.OK, "The token allows all that Chartside asks for.", granted=sorted(granted))
    return _finding(
        State.NOTE,
        f"The token does not allow {listed(missing)}; the sections below tell what follows.",
        granted=sorted(granted),
        not_granted=missing,
    )


def _without_patient(granted: ScopeSet) -> Finding:
    if granted.allows("Patient", "r", levels=("user",)):
        state, words = (
            State.OK,
            "and to read only. What a launch of a chart may do is told from what the EHR offers.",
        )
    else:
        state, words = (
            State.NOTE,
            (
                "and this sign-in may not read a chart. To try that as well, sign in at Chartside’s own address, under"
                " /admin/."
            ),
        )
    return _finding(state, f"You are signed in without a patient, {words}", granted=sorted(granted))


def _system(grant: SystemGrant, granted: ScopeSet) -> Finding:
    seconds = round(grant.expires_at - grant.issued_at)
    long = "" if grant.is_short_lived else " SMART advises 300 seconds at most."
    missing = [scope for scope in system_scope().split() if not _allowed(scope, granted)]
    less = f" It does not allow {listed(missing)}." if missing else ""
    return _finding(
        State.NOTE if long or missing else State.OK,
        f"The EHR gave Chartside a token as a backend service, for {seconds} seconds.{long}{less}"
        " It tells how a chart is read; what a user may file is told from the metadata.",
        granted=sorted(granted),
        not_granted=missing,
        seconds=seconds,
    )


def _allowed(scope: str, granted: ScopeSet) -> bool:
    if scope in granted:
        return True
    before, _, rest = scope.partition("/")
    if before not in LEVELS:
        return False
    resource_type = rest.partition(".")[0]
    asked = ScopeSet((scope,))
    letters = [letter for letter in _LETTERS if asked.allows(resource_type, letter)]
    return bool(letters) and all(granted.allows(resource_type, letter) for letter in letters)


def _finding(state: State, sentence: str, **detail: object) -> Finding:
    return Finding(Area.SCOPES, "granted", state, sentence, detail)
