"""SMART app state: an app keeps a little of its own configuration at the EHR, as Basic resources at /appstate.

It lies beside the FHIR server, as the guide advises, so that it never turns up among records. What one app keeps, no
other app sees; who may touch it follows from the token: `user/Basic` the user's own and, in a patient's chart, that
patient's; `patient/Basic` that patient's; state without a subject may be read and is written by nobody here.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-state.html
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, request

from samples.fhir.errors import BadRequest, FhirProblem, LoginRequired, PreconditionFailed
from samples.fhir.exchange import FHIR_JSON, json_response
from samples.oauth.app_state_resource import LONGEST_BODY, TooLarge, read_state
from samples.oauth.app_state_rights import AppStateRights
from samples.oauth.app_state_store import AppStateStore, Kept
from samples.oauth.server import SmartServer

PREFIX = "/appstate"


def add_app_state(app: Flask, server: SmartServer) -> None:
    """Serves /appstate/Basic: search, create, update and delete."""
    blueprint = Blueprint("app_state", __name__, url_prefix=PREFIX)
    service = _Service(server)
    blueprint.get("/Basic")(service.search)
    blueprint.post("/Basic")(service.create)
    blueprint.put("/Basic/<state_id>")(service.update)
    blueprint.delete("/Basic/<state_id>")(service.delete)
    blueprint.register_error_handler(FhirProblem, _problem)
    app.register_blueprint(blueprint)


class _Service:
    def __init__(self, server: SmartServer) -> None:
        self._server = server
        self._store = AppStateStore(server.ledger)
        self._base = f"{server.addresses.base}{PREFIX}"

    def search(self) -> Response:
        """`?code=system|code` with `subject=` (an absolute reference) or `subject:missing=true`."""
        rights = self._rights()
        asked = request.args
        unknown = set(asked) - {"code", "subject", "subject:missing"}
        everybodys = asked.get("subject:missing") == "true"
        code, subject = asked.get("code", ""), asked.get("subject", "")
        if (
            unknown
            or "|" not in code
            or bool(subject) is everybodys
            or any(len(v) > 1 for _, v in asked.lists())
        ):
            raise BadRequest("search by code (system|code), and by subject or subject:missing=true")
        rights.require("s", code, subject)
        found = self._store.find(rights.client_id, code, subject)
        entries = [
            {
                "fullUrl": f"{self._base}/Basic/{each.id}",
                "resource": each.resource,
                "search": {"mode": "match"},
            }
            for each in found
        ]
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        return json_response({**bundle, "entry": entries} if entries else bundle)

    def create(self) -> Response:
        """201 with the resource as it is kept."""
        rights = self._rights()
        state = read_state(_body(), self._server.addresses.fhir)
        if "id" in state.resource or "versionId" in state.resource.get("meta", {}):
            raise BadRequest("a new app state has no id and no meta.versionId")
        rights.require("c", state.code, state.subject)
        kept = self._store.add(rights.client_id, state)
        return self._answer(kept, 201)

    def update(self, state_id: str) -> Response:
        """200 with the resource as it is kept; If-Match must name its present version."""
        rights = self._rights()
        version = _if_match()
        state = read_state(_body(), self._server.addresses.fhir)
        if state.resource.get("id") != state_id:
            raise BadRequest("the resource must have the id that the address names", expression="Basic.id")
        rights.require("u", state.code, state.subject)
        return self._answer(self._store.change(rights.client_id, state_id, version, state), 200)

    def delete(self, state_id: str) -> Response:
        """204; If-Match must name its present version."""
        rights = self._rights()
        version = _if_match()
        kept = self._store.get(rights.client_id, state_id)
        rights.require("d", kept.code, kept.subject)
        self._store.remove(rights.client_id, state_id, version)
        return json_response(b"", 204)

    def _rights(self) -> AppStateRights:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        issued = self._server.tokens.valid(token.strip()) if scheme.lower() == "bearer" else None
        if issued is None:
            raise LoginRequired("this needs a bearer token that is good now")
        return AppStateRights.of(issued, self._server.addresses.fhir)

    def _answer(self, kept: Kept, status: int) -> Response:
        headers = {"ETag": f'W/"{kept.version}"'}
        if status == 201:
            headers["Location"] = f"{self._base}/Basic/{kept.id}"
        return json_response(kept.resource, status, headers)


def _body() -> bytes:
    if request.mimetype not in (FHIR_JSON, "application/json"):
        raise BadRequest("the body must be FHIR JSON")
    if (request.content_length or 0) > LONGEST_BODY:
        raise TooLarge
    data: bytes = request.stream.read(LONGEST_BODY + 1)
    if len(data) > LONGEST_BODY:
        raise TooLarge
    return data


def _if_match() -> str:
    """The version that If-Match names. Raises PreconditionFailed without one: the guide requires it."""
    tag = request.headers.get("If-Match", "").strip()
    if not tag.startswith('W/"') or not tag.endswith('"') or len(tag) < 5:
        raise PreconditionFailed('If-Match with the ETag of the state is required, such as W/"1"')
    return tag[3:-1]


def _problem(problem: FhirProblem) -> Response:
    headers: dict[str, Any] = {}
    if isinstance(problem, LoginRequired):
        headers["WWW-Authenticate"] = 'Bearer realm="FHIR"'
    return json_response(problem.outcome, problem.status, headers)
