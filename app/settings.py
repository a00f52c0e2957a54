"""The settings: read once from chartside.toml and the environment, typed, and refused loudly where they are wrong.

Every problem is named at once, with what would be right, because an administrator mends a file in one sitting.
Secrets come from the environment or from files of their own, never from chartside.toml, which people mail around.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, MultiFernet

from app.ehr_settings import EhrSettings, read_ehr
from app.origins import is_origin
from app.problems import Problems, SettingsError
from app.secret_variables import IN_A_FILE, read_secret
from app.server_settings import read_ca_file, read_path, read_store
from smart_launch.key_ring import KeyRing

DEFAULT_FILE = Path("chartside.toml")
_VARIABLES = {
    "CHARTSIDE_CONFIG": "path of chartside.toml",
    "CHARTSIDE_KEY": "key that encrypts what the app keeps; several, separated by commas: the first encrypts",
    "CHARTSIDE_KEY_FILE": "file that holds what CHARTSIDE_KEY would",
    "CHARTSIDE_PUBLIC_URL": "in place of public_url",
    "CHARTSIDE_REDIS_PASSWORD": "password of the Redis server that store names",
    "CHARTSIDE_REDIS_PASSWORD_FILE": "file that holds what CHARTSIDE_REDIS_PASSWORD would",
    "CHARTSIDE_STATE_DIR": "in place of state_dir",
}
ENVIRONMENT_VARIABLES: Mapping[str, str] = _VARIABLES
"""Every environment variable that Chartside reads, with its meaning, beside those that `secret_env` names."""


@dataclass(frozen=True)
class Settings:
    """Everything that an installation decides. Times are in the unit that the name says."""

    ehrs: tuple[EhrSettings, ...]
    keys: tuple[str, ...] = field(repr=False)
    public_url: str = "http://127.0.0.1:8080"
    state_dir: Path = Path("chartside-state")
    store: str = ""
    redis_password: str | None = field(default=None, repr=False)
    keys_folder: Path | None = None
    proxies: int = 0
    ca_file: Path | None = None
    draft_hours: int = 72
    session_idle_minutes: int = 30
    session_hours: int = 12

    def __post_init__(self) -> None:
        """Gives the app's own keys to the EHRs that know it by them; all share one reading of the folder."""
        ehrs = (replace(ehr, key_ring=self.key_ring) if ehr.signs_by_ring else ehr for ehr in self.ehrs)
        object.__setattr__(self, "ehrs", tuple(ehrs))

    @cached_property
    def key_ring(self) -> KeyRing:
        """The app's own signing keys, which `chartside keys` makes and retires while the server runs."""
        return KeyRing(self.keys_dir)

    @property
    def keys_dir(self) -> Path:
        """The folder of the app's own signing keys."""
        return self.keys_folder or self.state_dir / "keys"

    @property
    def redirect_uri(self) -> str:
        """The one redirect URI that every EHR registers."""
        return f"{self.public_url}/callback"

    @property
    def fernet(self) -> MultiFernet:
        """The first key encrypts, every key decrypts."""
        return MultiFernet([Fernet(key) for key in self.keys])

    def ehr_by_iss(self, iss: str) -> EhrSettings | None:
        """The EHR whose `iss` is exactly this one: no slash, case or port is forgiven."""
        return next((ehr for ehr in self.ehrs if ehr.iss == iss), None)

    def ehr_by_name(self, name: str) -> EhrSettings | None:
        """The EHR of this name."""
        return next((ehr for ehr in self.ehrs if ehr.name == name), None)

    @classmethod
    def load(cls, path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
        """Settings from `path` (else CHARTSIDE_CONFIG, else ./chartside.toml) and `env` (else the environment).

        Raises SettingsError, which lists every problem with what would be right.
        """
        env = os.environ if env is None else env
        file = path or Path(env.get("CHARTSIDE_CONFIG", DEFAULT_FILE))
        problems = Problems(str(file))
        table = _read_file(file, problems)
        known = SETTING_NAMES | {"ehr"}
        problems.unknown_names(table, known, where="")
        ehrs = tuple(
            read_ehr(item, index, env, problems, folder=file.parent)
            for index, item in enumerate(_ehr_tables(table, problems))
        )
        _no_two_alike(ehrs, problems)
        _check_variables(
            env, {str(item.get("secret_env")) for item in _ehr_tables(table, Problems(""))}, problems
        )
        redis_password = read_secret(env, "CHARTSIDE_REDIS_PASSWORD", problems)
        settings = cls(
            ehrs=ehrs,
            keys=_keys(env, problems),
            public_url=_public_url(table, env, problems),
            state_dir=Path(
                env.get("CHARTSIDE_STATE_DIR") or problems.text(table, "state_dir", default="chartside-state")
            ),
            store=read_store(table, redis_password, problems),
            redis_password=redis_password,
            keys_folder=read_path(table, "keys_dir", problems),
            proxies=problems.whole_number(table, "proxies", default=0, least=0, most=5),
            ca_file=read_ca_file(table, problems),
            draft_hours=problems.whole_number(table, "draft_hours", default=72, least=1, most=24 * 14),
            session_idle_minutes=problems.whole_number(
                table, "session_idle_minutes", default=30, least=1, most=240
            ),
            session_hours=problems.whole_number(table, "session_hours", default=12, least=1, most=24),
        )
        problems.raise_if_any()
        return settings


SETTING_NAMES = frozenset(f.name for f in fields(Settings)) - {
    "ehrs",
    "keys",
    "keys_folder",
    "redis_password",
} | {"keys_dir"}
"""Every name that chartside.toml may hold beside its [[ehr]] tables."""


def _read_file(path: Path, problems: Problems) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise SettingsError(
            [f"{path} cannot be read. Name the settings file with --config or CHARTSIDE_CONFIG."]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path} is not valid TOML: {error}"]) from None


def _ehr_tables(table: Mapping[str, Any], problems: Problems) -> list[Mapping[str, Any]]:
    tables = table.get("ehr")
    if not isinstance(tables, list) or not tables or not all(isinstance(item, dict) for item in tables):
        problems.add(
            "no EHR is configured: write at least one [[ehr]] table with name, iss, client_id,"
            " frame_origins and time_zone"
        )
        return []
    return tables


def _no_two_alike(ehrs: tuple[EhrSettings, ...], problems: Problems) -> None:
    for attribute in ("name", "iss"):
        values = [getattr(ehr, attribute) for ehr in ehrs]
        for value in sorted({value for value in values if value and values.count(value) > 1}):
            problems.add(f'two [[ehr]] tables have {attribute} = "{value}": each needs its own')
    _no_two_callers(ehrs, problems)


def _no_two_callers(ehrs: tuple[EhrSettings, ...], problems: Problems) -> None:
    """Whose call it is must be known from its token: by the issuer, and where two share one, by the tenant."""
    callers = [ehr.cds_hooks.caller for ehr in ehrs if ehr.cds_hooks]
    for issuer in sorted({each.issuer for each in callers}):
        tenants = [each.tenant for each in callers if each.issuer == issuer]
        if len(tenants) > 1 and (None in tenants or len(set(tenants)) < len(tenants)):
            problems.add(
                f'two [ehr.cds_hooks] tables have issuer = "{issuer}": each needs its own, or its own tenant'
            )


def _keys(env: Mapping[str, str], problems: Problems) -> tuple[str, ...]:
    text = env.get("CHARTSIDE_KEY", "")
    file = env.get("CHARTSIDE_KEY_FILE", "")
    if bool(text) == bool(file):
        wrong = "both CHARTSIDE_KEY and CHARTSIDE_KEY_FILE are set" if text else "no key is set"
        problems.add(
            f"{wrong}: set one of CHARTSIDE_KEY or CHARTSIDE_KEY_FILE (`chartside new-key` makes a key)"
        )
        return ()
    if file:
        try:
            text = Path(file).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            problems.add(
                f"CHARTSIDE_KEY_FILE={file} cannot be read: name a file that `chartside new-key > FILE` made"
            )
            return ()
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            problems.add(
                f"key {position} of {'CHARTSIDE_KEY_FILE' if file else 'CHARTSIDE_KEY'} is not 32 bytes in"
                " URL-safe base64: make one with `chartside new-key`"
            )
    if not keys:
        problems.add("the key is empty: make one with `chartside new-key`")
    return keys


def _public_url(table: Mapping[str, Any], env: Mapping[str, str], problems: Problems) -> str:
    url = env.get("CHARTSIDE_PUBLIC_URL") or problems.text(table, "public_url", default=Settings.public_url)
    if not is_origin(url):
        problems.add(
            f'public_url = "{url}" must be https://HOST[:PORT] without a path (http:// only for 127.0.0.1 or'
            " localhost): browsers keep Chartside's cookie nowhere else"
        )
    return url


def _check_variables(env: Mapping[str, str], secrets: set[str], problems: Problems) -> None:
    for name in sorted(env):
        secret = name in secrets or name.removesuffix(IN_A_FILE) in secrets
        if name.startswith("CHARTSIDE_") and name not in _VARIABLES and not secret:
            near = difflib.get_close_matches(name, _VARIABLES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(_VARIABLES)}"
            problems.add(f"environment variable {name} is unknown: {hint}")
