"""Where the EHR is and how the way there is encrypted, with real handshakes on the loopback."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.check.finding import Area, Result, Section, State, result_of
from app.check.inquiry import Inquiry
from app.check.report import Run, sections
from app.check.subject import Subject
from app.check.wire import Handshake, NoHandshake, Wire
from smart_launch.transport import Http
from tests.app.check.site import ISS, NOW, Cable, Site, found, inquiry

Findings = Callable[..., dict]


@pytest.mark.requirement("client@66")
@pytest.mark.parametrize(
    ("addresses", "kind", "state"),
    [
        (("93.184.216.34",), "public", State.OK),
        (("10.1.2.3",), "private", State.NOTE),
        (("fd00::1", "192.168.7.7"), "private", State.NOTE),
        (("fe80::1%eth0",), "private", State.NOTE),
        (("127.0.0.1",), "loopback", State.NOTE),
        (("10.1.2.3", "93.184.216.34"), "public", State.OK),
    ],
)
def test_the_kind_of_address_is_told(findings: Findings, addresses: tuple, kind: str, state: State) -> None:
    address = findings(Area.CONNECTION, cable=Cable(*addresses))["address"]
    assert (address.detail["kind"], address.state) == (kind, state)
    assert kind == "public" or "allowed because it is configured" in address.sentence


def test_a_private_address_that_is_not_configured_is_told_as_such(site: Site) -> None:
    told = found(Run(inquiry(site, Subject(ISS), Cable("10.0.0.9"))), Area.CONNECTION)
    assert "once it is configured" in told["address"].sentence


def test_a_name_that_nobody_knows_could_not_be_checked(findings: Findings) -> None:
    address = findings(Area.CONNECTION, cable=Cable(""))["address"]
    assert (address.state, address.unanswered) == (State.FAILED, True)


@pytest.mark.parametrize(
    "iss",
    [
        "http://ehr.example/r4", "https://user:secret@ehr.example/r4", "ftp://ehr.example", "https://ehr.example/r4?a=b",
        "https://ehr.example/../r4", "https://еhr.example/r4", "https:///r4",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_nothing_is_sent(site: Site, iss: str) -> None:
    cable = Cable()
    done = list(sections(Run(inquiry(site, Subject(iss), cable))))
    assert result_of(done) is Result.WILL_NOT_WORK
    assert [part.area for part in done] == [Area.SETTINGS, Area.CONNECTION]
    assert (site.received, cable.asked) == ([], [])
    assert "secret" not in str(done)


def test_a_good_certificate_is_told_with_its_issuer_and_days(findings: Findings) -> None:
    encryption = findings(Area.CONNECTION)["encryption"]
    assert encryption.state is State.OK
    assert encryption.sentence == (
        "TLSv1.3; the certificate of fhir.ehr.example is good until 1 Mar 2027 (100 days), issued by Example Authority."
    )


def test_a_certificate_that_ends_soon_is_a_note(findings: Findings) -> None:
    shown = Handshake("TLSv1.2", "Example Authority", NOW + timedelta(days=9))
    encryption = findings(Area.CONNECTION, cable=Cable(shown=shown))["encryption"]
    assert (encryption.state, encryption.detail["days_left"]) == (State.NOTE, 9)
    assert encryption.sentence.endswith("Renew it soon.")


@pytest.mark.parametrize(
    ("refusal", "words", "advice"),
    [
        (10, "has expired", "at the EHR"),
        (62, "is for another host name", "at the EHR"),
        (20, "does not know", "`ca_file`"),
        (77, "is not trusted", "at the EHR"),
    ],
)
def test_why_a_certificate_is_refused_is_told(
    findings: Findings, refusal: int, words: str, advice: str
) -> None:
    shown = Handshake("TLSv1.3", "Somebody", NOW, refusal)
    encryption = findings(Area.CONNECTION, cable=Cable(shown=shown))["encryption"]
    assert encryption.state is State.FAILED
    assert words in encryption.sentence
    assert advice in encryption.sentence


def test_a_server_without_tls_and_one_that_is_silent_differ(findings: Findings) -> None:
    old = findings(Area.CONNECTION, cable=Cable(shown=NoHandshake(answered=True)))["encryption"]
    silent = findings(Area.CONNECTION, cable=Cable(shown=NoHandshake(answered=False)))["encryption"]
    assert (old.state, old.unanswered, silent.unanswered) == (State.FAILED, False, True)
    assert "not with TLS 1.2 or newer" in old.sentence


def certificate(folder: Path, *, days: int = 90) -> Path:
    """A file with a key and a certificate of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Riverbend test authority")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=200))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def tls_server(file: Path | None) -> Iterator[int]:
    """A server on the loopback that shakes hands and hangs up; without a file it speaks no TLS at all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if file:
        context.load_cert_chain(file)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), connection:
                if file is None:
                    connection.sendall(b"HTTP/1.1 400 No\r\n\r\n")
                else:
                    context.wrap_socket(connection, server_side=True).close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


@pytest.mark.parametrize("days", [90, -3])
def test_a_real_self_signed_certificate_is_refused_and_read_all_the_same(tmp_path: Path, days: int) -> None:
    with tls_server(certificate(tmp_path, days=days)) as port:
        shown = Wire().handshake("127.0.0.1", port)
    assert shown.refusal in ({18} if days > 0 else {10, 18})
    assert shown.issuer == "Riverbend test authority"
    assert shown.self_signed
    assert shown.expires is not None


def test_the_hospitals_own_authority_is_trusted_when_it_is_named(tmp_path: Path) -> None:
    file = certificate(tmp_path)
    with tls_server(file) as port:
        shown = Wire(file).handshake("127.0.0.1", port)
    assert (shown.refusal, shown.version) == (0, "TLSv1.3")


def test_a_server_that_speaks_no_tls_and_one_that_is_not_there() -> None:
    with tls_server(None) as port, pytest.raises(NoHandshake) as spoke:
        Wire().handshake("127.0.0.1", port)
    with pytest.raises(NoHandshake) as silent:
        Wire().handshake("127.0.0.1", port)
    assert (spoke.value.answered, silent.value.answered) == (True, False)


def test_a_refused_certificate_is_a_result_and_not_a_check_that_failed(tmp_path: Path) -> None:
    """Nothing else can be asked then; but what is wrong is known, so the exit status is 1 and not 2."""
    with tls_server(certificate(tmp_path)) as port:
        iss = f"https://127.0.0.1:{port}/fhir"
        asked = Inquiry(Subject(iss), http=Http(connect_timeout=2), wire=Wire(), now=NOW.timestamp)
        done: list[Section] = list(sections(Run(asked)))
    assert result_of(done) is Result.WILL_NOT_WORK
    told = " ".join(finding.sentence for part in done for finding in part.findings)
    assert "is signed by itself" in told
    assert "`ca_file`" in told
