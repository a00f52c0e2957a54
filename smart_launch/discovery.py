"""What an EHR says about signing in: `.well-known/smart-configuration`, and for old servers `/metadata`.

fhirclient asks `/metadata` alone and takes a server without SMART for an open one; here a server that offers no
authorization is refused. Nothing is signed, no redirect followed, and PKCE S256 is used whatever is listed, because
servers that support it have been found not to say so.
https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from smart_launch.address import check_issuer, endpoint
from smart_launch.errors import DiscoveryError, NoAuthorization, NotFhirR4
from smart_launch.http_message import FHIR_JSON, HttpAnswer, get_json
from smart_launch.transport import MEGABYTE, Http

CONFIGURATION_LIMIT = 2 * MEGABYTE
METADATA_LIMIT = 10 * MEGABYTE
"""Real smart-configurations have 1 to 10 kB, real CapabilityStatements up to 3 MB."""

OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"

R4_VERSIONS = ("4.0.", "4.3.")
"""R4 and R4B; 4.2, 4.4, 4.5 and 4.6 are drafts of R5. http://hl7.org/fhir/directory.html"""

_OPTIONAL = ("jwks_uri", "introspection_endpoint", "revocation_endpoint")
_LISTS = ("capabilities", "code_challenge_methods", "scopes_supported")


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

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, to be kept with a launch."""
        return {**asdict(self), **{name: sorted(getattr(self, name)) for name in _LISTS}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SmartConfiguration:
        """The configuration that `to_json` made."""
        return cls(**{**value, **{name: frozenset(value[name]) for name in _LISTS}})


def discover(iss: str, *, http: Http) -> SmartConfiguration:
    """How to sign in at the FHIR base `iss`.

    Raises BadIssuer before a request leaves; NotFhirR4, NoAuthorization or DiscoveryError by the server's answers;
    Unreachable when none came.
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
    return SmartConfiguration(
        authorization_endpoint=endpoint(base, document.get("authorization_endpoint")),
        token_endpoint=endpoint(base, document.get("token_endpoint")),
        issuer=_text(document.get("issuer")),
        **{name: endpoint(base, document[name]) for name in _OPTIONAL if document.get(name)},
        capabilities=_texts(document.get("capabilities")),
        code_challenge_methods=_texts(document.get("code_challenge_methods_supported")),
        scopes_supported=_texts(document.get("scopes_supported")),
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
    revoke, introspect = found.get("revoke"), found.get("introspect")
    return SmartConfiguration(
        authorization_endpoint=endpoint(base, found["authorize"]),
        token_endpoint=endpoint(base, found["token"]),
        revocation_endpoint=endpoint(base, revoke) if revoke else None,
        introspection_endpoint=endpoint(base, introspect) if introspect else None,
    )


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


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> frozenset[str]:
    return (
        frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
    )
