"""One EHR that may open Chartside: where it is, how we are registered with it, whose frames may hold us.

Kept apart from the other settings because a practice has one of these for each EHR, and each stands alone.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from app.cds_settings import CdsHooks, read_cds_hooks
from app.origins import is_origin
from app.practice_settings import read_practice
from app.problems import Problems
from app.requested_scopes import ScopeStyle, minimum_scope_text, scope_text
from app.secret_variables import IN_A_FILE, read_secret
from mappings.practice import Practice
from mappings.vendor import vendor
from mappings.write_ladder import note_types
from smart_launch.address import check_issuer
from smart_launch.errors import BadIssuer, KeyFileError, NoSigningKey
from smart_launch.key_ring import KeyRing
from smart_launch.keys import Algorithm, Key, algorithm_of, load_key
from smart_launch.registration import ClientRegistration, ClientType

_NAMES = frozenset(
    {
        "name",
        "label",
        "iss",
        "client_id",
        "client_type",
        "secret_env",
        "key_file",
        "frame_origins",
        "time_zone",
        "scope_style",
        "scopes",
        "minimum_scopes",
        "vendor",
        "tenant",
        "authorize",
        "algorithm",
        "admins",
        "audit",
        "orders",
        "services",
        "practice",
        "cds_hooks",
    }
)
VENDORS = ("generic", "epic", "oracle", "athena", "ecw", "canvas", "medplum", "openemr")
"""The vendors whose facts mappings/vendors/ holds."""

Authorize = Literal["auto", "get", "post"]
_USER = re.compile(r"[A-Z][A-Za-z]{1,40}/[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True)
class EhrSettings:
    """One `[[ehr]]` table. `time_zone` is the practice's: months, days and clocks are reckoned in it.

    `authorize` says how the browser goes to the EHR: by POST where the EHR offers it ("auto"), or always one way.
    `admins` are the users, as the EHR names them in `fhirUser`, who may open the administrator's page. An asymmetric
    client signs with `signing_key` where the file of one is named, else with a key of `key_ring` (Settings gives it).
    `cds_hooks` is None where the EHR asks for no cards.
    """

    name: str
    label: str
    iss: str
    client_id: str
    frame_origins: tuple[str, ...]
    time_zone: ZoneInfo
    client_type: ClientType = "public"
    client_secret: str | None = field(default=None, repr=False)
    signing_key: Key | None = field(default=None, repr=False)
    scope_style: ScopeStyle = "v2"
    scopes: str | None = None
    minimum_scopes: str | None = None
    vendor: str = "generic"
    tenant: str | None = None
    authorize: Authorize = "auto"
    algorithm: Algorithm = "ES384"
    admins: tuple[str, ...] = ()
    audit: bool = False
    orders: bool = False
    services: bool = False
    practice: Practice = field(default_factory=Practice)
    cds_hooks: CdsHooks | None = None
    key_ring: KeyRing | None = field(default=None, repr=False, compare=False)

    @property
    def signs_by_ring(self) -> bool:
        """Whether this EHR knows us by the keys of `chartside keys`."""
        return self.client_type == "asymmetric" and self.signing_key is None

    def registration(self, redirect_uri: str, *, now: float) -> ClientRegistration:
        """This EHR's registration of us, as smart_launch wants it, with the key that signs at this moment.

        To be asked for at each request, since keys rotate while the server runs. `now` is in seconds since 1970.
        Raises NoSigningKey when the ring has none of `algorithm` yet.
        """
        key = self.signing_key
        if self.signs_by_ring:
            key = self.key_ring.signing_key(self.algorithm, now) if self.key_ring else None
            if key is None:
                raise NoSigningKey
        return ClientRegistration(
            iss=self.iss,
            client_id=self.client_id,
            redirect_uri=redirect_uri,
            client_type=self.client_type,
            client_secret=self.client_secret,
            signing_key=key,
            algorithm=algorithm_of(key) if key else self.algorithm,
        )

    @property
    def scope(self) -> str:
        """What to ask for: `scopes` as the administrator wrote it, else what Chartside's pages use."""
        notes = note_types(vendor(self.vendor))
        return self.scopes or scope_text(
            self.scope_style, audit=self.audit, orders=self.orders, services=self.services, notes=notes
        )

    @property
    def minimum_scope(self) -> str:
        """What to ask for when the EHR refuses `scope`: the least with which a chart opens at all."""
        return self.minimum_scopes or minimum_scope_text(self.scope_style)


