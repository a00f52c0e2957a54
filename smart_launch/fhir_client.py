"""fhirclient 4.4 made safe: the client that the app reads and writes the chart with.

What fhirclient leaves open is closed in three subclasses: it follows links to other hosts with the token, waits for
ever, forgets when a token expires, loses the launch context at a refresh, updates without If-Match, and reads no
OperationOutcome. Its models keep working (`Patient.read(id, client.server)`), but resources that are written go as
plain dicts, since the models drop primitive extensions. Nothing else in the project imports fhirclient.
https://github.com/smart-on-fhir/client-py https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from fhirclient.auth import FHIRAuth
from fhirclient.client import FHIRClient
from fhirclient.server import FHIRServer

from smart_launch.discovery import SmartConfiguration, check_r4
from smart_launch.errors import NotFhir, SessionEnded, UnknownState
from smart_launch.fhir_answer import WriteResult, raise_for_status, resource_of
from smart_launch.fhir_endpoint import FRESH, RETURN, FhirEndpoint, Parameters, etag
from smart_launch.grant import Grant
from smart_launch.http_message import HttpAnswer
from smart_launch.registration import ClientRegistration
from smart_launch.renewal import GrantKeeper
from smart_launch.transport import Http

__all__ = ["SmartAuth", "SmartClient", "SmartServer", "WriteResult", "etag"]


class SmartAuth(FHIRAuth):  # type: ignore[misc]  # fhirclient ships no types.
    """The grant of one launch, as fhirclient's authorization.

    It derives from FHIRAuth and not from FHIROAuth2Auth: none of that class's OAuth is wanted. It is not registered
    either, so that a plain FHIRServer cannot restore itself with our token and without our guards.
    """

    auth_type = "smart"

    def __init__(self, keeper: GrantKeeper) -> None:
        super().__init__()
        self.app_id = keeper.registration.client_id
        self.keeper = keeper

    @property
    def ready(self) -> bool:
        """Whether a request can be sent now: the token is good, or can be renewed."""
        try:
            return bool(self.keeper.usable().access_token)
        except SessionEnded:
            return False

    def reset(self) -> None:
        """Nothing: fhirclient resets what has expired, and here it is renewed."""

    def handle_callback(self, url: str, server: Any) -> None:
        """A launch ends in `authorization.finish`, which knows its `state`; a client holds a grant already."""
        raise UnknownState("no launch is pending here")

    def authorize(self, server: Any) -> None:
        """A client cannot make itself a grant; a new launch does."""
        raise SessionEnded("a new launch is needed")

    def reauthorize(self, server: Any = None) -> Mapping[str, Any]:
        """Renews the token. The launch context returned is that of the launch, unchanged."""
        return self.keeper.renewed(self.keeper.grant).context.to_json()

    @property
    def state(self) -> dict[str, Any]:
        """The grant with its expiry, tokens included."""
        return {"app_id": self.app_id, "grant": self.keeper.grant.to_json()}

    def from_state(self, state: Mapping[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.keeper.restore(Grant.from_json(state["grant"]))


class SmartServer(FHIRServer):  # type: ignore[misc]  # fhirclient ships no types.
    """A FHIR server as fhirclient's models use it, each request sent by `endpoint` with its guards."""

    session: Any
    _capability: Any

    def __init__(self, client: SmartClient, auth: SmartAuth, http: Http) -> None:
        super().__init__(client, base_uri=auth.keeper.registration.iss)
        self.session.close()
        # Without a session no inherited method can send past `send`.
        self.session = None
        self.iss = auth.keeper.registration.iss
        self.auth = auth
        self.endpoint = FhirEndpoint(self.iss, auth.keeper, http)

    def send(
        self,
        method: str,
        reference: str,
        *,
        parameters: Parameters = None,
        resource: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        sign: bool = True,
    ) -> HttpAnswer:
        """One request, sent with the guards of `FhirEndpoint.send`, whose errors it raises."""
        return self.endpoint.send(
            method, reference, parameters=parameters, resource=resource, headers=headers, sign=sign
        )

    def get_capability(self, force: bool = False) -> None:
        """Reads the CapabilityStatement as a dict; who may sign in was settled by discovery, not by this."""
        if self._capability is None or force:
            self._capability = resource_of(self.send("GET", "metadata"))

    def raise_for_status(self, response: HttpAnswer) -> None:
        """Our typed errors in place of fhirclient's."""
        raise_for_status(response)

    def request_json(self, path: str, nosign: bool = False) -> dict[str, Any]:
        """What fhirclient's models read with."""
        return resource_of(self._get(path, nosign=nosign))

    def _get(self, path: str, headers: Mapping[str, str] | None = None, nosign: bool = False) -> HttpAnswer:
        return self.send("GET", path, headers={**FRESH, **(headers or {})}, sign=not nosign)

    def post_json(self, path: str, resource_json: Mapping[str, Any], nosign: bool = False) -> HttpAnswer:
        """A create by a fhirclient model."""
        return self.send("POST", path, resource=resource_json, headers=RETURN, sign=not nosign)

    def put_json(self, path: str, resource_json: Mapping[str, Any], nosign: bool = False) -> HttpAnswer:
        """An update by a fhirclient model, only ever of the version that was read (ValueError without one)."""
        version = (resource_json.get("meta") or {}).get("versionId") or ""
        headers = {**RETURN, "If-Match": etag(version)}
        return self.send("PUT", path, resource=resource_json, headers=headers, sign=not nosign)

    def delete_json(self, path: str, nosign: bool = False) -> HttpAnswer:
        """None by a fhirclient model, which does not say what version it read. Raises ValueError; see SmartClient."""
        raise ValueError("a delete needs the version that was read")


