"""The sandbox EHR as a CDS Hooks client: an opened chart asks a service for cards, which hears what became of them.

As an EHR's server does it: a token signed anew for each call, and prefetched what the service asked for in its
discovery, read with the EHR's own access. It calls this machine alone. https://cds-hooks.hl7.org/2.0/
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import orjson
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from samples.chart.records import window
from samples.chart.words import listed, mapping, text
from samples.faults.control import is_loopback
from samples.oauth.keys import key_for
from samples.sandbox import Sandbox

HOOK: Final = "patient-view"
TOKEN_SECONDS: Final = 300
MOST: Final = 3_000
_TOKEN: Final = "{{context.patientId}}"  # noqa: S105  # a prefetch token


class NoCards(Exception):
    """The service gave no cards; the message is a sentence for the chart."""


@dataclass(frozen=True)
class Service:
    """One service of the discovery answer."""

    address: str
    prefetch: Mapping[str, str]


class CdsClient:
    """Calls the services at `sandbox.settings.cds_services`, signing with the sandbox's ES384 key."""

    def __init__(self, sandbox: Sandbox, keys: KeySet) -> None:
        self._sandbox = sandbox
        self._key = key_for(keys, "ES384")
        self._services: tuple[Service, ...] = ()
        self._turn = threading.Lock()

    def cards(self, patient: str, user: str) -> list[dict[str, Any]]:
        """The cards of every service for a patient's chart, opened by a Practitioner. Raises NoCards."""
        found: list[dict[str, Any]] = []
        for service in self._discovered():
            body = {
                "hook": HOOK,
                "hookInstance": str(uuid4()),
                "fhirServer": self._sandbox.settings.fhir_base,
                "context": {"userId": f"Practitioner/{user}", "patientId": patient},
                "prefetch": {
                    key: self._prefetched(query, patient) for key, query in service.prefetch.items()
                },
            }
            answer = self._send("POST", service.address, body)
            cards = (mapping(card) for card in listed(answer.get("cards")))
            found += [{**card, "service": service.address} for card in cards]
        return found

    def dismissed(self, service: str, card: str, reason: Mapping[str, str] | None) -> None:
        """Tells the service at that address that a card was put aside, with a Coding or without. Raises NoCards."""
        if service not in {each.address for each in self._discovered()}:
            raise NoCards("That card came from no service of this EHR.")
        moment = self._sandbox.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        told = {"card": card, "outcome": "overridden", "outcomeTimestamp": moment}
        override = {"overrideReason": {"reason": dict(reason)}} if reason else {}
        self._send("POST", f"{service}/feedback", {"feedback": [{**told, **override}]})

    def _discovered(self) -> tuple[Service, ...]:
        """The services for our hook, asked for once."""
        with self._turn:
            if not self._services:
                base = self._sandbox.settings.cds_services
                answer = self._send("GET", base)
                self._services = tuple(
                    Service(f"{base}/{text(each.get('id'))}", mapping(each.get("prefetch")))
                    for each in map(mapping, listed(answer.get("services")))
                    if each.get("hook") == HOOK
                )
            return self._services

    def _prefetched(self, query: str, patient: str) -> dict[str, Any] | None:
        """What a query finds, as a resource or a searchset; None where that is nothing."""
        kind, _, rest = query.replace(_TOKEN, patient).partition("?")
        if "/" in kind:
            return self._sandbox.store.read(*kind.split("/", 1))
        found, total = window(self._sandbox.store, kind, parse_qsl(rest), 0, MOST)
        if not found:
            return None
        entry = [{"resource": each, "search": {"mode": "match"}} for each in found]
        return {"resourceType": "Bundle", "type": "searchset", "total": total, "entry": entry}

    def _send(self, method: str, address: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One signed call. Raises NoCards with what to tell the user; never with what the service said."""
        if not is_loopback(urlsplit(address).hostname or ""):
            raise NoCards("Cards are asked for on this machine alone.")
        headers = {"Authorization": f"Bearer {self._signed(address)}", "Content-Type": "application/json"}
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    method,
                    address,
                    data=None if body is None else orjson.dumps(body),
                    headers=headers,
                    timeout=(1, 4),
                    allow_redirects=False,
                )
            told = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError):
            raise NoCards("The card service did not answer.") from None
        if not isinstance(told, dict):
            raise NoCards(f"The card service answered with status {answer.status_code}.")
        return told

    def _signed(self, address: str) -> str:
        """A token for one call of `address`."""
        now = int(self._sandbox.now().timestamp())
        base = self._sandbox.settings.base_url
        header = {"alg": "ES384", "typ": "JWT", "kid": self._key.kid or "", "jku": f"{base}/oauth/jwks"}
        claims = {
            "iss": base,
            "aud": address,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": secrets.token_urlsafe(18),
        }
        return jwt.encode(header, claims, self._key, algorithms=["ES384"])
