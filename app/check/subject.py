"""What is checked: one EHR's address, our settings for it where there are any, and what is known of its vendor."""

from __future__ import annotations

from dataclasses import dataclass

from app.ehr_settings import EhrSettings
from app.requested_scopes import ScopeStyle, minimum_scope_text, scope_text
from app.settings import Settings
from mappings.vendor import Vendor, vendor
from mappings.write_ladder import note_types
from smart_launch.registration import ClientRegistration

CALLBACK = "http://127.0.0.1:8080/callback"
"""Stands for the redirect address of a registration that signs nobody in."""


@dataclass(frozen=True)
class Subject:
    """One EHR to be checked. `ehr` is None for an address that chartside.toml does not name exactly.

    `vendor_name` is what to compare with where nothing is configured.
    """

    iss: str
    ehr: EhrSettings | None = None
    settings: Settings | None = None
    vendor_name: str = "generic"

    @property
    def vendor(self) -> Vendor:
        """The vendor's facts: of the configured vendor, else of `vendor_name`."""
        return vendor(self.ehr.vendor if self.ehr else self.vendor_name)

    @property
    def base(self) -> str:
        """The FHIR base without a slash at its end."""
        return self.iss.rstrip("/")

    @property
    def shown(self) -> str:
        """The address as it may be shown: a user, a password or a query that somebody pasted with it is left out."""
        printable = "".join(char for char in self.iss if char.isprintable())
        plain = printable.partition("?")[0].partition("#")[0]
        scheme, mark, rest = plain.partition("://")
        host, slash, path = (rest if mark else plain).partition("/")
        address = f"{scheme}{mark}" if mark else ""
        return f"{address}{host.rpartition('@')[2]}{slash}{path}"

    @property
    def label(self) -> str:
        """What people call it."""
        return self.ehr.label if self.ehr else self.shown

    @property
    def scope_style(self) -> ScopeStyle:
        """The spelling of scopes that is asked for: as configured, else as is advised for the vendor."""
        if self.ehr:
            return self.ehr.scope_style
        return "v1" if self.vendor.scopes.style == "v1" else "v2"

    @property
    def wanted_scope(self) -> str:
        """The scopes that a launch would ask for."""
        return self.ehr.scope if self.ehr else scope_text(self.scope_style, notes=note_types(self.vendor))

    @property
    def minimum_scope(self) -> str:
        """The scopes with which a chart opens at all."""
        return self.ehr.minimum_scope if self.ehr else minimum_scope_text(self.scope_style)

    @property
    def bare_registration(self) -> ClientRegistration:
        """One that can hold a token that somebody brings, and prove nothing. Raises BadIssuer."""
        return ClientRegistration(self.iss, self.ehr.client_id if self.ehr else "chartside", CALLBACK)

    def own_registration(self, now: float) -> ClientRegistration | None:
        """As the EHR knows us; None where it is not configured. `now` in seconds since 1970.

        Raises NoSigningKey for a client with a key that has none yet.
        """
        if self.ehr is None or self.settings is None:
            return None
        return self.ehr.registration(self.settings.redirect_uri, now=now)
