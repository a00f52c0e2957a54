"""The one way out: every request to the EHR that this app makes leaves here, for one launch.

It adds to the SMART client what a chart needs: paging with limits, searches that come back with a warning inside,
required search parameters, the vendor's own error numbers, and the guard that drops what belongs to another patient.
https://hl7.org/fhir/R4/http.html#search
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Any, TypeVar

from app.ehr.capabilities import Capabilities, CapabilityCache, Offer
from app.ehr.compartment import belongs_to
from app.ehr.errors import BreakTheGlass
from app.ehr.pages import Pages, SearchAnswer, kind_of, next_link
from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.identity import identifier_value
from mappings.vendor import vendor as facts_of
from mappings.vendor_facts import ErrorKind, UpdateStyle, Vendor
from smart_launch.errors import (
    Conflict,
    FhirError,
    Gone,
    NotFhir,
    NotFound,
    NotSupported,
    Unauthorized,
    Unreachable,
)
from smart_launch.fhir_client import SmartClient, WriteResult

PAGE_LIMIT = 40
"""Ends a server that pages for ever."""
LATEST_DAY = "2199-12-31"
"""The other end of a date range that has only a beginning, for EHRs that want both."""

Answer = TypeVar("Answer")
Parameters = Sequence[tuple[str, str]]
Resource = Mapping[str, Any]


class _End(Enum):
    """How following the pages of a search ended."""

    WHOLE = auto()
    BROKEN = auto()
    EXPIRED = auto()


class Gateway:
    """The EHR as one launch sees it: its patient, its token, its granted scopes.

    `client` sends; `iss` names the EHR; `cache` keeps what its metadata said; `vendor` is what is known of it
    beforehand. Errors of `smart_launch.errors` pass through unchanged, but for those that the vendor numbers:
    BreakTheGlass, and Conflict for a duplicate. Unauthorized ends the launch, all others concern one request.
    """

    def __init__(
        self,
        client: SmartClient,
        *,
        iss: str,
        patient_id: str,
        cache: CapabilityCache,
        vendor: Vendor | None = None,
    ) -> None:
        self.client = client
        self.iss = iss
        self.patient_id = patient_id
        self.vendor = vendor or facts_of("generic")
        self._cache = cache

    @property
    def capabilities(self) -> Capabilities:
        """What the EHR's metadata offers (asked once an hour)."""
        return self._cache.get(self.iss, self.client.get_capability_statement)

    def offer(self, resource_type: str, interaction: str) -> Offer:
        """Whether this launch may use `interaction` on the type: metadata, earlier refusals and granted scopes."""
        listed = self.capabilities.offer(resource_type, interaction, self.client.grant.scopes)
        if listed is not Offer.NOT_IN_METADATA and self.refused(resource_type, interaction):
            return Offer.REFUSED
        return listed

    def refuse(self, resource_type: str, interaction: str) -> None:
        """Remembers that the EHR does not do this although it lists it."""
        self._cache.refuse(self.iss, resource_type, interaction)

    def refused(self, resource_type: str, interaction: str) -> bool:
        """Whether the EHR refused this as not supported within the last hour."""
        return self._cache.refused(self.iss, resource_type, interaction)

    def update_style(self, resource_type: str) -> UpdateStyle:
        """How a record of the type is changed: as the metadata lists it, else as the vendor's facts say."""
        return self.capabilities.update_style(resource_type, self.vendor.updates_by(resource_type))

    def read(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        """The resource as the EHR holds it now. Raises ForeignResource when it is another patient's.

        Raises NotFhir when it is of another type than was asked for.
        """
        resource = self._ask(lambda: self.client.get(f"{resource_type}/{resource_id}"))
        if resource["resourceType"] != resource_type:
            raise NotFhir(200)
        if not belongs_to(resource, self.patient_id):
            raise ForeignResource(resource_type)
        return resource

    def required(self, resource_type: str, asked: Parameters, *, known: Parameters = ()) -> Parameters:
        """What this EHR demands in every search of the type and `asked` lacks, as far as it can be given.

        Its own metadata is believed first: where that names combinations, the one that lacks least is completed. The
        vendor's facts come second. `known` are our values for parameters that an EHR may demand.
        """
        names = {name for name, _ in asked}
        values = (*self.vendor.required_search.get(resource_type, ()), *known)
        choices = sorted(
            (choice - names for choice in self.capabilities.of(resource_type).required),
            key=lambda missing: (len(missing), sorted(missing)),
        )
        for missing in choices:
            if missing <= {name for name, _ in values}:
                return [pair for name in sorted(missing) for pair in _values_of(name, values)]
        return self.vendor.missing_parameters(resource_type, names)

    def search(
        self, resource_type: str, parameters: Parameters, *, when_required: Parameters = ()
    ) -> SearchAnswer:
        """All pages of a search. `when_required` is added once when the server says a parameter is required.

        The retry goes by OperationOutcome's code `required` or the vendor's number, never by its text. Raises
        NotSupported where it requires what we cannot give.
        """
        asked = self._closed(parameters)
        try:
            return self._all_pages(resource_type, asked)
        except FhirError as error:
            names = {name for name, _ in asked}
            added = [pair for pair in when_required if pair[0] not in names]
            if not self._asks_for_parameters(error):
                raise
            if not added:
                # What it wants cannot be given, now or later: "try again" would be a lie.
                raise NotSupported(error.status, error.outcome) from error
        return self._all_pages(resource_type, self._closed([*asked, *added]))

    def find_ours(
        self, resource_type: str, value: str, *, when_required: Parameters = ()
    ) -> dict[str, Any] | None:
        """The resource of this patient that bears our identifier `value`, or None.

        Asked by identifier where the metadata lists that parameter, else found among the patient's own. Raises
        PartlyShown where it is not among what the EHR shows and the EHR left something out: that is no "not there".
        """
        listed = self.capabilities.of(resource_type).search_parameters
        asked = [("patient", self.patient_id)]
        if "identifier" in listed:
            asked.append(("identifier", f"{IDENTIFIER_SYSTEM}|{value}"))
        parameters = [*asked, *self.required(resource_type, asked, known=when_required)]
        answer = self.search(resource_type, parameters, when_required=when_required)
        found = next((dict(item) for item in answer.matches if identifier_value(item) == value), None)
        if found is None and answer.incomplete:
            raise PartlyShown
        return found

    def transaction(self, bundle: Mapping[str, Any]) -> dict[str, Any]:
        """Posts a transaction Bundle to the base; the answer is the transaction-response Bundle."""
        return self._ask(lambda: self.client.transaction(dict(bundle)))

    def create(self, resource: Resource, *, if_none_exist: str | None) -> WriteResult:
        """Creates one resource; with `if_none_exist` (a search) only where that finds none. Never sent twice."""
        kind = str(resource["resourceType"])
        return self._ask(lambda: self.client.post(kind, resource, if_none_exist=if_none_exist))

    def put(self, resource: Resource, *, version: str) -> WriteResult:
        """Replaces one resource, if it still has the version. Raises Conflict when it has not."""
        place = f"{resource['resourceType']}/{resource['id']}"
        return self._ask(lambda: self.client.put(place, resource, if_match=version))

    def patch(self, place: str, operations: Sequence[Mapping[str, Any]], *, version: str) -> WriteResult:
        """Changes one resource ("Task/812") by JSON Patch, if it still has the version. Raises Conflict otherwise."""
        return self._ask(lambda: self.client.patch(place, operations, if_match=version))

    def _all_pages(self, resource_type: str, parameters: Parameters) -> SearchAnswer:
        """The search; begun once more where the server forgot it half-way, as Epic does after some minutes."""
        first = Pages(resource_type, self.patient_id, self.vendor)
        ended = self._follow(first, resource_type, parameters)
        if ended is not _End.EXPIRED:
            return self._told(first, ended)
        again = Pages(resource_type, self.patient_id, self.vendor)
        try:
            ended = self._follow(again, resource_type, parameters)
        except Unauthorized:
            raise
        except (FhirError, Unreachable):
            ended = _End.BROKEN
        return self._told(max(again, first, key=len), ended)

    def _told(self, pages: Pages, ended: _End) -> SearchAnswer:
        if not pages and kind_of(pages.issues, self.vendor) is ErrorKind.BREAK_THE_GLASS:
            raise BreakTheGlass(200, pages.issues)
        return pages.answer(incomplete=ended is not _End.WHOLE)

    def _follow(self, pages: Pages, resource_type: str, parameters: Parameters) -> _End:
        bundle = self._page(resource_type, list(parameters))
        followed: set[str] = set()
        while True:
            pages.add(bundle)
            link = next_link(bundle)
            if link is None:
                return _End.WHOLE
            if link in followed or len(followed) == PAGE_LIMIT - 1 or pages.full:
                return _End.BROKEN
            followed.add(link)
            try:
                bundle = self._page(link)
            except Unauthorized:
                raise
            except (FhirError, Unreachable) as error:
                # A foreign link, a break half-way: what came is shown as incomplete.
                return _End.EXPIRED if self._page_expired(error) else _End.BROKEN

    def _page(self, address: str, parameters: Parameters | None = None) -> dict[str, Any]:
        """One page of a search. Raises NotFhir for an answer that is no Bundle: an empty panel would be a lie."""
        bundle = self._ask(lambda: self.client.get(address, parameters))
        if bundle["resourceType"] != "Bundle":
            raise NotFhir(200)
        return bundle

    def _page_expired(self, error: Exception) -> bool:
        if not isinstance(error, FhirError):
            return False
        return isinstance(error, Gone | NotFound) or kind_of(error.outcome, self.vendor) is (
            ErrorKind.PAGE_EXPIRED
        )

    def _asks_for_parameters(self, error: FhirError) -> bool:
        required = any(issue.code == "required" for issue in error.outcome)
        return required or kind_of(error.outcome, self.vendor) is ErrorKind.PARAMETER_REQUIRED

    def _closed(self, parameters: Parameters) -> Parameters:
        """With an end for each date range that has none, where the vendor refuses an open one."""
        if not self.vendor.closed_date_ranges:
            return parameters
        begun = {name for name, value in parameters if value.startswith(("ge", "gt"))}
        ended = {name for name, value in parameters if value.startswith(("le", "lt"))}
        return [*parameters, *((name, f"le{LATEST_DAY}") for name in sorted(begun - ended))]

    def _ask(self, request: Callable[[], Answer]) -> Answer:
        """Sends, and gives a refusal that the vendor numbers its true name."""
        try:
            return request()
        except FhirError as error:
            match kind_of(error.outcome, self.vendor):
                case ErrorKind.BREAK_THE_GLASS:
                    raise BreakTheGlass(error.status, error.outcome) from error
                case ErrorKind.DUPLICATE:
                    # What is there already may be our own first try: whoever saves looks, as at any conflict.
                    raise Conflict(error.status, error.outcome) from error
            raise


class ForeignResource(FhirError):
    """The server answered a read with another patient's resource. It is dropped, and the read counts as not found."""

    page_reason = "The EHR answered with a record that is not this patient's, so it is not shown."

    def __init__(self, resource_type: str) -> None:
        super().__init__(404, ())
        self.resource_type = resource_type


class PartlyShown(FhirError):
    """A search left something out, so that what it does not show may be there all the same."""

    page_reason = "The EHR left out a part of what was asked for."

    def __init__(self) -> None:
        super().__init__(200)


def _values_of(name: str, values: Parameters) -> list[tuple[str, str]]:
    """The first values that are given for a parameter: both ends of one date range, and not a second one."""
    found = [pair for pair in dict.fromkeys(values) if pair[0] == name]
    return found if all(value[:2] in ("ge", "le", "gt", "lt") for _, value in found) else found[:1]
