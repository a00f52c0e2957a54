"""What an administrator deploys, checked as text, since no image can be built here."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from setuptools import find_packages

from app.settings import Settings
from tests.app.test_redis_store import self_signed
from tests.conftest import ROOT
from tests.running import free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
NGINX = (ROOT / "docs" / "deployment" / "nginx.conf").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
PINNED_IMAGE = re.compile(r"[a-z0-9./-]+:\d+\.\d+\.\d+[a-z0-9.-]*(@sha256:[0-9a-f]{64})?")
MADE_BY_THE_ADMINISTRATOR = "./deployment/"


def instructions() -> list[list[str]]:
    """The Dockerfile's instructions, each as its words."""
    joined = re.sub(r"\\\n", " ", DOCKERFILE)
    return [line.split() for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def test_every_image_is_pinned_to_a_version() -> None:
    bases = [words[1] for words in instructions() if words[0] == "FROM"]
    images = [service["image"] for service in COMPOSE["services"].values()]
    assert len(bases) == 2
    assert [image for image in [*bases, *images] if not PINNED_IMAGE.fullmatch(image)] == []


def test_every_file_that_the_image_copies_is_there_and_reaches_the_build() -> None:
    for words in instructions():
        if words[0] == "COPY" and not words[1].startswith("--from"):
            for source in words[1:-1]:
                assert (ROOT / source).exists(), source
                assert any(f"!{source}".startswith(line) for line in IGNORED if line.startswith("!")), source


def test_nothing_but_what_the_image_needs_reaches_the_build() -> None:
    assert "*" in IGNORED
    assert [line for line in IGNORED if line in ("!.git", "!tests", "!docs", "!deployment", "!.")] == []
    assert {"**/*.jwk.json", "**/*.key", "**/chartside.toml", "**/.env"} <= set(IGNORED)


ROOMS = ("app", "fhir_profiles", "mappings", "samples", "smart_launch")
BUILT_FROM = ("app/static/build.py",)
"""Makes the front end before the wheel is made; not a module of the app."""


def test_every_package_and_data_file_is_in_the_wheel() -> None:
    """A package that is left out fails on the practice's machine alone: a checkout has it anyway."""
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packages = set(find_packages(str(ROOT), include=configured["packages"]["find"]["include"]))
    data = {
        found
        for package, globs in configured["package-data"].items()
        for glob in globs
        for found in ROOT.joinpath(*package.split(".")).glob(glob)
    }
    files = [
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    left_out = [
        relative
        for path in files
        if (relative := path.relative_to(ROOT).as_posix()) not in BUILT_FROM
        and path not in data
        and (path.suffix != ".py" or relative.rpartition("/")[0].replace("/", ".") not in packages)
    ]
    assert left_out == []


def test_the_image_installs_by_hash_and_runs_as_nobody_in_particular() -> None:
    runs = [" ".join(words) for words in instructions() if words[0] == "RUN"]
    installs = [part for run in runs for part in run.split("&&") if re.search(r"\b(uv )?pip install\b", part)]
    assert [part for part in installs if "--require-hashes" not in part and "--no-deps" not in part] == []
    last_stage = instructions()[[words[0] for words in instructions()].index("FROM", 1) :]
    (user,) = [words[1] for words in last_stage if words[0] == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert {"HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT"} <= {words[0] for words in last_stage}
    assert [run for run in runs if re.search(r"\b(curl|wget|sudo|apt-get|ADD)\b", run)] == []
    assert not re.search(r"(?i)(password|secret|token)\s*=", DOCKERFILE)


def test_every_service_is_hardened() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert name == "app" or re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), name
        assert "privileged" not in service, name
    published = {name for name, service in COMPOSE["services"].items() if "ports" in service}
    assert published == {"proxy"}
    assert COMPOSE["services"]["redis"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_secrets_are_files_and_every_file_is_named_rightly() -> None:
    named = {**COMPOSE["secrets"], **COMPOSE["configs"]}
    for name, source in named.items():
        file = source["file"]
        assert file.startswith(MADE_BY_THE_ADMINISTRATOR) or (ROOT / file).exists(), name
    services = COMPOSE["services"].values()
    mounted = [
        item for service in services for kind in ("secrets", "configs") for item in service.get(kind, ())
    ]
    used = [item if isinstance(item, str) else item["source"] for item in mounted]
    assert set(used) == set(named)
    for service in COMPOSE["services"].values():
        for variable, value in service.get("environment", {}).items():
            assert variable.endswith("_FILE"), variable
            assert str(value).removeprefix("/run/secrets/") in service["secrets"]
    assert MADE_BY_THE_ADMINISTRATOR.strip("./") + "/" in (ROOT / ".gitignore").read_text()


def test_a_save_under_way_has_the_time_that_the_server_gives_it() -> None:
    from app.server import STOP_SECONDS

    assert int(COMPOSE["services"]["app"]["stop_grace_period"].removesuffix("s")) > STOP_SECONDS


def test_redis_never_drops_a_note_by_itself() -> None:
    command = " ".join(COMPOSE["services"]["redis"]["command"])
    assert "noeviction" in command
    assert "--requirepass" in command


def test_the_proxy_speaks_only_modern_tls_and_believes_no_browser() -> None:
    assert re.search(r"ssl_protocols TLSv1\.2 TLSv1\.3;", NGINX)
    assert NGINX.count("proxy_set_header X-Forwarded-For $remote_addr;") == NGINX.count("proxy_pass ")
    assert NGINX.count("proxy_set_header X-Forwarded-Host $host;") == NGINX.count("proxy_pass ")
    assert "$proxy_add_x_forwarded_for" not in NGINX
    assert "access_log off;" in NGINX
    assert "ssl_reject_handshake on;" in NGINX


def test_the_proxy_s_idle_connections_end_before_the_app_s() -> None:
    from app.server import KEEPALIVE_SECONDS

    (seconds,) = re.findall(r"keepalive_timeout (\d+)s;", NGINX)
    assert int(seconds) < KEEPALIVE_SECONDS


def test_nginx_itself_accepts_its_configuration(tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        pytest.skip("nginx is not on this machine (Debian: apt-get install nginx-light)")
    certificate, key = self_signed(tmp_path)
    text = NGINX
    for before, after in (
        ("/tmp/", f"{tmp_path}/"),  # noqa: S108  # the container's own, in the text that is replaced
        ("/run/secrets/tls_certificate", str(certificate)),
        ("/run/secrets/tls_key", str(key)),
        ("app:8080", "127.0.0.1:8080"),
        ("listen 8443", f"listen 127.0.0.1:{free_port()}"),
        ("listen 8081", f"listen 127.0.0.1:{free_port()}"),
    ):
        assert before in text
        text = text.replace(before, after)
    file = tmp_path / "nginx.conf"
    file.write_text(text)
    done = subprocess.run(
        [nginx, "-t", "-q", "-c", str(file)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_guide_s_settings_are_right_with_the_environment_of_the_containers(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "deployment.md").read_text()
    (text,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "chartside.toml").write_text(text)
    (tmp_path / "chartside_key").write_text(Fernet.generate_key().decode())
    (tmp_path / "redis_password").write_text("of this test\n")
    given = COMPOSE["services"]["app"]["environment"]
    env = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in given.items()}
    settings = Settings.load(tmp_path / "chartside.toml", env)
    assert settings.redis_password == "of this test"
    assert settings.proxies == 1
    assert settings.public_url.removeprefix("https://") in NGINX


def test_the_guide_says_what_was_not_built_and_names_what_is_there() -> None:
    guide = (ROOT / "docs" / "deployment.md").read_text()
    assert "they were not built" in guide
    for name in {**COMPOSE["secrets"], **COMPOSE["configs"]}:
        assert re.search(name.replace("_", "[_.]"), guide), name
