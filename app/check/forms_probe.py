"""Which of Chartside's forms this EHR would take: asked of the same function that decides it in a launch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.check.access import Access, Known, gateway
from app.check.finding import Area, Finding, State
from app.check.inquiry import Inquiry
from app.check.needs import FORMS
from app.ehr.errors import NotAccepted
from app.ehr.record import Write, not_accepted

ANYBODY = "nobody"
"""Stands for the patient, who plays no part in what an EHR offers. Nothing is asked about them."""


def refused_form(inquiry: Inquiry, access: Access, writes: Sequence[Write]) -> NotAccepted | None:
    """Why a form with these writes is not offered; None when it is. Raises what reading the metadata raised."""
    return not_accepted(gateway(inquiry, access, ANYBODY), writes)


def form_findings(inquiry: Inquiry, access: Access) -> Iterator[Finding]:
    """One line for each form; none where the metadata could not be read, which was told already."""
    if inquiry.metadata.capabilities is None:
        return
    for name, (words, writes) in FORMS.items():
        refused = refused_form(inquiry, access, writes)
        detail = {"writes": [f"{kind}.{code}" for kind, code in writes], "scopes": access.known.value}
        if refused is None:
            unless = ", if the EHR grants what is asked for" if access.known is Known.ASSUMED else ""
            yield Finding(Area.FORMS, name, State.OK, f"{words}: can be saved{unless}.", detail)
        else:
            yield Finding(
                Area.FORMS,
                name,
                State.FAILED,
                f"{words}: cannot be saved. {refused.page_reason} {_instead(inquiry, access, writes)}",
                detail,
            )


def _instead(inquiry: Inquiry, access: Access, writes: Sequence[Write]) -> str:
    """What becomes of an entry that the EHR takes in no form."""
    changes = [write for write in writes if write[1] != "create"]
    if changes and refused_form(inquiry, access, changes):
        return "The form is not offered, since what it changes would go on saying otherwise."
    return "What is typed becomes text, which the user pastes into the chart by hand."
