"""One EHR that the sandbox can play, as frozen facts."""

from __future__ import annotations

from dataclasses import dataclass

from samples.personas.break_the_glass import BreakTheGlass
from samples.personas.closed_range import ClosedRanges
from samples.personas.drops import Hidden, Kept
from samples.personas.duplicates import Duplicate
from samples.personas.narrowing import Narrowing
from samples.personas.notices import Notices
from samples.personas.oauth import PersonaOAuth
from samples.personas.offers import Offers
from samples.personas.paging import Paging
from samples.personas.refusals import Refusals
from samples.personas.required_search import RequiredSearch
from samples.personas.versions import Versions
from samples.personas.write_rules import WriteRule

OPEN = "open"


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the FHIR service of an EHR behaves: what it offers, demands, drops, tells and keeps from its callers.

    `declares_required` is the URL of the CapabilityStatement extension in which it lists required search parameters.
    """

    offers: Offers
    refusals: Refusals
    paging: Paging
    versions: Versions
    notices: Notices
    required: tuple[RequiredSearch, ...] = ()
    closed_ranges: ClosedRanges | None = None
    narrowed: tuple[Narrowing, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    kept: tuple[Kept, ...] = ()
    write_rules: tuple[WriteRule, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    break_the_glass: BreakTheGlass | None = None
    declares_required: str = ""


@dataclass(frozen=True, kw_only=True)
class Persona:
    """The facts of one persona; `name` is its file's, `plays` the EHR it imitates ("" for the open sandbox).

    The open sandbox has no `behaviour` but its own.
    """

    name: str
    plays: str
    oauth: PersonaOAuth
    behaviour: Behaviour | None = None

    @property
    def title(self) -> str:
        """What the sandbox calls itself while it plays this EHR, so that nobody takes it for the vendor's."""
        return f"Sandbox EHR playing {self.plays}" if self.plays else "Sandbox EHR"
