"""How this app is known to one EHR: its client id, its way of proving itself, its redirect address.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#register-app-with-ehr
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from smart_launch.address import check_issuer
from smart_launch.keys import Algorithm, Key, algorithm_of

ClientType = Literal["public", "symmetric", "asymmetric"]


@dataclass(frozen=True)
class ClientRegistration:
    """One registration. `iss` is the FHIR base exactly as the EHR writes it, since `aud` must equal it.

    Raises BadIssuer for an unusable `iss` and ValueError for a client type without its secret or key.
    """

    iss: str
    client_id: str
    redirect_uri: str
    client_type: ClientType = "public"
    client_secret: str | None = field(default=None, repr=False)
    signing_key: Key | None = field(default=None, repr=False)
    algorithm: Algorithm = "ES384"

    def __post_init__(self) -> None:
        check_issuer(self.iss)
        if not self.client_id or not self.redirect_uri:
            raise ValueError("a registration needs client_id and redirect_uri")
        if self.client_type == "symmetric" and not self.client_secret:
            raise ValueError("a symmetric client needs client_secret")
        if self.client_type == "asymmetric" and (
            self.signing_key is None or algorithm_of(self.signing_key) != self.algorithm
        ):
            raise ValueError("an asymmetric client needs a signing_key of its algorithm")
