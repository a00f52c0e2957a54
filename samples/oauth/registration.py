"""Dynamic client registration (RFC 7591): an app registers itself and is told its id.

A secret is made for `client_secret_basic` alone and told once. There is no management of registrations (RFC 7592):
`fresh` forgets them. Where the settings name an initial access token, it must be brought.
https://datatracker.ietf.org/doc/html/rfc7591#section-3
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import orjson
from flask import Flask, Response, jsonify, request

from samples.oauth.client_metadata import Metadata, MetadataRefused, read_metadata
from samples.oauth.client_register import RegisterFull
from samples.oauth.clients import Client
from samples.oauth.ledger import new_value
from samples.oauth.server import SmartServer

LONGEST_BODY = 65_536


def add_registration(app: Flask, server: SmartServer, initial_token: str) -> None:
    """Serves POST /oauth/register."""

    @app.post("/oauth/register")
    def register() -> Response:
        if initial_token and not _brings(initial_token):
            answer = _said(401, error="invalid_token", error_description="An initial access token is needed.")
            answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            return answer
        try:
            metadata = read_metadata(_body())
            client, secret = _new_client(metadata)
            server.clients.add(client)
        except MetadataRefused as problem:
            return _said(400, error=problem.error, error_description=problem.sentence)
        except RegisterFull:
            return _said(503, error="temporarily_unavailable", error_description="No more apps are taken.")
        told: dict[str, Any] = {
            "client_id": client.client_id,
            "client_id_issued_at": int(server.ledger.now()),
            **metadata.to_json(),
        }
        if secret:
            told |= {"client_secret": secret, "client_secret_expires_at": 0}
        return _said(201, **told)


def _brings(initial_token: str) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    brought = token.strip().encode("utf-8", "surrogatepass")
    return scheme.lower() == "bearer" and secrets.compare_digest(brought, initial_token.encode())


def _body() -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise MetadataRefused("The body must be application/json.")
    data = request.stream.read(LONGEST_BODY + 1)
    try:
        body = orjson.loads(data) if len(data) <= LONGEST_BODY else None
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise MetadataRefused("The body must be one JSON object of reasonable size.")
    return body


def _new_client(metadata: Metadata) -> tuple[Client, str]:
    """The client, and its secret where it has one ("" where not): the register keeps only the digest."""
    secret = new_value() if metadata.auth_method == "client_secret_basic" else ""
    client = Client(
        client_id=f"app-{secrets.token_urlsafe(12)}",
        auth_method=metadata.auth_method,
        redirect_uris=metadata.redirect_uris,
        secret_digest=hashlib.sha256(secret.encode()).hexdigest() if secret else None,
        jwks=metadata.jwks,
        jwks_uri=metadata.jwks_uri,
        grant_types=metadata.grant_types,
        allowed_scopes=metadata.scope,
        name=metadata.name,
    )
    return client, secret


def _said(status: int, **body: Any) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
