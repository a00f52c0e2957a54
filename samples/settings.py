"""What one run of the sandbox EHR is told: where it listens, where it keeps its store, whom it lets in.

Frozen, because a server whose address changes while it runs hands out links that lead nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class SandboxSettings:
    """Settings of one sandbox EHR.

    `delay_ms` is an artificial delay, in milliseconds, before every FHIR read is answered. `time_zone` is the
    practice's IANA zone: a date without a time or an offset means that day there. `persona` names the EHR that the
    sandbox plays, one of `samples.personas.NAMES`. `access_token_seconds` is how long an access token lives, in place
    of what the persona says. `app_jwks_uri` is where the public keys of the app are fetched from, in place of those
    on file. `cds_services` is the address of the CDS Hooks services that are asked for cards when a chart is opened, ""
    asks none. `registration_token` must be brought to register an app by itself; "" lets anybody on this machine.
    """

    state_dir: Path
    port: int = 8090
    data_dirs: tuple[Path, ...] = ()
    app_launch_url: str = "http://127.0.0.1:8080/launch"
    app_redirect_uris: tuple[str, ...] = ("http://127.0.0.1:8080/callback",)
    fresh: bool = False
    delay_ms: int = 0
    time_zone: str = "America/New_York"
    persona: str = "open"
    access_token_seconds: int | None = None
    app_jwks_uri: str = ""
    cds_services: str = ""
    registration_token: str = field(default="", repr=False)

    @property
    def base_url(self) -> str:
        """The EHR's own address; `localhost` on purpose, so that an app on 127.0.0.1 is another site."""
        return f"http://localhost:{self.port}"

    @property
    def fhir_base(self) -> str:
        """The FHIR service base URL, which is also the SMART issuer."""
        return f"{self.base_url}/fhir"