def read_ehr(
    table: Mapping[str, Any],
    index: int,
    env: Mapping[str, str],
    problems: Problems,
    *,
    folder: Path = Path(),
) -> EhrSettings:
    """One `[[ehr]]` table as settings; what is wrong goes into `problems`. `folder` is that of the settings file."""
    where = f"[[ehr]] {table.get('name') or index + 1}: "
    if "client_secret" in table:
        problems.add(
            f"{where}client_secret does not belong in a file: put it into an environment variable and name"
            " that with secret_env"
        )
    problems.unknown_names({k: v for k, v in table.items() if k != "client_secret"}, _NAMES, where=where)
    name = _name(table, where, problems)
    client_type = problems.choice(
        table, "client_type", ("public", "symmetric", "asymmetric"), default="public", where=where
    )
    return EhrSettings(
        name=name,
        label=problems.text(table, "label", default=name, where=where),
        iss=_iss(table, where, problems),
        client_id=problems.text(table, "client_id", where=where),
        frame_origins=_frame_origins(table, where, problems),
        time_zone=_time_zone(table, where, problems),
        client_type=cast(ClientType, client_type),
        client_secret=_secret(table, client_type, env, where, problems),
        signing_key=_signing_key(table, client_type, where, problems),
        scope_style=cast(
            ScopeStyle, problems.choice(table, "scope_style", ("v1", "v2"), default="v2", where=where)
        ),
        scopes=_optional_text(table, "scopes", where, problems),
        minimum_scopes=_optional_text(table, "minimum_scopes", where, problems),
        vendor=problems.choice(table, "vendor", VENDORS, default="generic", where=where),
        tenant=_optional_text(table, "tenant", where, problems),
        authorize=cast(
            Authorize,
            problems.choice(table, "authorize", ("auto", "get", "post"), default="auto", where=where),
        ),
        algorithm=cast(
            Algorithm, problems.choice(table, "algorithm", ("ES384", "RS384"), default="ES384", where=where)
        ),
        admins=_admins(table, where, problems),
        audit=problems.yes_or_no(table, "audit", default=False, where=where),
        orders=problems.yes_or_no(table, "orders", default=False, where=where),
        services=problems.yes_or_no(table, "services", default=False, where=where),
        practice=read_practice(table, where, problems, folder=folder),
        cds_hooks=read_cds_hooks(table, str(table.get("iss", "")), where, problems),
    )


def _optional_text(table: Mapping[str, Any], name: str, where: str, problems: Problems) -> str | None:
    return problems.text(table, name, where=where) if name in table else None


def _admins(table: Mapping[str, Any], where: str, problems: Problems) -> tuple[str, ...]:
    if "admins" not in table:
        return ()
    users = problems.texts(table, "admins", where=where)
    for user in users:
        if not _USER.fullmatch(user):
            problems.add(
                f'{where}admins: "{user}" must be a user as the EHR names it, TYPE/ID, as "Practitioner/17"'
            )
    return users


def _name(table: Mapping[str, Any], where: str, problems: Problems) -> str:
    name = problems.text(table, "name", where=where)
    if name and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
        problems.add(f"{where}name must be of small letters, digits and hyphens: it stands in addresses")
    return name


def _iss(table: Mapping[str, Any], where: str, problems: Problems) -> str:
    iss = problems.text(table, "iss", where=where)
    try:
        return check_issuer(iss) if iss else ""
    except BadIssuer:
        problems.add(
            f'{where}iss = "{iss}" must be the FHIR base just as the EHR sends it, https://HOST/PATH'
            " (http:// only for 127.0.0.1 or localhost)"
        )
        return ""


def _frame_origins(table: Mapping[str, Any], where: str, problems: Problems) -> tuple[str, ...]:
    origins = problems.texts(table, "frame_origins", where=where)
    for origin in origins:
        if not is_origin(origin):
            problems.add(
                f'{where}frame_origins: "{origin}" must be https://HOST[:PORT] without a path or *'
                " (http:// only for 127.0.0.1 or localhost): the address of the EHR's screens"
            )
    return origins


def _time_zone(table: Mapping[str, Any], where: str, problems: Problems) -> ZoneInfo:
    name = problems.text(table, "time_zone", where=where)
    try:
        return ZoneInfo(name or "UTC")
    except (
        KeyError,
        ValueError,
        OSError,
    ):  # ZoneInfoNotFoundError is a KeyError; a folder's name is an OSError.
        problems.add(f'{where}time_zone = "{name}" is not an IANA time zone, as "America/New_York"')
        return ZoneInfo("UTC")


def _secret(
    table: Mapping[str, Any], client_type: str, env: Mapping[str, str], where: str, problems: Problems
) -> str | None:
    if client_type != "symmetric":
        if "secret_env" in table:
            problems.add(f'{where}secret_env is only for client_type = "symmetric"')
        return None
    variable = problems.text(table, "secret_env", where=where)
    secret = read_secret(env, variable, problems, where=where) if variable else None
    if variable and not env.get(variable) and not env.get(f"{variable}{IN_A_FILE}"):
        problems.add(f"{where}the environment variable {variable}, which secret_env names, is not set")
    return secret


def _signing_key(table: Mapping[str, Any], client_type: str, where: str, problems: Problems) -> Key | None:
    """The key of `key_file`; None where it names none, and the app's own keys sign (`chartside keys`)."""
    if client_type != "asymmetric":
        if "key_file" in table:
            problems.add(f'{where}key_file is only for client_type = "asymmetric"')
        return None
    if "key_file" not in table:
        return None
    file = problems.text(table, "key_file", where=where)
    if not file:
        return None
    try:
        key = load_key(Path(file))
    except KeyFileError:
        problems.add(
            f'{where}key_file = "{file}" must be a private JWK (EC P-384, or RSA of 2048 bits or more) that only its'
            " owner may read (chmod 600)"
        )
        return None
    if table.get("algorithm") not in (None, algorithm_of(key)):
        problems.add(f'{where}key_file = "{file}" holds a key for {algorithm_of(key)}: leave algorithm out')
    return key