class SmartClient(FHIRClient):  # type: ignore[misc]  # fhirclient ships no types.
    """One launch's access to the EHR. Its methods may be called from many threads at once.

    `refreshed` stores a renewed grant, `reload` reads the newest stored one, `lock` makes the lock shared by all
    processes for this launch. `now` is seconds since 1970. No method sends outside the FHIR base of the registration.
    """

    server: Any

    def __init__(
        self,
        registration: ClientRegistration,
        configuration: SmartConfiguration,
        grant: Grant,
        *,
        http: Http,
        refreshed: Callable[[Grant], None] = lambda grant: None,
        lock: Callable[[], AbstractContextManager[Any]] = nullcontext,
        reload: Callable[[], Grant] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        # fhirclient builds its own server here, without a request; it is replaced at once. It is given no secret.
        super().__init__(settings={"app_id": registration.client_id, "api_base": registration.iss})
        self.server.session.close()
        self._keeper = GrantKeeper(
            registration,
            configuration,
            grant,
            http=http,
            refreshed=refreshed,
            lock=lock,
            reload=reload,
            now=now,
        )
        self._http = http
        self.server = SmartServer(self, SmartAuth(self._keeper), http)
        self.endpoint: FhirEndpoint[Grant] = self.server.endpoint
        self.wants_patient = False
        self.patient_id = grant.context.patient
        self.launch_context = grant.context.to_json()

    @property
    def grant(self) -> Grant:
        """The newest grant: its scopes and context decide what the screens offer."""
        return self._keeper.grant

    @property
    def configuration(self) -> SmartConfiguration:
        """What the EHR says about itself, as it was when the launch began."""
        return self._keeper.configuration

    def at(self, base: str) -> FhirEndpoint[Grant]:
        """Another base that takes this launch's token: only one that the EHR's own configuration names.

        Raises ValueError for any other.
        """
        known = {item.url for item in self._keeper.configuration.associated_endpoints}
        if base not in known:
            raise ValueError("not an endpoint of this EHR")
        return FhirEndpoint(base, self._keeper, self._http)

    @property
    def desired_scope(self) -> str:
        """What was granted; fhirclient would add a launch scope a second time."""
        return self.grant.scopes.text

    def reauthorize(self) -> bool:
        """Renews the token now. The launch context stays."""
        self.server.reauthorize()
        return True

    def from_state(self, state: Mapping[str, Any]) -> None:
        """Takes back the grant of a `state`, behind the guards that this client was made with."""
        self.server.auth.from_state(state["server"]["auth"])

    def get(self, path_or_url: str, params: Parameters = None) -> dict[str, Any]:
        """Reads a resource or a Bundle: `Patient/1`, `Task` with search parameters, or a `next` link as it came."""
        return self.endpoint.get(path_or_url, params)

    def get_capability_statement(self) -> dict[str, Any]:
        """The server's metadata as it is now. Raises NotFhirR4 for another version of FHIR."""
        statement = resource_of(self.server.send("GET", "metadata"))
        check_r4(statement)
        return statement

    def post(
        self, path: str, resource: Mapping[str, Any], *, if_none_exist: str | None = None
    ) -> WriteResult:
        """Creates a resource. `if_none_exist` is a search (`identifier=system|value`): none is made where one exists.

        Never sent twice but after a 401. On Unreachable with `sent`, or a FhirError that `may_have_acted`, look first.
        """
        return self.endpoint.post(path, resource, if_none_exist=if_none_exist)

    def put(self, path: str, resource: Mapping[str, Any], *, if_match: str) -> WriteResult:
        """Updates `path` (`Task/1`), if it still has the version `if_match` (a versionId or an ETag); else Conflict."""
        return self.endpoint.put(path, resource, if_match=if_match)

    def patch(self, path: str, operations: Sequence[Mapping[str, Any]], *, if_match: str) -> WriteResult:
        """Changes parts of `path` (`Task/1`) by JSON Patch, if it still has the version `if_match`; else Conflict.

        For EHRs that take no PUT of a type. `operations` are RFC 6902's; ValueError for none.
        """
        return self.endpoint.patch(path, operations, if_match=if_match)

    def delete(self, path: str, *, if_match: str) -> None:
        """Deletes `path` (`Task/1`), if it still has the version `if_match`; else Conflict."""
        self.endpoint.delete(path, if_match=if_match)

    def transaction(self, bundle: Mapping[str, Any]) -> dict[str, Any]:
        """Posts a batch or transaction Bundle to the base; the answer is the response Bundle."""
        base = self.server.iss.rstrip("/")
        answer = self.server.send("POST", base, resource=bundle, headers=RETURN)
        response = resource_of(answer)
        if response["resourceType"] != "Bundle":
            raise NotFhir(answer.status)
        return response

    def revoke(self) -> bool:
        """Ends the grant at the EHR, where it offers that, and here in any case; True when the EHR confirmed it."""
        return self._keeper.revoke()
