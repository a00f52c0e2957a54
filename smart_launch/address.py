"""Addresses: which `iss` is usable, which links stay inside the EHR's FHIR base, which OAuth endpoints are safe.

The bearer token goes wherever a request goes, so one wrong `next` link would hand a patient's chart to a stranger.
Everything that a server or a launch link writes passes here before a request is made.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#considerations-for-scope-consent (references to other
servers), https://www.rfc-editor.org/rfc/rfc3986#section-5, https://www.rfc-editor.org/rfc/rfc6749#section-3.1
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from smart_launch.errors import BadIssuer, DiscoveryError, ForeignLink

_UNSAFE = re.compile("[\x00-\x20\x7f-\xa0\\\\\u2028\u2029\ud800-\udfff]")
"""Controls, blanks, backslashes and lone surrogates: parsers disagree about them, so none is let through."""

_DEFAULT_PORTS = {"https": 443, "http": 80}
_LONGEST = 8_000
"""A HAPI `next` link is about 200 characters; web servers end at 8 kB."""


def is_loopback(host: str | None) -> bool:
    """True for this machine itself: `localhost` (RFC 6761) and the loopback addresses."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_issuer(iss: object) -> str:
    """`iss` unchanged, when it is an absolute https address without user, query or fragment; else BadIssuer.

    Plain http is for loopback only: SMART demands TLS for everything that carries a token (app-launch.html,
    "ensure that all communications are TLS secured").
    """
    if not isinstance(iss, str) or not iss.isascii() or len(iss) > _LONGEST or _UNSAFE.search(iss):
        raise BadIssuer("characters")
    try:
        parts = urlsplit(iss)
        clean = _is_plain(parts) and _is_encrypted_or_loopback(parts) and not _climbs(parts.path)
    except ValueError:
        raise BadIssuer("address") from None
    if not clean or "?" in iss or "#" in iss:
        raise BadIssuer("address")
    return iss


def within(base: str, reference: str) -> str:
    """The absolute address of `reference`, read against the FHIR base; ForeignLink when it leaves the base.

    Same scheme, host and port, and a path at or below the base's: another FHIR base on the same host is foreign too.
    """
    if not reference or len(reference) > _LONGEST or _UNSAFE.search(reference):
        raise ForeignLink
    try:
        home = urlsplit(base)
        target = urlsplit(urljoin(base.rstrip("/") + "/", reference))
        inside = _is_plain(target) and _origin(target) == _origin(home)
    except ValueError:
        raise ForeignLink from None
    root = home.path.rstrip("/")
    below = target.path == root or target.path.startswith(root + "/")
    if not inside or not below or _climbs(target.path) or "#" in reference:
        raise ForeignLink
    return target.geturl()


def endpoint(base: str, value: object) -> str:
    """An OAuth endpoint from discovery, relative ones read against the FHIR base; DiscoveryError when it is not safe.

    It may be on another host (authorization servers often are), but only over TLS, so that neither code nor secret
    travels in clear; loopback stays open to a loopback EHR. A fragment is forbidden by RFC 6749 section 3.1.
    """
    if not isinstance(value, str) or not value or len(value) > _LONGEST or _UNSAFE.search(value):
        raise DiscoveryError("endpoint")
    try:
        target = urlsplit(urljoin(base.rstrip("/") + "/", value))
        safe = _is_plain(target) and (target.scheme == "https" or _both_loopback(urlsplit(base), target))
    except ValueError:
        raise DiscoveryError("endpoint") from None
    if not safe or "#" in value:
        raise DiscoveryError("endpoint")
    return target.geturl()


def same_host(one: str, other: str) -> bool:
    """True when two checked addresses name the same scheme, host and port."""
    return _origin(urlsplit(one)) == _origin(urlsplit(other))


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _is_plain(parts: SplitResult) -> bool:
    """An http(s) address with a host and a readable port, and no user name that could pass for a host."""
    return (
        parts.scheme in _DEFAULT_PORTS
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and parts.port != 0
    )


def _is_encrypted_or_loopback(parts: SplitResult) -> bool:
    return parts.scheme == "https" or is_loopback(parts.hostname)


def _both_loopback(home: SplitResult, target: SplitResult) -> bool:
    return home.scheme == "http" and is_loopback(home.hostname) and is_loopback(target.hostname)


def _climbs(path: str) -> bool:
    """True when a segment is `.` or `..`, so that a server might climb.

    Plainly, percent-encoded once or more, or with parameters behind it: Java servers read `..;x` as `..`.
    """
    decoded = path
    for _ in range(3):
        decoded = unquote(decoded)
    return any(segment.partition(";")[0] in (".", "..") for segment in re.split(r"[/\\]", decoded))
