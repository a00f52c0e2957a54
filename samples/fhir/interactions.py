"""FHIR's RESTful interactions on one connection, with the rights of one access.

The order of the checks is the same everywhere: scope, existence, patient, version, content. So nobody learns from
an error about content that they were not allowed to touch. Spec: https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import jsonpatch

from samples.fhir.access import Access
from samples.fhir.confinement import may_read, require_scope, require_visible, require_writable
from samples.fhir.errors import (
    BadRequest,
    PatchTestFailed,
    PreconditionFailed,
    ResourceGone,
    ResourceNotFound,
)
from samples.fhir.records import Records, Version
from samples.fhir.resource_validation import validate
from samples.fhir.search import Searching
from samples.fhir.search_table import served_types

_ETAG = re.compile(r'(?:W/)?"([^"]*)"')
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True)
class Written:
    """What a write did: `status` is 201 for a new resource, 200 for a new version or for the match of a condition."""

    status: int
    version: Version


def legal_id(text: object) -> bool:
    """True for a string that R4 allows as a resource id."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def require_type(resource_type: str) -> None:
    """Raises ResourceNotFound for a type that this server does not keep."""
    if resource_type not in served_types():
        raise ResourceNotFound("this server keeps no resources of this type")


class Interactions:
    """The interactions of one caller; `moment` is the time of its writes, in microseconds since 1970."""

    def __init__(self, records: Records, access: Access, search: Searching, moment: int) -> None:
        self.records = records
        self.access = access
        self.search = search
        self.moment = moment

    def read(self, resource_type: str, resource_id: str) -> Version:
        """The present version. Raises ResourceNotFound, ResourceGone or Forbidden."""
        require_scope(self.access, resource_type, "r")
        version = self._existing(resource_type, resource_id)
        if version.body is None:
            raise ResourceGone("this resource has been deleted")
        require_visible(self.access, version.resource, self.records.context)
        return version

    def vread(self, resource_type: str, resource_id: str, number: str) -> Version:
        """One version by its number. Raises ResourceNotFound, ResourceGone or Forbidden."""
        for version in self.history(resource_type, resource_id):
            if str(version.version) == number:
                if version.body is None:
                    raise ResourceGone("this version is the deletion of the resource")
                return version
        raise ResourceNotFound("this resource has no such version")

    def history(self, resource_type: str, resource_id: str) -> list[Version]:
        """Every version, newest first, that this access may see: one about another patient is left out."""
        require_scope(self.access, resource_type, "r")
        self._existing(resource_type, resource_id)
        versions = self.records.versions(resource_type, resource_id)
        visible = [v for v in versions if v.body and may_read(self.access, v.resource, self.records.context)]
        if not visible:
            require_visible(self.access, next(v for v in versions if v.body).resource, self.records.context)
        return [v for v in versions if v.body is None or v in visible]

    def create(self, resource: dict[str, Any], *, if_none_exist: str = "", new_id: str = "") -> Written:
        """Create under an id that the server chooses, unless `if_none_exist` (a query) has one match already.

        Raises PreconditionFailed for several matches.
        """
        resource_type = resource["resourceType"]
        require_scope(self.access, resource_type, "c")
        if if_none_exist:
            match = self.conditional_match(resource_type, if_none_exist)
            if match:
                return Written(200, match)
        kept = {**resource, "id": new_id or str(uuid4())}
        require_writable(self.access, "c", kept, self.records.context)
        validate(kept)
        return Written(201, self.records.put(kept, "POST", self.moment, None))

    def conditional_match(self, resource_type: str, query: str) -> Version | None:
        """The one resource that matches a query, or None. Raises PreconditionFailed for several."""
        require_type(resource_type)
        params = parse_qsl(query.partition("?")[2] if "?" in query else query, keep_blank_values=True)
        found = self.search.matching(resource_type, params)
        if len(found) > 1:
            raise PreconditionFailed("more than one resource matches the condition", code="multiple-matches")
        return found[0] if found else None

    def update(self, resource: dict[str, Any], *, if_match: str = "") -> Written:
        """Replace the resource of this type and id, or create it under that id.

        Raises PreconditionFailed when `if_match` names another version.
        """
        resource_type = resource["resourceType"]
        previous = self._writable(resource_type, resource["id"], "u", if_match)
        present = previous is not None and previous.body is not None
        if not present:
            require_scope(self.access, resource_type, "c")
        require_writable(self.access, "u", resource, self.records.context)
        validate(resource)
        return Written(200 if present else 201, self.records.put(resource, "PUT", self.moment, previous))

    def patch(self, resource_type: str, resource_id: str, operations: Any, *, if_match: str = "") -> Written:
        """Apply a JSON Patch (RFC 6902). Raises BadRequest for a patch that cannot be applied."""
        previous = self._writable(resource_type, resource_id, "u", if_match)
        if previous is None:
            raise ResourceNotFound("there is no such resource")
        if previous.body is None:
            raise ResourceGone("this resource has been deleted")
        patched = _patched(previous.resource, operations)
        if patched.get("resourceType") != resource_type or patched.get("id") != resource_id:
            raise BadRequest("a patch cannot change the type or the id of a resource")
        require_writable(self.access, "u", patched, self.records.context)
        validate(patched)
        return Written(200, self.records.put(patched, "PATCH", self.moment, previous))

    def delete(self, resource_type: str, resource_id: str, *, if_match: str = "") -> None:
        """Delete; deleting what is not there (any more) succeeds as well."""
        previous = self._writable(resource_type, resource_id, "d", if_match)
        if previous is not None and previous.body is not None:
            self.records.remove(previous, self.moment)

    def _existing(self, resource_type: str, resource_id: str) -> Version:
        version = self.records.find(resource_type, resource_id)
        if version is None:
            raise ResourceNotFound("there is no such resource")
        return version

    def _writable(self, resource_type: str, resource_id: str, letter: str, if_match: str) -> Version | None:
        """The version a write would follow, once the caller may touch it and the expected version holds."""
        require_scope(self.access, resource_type, letter)
        previous = self.records.find(resource_type, resource_id)
        if previous is not None:
            bodies = (v for v in self.records.versions(resource_type, resource_id) if v.body)
            require_writable(self.access, letter, next(bodies).resource, self.records.context)
        if if_match:
            _require_version(previous, if_match)
        return previous


def _require_version(previous: Version | None, if_match: str) -> None:
    if if_match == "*" and previous is not None and previous.body is not None:
        return
    match = _ETAG.fullmatch(if_match)
    if match is None and if_match != "*":
        raise BadRequest('If-Match must be an ETag such as W/"3"')
    if previous is None or previous.body is None or match is None or match[1] != str(previous.version):
        raise PreconditionFailed("the resource has another version than If-Match names")


def _patched(resource: dict[str, Any], operations: Any) -> dict[str, Any]:
    try:
        patched = jsonpatch.JsonPatch(operations).apply(resource)
    except jsonpatch.JsonPatchTestFailed as error:
        raise PatchTestFailed("a test of the patch failed") from error
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, AttributeError) as error:
        raise BadRequest("this is not a JSON Patch that applies to the resource") from error
    if not isinstance(patched, dict):
        raise BadRequest("a patch leaves a resource behind")
    return patched
