"""Every failure that the sandbox can simulate: its name, where it strikes and what can be said about it.

The first eleven bear the names of the SMART launcher's simulated errors and answer as it does
(https://github.com/smart-on-fhir/smart-launcher-v2, `backend/routes/auth`, `backend/lib.ts`; read 2026-11-21); the
others are what networks, proxies and rate limits add (https://hl7.org/fhir/R4/http.html#Status-Codes, RFC 6585).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Place(StrEnum):
    """Where a failure strikes: the words of the page that lists them."""

    AUTHORIZE = "At the sign-in"
    TOKEN = "When the app asks for a token"  # noqa: S105  # words of a page, no token
    REQUEST = "When the app asks for records"
    NETWORK = "On the way between app and EHR"
    RECORDS = "In what the EHR does with records"


@dataclass(frozen=True)
class Kind:
    """One kind of failure.

    `title` and `happens` are for people. `takes` names the details it understands beside `times`; the filters
    (`path`, `method`, `resource_type`, `after`) are among them where the failure strikes requests at all.
    """

    name: str
    place: Place
    title: str
    happens: str
    takes: frozenset[str] = frozenset()


FILTERS: Final = frozenset({"path", "method", "resource_type", "after"})


def _network(name: str, title: str, happens: str, *takes: str) -> Kind:
    return Kind(name, Place.NETWORK, title, happens, FILTERS | set(takes))


def _records(name: str, title: str, happens: str, *takes: str) -> Kind:
    return Kind(name, Place.RECORDS, title, happens, FILTERS | set(takes))


_ALL: Final = (
    Kind(
        "auth_invalid_client_id",
        Place.AUTHORIZE,
        "The app is not known",
        "The sign-in sends the app back with invalid_client.",
    ),
    Kind(
        "auth_invalid_redirect_uri",
        Place.AUTHORIZE,
        "The app's return address is not known",
        "The sign-in sends the app back with invalid_request.",
    ),
    Kind(
        "auth_invalid_scope",
        Place.AUTHORIZE,
        "The app asks for something it may not have",
        "The sign-in sends the app back with invalid_scope.",
    ),
    Kind(
        "one_scope_too_many",
        Place.AUTHORIZE,
        "The app asks for one scope too many",
        "The sign-in refuses the whole request with unauthorized_client when it asks for a scope that writes, or "
        "for one of those that were named when this was switched on.",
        frozenset({"scope"}),
    ),
    Kind(
        "auth_invalid_client_secret",
        Place.TOKEN,
        "The app's secret is wrong",
        "401 invalid_client for an app that signs in with a secret; other apps are not touched.",
    ),
    Kind(
        "token_invalid_token",
        Place.TOKEN,
        "The app's token request is refused",
        "401 invalid_client, at the first token and at every refresh.",
    ),
    Kind(
        "token_expired_registration_token",
        Place.TOKEN,
        "The app's registration has run out",
        "401 invalid_client for an app that signs in with a key; other apps are not touched.",
    ),
    Kind(
        "token_expired_refresh_token",
        Place.TOKEN,
        "The session cannot be prolonged",
        "403 invalid_grant when a token is refreshed.",
    ),
    Kind(
        "token_invalid_scope",
        Place.TOKEN,
        "The token is refused for what was asked",
        "401 invalid_scope. The SMART launcher does so for backend services only; here for every app.",
    ),
    Kind(
        "token_invalid_jti",
        Place.TOKEN,
        "The app's signed request was seen before",
        "401 invalid_client for an app that signs in with a key; other apps are not touched.",
    ),
    Kind(
        "request_invalid_token",
        Place.REQUEST,
        "The token is not accepted",
        "401 for each request for records that brings a token.",
        FILTERS,
    ),
    Kind(
        "request_expired_token",
        Place.REQUEST,
        "The token has run out early",
        "401 for each request for records that brings a token.",
        FILTERS,
    ),
    _network(
        "slow",
        "Answers come late",
        "Each answer waits for some seconds (3 unless said otherwise).",
        "seconds",
    ),
    _network(
        "too_many_requests",
        "Too many requests",
        "429 with Retry-After (2 seconds unless said otherwise).",
        "seconds",
    ),
    _network(
        "server_error",
        "The server fails",
        "500, 502 or 503 (500 unless said otherwise), with Retry-After where seconds are said.",
        "status",
        "seconds",
    ),
    _network("reset_connection", "The connection breaks", "The connection is reset without an answer."),
    _network(
        "no_answer",
        "No answer comes",
        "Nothing is done, and for some seconds (60 unless said otherwise) nothing is said; then the connection breaks.",
        "seconds",
    ),
    _network(
        "answer_lost",
        "The answer is lost",
        "What is asked for is done, and the connection breaks before the answer: at once, or after some seconds.",
        "seconds",
    ),
    _network("truncated_body", "Half an answer", "The answer ends half way and the connection closes."),
    _network(
        "truncated_json",
        "Half of the JSON",
        "A proxy passes on the first half of the answer as if it were whole.",
    ),
    _network(
        "html_login_page",
        "A sign-in page in place of the answer",
        "200 with an HTML page, or with status 302 a redirect to one.",
        "status",
    ),
    _records(
        "refused",
        "The request is refused",
        "An OperationOutcome with status 400, 403, 404, 405, 409, 410, 412, 422 or 501 (422 unless said otherwise).",
        "status",
        "code",
    ),
    _records(
        "transaction_refused",
        "Several writes at once are refused",
        "Each batch or transaction is answered with status 400, 404, 405, 422 or 501 (501 unless said otherwise).",
        "status",
        "code",
    ),
    _records(
        "search_withholds",
        "A search shows only a part",
        "A search shows half of what it found, and an OperationOutcome among the rest says that there is more.",
    ),
    _records(
        "extensions_dropped",
        "Extensions are not kept",
        "What is written is kept without its extensions, and without a word about it. It stays so afterwards.",
    ),
    _records(
        "ids_changed",
        "Records get other ids",
        "After each write, the care plans, goals, tasks and consents that it changed or named stand under new ids; "
        "the old ids are not found any more. It stays so afterwards.",
    ),
)

CATALOGUE: Final[dict[str, Kind]] = {kind.name: kind for kind in _ALL}
"""The kinds by name."""

NETWORK: Final = tuple(kind.name for kind in _ALL if kind.place in (Place.NETWORK, Place.RECORDS))
REQUEST: Final = tuple(kind.name for kind in _ALL if kind.place is Place.REQUEST)
