"""A search as the EHR that is played answers it: what it insists on, passes over, leaves out and tells beside.

The sandbox's own search finds the matches; this one stands before and after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import orjson

from samples.fhir.access import Access
from samples.fhir.confinement import patients_of, require_scope
from samples.fhir.errors import BadRequest, Issue, NotSupported, ResourceGone
from samples.fhir.index_rows import IndexContext
from samples.fhir.records import Version
from samples.fhir.search import Page, Search
from samples.personas.drops import hides
from samples.personas.offers import TypeOffer
from samples.personas.paging import COUNT
from samples.personas.persona import Behaviour
from samples.personas.required_search import PATIENT_PARAMETERS, Params, require_parameters

_TRANSPORT = frozenset({"_format", "_pretty"})


def require_offered(behaviour: Behaviour, resource_type: str, interaction: str) -> TypeOffer:
    """What is offered of this type. Raises Refused for an absent type and for an interaction it does not offer."""
    refusals = behaviour.refusals
    offer = behaviour.offers.types.get(resource_type)
    if offer is None:
        raise refusals.refused(refusals.absent_type, "not-supported", f"{resource_type} is not supported")
    if interaction not in offer.does:
        refused = refusals.refused(
            refusals.interaction, "not-supported", f"{interaction} is not supported on {resource_type}"
        )
        refused.allowed = behaviour.offers.methods(resource_type, interaction)
        raise refused
    return offer


def shown(version: Version, behaviour: Behaviour) -> Version:
    """The version without the elements that this EHR does not show."""
    hidden = hides(version.resource_type, behaviour.hidden)
    if version.body is None or not hidden:
        return version
    body = {name: value for name, value in version.resource.items() if name not in hidden}
    return replace(version, body=orjson.dumps(body))


class PersonaSearch:
    """Searches for one caller, as one EHR answers them."""

    def __init__(self, behaviour: Behaviour, search: Search, access: Access, context: IndexContext) -> None:
        self._behaviour = behaviour
        self._search = search
        self._access = access
        self._context = context

    def answer(self, resource_type: str, params: Params, *, strict: bool = False) -> Page:
        """The page that these parameters ask for. Raises FhirProblem as this EHR refuses."""
        paging = self._behaviour.paging
        require_offered(self._behaviour, resource_type, "search-type")
        token = dict(params).get(paging.parameter)
        if token is None or paging.offset or not self._paged(resource_type):
            return self.run(resource_type, params, strict=strict)
        page = self.follow(resource_type, token)
        return self._linked(page, [pair for pair in params if not paging.own(pair[0])])

    def run(self, resource_type: str, params: Iterable[tuple[str, str]], *, strict: bool = False) -> Page:
        """The page of a search that is made now."""
        behaviour, paging = self._behaviour, self._behaviour.paging
        offer = require_offered(behaviour, resource_type, "search-type")
        require_scope(self._access, resource_type, "s")
        given = list(params)
        start = self._start(given)
        asked = [pair for pair in given if not paging.own(pair[0])]
        known, unknown = self._known(resource_type, offer, asked)
        if unknown and strict:
            raise NotSupported("a search parameter is unknown, and handling=strict was asked for")
        require_parameters(behaviour.required, resource_type, known, behaviour.offers, behaviour.refusals)
        if behaviour.closed_ranges:
            behaviour.closed_ranges.require(resource_type, known, behaviour.refusals)
        self._require_open(resource_type, known)
        page = self._search.run(resource_type, self._sent(resource_type, known), start=start)
        page = self._linked(replace(page, used=tuple(known)), known)
        told = behaviour.notices.unknown(unknown, behaviour.refusals)
        return self._finished(page, resource_type, known, told)

    def follow(self, resource_type: str, token: str) -> Page:
        """The page that a `next` link named, unless its time is over."""
        paging, refusals = self._behaviour.paging, self._behaviour.refusals
        try:
            page = self._search.follow(resource_type, token, lasts=paging.lasts)
        except ResourceGone as gone:
            raise refusals.refused(
                paging.expired_status, "expired", paging.expired_says, number=paging.expired_number
            ) from gone
        return self._finished(page, resource_type, [], [])

    def matching(self, resource_type: str, params: Iterable[tuple[str, str]]) -> list[Version]:
        """The first matches of a condition, as the sandbox finds them."""
        return self._search.matching(resource_type, params)

    def _known(self, resource_type: str, offer: TypeOffer, params: Params) -> tuple[Params, list[str]]:
        """The parameters that this EHR understands, and the names of the others."""
        include = self._behaviour.offers.included(resource_type)
        known, unknown = [], []
        for name, value in params:
            values = {"_include": include, "_revinclude": offer.revinclude}.get(name)
            if name == COUNT or name.partition(":")[0] in offer.by or (values and value in values):
                known.append((name, value))
            elif name not in _TRANSPORT:
                unknown.append(name)
        return known, list(dict.fromkeys(unknown))

    def _sent(self, resource_type: str, known: Params) -> list[tuple[str, str]]:
        """What the sandbox's own search is asked."""
        narrowed = [
            (each.parameter, each.value) for each in self._behaviour.narrowed if each.type == resource_type
        ]
        rest = [pair for pair in known if pair[0] != COUNT]
        if not self._paged(resource_type):
            return [*rest, *narrowed]
        return [*rest, *narrowed, (COUNT, self._behaviour.paging.count(known))]

    def _paged(self, resource_type: str) -> bool:
        paging = self._behaviour.paging
        return not paging.where_listed or paging.parameter in self._behaviour.offers.types[resource_type].by

    def _start(self, params: Params) -> int:
        paging = self._behaviour.paging
        start = dict(params).get(paging.parameter, "0") if paging.offset else "0"
        if not (start.isascii() and start.isdigit() and len(start) < 10):
            raise BadRequest("this is not a page of a search")
        return int(start)

    def _linked(self, page: Page, query: Params) -> Page:
        if page.next is None:
            return page
        return replace(page, next_query=self._behaviour.paging.link(page.next, query))

    def _require_open(self, resource_type: str, params: Params) -> None:
        glass = self._behaviour.break_the_glass
        if glass:
            glass.require_open(resource_type, self._patients(resource_type, params), self._behaviour.refusals)

    def _patients(self, resource_type: str, params: Params) -> set[str]:
        """Whom a search is about: the one whom the caller is confined to, else the patients it names."""
        names = ("_id",) if resource_type == "Patient" else PATIENT_PARAMETERS
        named = {
            reference.rpartition("/")[2]
            for name, value in params
            if name.partition(":")[0] in names
            for reference in value.split(",")
        }
        # One who is confined to a patient is refused the others below, and must not learn from it.
        confined = self._access.patient is not None and self._access.confined(resource_type, "s")
        return {str(self._access.patient)} if confined else named

    def _finished(self, page: Page, resource_type: str, params: Params, told: list[Issue]) -> Page:
        """The page without what this EHR keeps back, and with what it tells."""
        matches, included = (self._open(each) for each in (page.matches, page.included))
        refusals, glass = self._behaviour.refusals, self._behaviour.break_the_glass
        if glass and len(matches) < len(page.matches):
            told = [*told, glass.notice(refusals)]
        told += self._behaviour.notices.of_answer(
            resource_type,
            self._patients(resource_type, params),
            self._unreadable(params),
            refusals,
            empty=not page.matches,
        )
        return replace(page, matches=matches, included=included, notices=tuple(told))

    def _open(self, versions: Sequence[Version]) -> tuple[Version, ...]:
        glass = self._behaviour.break_the_glass
        restricted = set(glass.patients) if glass else set()
        return tuple(
            shown(version, self._behaviour)
            for version in versions
            if not restricted or not restricted & patients_of(version.resource, self._context)
        )

    def _unreadable(self, params: Params) -> list[str]:
        """The types that an include asks for and the caller may not read."""
        types = [value.partition(":")[0] for name, value in params if name == "_revinclude"]
        return [each for each in dict.fromkeys(types) if not self._access.allows(each, "r")]
