"""The two questions that HTTP does not answer: which addresses a host has, and what its certificate says.

Kept in one class, so that a test gives its own answers and nothing else of the check touches a socket.
https://www.rfc-editor.org/rfc/rfc8446 https://www.rfc-editor.org/rfc/rfc5280
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

SECONDS = 8.0
"""For connecting and for the handshake, each."""


@dataclass(frozen=True)
class Handshake:
    """What a TLS server showed. `expires` is aware, in UTC; None where it cannot be read.

    `refusal` is OpenSSL's number of what is wrong with the certificate (X509_V_ERR_...), 0 where nothing is.
    """

    version: str
    issuer: str
    expires: datetime | None
    refusal: int = 0
    self_signed: bool = False


class NoHandshake(Exception):
    """No TLS connection came about. `answered` where something answered that does not speak TLS as it should."""

    def __init__(self, *, answered: bool) -> None:
        super().__init__("answered" if answered else "not answered")
        self.answered = answered


class Wire:
    """The network below HTTP. `ca_file` holds the hospital's own certificate authorities, in place of the usual."""

    def __init__(self, ca_file: Path | None = None) -> None:
        self._ca_file = ca_file

    def resolve(self, host: str) -> tuple[str, ...]:
        """The IP addresses of a host, each once; none where the name is not known here."""
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError:
            return ()
        return tuple(dict.fromkeys(str(item[4][0]) for item in found))

    def handshake(self, host: str, port: int) -> Handshake:
        """What the server at `host` shows; nothing is sent to it. Raises NoHandshake."""
        trusted = ssl.create_default_context(cafile=str(self._ca_file) if self._ca_file else None)
        try:
            return _shake(host, port, trusted)
        except ssl.SSLCertVerificationError as error:
            # Only to read what the certificate says: nothing is sent, and the connection is closed again.
            unverified = ssl.create_default_context()
            unverified.check_hostname = False
            unverified.verify_mode = ssl.CERT_NONE
            return _shake(host, port, unverified, refusal=error.verify_code or 1)


def _shake(host: str, port: int, context: ssl.SSLContext, *, refusal: int = 0) -> Handshake:
    try:
        with (
            socket.create_connection((host, port), timeout=SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            version, der = encrypted.version() or "", encrypted.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError:
        raise NoHandshake(answered=True) from None
    except (OSError, ValueError):
        # A ValueError is a host name that no certificate can bear.
        raise NoHandshake(answered=False) from None
    return _read(version, der, refusal)


def _read(version: str, der: bytes | None, refusal: int) -> Handshake:
    try:
        certificate = x509.load_der_x509_certificate(der or b"")
        expires = certificate.not_valid_after_utc
        issuer, subject = certificate.issuer, certificate.subject
    except ValueError:
        return Handshake(version, "", None, refusal or 1)
    return Handshake(version, _name(issuer), expires, refusal, self_signed=issuer == subject)


def _name(issuer: x509.Name) -> str:
    """The issuer as a person knows it: organization and common name."""
    oids = (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME)
    parts = [str(item.value) for oid in oids for item in issuer.get_attributes_for_oid(oid)]
    return ", ".join(dict.fromkeys(parts))
