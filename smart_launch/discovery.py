"""What an EHR says about signing in: `.well-known/smart-configuration`, and for old servers `/metadata`.

fhirclient asks `/metadata` alone and takes a server without SMART for an open one; here a server that offers no
authorization is refused. Nothing is signed, no redirect followed, and PKCE S256 is used whatever is listed, because
servers that support it have been found not to say so.
https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from smart_launch.address import check_issuer, endpoint
from smart_launch.errors import DiscoveryError, NoAuthorization, NotFhirR4
from smart_launch.http_message import FHIR_JSON, HttpAnswer, get_json
from smart_launch.transport import MEGABYTE, Http

CONFIGURATION_LIMIT = 2 * MEGABYTE
METADATA_LIMIT = 10 * MEGABYTE
"""Real smart-configurations have 1 to 10 kB, real CapabilityStatements up to 3 MB."""

OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"

_OAUTH_URIS = {
    "authorize": "authorization_endpoint",
    "token": "token_endpoint",
    "revoke": "revocation_endpoint",
    "introspect": "introspection_endpoint",
    "register": "registration_endpoint",
    "manage": "management_endpoint",
}
"""https://hl7.org/fhir/smart-app-launch/1.0.0/conformance/index.html#using-cs"""

R4_VERSIONS = ("4.0.", "4.3.")
"""R4 and R4B; 4.2, 4.4, 4.5 and 4.6 are drafts of R5. http://hl7.org/fhir/directory.html"""

_OPTIONAL = ("jwks_uri", "introspection_endpoint", "revocation_endpoint")
_DISPENSABLE = ("registration_endpoint", "management_endpoint")
"""No launch needs them: one that is not safe to call counts as not offered."""

_LISTS = {
    "capabilities": "capabilities",
    "code_challenge_methods": "code_challenge_methods_supported",
    "scopes_supported": "scopes_supported",
    "grant_types": "grant_types_supported",
    "token_endpoint_auth_methods": "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_algs": "token_endpoint_auth_signing_alg_values_supported",
}
"""Our name of a list -> the document's. An absent list is empty, which says nothing about the server."""

_MOST_ENDPOINTS = 50


@dataclass(frozen=True)
class AssociatedEndpoint:
    """Another FHIR base that takes this server's tokens, and what it is for (`smart-app-state`, for instance).

    https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#metadata
    """

    url: str
    capabilities: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SmartConfiguration:
    """The part of a smart-configuration that this app uses; every endpoint is absolute and safe to call."""

    authorization_endpoint: str
    token_endpoint: str
    issuer: str | None = None
    jwks_uri: str | None = None
    introspection_endpoint: str | None = None
    revocation_endpoint: str | None = None
    capabilities: frozenset[str] = frozenset()
    code_challenge_methods: frozenset[str] = frozenset()
    scopes_supported: frozenset[str] = frozenset()
    registration_endpoint: str | None = None
    management_endpoint: str | None = None
    grant_types: frozenset[str] = frozenset()
    token_endpoint_auth_methods: frozenset[str] = frozenset()
    token_endpoint_auth_signing_algs: frozenset[str] = frozenset()
    associated_endpoints: tuple[AssociatedEndpoint, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, to be kept with a launch."""
        endpoints = [
            {"url": item.url, "capabilities": sorted(item.capabilities)} for item in self.associated_endpoints
        ]
        lists = {name: sorted(getattr(self, name)) for name in _LISTS}
        return {**asdict(self), **lists, "associated_endpoints": endpoints}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SmartConfiguration:
        """The configuration that `to_json` made, also one of a version that knew fewer or more fields."""
        known = {field.name for field in fields(cls)}
        endpoints = tuple(
            AssociatedEndpoint(item["url"], frozenset(item["capabilities"]))
            for item in value.get("associated_endpoints", ())
        )
        lists = {name: frozenset(value.get(name, ())) for name in _LISTS}
        kept = {name: item for name, item in value.items() if name in known}
        return cls(**{**kept, **lists, "associated_endpoints": endpoints})


def discover(iss: str, *, http: Http) -> SmartConfiguration:
    """How to sign in at the FHIR base `iss`.

    Raises BadIssuer before a request leaves; NotFhirR4, NoAuthorization or DiscoveryError by the server's answers;
    Unreachable when none came. Asked anew for each launch: one request more, and an EHR that is down is told by a page
    of ours before the browser is sent there.
    """
    base = check_issuer(iss).rstrip("/")
    answer = http.send(get_json(f"{base}/.well-known/smart-configuration"), limit=CONFIGURATION_LIMIT)
    document = answer.json_object() if answer.status == 200 else None
    if document and document.get("authorization_endpoint") and document.get("token_endpoint"):
        return parse_configuration(base, document)
    return parse_metadata(
        base, http.send(get_json(f"{base}/metadata", accept=FHIR_JSON), limit=METADATA_LIMIT)
    )


def parse_configuration(base: str, document: Mapping[str, Any]) -> SmartConfiguration:
    """Reads a smart-configuration; relative endpoints are resolved against the FHIR base."""
    others: dict[str, Any] = {
        **{name: endpoint(base, document[name]) for name in _OPTIONAL if document.get(name)},
        **{name: _safe(base, document.get(name)) for name in _DISPENSABLE},
        **{ours: _texts(document.get(theirs)) for ours, theirs in _LISTS.items()},
    }
    return SmartConfiguration(
        authorization_endpoint=endpoint(base, document.get("authorization_endpoint")),
        token_endpoint=endpoint(base, document.get("token_endpoint")),
        issuer=_text(document.get("issuer")),
        associated_endpoints=tuple(_associated(base, document.get("associated_endpoints"))),
        **others,
    )


def parse_metadata(base: str, answer: HttpAnswer) -> SmartConfiguration:
    """Reads the oauth-uris extension of a CapabilityStatement, as SMART 1.0 servers carry it."""
    statement = answer.json_object() if answer.status == 200 else None
    if statement is None:
        raise DiscoveryError("unreadable")
    check_r4(statement)
    found = dict(_oauth_uris(statement))
    if not found.get("authorize") or not found.get("token"):
        raise NoAuthorization
    return parse_configuration(base, {name: found.get(uri) for uri, name in _OAUTH_URIS.items()})


def check_r4(statement: Mapping[str, Any]) -> None:
    """Raises NotFhirR4 for the metadata of another version, DiscoveryError for what is no metadata at all."""
    kind, version = statement.get("resourceType"), str(statement.get("fhirVersion") or "")
    if kind == "Conformance" or (kind == "CapabilityStatement" and not version.startswith(R4_VERSIONS)):
        raise NotFhirR4
    if kind != "CapabilityStatement":
        raise DiscoveryError("not metadata")


def _oauth_uris(statement: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for rest in _objects(statement.get("rest")):
        security = rest.get("security")
        for extension in _objects(security.get("extension") if isinstance(security, dict) else None):
            if extension.get("url") == OAUTH_URIS:
                for part in _objects(extension.get("extension")):
                    yield str(part.get("url")), part.get("valueUri")


def _associated(base: str, listed: Any) -> Iterator[AssociatedEndpoint]:
    """Those that are safe to call. One that is not is left out: none of them is needed to open a chart."""
    for item in _objects(listed)[:_MOST_ENDPOINTS]:
        if url := _safe(base, item.get("url")):
            yield AssociatedEndpoint(url, _texts(item.get("capabilities")))


def _safe(base: str, value: Any) -> str | None:
    try:
        return endpoint(base, value)
    except DiscoveryError:
        return None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> frozenset[str]:
    return (
        frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
    )
