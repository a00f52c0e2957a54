"""How one signs in there: discovery, endpoints, PKCE, and the SMART capabilities against what Chartside uses."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from app.check.connection_probe import encryption
from app.check.finding import Area, Finding, State
from app.check.inquiry import METADATA, Inquiry
from smart_launch.address import same_host
from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import DiscoveryError, SmartError, Unreachable

ENDPOINTS: Mapping[str, str] = {
    "authorization_endpoint": "where the user signs in",
    "token_endpoint": "where the launch gets its token",
    "jwks_uri": "the EHR’s signing keys",
    "introspection_endpoint": "asking what a token allows",
    "revocation_endpoint": "ending a token at sign-out",
    "registration_endpoint": "registering by program",
    "management_endpoint": "where users see which apps they let in",
}
_QUIET = frozenset({"registration_endpoint", "management_endpoint"})
"""Absent in most EHRs, and nothing of a launch needs them."""


@dataclass(frozen=True)
class Capability:
    """One SMART capability and what it means for Chartside, as smart_capabilities.toml says."""

    name: str
    level: str
    offered: str
    absent: str
    client_type: str = ""


@cache
def capabilities() -> tuple[Capability, ...]:
    """Every SMART capability that Chartside looks at, in the order of the report."""
    table = tomllib.loads(files("app.check").joinpath("smart_capabilities.toml").read_text("utf-8"))
    return tuple(Capability(**row) for row in table["capability"])


def sign_in_findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Discovery first; without it there is nothing else to say."""
    found = inquiry.discovery
    if found.configuration is None:
        yield _not_discovered(inquiry, found.error or DiscoveryError())
        return
    by_metadata = found.source == METADATA
    yield _finding(
        "discovery",
        State.NOTE if by_metadata else State.OK,
        "The EHR has no .well-known/smart-configuration; its /metadata says how to sign in, which is enough."
        if by_metadata
        else "The EHR’s .well-known/smart-configuration says how to sign in.",
        source=found.source,
    )
    yield from _endpoints(inquiry, found.configuration, found.document if not by_metadata else {})
    yield _pkce(found.configuration)
    yield from _capabilities(inquiry, found.configuration)


def _not_discovered(inquiry: Inquiry, error: SmartError) -> Finding:
    advice = {
        "NotFhirR4": " Ask the vendor for the address of its R4 server.",
        "NoAuthorization": " Ask the vendor for the address that SMART apps use.",
    }
    silent = isinstance(error, Unreachable)
    hint = advice.get(
        type(error).__name__,
        " Is this machine’s way there open?" if silent else " Is it the FHIR base, as https://HOST/…/R4?",
    )
    return _finding(
        "discovery",
        State.FAILED,
        f"{error.page_reason}{hint}",
        unanswered=silent and not inquiry.certificate_refused,
        error=type(error).__name__,
    )


def _endpoints(
    inquiry: Inquiry, configuration: SmartConfiguration, document: Mapping[str, Any]
) -> Iterator[Finding]:
    told: set[tuple[str | None, int | None]] = set()
    home = urlsplit(inquiry.subject.iss)
    told.add((home.hostname, home.port))
    for name, words in ENDPOINTS.items():
        url = getattr(configuration, name)
        if url is None:
            if name not in _QUIET:
                yield _absent(name, words)
            continue
        yield _endpoint(inquiry, name, words, url, str(document.get(name) or url))
        parts = urlsplit(url)
        if parts.scheme == "https" and (parts.hostname, parts.port) not in told:
            told.add((parts.hostname, parts.port))
            shown = encryption(inquiry, url, f"encryption-of-{parts.hostname}")
            yield Finding(
                Area.SIGN_IN, shown.name, shown.state, shown.sentence, shown.detail, shown.unanswered
            )


def _absent(name: str, words: str) -> Finding:
    instead = {
        "introspection_endpoint": "not needed: a launch says itself what it allows.",
        "revocation_endpoint": "at sign-out Chartside forgets the tokens, and they end by themselves.",
        "jwks_uri": "they are looked for in the EHR’s OpenID configuration at the first launch.",
    }
    return _finding(_slug(name), State.MISSING, f"No address for {words}: {instead[name]}")


def _endpoint(inquiry: Inquiry, name: str, words: str, url: str, written: str) -> Finding:
    relative = not urlsplit(written).scheme
    foreign = not same_host(inquiry.subject.iss, url)
    remarks = [
        *(["written relative to the FHIR base"] if relative else []),
        *([f"on another host, {urlsplit(url).hostname}, which is usual"] if foreign else []),
    ]
    aside = f" ({', '.join(remarks)})" if remarks else ""
    return _finding(
        _slug(name),
        State.OK if not relative else State.NOTE,
        f"{words[0].upper()}{words[1:]}: {url}{aside}",
        url=url,
        relative=relative,
        other_host=foreign,
    )


def _pkce(configuration: SmartConfiguration) -> Finding:
    listed = "S256" in configuration.code_challenge_methods
    return _finding(
        "pkce",
        State.OK if listed else State.NOTE,
        "PKCE with S256 is listed."
        if listed
        else "PKCE with S256 is not listed; Chartside uses it all the same, which servers without it ignore.",
        listed=sorted(configuration.code_challenge_methods),
    )


def _capabilities(inquiry: Inquiry, configuration: SmartConfiguration) -> Iterator[Finding]:
    if not configuration.capabilities:
        yield _finding(
            "capabilities",
            State.NOTE,
            "The EHR does not list its SMART capabilities: what follows from them is seen at the first launch.",
        )
        return
    ehr = inquiry.subject.ehr
    for each in capabilities():
        if each.level == "client" and (ehr is None or ehr.client_type != each.client_type):
            continue
        there = each.name in configuration.capabilities
        absent = State.MISSING if each.level == "used" else State.NOTE
        yield _finding(each.name, State.OK if there else absent, each.offered if there else each.absent)


def _slug(name: str) -> str:
    return name.replace("_", "-")


def _finding(
    name: str, state: State, sentence: str, *, unanswered: bool = False, **detail: object
) -> Finding:
    return Finding(Area.SIGN_IN, name, state, sentence, detail, unanswered)
