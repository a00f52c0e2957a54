"""One FHIR base with a token: every request of every client of ours passes through `FhirEndpoint.send`.

Here stand the guards: inside the base only, a token that is still good, one renewal after a 401, typed errors, the
version that was read at every change. A launch, a backend service and the store of preferences share them.
https://hl7.org/fhir/R4/http.html https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#access-fhir-api
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import orjson

from smart_launch.address import within
from smart_launch.errors import ForeignLink
from smart_launch.fhir_answer import WriteResult, raise_for_status, resource_of, write_result
from smart_launch.http_message import FHIR_JSON, HttpAnswer, HttpRequest, with_query
from smart_launch.transport import ANSWER_LIMIT, Http

Parameters = Mapping[str, Any] | Iterable[tuple[str, str]] | None

JSON_PATCH = "application/json-patch+json"
RETURN = {"Prefer": "return=representation"}
"""What the server kept is wanted back, to compare. https://hl7.org/fhir/R4/http.html#ops"""

FRESH = {"Cache-Control": "no-cache"}

_INSTANCE = re.compile(r"[A-Z][A-Za-z]*/(?!\.+$)[A-Za-z0-9._~-]{1,128}")
"""`Task/1`. An id from an EHR's answer must not turn a change of one record into one of all that a search finds.

https://hl7.org/fhir/R4/http.html#cond-update
"""

_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_VERSION = re.compile(r'(?:W/)?"[^"\s]+"')
_OPERATIONS = frozenset({"add", "remove", "replace", "move", "copy", "test"})


class Access(Protocol):
    """What a request needs of a grant."""

    @property
    def access_token(self) -> str:
        """The bearer token."""


Held = TypeVar("Held", bound=Access)


class TokenKeeper(Protocol[Held]):
    """Gives a token that can be sent now, and a newer one than a token that was refused."""

    def usable(self) -> Held:
        """The grant to send with. Raises SessionEnded, TokenError or Unreachable."""

    def renewed(self, rejected: Held) -> Held:
        """A newer grant than `rejected`. Raises the same."""


class FhirEndpoint(Generic[Held]):
    """The FHIR base `base`, with the tokens of `keeper`. Safe for many threads at once."""

    def __init__(self, base: str, keeper: TokenKeeper[Held], http: Http) -> None:
        self.base = base
        self._keeper = keeper
        self._http = http

    def send(
        self,
        method: str,
        reference: str,
        *,
        parameters: Parameters = None,
        resource: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        sign: bool = True,
        limit: int = ANSWER_LIMIT,
    ) -> HttpAnswer:
        """One request to an address relative to the base, or absolute inside it. The answer is a success.

        Raises ForeignLink before anything is sent, SessionEnded, FhirError by the status, Unreachable.
        """
        url = within(self.base, with_query(reference, parameters))
        body = None if resource is None else orjson.dumps(resource)
        sent = {"Accept": FHIR_JSON, **({"Content-Type": FHIR_JSON} if body else {}), **(headers or {})}
        if not sign:
            answer = self._http.send(HttpRequest(method, url, sent, body), limit=limit)
        else:
            grant = self._keeper.usable()
            answer = self._http.send(HttpRequest(method, url, _signed(sent, grant), body), limit=limit)
            if answer.status == 401:
                # A 401 means that nothing was done, so a write too may be sent again.
                grant = self._keeper.renewed(grant)
                answer = self._http.send(HttpRequest(method, url, _signed(sent, grant), body), limit=limit)
        raise_for_status(answer)
        return answer

    def get(
        self, path_or_url: str, params: Parameters = None, *, limit: int = ANSWER_LIMIT
    ) -> dict[str, Any]:
        """Reads a resource or a Bundle: `Patient/1`, `Task` with search parameters, or a `next` link as it came."""
        return resource_of(self.send("GET", path_or_url, parameters=params, headers=FRESH, limit=limit))

    def post(
        self, path: str, resource: Mapping[str, Any], *, if_none_exist: str | None = None
    ) -> WriteResult:
        """Creates a resource. `if_none_exist` is a search (`identifier=system|value`): none is made where one exists.

        Never sent twice but after a 401. On Unreachable with `sent`, or a FhirError that `may_have_acted`, look first.
        """
        condition = {} if if_none_exist is None else {"If-None-Exist": _header_value(if_none_exist)}
        answer = self.send("POST", path, resource=resource, headers={**RETURN, **condition})
        return write_result(answer, str(resource.get("resourceType")))

    def put(self, path: str, resource: Mapping[str, Any], *, if_match: str) -> WriteResult:
        """Updates `path` (`Task/1`), if it still has the version `if_match` (a versionId or an ETag); else Conflict.

        Raises ForeignLink, before anything is sent, for a path that is not one record's.
        """
        headers = {**RETURN, "If-Match": etag(if_match)}
        answer = self.send("PUT", _instance(path), resource=resource, headers=headers)
        return write_result(answer, str(resource.get("resourceType")))

    def patch(self, path: str, operations: Sequence[Mapping[str, Any]], *, if_match: str) -> WriteResult:
        """Changes parts of a resource by JSON Patch, if it still has the version `if_match`; else Conflict.

        `path` is `Task/1`; `operations` are RFC 6902's. For servers that take no PUT of a type. Raises ValueError for
        no operations, or one that is none, ForeignLink for a path that is not one record's.
        https://hl7.org/fhir/R4/http.html#patch
        """
        if not operations or not all(_is_operation(item) for item in operations):
            raise ValueError("a patch is a list of JSON Patch operations")
        headers = {**RETURN, "If-Match": etag(if_match), "Content-Type": JSON_PATCH}
        answer = self.send("PATCH", _instance(path), resource=list(operations), headers=headers)
        return write_result(answer, path.partition("/")[0])

    def delete(self, path: str, *, if_match: str) -> None:
        """Deletes `path` (`Task/1`), if it still has the version `if_match`; else Conflict. Raises ForeignLink too."""
        self.send("DELETE", _instance(path), headers={"If-Match": etag(if_match)})


def etag(version: str) -> str:
    """`W/"3"` for versionId 3; an ETag stays as it is. Raises ValueError for none, so that no update goes without."""
    tag = version if version.startswith(('"', "W/")) else f'W/"{version}"'
    if not _VERSION.fullmatch(tag) or not tag.isascii():
        raise ValueError("an update needs the version that was read")
    return tag


def _instance(path: str) -> str:
    """`path` unchanged, when it is one record of the base."""
    if not _INSTANCE.fullmatch(path):
        raise ForeignLink
    return path


def _is_operation(item: Mapping[str, Any]) -> bool:
    path = item.get("path")
    return item.get("op") in _OPERATIONS and isinstance(path, str) and (path == "" or path.startswith("/"))


def _signed(headers: Mapping[str, str], grant: Access) -> dict[str, str]:
    return {**headers, "Authorization": f"Bearer {grant.access_token}"}


def _header_value(value: str) -> str:
    if not _HEADER_VALUE.fullmatch(value):
        raise ValueError("a condition is one line of plain characters")
    return value
