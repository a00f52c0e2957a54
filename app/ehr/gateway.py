"""The one way out: every request to the EHR that this app makes leaves here, for one launch.

It adds to the SMART client what a chart needs: paging with limits, searches that come back with a warning inside,
required search parameters, and the guard that drops what belongs to another patient.
https://hl7.org/fhir/R4/http.html#search
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.ehr.capabilities import Capabilities, CapabilityCache, Offer
from app.ehr.compartment import belongs_to
from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.element import as_objects
from mappings.identity import identifier_value
from mappings.reading import withholds
from smart_launch.errors import FhirError, NotFhir, Unauthorized, Unreachable
from smart_launch.fhir_client import SmartClient

PAGE_LIMIT = 40
RESOURCE_LIMIT = 5_000
"""Real charts hold 1,400 resources of all types; these limits end a server that pages for ever."""

Parameters = Sequence[tuple[str, str]]
Resource = Mapping[str, Any]


@dataclass(frozen=True)
class SearchAnswer:
    """All pages of one search. `incomplete` when the server or a limit left something out."""

    matches: tuple[Resource, ...] = ()
    included: tuple[Resource, ...] = ()
    incomplete: bool = False


class Gateway:
    """The EHR as one launch sees it: its patient, its token, its granted scopes.

    `client` sends; `iss` names the EHR; `cache` keeps what its metadata said. Errors of `smart_launch.errors` pass
    through unchanged: Unauthorized ends the launch, all others concern one request.
    """

    def __init__(self, client: SmartClient, *, iss: str, patient_id: str, cache: CapabilityCache) -> None:
        self.client = client
        self.iss = iss
        self.patient_id = patient_id
        self._cache = cache

    @property
    def capabilities(self) -> Capabilities:
        """What the EHR's metadata offers (asked once an hour)."""
        return self._cache.get(self.iss, self.client.get_capability_statement)

    def offer(self, resource_type: str, interaction: str) -> Offer:
        """Whether this launch may use `interaction` on the type: its metadata and its granted scopes together."""
        return self.capabilities.offer(resource_type, interaction, self.client.grant.scopes)

    def read(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        """The resource as the EHR holds it now. Raises ForeignResource when it is another patient's.

        Raises NotFhir when it is of another type than was asked for.
        """
        resource = self.client.get(f"{resource_type}/{resource_id}")
        if resource["resourceType"] != resource_type:
            raise NotFhir(200)
        if not belongs_to(resource, self.patient_id):
            raise ForeignResource(resource_type)
        return resource

    def search(
        self, resource_type: str, parameters: Parameters, *, when_required: Parameters = ()
    ) -> SearchAnswer:
        """All pages of a search. `when_required` is added once when the server says a parameter is required.

        The retry goes by OperationOutcome's code `required`, never by its text, which every vendor words otherwise.
        """
        try:
            return self._pages(resource_type, parameters)
        except FhirError as error:
            if not when_required or not any(issue.code == "required" for issue in error.outcome):
                raise
            return self._pages(resource_type, [*parameters, *when_required])

    def find_ours(
        self, resource_type: str, value: str, *, when_required: Parameters = ()
    ) -> dict[str, Any] | None:
        """The resource of this patient that bears our identifier `value`, or None.

        Asked by identifier where the metadata lists that parameter, else found among the patient's own.
        """
        listed = self.capabilities.of(resource_type).search_parameters
        parameters = [("patient", self.patient_id)]
        if "identifier" in listed:
            parameters.append(("identifier", f"{IDENTIFIER_SYSTEM}|{value}"))
        matches = self.search(resource_type, parameters, when_required=when_required).matches
        return next((dict(item) for item in matches if identifier_value(item) == value), None)

    def transaction(self, bundle: Mapping[str, Any]) -> dict[str, Any]:
        """Posts a transaction Bundle to the base; the answer is the transaction-response Bundle."""
        return self.client.transaction(dict(bundle))

    def _pages(self, resource_type: str, parameters: Parameters) -> SearchAnswer:
        pages = _Pages(resource_type, self.patient_id)
        bundle = self._page(resource_type, list(parameters))
        followed: set[str] = set()
        while True:
            pages.add(bundle)
            link = next_link(bundle)
            if link is None:
                return pages.answer()
            if link in followed or len(followed) == PAGE_LIMIT - 1 or pages.full:
                return pages.answer(incomplete=True)
            followed.add(link)
            try:
                bundle = self._page(link)
            except Unauthorized:
                raise
            except (FhirError, Unreachable):
                # A foreign link, an expired page session, a break half-way: what came is shown as incomplete.
                return pages.answer(incomplete=True)

    def _page(self, address: str, parameters: Parameters | None = None) -> dict[str, Any]:
        """One page of a search. Raises NotFhir for an answer that is no Bundle: an empty panel would be a lie."""
        bundle = self.client.get(address, parameters)
        if bundle["resourceType"] != "Bundle":
            raise NotFhir(200)
        return bundle


class ForeignResource(FhirError):
    """The server answered a read with another patient's resource. It is dropped, and the read counts as not found."""

    page_reason = "The EHR answered with a record that is not this patient's, so it is not shown."

    def __init__(self, resource_type: str) -> None:
        super().__init__(404, ())
        self.resource_type = resource_type


class _Pages:
    """Collects the entries of a search's pages: matches, included ones, and whether anything was left out."""

    def __init__(self, resource_type: str, patient_id: str) -> None:
        self._type = resource_type
        self._patient_id = patient_id
        self._matches: dict[str, Resource] = {}
        self._included: dict[str, Resource] = {}
        self._incomplete = False

    @property
    def full(self) -> bool:
        return len(self._matches) + len(self._included) >= RESOURCE_LIMIT

    def add(self, bundle: Mapping[str, Any]) -> None:
        entries = bundle.get("entry") or []
        for entry in entries if isinstance(entries, list) else [entries]:
            resource = entry.get("resource") if isinstance(entry, Mapping) else None
            if isinstance(resource, Mapping) and isinstance(resource.get("resourceType"), str):
                self._add_resource(resource)
            else:
                self._incomplete = True

    def answer(self, *, incomplete: bool = False) -> SearchAnswer:
        return SearchAnswer(
            tuple(self._matches.values()), tuple(self._included.values()), self._incomplete or incomplete
        )

    def _add_resource(self, resource: Resource) -> None:
        kind = resource.get("resourceType")
        if kind == "OperationOutcome":
            self._incomplete = self._incomplete or warns(resource)
        elif not belongs_to(resource, self._patient_id):
            self._incomplete = True
        else:
            kept = self._matches if kind == self._type else self._included
            # The same resource may come on two pages when the chart changes between them: the later one stands.
            kept[f"{kind}/{resource.get('id', len(kept))}"] = resource


def next_link(bundle: Mapping[str, Any]) -> str | None:
    """The `next` link of a searchset, as the server wrote it; None on the last page, "" when it cannot be read."""
    for link in as_objects(bundle.get("link")):
        if link.get("relation") == "next":
            return link["url"] if isinstance(link.get("url"), str) else ""
    return None


def warns(outcome: Mapping[str, Any]) -> bool:
    """True when an OperationOutcome inside a searchset says that something is missing.

    Information does not, and neither does a vendor's warning that nothing matched.
    """
    issues = as_objects(outcome.get("issue"))
    return not issues or any(
        issue.get("severity") != "information" and withholds({"issue": [issue]}) for issue in issues
    )
