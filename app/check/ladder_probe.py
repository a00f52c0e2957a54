"""In which form each thing that Chartside documents would be held here, by the write ladder, in its words.

The ladder speaks of each record by itself; a form saves several together. Where the record would be taken and no form
could be saved, that is said beside it, so that nobody reads a promise out of half of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.check.access import Access, Known
from app.check.finding import Area, Finding, State
from app.check.forms_probe import refused_form
from app.check.inquiry import Inquiry
from app.check.needs import FORMS
from app.ehr.capabilities import SEARCH
from mappings.write_ladder import ArtefactOutcome, artefacts, ladder

_LETTERS = {"read": "r", SEARCH: "s", "create": "c", "update": "u", "patch": "u", "delete": "d"}
"""FHIR's interactions as SMART v2 spells them."""

_FORMS_OF: Mapping[str, tuple[str, ...]] = {
    "Care plan": ("care-plan",),
    "Goal": ("care-plan",),
    "Task": ("contact", "care-plan"),
    "Consent": ("consent",),
    "Contact": ("contact",),
    "Medication reconciliation": ("medication-reconciliation",),
    "Community referral": ("resource-referral",),
    "Billing minutes": ("contact",),
}
"""The forms that document each artefact; those without an entry have none yet."""


def outcomes(inquiry: Inquiry, access: Access) -> tuple[ArtefactOutcome, ...]:
    """What becomes of each artefact; () where the metadata could not be read."""
    found = inquiry.metadata.capabilities
    if found is None:
        return ()
    offered = {name: offer.interactions for name, offer in found.resources.items()}

    def granted(resource_type: str, interaction: str) -> bool:
        return access.scopes.allows(resource_type, _LETTERS[interaction])

    return ladder(offered, granted, inquiry.subject.vendor)


def ladder_findings(inquiry: Inquiry, access: Access) -> Iterator[Finding]:
    """One line for each artefact, and how sure it is what is granted."""
    found = outcomes(inquiry, access)
    if not found:
        yield Finding(
            Area.LADDER,
            "ladder",
            State.NOTE,
            "This cannot be told, because the EHR’s metadata could not be read.",
        )
        return
    if access.known is Known.ASSUMED:
        yield Finding(
            Area.LADDER,
            "granted",
            State.NOTE,
            "Told from what the EHR offers, as if it granted every scope that Chartside asks for.",
        )
    has_form = {artefact.name: artefact.has_form for artefact in artefacts()}
    for outcome in found:
        yield _finding(inquiry, access, outcome, has_form=has_form[outcome.artefact])


def _finding(inquiry: Inquiry, access: Access, outcome: ArtefactOutcome, *, has_form: bool) -> Finding:
    stopped = outcome.filed and not _any_form(inquiry, access, outcome.artefact)
    state = State.OK
    if stopped or (has_form and not outcome.filed):
        state = State.FAILED
    elif not outcome.filed or not outcome.readable_back or not outcome.changeable:
        state = State.NOTE
    more = " But no form that documents it can be saved here, as told below." if stopped else ""
    return Finding(
        Area.LADDER,
        outcome.artefact,
        state,
        f"{outcome.words}{more}",
        {
            "artefact": outcome.artefact,
            "rung": outcome.rung.value,
            "filed": outcome.filed and not stopped,
            "readable_back": outcome.readable_back,
            "changeable": outcome.changeable,
            "reason": outcome.reason,
            "needs": [{"what": need.name, "lack": need.lack.value} for need in outcome.needs],
        },
    )


def _any_form(inquiry: Inquiry, access: Access, artefact: str) -> bool:
    names = _FORMS_OF.get(artefact, ())
    return any(refused_form(inquiry, access, FORMS[name][1]) is None for name in names)
