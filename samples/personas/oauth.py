"""What an EHR's authorization server offers and says of itself, as far as EHRs differ in it."""

from __future__ import annotations

from dataclasses import dataclass

from samples.personas.fact import Fact


@dataclass(frozen=True, kw_only=True)
class PersonaOAuth(Fact):
    """How the authorization server of one persona behaves; read by the sandbox's own server.

    `access_token_seconds` is the life of an access token unless a setting overrides it. `advertised` and `granted` are
    scope versions ("v1", "v2"): what the SMART configuration claims (`permission-v1`, `permission-v2`) and what a
    request for them is given; a server may claim more than it keeps. `authorize_post`, `introspection`, `revocation`,
    `registration` (RFC 7591), `pkce_advertised` (S256 in the SMART configuration; it is always required) and
    `smart_app_state` are what is offered. `capabilities_left_out` are SMART capabilities of the sandbox that this EHR
    does not name.
    """

    access_token_seconds: int
    advertised: tuple[str, ...] = ("v1", "v2")
    granted: tuple[str, ...] = ("v1", "v2")
    authorize_post: bool = True
    introspection: bool = True
    revocation: bool = True
    registration: bool = False
    pkce_advertised: bool = True
    smart_app_state: bool = False
    capabilities_left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a scope version that there is not."""
        if not {*self.advertised, *self.granted} <= {"v1", "v2"}:
            raise ValueError("scopes are of version v1 or v2")
