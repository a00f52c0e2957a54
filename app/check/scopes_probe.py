"""The scopes: what a launch would ask for, against what the EHR says it knows, and which spelling fits."""

from __future__ import annotations

from collections.abc import Iterator

from app.check.finding import Area, Finding, State
from app.check.inquiry import Inquiry
from mappings.panel import listed
from smart_launch.discovery import SmartConfiguration
from smart_launch.scopes import LEVELS, ScopeSet

_LAUNCH = ("launch", "launch/patient", "launch/encounter")
_LETTERS = {"c": "create", "r": "read", "u": "change", "d": "delete", "s": "search"}


def scope_findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Nothing where discovery failed: that was told already."""
    configuration = inquiry.discovery.configuration
    if configuration is None:
        return
    yield _style(inquiry, configuration)
    yield _supported(inquiry, configuration)


def _style(inquiry: Inquiry, configuration: SmartConfiguration) -> Finding:
    """Which spelling to use. A server that lists both was found not to keep v2 (advice of the vendor's facts)."""
    subject = inquiry.subject
    offered = [style for style in ("v1", "v2") if f"permission-{style}" in configuration.capabilities]
    used = subject.scope_style
    detail = {"offered": offered, "configured": used, "advice": subject.vendor.scopes.words}
    if not offered:
        return _finding(
            "scope-style",
            State.NOTE,
            f"The EHR does not say whether it knows SMART v1 or v2 scopes; {used} is asked for."
            " Where a launch is refused for its scopes, try the other `scope_style`.",
            **detail,
        )
    if used not in offered:
        return _finding(
            "scope-style",
            State.FAILED,
            f"The EHR knows SMART {offered[0]} scopes only, and {used} is asked for:"
            f' set scope_style = "{offered[0]}".',
            **detail,
        )
    advised = subject.vendor.scopes.style.value
    known = subject.vendor.name != "generic"
    advice = f" {subject.vendor.scopes.words}" if known else ""
    return _finding(
        "scope-style",
        State.NOTE if known and advised != used else State.OK,
        f"SMART {used} scopes are asked for and listed.{advice}",
        **detail,
    )


def _supported(inquiry: Inquiry, configuration: SmartConfiguration) -> Finding:
    known = configuration.scopes_supported
    wanted = [scope for scope in inquiry.subject.wanted_scope.split() if scope not in _LAUNCH]
    if not known:
        return _finding(
            "scopes-supported",
            State.NOTE,
            "The EHR does not list the scopes it knows: what is granted is seen at the first launch.",
            wanted=wanted,
        )
    offers = ScopeSet(tuple(known))
    missing = [scope for scope in wanted if not _known(scope, offers)]
    if not missing:
        return _finding(
            "scopes-supported",
            State.OK,
            f"All {len(wanted)} scopes that Chartside asks for are listed.",
            wanted=wanted,
        )
    needed = [scope for scope in missing if scope in inquiry.subject.minimum_scope.split()]
    return _finding(
        "scopes-supported",
        State.NOTE,
        f"Of {len(wanted)} scopes that Chartside asks for, {len(missing)} are not listed: {listed(missing)}."
        + (f" Without {listed(needed)} no chart opens." if needed else "")
        + " Lists are often incomplete; an EHR that refuses the launch for one of them is asked again for less.",
        wanted=wanted,
        not_listed=missing,
    )


def _known(scope: str, offers: ScopeSet) -> bool:
    """Listed itself, or allowed by one that is broader (a wildcard, or the same rights in the other spelling)."""
    if scope in offers:
        return True
    before, _, rest = scope.partition("/")
    resource_type, _, _ = rest.partition(".")
    levels = tuple(level for level in LEVELS if level == before)
    asked = ScopeSet((scope,))
    letters = [letter for letter in _LETTERS if asked.allows(resource_type, letter)]
    return bool(letters) and all(offers.allows(resource_type, letter, levels=levels) for letter in letters)


def _finding(name: str, state: State, sentence: str, **detail: object) -> Finding:
    return Finding(Area.SCOPES, name, state, sentence, detail)
