"""Preferences of a user kept in the EHR (`smart-app-state`, experimental in SMART 2.2), where the EHR offers it.

For preferences alone: nothing that FHIR's own resources could hold may be kept so, and never anything of a patient.
What is read back may have been written by anybody who can write to the EHR: the caller checks each value before use.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-state.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import AppStateTooLarge, NotFhir
from smart_launch.fhir_answer import WriteResult
from smart_launch.fhir_client import SmartClient
from smart_launch.fhir_endpoint import FhirEndpoint
from smart_launch.grant import Grant
from smart_launch.transport import MEGABYTE

CAPABILITY = "smart-app-state"
LARGEST = 256_000
"""Bytes of a resource as it is sent: "SHALL NOT exceed 256KB", in the narrower of the two meanings of KB."""

_USER = re.compile(r"(?:Practitioner|PractitionerRole|RelatedPerson|Person)/[A-Za-z0-9.-]{1,64}")
"""Preferences are a user's. A Patient as the user of this app would make them part of a chart, so there are none."""


_VERSION = re.compile(r"[\x21\x23-\x7e]{1,128}")
"""A versionId that can stand in an If-Match: without one a state cannot be changed safely, and counts as none."""


@dataclass(frozen=True)
class StateCode:
    """What kind of state it is, chosen by the app. EHRs allow systems at the app's own address first of all."""

    system: str
    code: str


@dataclass(frozen=True)
class AppState:
    """State as the EHR keeps it. `values` are texts by the URL of their extension; they stay out of the repr."""

    id: str
    version: str
    values: Mapping[str, str] = field(repr=False)


class AppStateStore:
    """One user's state of one kind. It is made by `of`, with a launch's access.

    `subject` is how the user is written, `aliases` are other spellings that the EHR may answer with.
    """

    def __init__(
        self, endpoint: FhirEndpoint[Grant], code: StateCode, subject: str, aliases: tuple[str, ...] = ()
    ) -> None:
        self._endpoint = endpoint
        self._code = code
        self._subject = subject
        self._subjects = (subject, *aliases)

    @classmethod
    def of(cls, client: SmartClient, code: StateCode) -> AppStateStore | None:
        """The store of the user of this launch; None where the EHR offers none, names no user or granted no access.

        Nothing is sent. It is at the endpoint with the capability, or at the FHIR base itself ("Discovery").
        """
        grant = client.grant
        granted = all(grant.scopes.allows("Basic", letter, levels=("user",)) for letter in "cus")
        base = _base(client)
        if base is None or not granted or not _USER.fullmatch(grant.fhir_user or ""):
            return None
        # FHIR servers write a reference to one of their own resources in its short form; elsewhere that is another's.
        aliases = (str(grant.fhir_user),) if base is client.endpoint else ()
        return cls(base, code, f"{client.endpoint.base.rstrip('/')}/{grant.fhir_user}", aliases)

    def read(self) -> AppState | None:
        """The state; None where nothing is kept yet. Of several (two pages wrote at once) the newest.

        Raises FhirError, SessionEnded, Unreachable.
        """
        query = {"code": f"{self._code.system}|{self._code.code}", "subject": self._subject}
        bundle = self._endpoint.get("Basic", query, limit=4 * MEGABYTE)
        if bundle["resourceType"] != "Bundle":
            raise NotFhir(200)
        found = [entry["resource"] for entry in _objects(bundle.get("entry")) if self._is_ours(entry)]
        kept = [state for resource in sorted(found, key=_written_at) if (state := _state(resource))]
        return kept[-1] if kept else None

    def write(self, values: Mapping[str, str], kept: AppState | None) -> AppState:
        """Keeps `values` (texts by the URL of their extension) in place of `kept`, or for the first time.

        Raises AppStateTooLarge before anything is sent; Conflict when it was changed since `kept` was read, and other
        FhirErrors; SessionEnded, Unreachable.
        """
        resource = self._resource(values, kept)
        if len(orjson.dumps(resource)) > LARGEST:
            raise AppStateTooLarge
        if kept is None:
            result = self._endpoint.post("Basic", resource)
        else:
            result = self._endpoint.put(f"Basic/{kept.id}", resource, if_match=kept.version)
        return self._written(result, values)

    def delete(self, kept: AppState) -> None:
        """Forgets the state. Raises Conflict when it was changed since `kept` was read, and other FhirErrors."""
        self._endpoint.delete(f"Basic/{kept.id}", if_match=kept.version)

    def _resource(self, values: Mapping[str, str], kept: AppState | None) -> dict[str, Any]:
        """A Basic with one coding, one absolute subject and texts alone ("Create", "Updates")."""
        return {
            "resourceType": "Basic",
            **({} if kept is None else {"id": kept.id}),
            "code": {"coding": [{"system": self._code.system, "code": self._code.code}]},
            "subject": {"reference": self._subject},
            "extension": [{"url": url, "valueString": text} for url, text in sorted(values.items())],
        }

    def _written(self, result: WriteResult, values: Mapping[str, str]) -> AppState:
        """What the EHR kept, from its answer; read again where the answer does not name the new version."""
        if result.resource is not None and (state := _state(result.resource)):
            return state
        if result.id and result.version_id:
            return AppState(result.id, result.version_id, dict(values))
        state = self.read()
        if state is None:
            raise NotFhir(result.status)
        return state

    def _is_ours(self, entry: Mapping[str, Any]) -> bool:
        """An EHR that ignores a parameter of the search would give another user's."""
        resource = entry.get("resource")
        if not isinstance(resource, dict) or resource.get("resourceType") != "Basic":
            return False
        code, subject = resource.get("code"), resource.get("subject")
        coding = _objects(code.get("coding") if isinstance(code, dict) else None)
        named = [(item.get("system"), item.get("code")) for item in coding]
        reference = subject.get("reference") if isinstance(subject, dict) else None
        return named == [(self._code.system, self._code.code)] and reference in self._subjects


def offers_app_state(configuration: SmartConfiguration) -> bool:
    """Whether the EHR has a place for an app's state: then, and only then, its scopes are worth asking for."""
    elsewhere = any(CAPABILITY in item.capabilities for item in configuration.associated_endpoints)
    return elsewhere or CAPABILITY in configuration.capabilities


def _base(client: SmartClient) -> FhirEndpoint[Grant] | None:
    configuration = client.configuration
    for item in configuration.associated_endpoints:
        if CAPABILITY in item.capabilities:
            return client.at(item.url)
    return client.endpoint if CAPABILITY in configuration.capabilities else None


def _state(resource: Mapping[str, Any]) -> AppState | None:
    meta, resource_id = resource.get("meta"), resource.get("id")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    if not isinstance(resource_id, str) or not re.fullmatch(r"[A-Za-z0-9.-]{1,64}", resource_id):
        return None
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return None
    return AppState(resource_id, version, dict(_texts(_objects(resource.get("extension")))))


def _texts(extensions: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for item in extensions:
        url, text = item.get("url"), item.get("valueString")
        if isinstance(url, str) and isinstance(text, str):
            yield url, text


def _written_at(resource: Mapping[str, Any]) -> str:
    meta = resource.get("meta")
    moment = meta.get("lastUpdated") if isinstance(meta, dict) else None
    return moment if isinstance(moment, str) else ""


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
