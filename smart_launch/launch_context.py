"""What the EHR says about a launch: patient, encounter, and how the app should show itself.

The parameters come beside the access token. An id goes into addresses, so one that is no id is refused; all else that
is malformed falls back to its default, since it only concerns the looks.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#launch-context-arrives-with-your-access_token
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from smart_launch.address import endpoint, is_loopback
from smart_launch.errors import DiscoveryError, TokenError

APP_CONTEXT_LIMIT = 4096
"""Characters. https://cds-hooks.hl7.org/2.0/#link and SMART's task-launch both hand over small texts."""

MOST_ITEMS = 20
"""Entries of `fhirContext` that are looked at: one launch names a handful."""

_ID = re.compile(r"(?!\.+$)[A-Za-z0-9._~-]{1,128}")
"""FHIR's id, a little wider for servers that are; never a path. https://hl7.org/fhir/R4/datatypes.html#id"""


@dataclass(frozen=True)
class ContextItem:
    """One entry of `fhirContext`. Without a role it belongs to the launch itself (role `launch`)."""

    reference: str | None = None
    canonical: str | None = None
    type: str | None = None
    role: str = "launch"


@dataclass(frozen=True)
class LaunchContext:
    """The launch parameters. `need_patient_banner` is True unless the EHR says that it shows one itself.

    `app_context` is what a CDS card or a launch Task had the EHR hand over to the app: text of up to 4 kB from outside,
    to be compared with what is known and never shown or run.
    """

    patient: str | None = None
    encounter: str | None = None
    need_patient_banner: bool = True
    intent: str | None = None
    smart_style_url: str | None = None
    tenant: str | None = None
    fhir_context: tuple[ContextItem, ...] = ()
    app_context: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, to be kept with a launch."""
        return {**asdict(self), "fhir_context": [asdict(item) for item in self.fhir_context]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LaunchContext:
        """The context that `to_json` made, also before `app_context` was known."""
        items = tuple(ContextItem(**item) for item in value["fhir_context"])
        return cls(**{**value, "fhir_context": items})


def parse_launch_context(body: Mapping[str, Any], *, iss: str = "") -> LaunchContext:
    """Reads the launch parameters of a token response of the EHR at `iss`.

    Raises TokenError when patient or encounter is no id.
    """
    items = body.get("fhirContext")
    return LaunchContext(
        patient=parse_id(body.get("patient"), "Patient"),
        encounter=parse_id(body.get("encounter"), "Encounter"),
        need_patient_banner=str(body.get("need_patient_banner", True)).lower() != "false",
        intent=_text(body.get("intent")),
        smart_style_url=_address(body.get("smart_style_url"), iss),
        tenant=_text(body.get("tenant")),
        fhir_context=tuple(_items(items)),
        app_context=_app_context(body.get("appContext")),
    )


def parse_id(value: Any, resource_type: str) -> str | None:
    """The id of `value`, also when a server writes it as a reference or a number; None when there is none."""
    if value is None or value == "":
        return None
    resource_id = str(value).removeprefix(f"{resource_type}/")
    if isinstance(value, bool) or not isinstance(value, str | int) or not _ID.fullmatch(resource_id):
        raise TokenError(resource_type.lower())
    return resource_id


def _items(items: Any) -> Iterator[ContextItem]:
    """Objects; and bare references, as SMART 2.0 had them. The rest of an endless list is left."""
    for item in items[:MOST_ITEMS] if isinstance(items, list) else ():
        if isinstance(item, str):
            yield ContextItem(reference=item)
        elif isinstance(item, dict):
            yield _item(item)


def _item(item: Mapping[str, Any]) -> ContextItem:
    return ContextItem(
        reference=_text(item.get("reference")),
        canonical=_text(item.get("canonical")),
        type=_text(item.get("type")),
        role=_text(item.get("role")) or "launch",
    )


def _app_context(value: Any) -> str | None:
    """A string as it came; some servers send the JSON object that the string should hold. Too long a one is dropped."""
    text = json.dumps(value) if isinstance(value, dict) else _text(value)
    return text if text is not None and len(text) <= APP_CONTEXT_LIMIT else None


def _address(value: Any, iss: str) -> str | None:
    """A style sheet's absolute address; the same care as with an endpoint, since the app reads from it.

    An EHR elsewhere has none on this machine: what answers there is no look, and not for it to call up.
    """
    try:
        url = endpoint(value, value) if isinstance(value, str) else None
    except DiscoveryError:
        return None
    if url and is_loopback(urlsplit(url).hostname) and not is_loopback(urlsplit(iss).hostname):
        return None
    return url


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
