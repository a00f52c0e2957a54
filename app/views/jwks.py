"""The public keys by which an EHR knows this installation, at an address that anybody may read.

https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#registering-a-client-communicating-public-keys
"""

from __future__ import annotations

import orjson
from flask import Blueprint, Response

from app.published_keys import published_jwks
from app.security import publish
from app.services import services

blueprint = Blueprint("jwks", __name__)

CACHE_SECONDS = 300
"""How long an EHR may keep the document. Far less than the day for which a new key is published before it signs."""


@blueprint.get("/.well-known/jwks.json")
def show() -> Response:
    """Public parts alone, in any website's reach; no key at all is a valid answer too."""
    app = services()
    publish(seconds=CACHE_SECONDS)
    response = Response(orjson.dumps(published_jwks(app.settings, app.now())), mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
