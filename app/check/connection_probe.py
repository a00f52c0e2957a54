"""Where the EHR is, and whether the way there is encrypted: nothing is sent but a TLS handshake."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from app.check.finding import Area, Finding, State
from app.check.inquiry import Inquiry
from app.check.wire import Handshake, NoHandshake
from smart_launch.address import check_issuer, is_loopback
from smart_launch.errors import BadIssuer

SOON = timedelta(days=30)
"""A certificate that ends within these days is told as something to do."""

_REFUSALS = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "comes from an authority that this machine does not trust",
    20: "comes from an authority that this machine does not know",
    21: "comes without the certificates between it and a known authority",
    23: "was revoked",
    62: "is for another host name",
    64: "is for another address",
}
"""OpenSSL's X509_V_ERR numbers. https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/"""

_OWN_AUTHORITY = frozenset({18, 19, 20, 21})


def connection_findings(inquiry: Inquiry) -> Iterator[Finding]:
    """The kind of address, and the certificate of each host that a launch talks to."""
    iss = inquiry.subject.iss
    try:
        check_issuer(iss)
    except BadIssuer:
        yield _finding(
            "address",
            State.FAILED,
            "This is not an address that Chartside talks to: it must be https://HOST/PATH without user, query or"
            " fragment (http:// only for this machine).",
        )
        return
    yield _address(inquiry)
    if iss.startswith("http:"):
        yield _finding(
            "encryption", State.NOTE, "Plain http, which is allowed because it never leaves this machine."
        )
        return
    yield encryption(inquiry, iss, "encryption")


def encryption(inquiry: Inquiry, url: str, name: str) -> Finding:
    """What the server of an https address shows: TLS version, issuer, and until when its certificate is good."""
    host = urlsplit(url).hostname or ""
    shown = inquiry.handshake(url)
    if isinstance(shown, NoHandshake):
        words = (
            f"{host} answers, but not with TLS 1.2 or newer."
            if shown.answered
            else f"{host} did not answer: is the address right, and may this machine reach it?"
        )
        return _finding(name, State.FAILED, words, unanswered=not shown.answered, host=host)
    if shown.refusal:
        return _refused(shown, host, name)
    return _trusted(shown, host, name, datetime.fromtimestamp(inquiry.now(), UTC))


def _trusted(shown: Handshake, host: str, name: str, now: datetime) -> Finding:
    if shown.expires is None:
        return _finding(name, State.OK, f"{shown.version}.", host=host, version=shown.version)
    left = shown.expires - now
    until = f"{shown.expires.day} {shown.expires:%b %Y}"
    words = (
        f"{shown.version}; the certificate of {host} is good until {until} ({left.days} days),"
        f" issued by {shown.issuer}."
    )
    return _finding(
        name,
        State.NOTE if left < SOON else State.OK,
        f"{words} Renew it soon." if left < SOON else words,
        host=host,
        version=shown.version,
        issuer=shown.issuer,
        expires=shown.expires.isoformat(),
        days_left=left.days,
    )


def _refused(shown: Handshake, host: str, name: str) -> Finding:
    kind = 18 if shown.self_signed and shown.refusal in _OWN_AUTHORITY else shown.refusal
    advice = (
        " If it is your hospital’s own, name the file of its certificate authority with `ca_file`."
        if kind in _OWN_AUTHORITY
        else " It must be put right at the EHR."
    )
    return _finding(
        name,
        State.FAILED,
        f"The certificate of {host} {_REFUSALS.get(kind, 'is not trusted')}, so Chartside sends nothing there.{advice}",
        host=host,
        version=shown.version,
        issuer=shown.issuer,
        expires=shown.expires.isoformat() if shown.expires else None,
        refusal=kind,
    )


def _address(inquiry: Inquiry) -> Finding:
    host = urlsplit(inquiry.subject.iss).hostname or ""
    found = ("127.0.0.1",) if is_loopback(host) else inquiry.addresses
    if not found:
        return _finding(
            "address",
            State.FAILED,
            f"The name {host} is not known to this machine’s name service.",
            unanswered=True,
            kind="unknown",
        )
    kind = _kind(found)
    configured = "because it is configured" if inquiry.subject.ehr else "once it is configured"
    words = {
        "loopback": f"{host} is this machine itself, which is allowed {configured}.",
        "private": f"{host} is a private address ({found[0]}), which is allowed {configured}: Chartside must run inside"
        " that network.",
        "public": f"{host} is a public address.",
    }
    return _finding("address", State.OK if kind == "public" else State.NOTE, words[kind], kind=kind)


def _kind(found: tuple[str, ...]) -> str:
    """ "loopback" or "private" where every address is, else "public"."""
    parsed = [ipaddress.ip_address(address.partition("%")[0]) for address in found]
    if all(address.is_loopback for address in parsed):
        return "loopback"
    return "private" if all(address.is_private or address.is_link_local for address in parsed) else "public"


def _finding(
    name: str, state: State, sentence: str, *, unanswered: bool = False, **detail: object
) -> Finding:
    return Finding(Area.CONNECTION, name, state, sentence, detail, unanswered)
