"""The sandbox's SMART authorization server: strict where EHRs are strict, and said in plain words where it refuses.

SMART App Launch 2.2 on Authlib: https://hl7.org/fhir/smart-app-launch/STU2.2/
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request

from samples.chart.pages import app_origins, origin, protect
from samples.oauth.app_state import add_app_state
from samples.oauth.authorize import add_authorize
from samples.oauth.backend import BackendGrant
from samples.oauth.client_register import ClientRegister
from samples.oauth.clients import registered_clients
from samples.oauth.discovery import add_discovery
from samples.oauth.grants import AuthorizationCodeGrant, RefreshTokenGrant, S256Only, SmartContext, SmartRules
from samples.oauth.keys import signing_keys
from samples.oauth.launch import add_launch
from samples.oauth.ledger import Ledger
from samples.oauth.login import add_login
from samples.oauth.registration import add_registration
from samples.oauth.server import SmartServer
from samples.oauth.token import add_token_endpoints
from samples.oauth.token_endpoints import Introspection, Revocation
from samples.oauth.tokens import Tokens
from samples.sandbox import Sandbox

__all__ = ["register"]

FILE = "oauth.sqlite"


def register(app: Flask, sandbox: Sandbox) -> None:
    """Adds the authorization server to `app` and tells `sandbox` what each access token allows.

    Its keys, clients and promises live in the settings' state folder and survive a restart.
    """
    server = _server(app, sandbox)
    sandbox.access_for_token = server.tokens.access
    add_discovery(app, server)
    if server.persona.registration:
        add_registration(app, server, sandbox.settings.registration_token)
    if server.persona.smart_app_state:
        add_app_state(app, server)
    blueprint = Blueprint("oauth", __name__, template_folder="templates")
    add_authorize(blueprint, server)
    add_login(blueprint, server, sandbox)
    add_launch(blueprint, server, sandbox)
    add_token_endpoints(blueprint, server)
    apps = app_origins(sandbox.settings)

    @blueprint.after_request
    def headers(response: Response) -> Response:
        # The app's frame passes through here, so the chart, which is of the same origin, may frame these pages.
        return protect(response, apps=(*apps, *_signing_in(server)), framed_by="'self'")

    app.register_blueprint(blueprint)


def _signing_in(server: SmartServer) -> tuple[str, ...]:
    """The origin of the app for which somebody signs in on this page: the page's form ends there."""
    kept = server.ledger.look("login", str((request.view_args or {}).get("login", "")))
    return (origin(kept["asked"]["redirect_uri"]),) if kept else ()


def _server(app: Flask, sandbox: Sandbox) -> SmartServer:
    settings = sandbox.settings
    ledger = Ledger(settings.state_dir / FILE, now=lambda: sandbox.now().timestamp())
    server = SmartServer(
        app,
        sandbox,
        clients=ClientRegister(
            registered_clients(settings.state_dir, settings.app_redirect_uris, settings.app_jwks_uri), ledger
        ),
        ledger=ledger,
        tokens=Tokens(ledger),
        keys=signing_keys(settings.state_dir),
    )
    server.register_grant(AuthorizationCodeGrant, [S256Only(required=True), SmartRules(), SmartContext()])
    server.register_grant(RefreshTokenGrant, [SmartContext()])
    server.register_grant(BackendGrant)
    server.register_endpoint(Introspection)
    server.register_endpoint(Revocation)
    return server
