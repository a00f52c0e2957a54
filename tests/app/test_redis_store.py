"""What only the store of several machines must do: a server that goes, hangs, refuses, comes back; TLS; its extra."""

from __future__ import annotations

import importlib.util
import ipaddress
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app import create_app, redis_store
from app.chosen_store import open_store
from app.errors import StoreDown
from app.problems import SettingsError
from app.redis_store import RedisStore
from app.sessions import COOKIE
from app.settings import Settings
from smart_launch.transport import Http
from tests.app.conftest import KEY, TOML
from tests.app.fake_ehr import FakeEhr
from tests.redis_server import PASSWORD, RedisServer, redis_server
from tests.running import free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_store, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(redis_store, "ANSWER_SECONDS", 0.3)


@pytest.fixture
def store(server: RedisServer, settings, clock) -> Iterator[RedisStore]:
    server.client().flushall()
    opened = RedisStore(server.url, settings.fernet, password=PASSWORD, now=clock)
    yield opened
    opened.close()


def chosen(folder: Path, text: str, **env: str) -> Settings:
    file = folder / "chartside.toml"
    file.write_text(f'{text}\nstate_dir = "{folder / "state"}"\n{TOML}')
    return Settings.load(file, {"CHARTSIDE_KEY": KEY, **env})


def test_one_setting_chooses_it(server: RedisServer, tmp_path: Path, clock) -> None:
    settings = chosen(tmp_path, f'store = "{server.url}"', CHARTSIDE_REDIS_PASSWORD=PASSWORD)
    store = open_store(settings, now=clock)
    assert isinstance(store, RedisStore)
    store.put("session", "a", b"1", expires_at=clock() + 60)
    assert store.get("session", "a") == b"1"
    assert store.sweep() == 0
    assert not (tmp_path / "state").exists()
    store.close()


def test_redis_forgets_by_itself(server: RedisServer, store: RedisStore, clock) -> None:
    store.put("session", "a", b"1", expires_at=clock() + 60)
    store.put("session", "gone", b"1", expires_at=clock() - 60)
    held = store.lock("refresh:1", lease=30)
    held.__enter__()
    client = server.client()
    lives = {name.split(b":")[0]: client.pttl(name) for name in client.scan_iter() if client.pttl(name) > 1}
    assert 55_000 < lives.pop(b"chartside") <= 60_000
    assert 25_000 < lives.pop(b"chartside-lock") <= 30_000
    assert store.get("session", "gone") is None
    held.__exit__(None, None, None)
    client.close()


def test_a_lock_whose_first_answer_was_lost_is_known_as_our_own(store: RedisStore) -> None:
    assert store._take_lock(b"name", "we", 30)
    assert store._take_lock(b"name", "we", 30)
    assert not store._take_lock(b"name", "they", 30)


def test_a_server_that_went_is_down_and_well_again_when_it_is_back(
    server: RedisServer, store: RedisStore, clock
) -> None:
    store.put("session", "a", b"1", expires_at=clock() + 60)
    server.stop()
    try:
        for use in (
            lambda: store.get("session", "a"),
            lambda: store.pop("session", "a"),
            lambda: store.put("session", "a", b"1", expires_at=clock() + 60),
            lambda: store.replace("session", "a", b"1", expires_at=clock() + 60),
            lambda: store.delete("session", "a"),
            lambda: list(store.items("session")),
            lambda: store.lock("refresh:1").__enter__(),
        ):
            with pytest.raises(StoreDown):
                use()
    finally:
        server.start()
    store.put("session", "b", b"2", expires_at=clock() + 60)
    assert store.get("session", "b") == b"2"


def test_a_lock_that_cannot_be_given_back_does_not_undo_what_was_done(
    server: RedisServer, store: RedisStore, log_lines
) -> None:
    try:
        with store.lock("refresh:1"):
            server.stop()
            done = True
    finally:
        server.start()
    assert done
    assert '"event":"lock-not-freed","error":"StoreDown"' in log_lines()


def test_a_server_that_never_answers_is_given_up(settings, clock) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        store = RedisStore(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", settings.fernet, now=clock)
        with pytest.raises(StoreDown):
            store.get("session", "a")
        store.close()


@pytest.mark.parametrize("password", [None, "wrong"])
def test_a_wrong_password_is_a_store_that_is_down(server: RedisServer, settings, clock, password) -> None:
    store = RedisStore(server.url, settings.fernet, password=password, now=clock)
    with pytest.raises(StoreDown) as raised:
        store.get("session", "a")
    assert PASSWORD not in str(raised.value)
    store.close()


def test_a_full_server_is_a_store_that_is_down(server: RedisServer, store: RedisStore, clock) -> None:
    client = server.client()
    client.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(StoreDown):
            store.put("draft", "a", b"x" * 2_000_000, expires_at=clock() + 60)
    finally:
        client.config_set("maxmemory", "0")
        client.close()


def test_many_threads_share_it(store: RedisStore, clock) -> None:
    store.put("count", "n", b"0", expires_at=clock() + 60)

    def count_up() -> None:
        for _ in range(10):
            with store.lock("counter"):
                value = int(store.get("count", "n") or b"0")
                store.put("count", "n", str(value + 1).encode(), expires_at=clock() + 60)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("count", "n") == b"40"


def test_a_nurse_reads_that_the_store_is_down_and_what_to_do(tmp_path: Path, ehr: FakeEhr, clock) -> None:
    settings = chosen(tmp_path, f'store = "redis://127.0.0.1:{free_port()}/0"')
    browser = create_app(settings, http=Http(adapters={"https://": ehr}), now=clock).test_client()
    browser.set_cookie(COOKIE, "x" * 43, domain="localhost")
    for address in (f"/launch?iss={settings.ehrs[0].iss}&launch=xyz", f"/l/{'0' * 32}/today", "/help"):
        answer = browser.get(address)
        assert answer.status_code == 503
        assert "Chartside&#39;s own store is not answering" in answer.text
        assert "nothing is filed twice" in answer.text
        assert "redis" not in answer.text.lower()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_without_the_extra_the_settings_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "redis" else find(name))
    with pytest.raises(SettingsError) as raised:
        chosen(tmp_path, 'store = "redis://127.0.0.1/0"')
    (problem,) = raised.value.problems
    assert problem.endswith('redis package is not installed: pip install "chartside[redis]"')


def test_over_tls_the_certificate_is_checked(tmp_path: Path, settings, clock) -> None:
    certificate, key = self_signed(tmp_path)
    files = {"--tls-cert-file": certificate, "--tls-key-file": key, "--tls-ca-cert-file": certificate}
    options = ("--port", "0", "--tls-port", "{port}", "--tls-auth-clients", "no")
    options += tuple(str(word) for option in files.items() for word in option)
    with redis_server(tmp_path / "tls", *options, scheme="rediss") as server:
        trusting = RedisStore(server.url, settings.fernet, password=PASSWORD, ca_file=certificate, now=clock)
        trusting.put("session", "a", b"1", expires_at=clock() + 60)
        assert trusting.get("session", "a") == b"1"
        trusting.close()
        distrusting = RedisStore(server.url, settings.fernet, password=PASSWORD, now=clock)
        with pytest.raises(StoreDown):
            distrusting.get("session", "a")
        distrusting.close()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis of a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files
