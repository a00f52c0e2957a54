"""What an app reads before it asks for anything: the SMART configuration, the keys and the look of the chart.

https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify

from samples.oauth.client_authentication import ALGORITHMS
from samples.oauth.keys import public_keys
from samples.oauth.scopes import SUPPORTED, VERSIONS
from samples.oauth.server import AUTH_METHODS, Addresses, SmartServer
from samples.personas.oauth import PersonaOAuth

CAPABILITIES = (
    "launch-ehr", "launch-standalone", "authorize-post", "client-public", "client-confidential-symmetric",
    "client-confidential-asymmetric", "sso-openid-connect", "context-banner", "context-style",
    "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient", "permission-patient",
    "permission-user", "permission-offline", "permission-online", "permission-v1", "permission-v2", "smart-app-state",
)  # fmt: skip

STYLE = {
    # The colours of samples/chart/static/sandbox.css, so that a framed app can match the chart around it.
    "color_background": "#ffffff",
    "color_error": "#b3261e",
    "color_highlight": "#0b5c66",
    "color_modal_backdrop": "",
    "color_success": "#1d6b3a",
    "color_text": "#14242b",
    "dim_border_radius": "6px",
    "dim_font_size": "15px",
    "dim_spacing_size": "16px",
    "font_family_body": "system-ui, sans-serif",
    "font_family_heading": "system-ui, sans-serif",
}


def configuration(addresses: Addresses, persona: PersonaOAuth) -> dict[str, Any]:
    """The SMART configuration document of this server, as the EHR it plays would write it."""
    oauth = f"{addresses.base}/oauth"
    document: dict[str, Any] = {
        "issuer": addresses.fhir,
        "jwks_uri": f"{oauth}/jwks",
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": addresses.token,
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "id_token_signing_alg_values_supported": ["RS256", "ES384"],
        "subject_types_supported": ["pairwise"],
        "scopes_supported": list(SUPPORTED),
        "capabilities": capabilities(persona),
    }
    offered = {
        "introspection_endpoint": (persona.introspection, f"{oauth}/introspect"),
        "revocation_endpoint": (persona.revocation, f"{oauth}/revoke"),
        "registration_endpoint": (persona.registration, f"{oauth}/register"),
        "code_challenge_methods_supported": (persona.pkce_advertised, ["S256"]),
        "associated_endpoints": (
            persona.smart_app_state,
            [{"url": f"{addresses.base}/appstate", "capabilities": ["smart-app-state"]}],
        ),
    }
    return document | {name: value for name, (is_offered, value) in offered.items() if is_offered}


def capabilities(persona: PersonaOAuth) -> list[str]:
    """The SMART capabilities that this EHR names."""
    unnamed = set(persona.capabilities_left_out)
    unnamed |= {f"permission-{version}" for version in VERSIONS if version not in persona.advertised}
    if not persona.authorize_post:
        unnamed.add("authorize-post")
    if not persona.smart_app_state:
        unnamed.add("smart-app-state")
    return [name for name in CAPABILITIES if name not in unnamed]


def add_discovery(app: Flask, server: SmartServer) -> None:
    """Serves the documents, each readable by any page: none holds a secret."""

    def smart_configuration() -> Response:
        return _open(configuration(server.addresses, server.persona))

    def jwks() -> Response:
        return _open(public_keys(server.keys))

    def style() -> Response:
        return _open(STYLE)

    app.add_url_rule("/fhir/.well-known/smart-configuration", "smart_configuration", smart_configuration)
    app.add_url_rule("/.well-known/smart-configuration", "smart_configuration_root", smart_configuration)
    app.add_url_rule("/oauth/jwks", "oauth_jwks", jwks)
    app.add_url_rule("/smart-style.json", "smart_style", style)


def _open(document: dict[str, Any]) -> Response:
    response = jsonify(document)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "max-age=300"
    return response
