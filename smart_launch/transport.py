"""The one file that sends. Each rule of sending stands here, so that no caller can forget one.

- time-outs for connecting, for silence and for the whole answer; a limit on the size of an answer
- GET alone is repeated, and only when the server could not be reached or says 502, 503 or 504; a POST or PUT never,
  because its first try may have been done
- no redirect is followed, no cookie kept, no proxy or .netrc taken from the environment
- one connection pool for the process: 20 requests of 20 sessions share their connections
- a failure says whether the request may have reached the server

An adapter is used without `requests.Session`, since everything a Session adds (cookies, redirects that carry headers,
the environment) is what must not happen here. https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
"""

from __future__ import annotations

import logging
import math
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import exceptions as wire
from urllib3.util import Retry, parse_url

from smart_launch.errors import Unreachable
from smart_launch.http_message import HttpAnswer, HttpRequest

log = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
ANSWER_LIMIT = 50 * MEGABYTE
"""A chart of 3,000 resources is about 6 MB; an answer beyond this is a fault or an attack."""

LONGEST_WAIT = 3.0
"""Seconds. A `Retry-After` that asks for more is not waited for: a nurse is looking at the page."""

_CHUNK = 64 * 1024


class ReadRetry(Retry):
    """urllib3's Retry, held to GET and to waits that a user can bear."""

    RETRY_AFTER_STATUS_CODES = frozenset({429, 503})

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Refuses what must not be repeated: any write, a read that timed out, a wait that is too long."""
        if method != "GET" or isinstance(error, wire.ReadTimeoutError) or self._wait_is_too_long(response):
            raise wire.MaxRetryError(_pool, url or "", error or wire.ResponseError("not repeated"))
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def parse_retry_after(self, retry_after: str) -> float:
        """Seconds to wait; 0 for a header that cannot be read, endless for a number or a year beyond all reckoning."""
        try:
            return float(super().parse_retry_after(retry_after))
        except wire.InvalidHeader:
            return 0.0
        except (ValueError, OverflowError):
            return math.inf

    def _wait_is_too_long(self, response: Any) -> bool:
        return response is not None and (self.get_retry_after(response) or 0.0) > LONGEST_WAIT


def _shared_adapter() -> HTTPAdapter:
    retry = ReadRetry(
        total=2,
        connect=2,
        read=1,
        status=2,
        other=0,
        redirect=0,
        allowed_methods=frozenset({"GET"}),
        status_forcelist=frozenset({502, 503, 504}),
        backoff_factor=0.2,
        raise_on_status=False,
    )
    return HTTPAdapter(pool_connections=32, pool_maxsize=64, max_retries=retry)


SHARED_ADAPTER = _shared_adapter()


class Http:
    """Sends requests. Safe for many threads at once; it keeps nothing between two requests but open connections.

    `verify` is a file of certificate authorities where a hospital has its own. `adapters` (prefix of an address ->
    adapter) replaces the network, so that tests reach a server in the same process. Times are seconds.
    """

    def __init__(
        self,
        *,
        adapters: Mapping[str, BaseAdapter] | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        total_timeout: float = 60.0,
        verify: bool | str = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mounts: dict[str, BaseAdapter] = {}
        for prefix, adapter in (adapters or {}).items():
            self.mount(prefix, adapter)
        self._timeout = (connect_timeout, read_timeout)
        self._total_timeout = total_timeout
        self._verify = verify
        self._clock = clock

    def mount(self, prefix: str, adapter: BaseAdapter) -> None:
        """Requests to addresses that begin with `prefix` go to `adapter`; the longest prefix wins."""
        self._mounts[prefix.lower()] = adapter

    def send(
        self, request: HttpRequest, *, limit: int = ANSWER_LIMIT, seconds: float = math.inf
    ) -> HttpAnswer:
        """The answer, whatever its status; the body is read up to `limit` bytes. Raises Unreachable.

        `seconds` shortens every time-out, for what a page can do without.
        """
        prepared = _prepared(request)
        timeout = (min(self._timeout[0], seconds), min(self._timeout[1], seconds))
        started = self._clock()
        try:
            response = self._adapter(request.url).send(
                prepared, stream=True, timeout=timeout, verify=self._verify, cert=None, proxies={}
            )
            try:
                content, cut = self._body(response, limit, started + min(self._total_timeout, seconds))
            finally:
                response.close()
        except (requests.RequestException, wire.HTTPError) as error:
            # `from None`: the library's message holds the address with its parameters, and this one ends in a log.
            raise unreachable(error) from None
        # No path: it names a patient.
        log.info("%s -> %d in %d ms", request.method, response.status_code, (self._clock() - started) * 1000)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpAnswer(response.status_code, headers, content, cut)

    def _adapter(self, url: str) -> BaseAdapter:
        for prefix in sorted(self._mounts, key=len, reverse=True):
            if url.lower().startswith(prefix):
                return self._mounts[prefix]
        return SHARED_ADAPTER

    def _body(self, response: requests.Response, limit: int, deadline: float) -> tuple[bytes, bool]:
        content = bytearray()
        for chunk in _chunks(response):
            content += chunk
            if len(content) > limit:
                return bytes(content[:limit]), True
            if self._clock() > deadline:
                raise Unreachable("timeout", sent=True)
        return bytes(content), False


def _prepared(request: HttpRequest) -> requests.PreparedRequest:
    """The request as it goes on the wire. Raises ValueError where two parsers read different hosts from the address."""
    headers = {"User-Agent": "Chartside", "Accept-Encoding": "gzip, deflate", **request.headers}
    try:
        prepared = requests.Request(request.method, request.url, headers=headers, data=request.body).prepare()
        agree = _same_server(request.url, prepared.url)
    except (requests.RequestException, wire.HTTPError, ValueError):
        agree = False
    if not agree:
        # `from None` and no value: a header's value, which may be the token, would stand in the message.
        raise ValueError("this request cannot be sent as it is written") from None
    return prepared


def _same_server(written: str, prepared: str | None) -> bool:
    """Whether the standard library (which checked the address) and urllib3 (which connects) see the same server."""
    checked, connected = urlsplit(written), parse_url(prepared or "")
    host = (connected.host or "").strip("[]")
    return (checked.scheme, checked.hostname, checked.port) == (connected.scheme, host, connected.port)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The decoded body as it arrives. `read1` returns what is there, so that a dripping server meets the deadline."""
    raw = response.raw
    if not isinstance(raw, urllib3.HTTPResponse):
        yield from response.iter_content(_CHUNK)
        return
    while chunk := raw.read1(_CHUNK, decode_content=True):
        yield chunk


def unreachable(error: BaseException) -> Unreachable:
    """What kind of failure it was, and whether the request may have reached the server; in doubt, it may have."""
    causes = list(_causes(error))

    def caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if caused_by(wire.NewConnectionError, ssl.SSLCertVerificationError):
        return Unreachable("refused", sent=False)
    if caused_by(wire.ConnectTimeoutError, requests.ConnectTimeout):
        return Unreachable("timeout", sent=False)
    if caused_by(wire.ReadTimeoutError, requests.ReadTimeout):
        return Unreachable("timeout", sent=True)
    return Unreachable("reset", sent=True)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it wraps, which requests and urllib3 keep in `args` and `reason`.

    `__context__` is left out: it may be a failure of an earlier request that the caller was just handling.
    """
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [*current.args, getattr(current, "reason", None), current.__cause__]


def _drop(record: logging.LogRecord) -> bool:
    return False


# urllib3 logs each address with its parameters, a retry even as a warning: names and record numbers in a log file.
for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_drop)
