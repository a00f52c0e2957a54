"""Runs the probes of one check, section by section, so that a page can show each as it comes.

run = Run(inquiry, access, patient_id)
for area in areas(run): section(run, area)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app.check.access import Access, no_access
from app.check.cards_probe import card_findings
from app.check.connection_probe import connection_findings
from app.check.finding import Area, Finding, Section
from app.check.forms_probe import form_findings
from app.check.granted_probe import granted_findings
from app.check.inquiry import Inquiry
from app.check.keys_probe import key_findings
from app.check.ladder_probe import ladder_findings
from app.check.metadata_probe import metadata_findings
from app.check.scopes_probe import scope_findings
from app.check.searches_probe import search_findings
from app.check.settings_probe import settings_findings
from app.check.sign_in_probe import sign_in_findings
from app.check.write_test import write_test_findings
from smart_launch.address import check_issuer
from smart_launch.errors import BadIssuer


@dataclass(frozen=True)
class Run:
    """One check. `access` is None without a token; `patient_id` names the chart whose reading is tried, if any.

    `write_test` names the confirmed test patient for whom records may be written; None in every other run.
    """

    inquiry: Inquiry
    access: Access | None = None
    patient_id: str | None = None
    write_test: str | None = None

    @property
    def seen_by(self) -> Access:
        """The access of a user's token, else what follows from the metadata alone."""
        of_chart = self.access if self.access and self.access.for_charts else None
        return of_chart or no_access(self.inquiry)


def areas(run: Run) -> tuple[Area, ...]:
    """The sections that this run has. An address that Chartside would not talk to has no more than two."""
    try:
        check_issuer(run.inquiry.subject.iss)
    except BadIssuer:
        return Area.SETTINGS, Area.CONNECTION
    reads = (Area.SEARCHES,) if run.access and run.patient_id else ()
    return (
        Area.SETTINGS,
        Area.CONNECTION,
        Area.SIGN_IN,
        Area.SCOPES,
        Area.KEYS,
        Area.METADATA,
        *reads,
        Area.LADDER,
        Area.FORMS,
        *((Area.WRITE_TEST,) if run.access and run.write_test else ()),
    )


def section(run: Run, area: Area) -> Section:
    """One section, asked now."""
    return Section(area, tuple(_PROBES[area](run)))


def sections(run: Run) -> Iterator[Section]:
    """Every section, one after the other."""
    for area in areas(run):
        yield section(run, area)


def _scopes(run: Run) -> Iterator[Finding]:
    yield from scope_findings(run.inquiry)
    if run.access:
        yield from granted_findings(run.inquiry, run.access)


def _keys(run: Run) -> Iterator[Finding]:
    yield from key_findings(run.inquiry)
    yield from card_findings(run.inquiry)


def _searches(run: Run) -> Iterator[Finding]:
    if run.access and run.patient_id:
        yield from search_findings(run.inquiry, run.access, run.patient_id)


def _write_test(run: Run) -> Iterator[Finding]:
    if run.access and run.write_test:
        yield from write_test_findings(run.inquiry, run.access, run.write_test)


_PROBES: Mapping[Area, Callable[[Run], Iterator[Finding]]] = {
    Area.SETTINGS: lambda run: settings_findings(run.inquiry.subject),
    Area.CONNECTION: lambda run: connection_findings(run.inquiry),
    Area.SIGN_IN: lambda run: sign_in_findings(run.inquiry),
    Area.SCOPES: _scopes,
    Area.KEYS: _keys,
    Area.METADATA: lambda run: metadata_findings(run.inquiry),
    Area.SEARCHES: _searches,
    Area.LADDER: lambda run: ladder_findings(run.inquiry, run.seen_by),
    Area.FORMS: lambda run: form_findings(run.inquiry, run.seen_by),
    Area.WRITE_TEST: _write_test,
}
