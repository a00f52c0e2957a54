"""An EHR for the tests of app/ehr: it holds a chart, files transactions, fails as told, and keeps what it received.

It is answered from by two fronts: `responses`, where only the content matters, and a real server on loopback, where
the wire does (many requests at once, silence, a reset, a body that ends too early).
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from requests.exceptions import ConnectionError as ConnectionBroken
from requests.exceptions import ReadTimeout

from app.ehr.reads import CHART_READS

Resource = dict[str, Any]
FHIR = {"Content-Type": "application/fhir+json"}
HTML = {"Content-Type": "text/html"}
ALL_TYPES = ("Patient", *CHART_READS)
INTERACTIONS = ("read", "search-type", "create", "update")


@dataclass(frozen=True)
class Answer:
    """What one request is answered with. `wire` is done instead where the front is a real server."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=lambda: FHIR)
    wire: str = ""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


SILENCE, RESET, CUT = Answer(wire="silence"), Answer(wire="reset"), Answer(wire="cut")
HTML_PAGE = Answer(200, b"<html><title>Sign in</title></html>", HTML)
TRUNCATED = Answer(200, b'{"resourceType": "Bundle", "type": "searchset", "entry": [{"reso')


@dataclass(frozen=True)
class Received:
    """One request as the EHR got it. `path` is below the base; header names are in lower case."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Any

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.parameters if key == name]


Reply = Answer | Callable[[Received], Answer]


def outcome(code: str, severity: str = "error", *, text: str = "", detail: str = "") -> Resource:
    """An OperationOutcome of one issue."""
    issue: Resource = {"severity": severity, "code": code, "diagnostics": text}
    if detail:
        issue["details"] = {"coding": [{"code": detail}]}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def refusal(status: int, code: str = "processing", text: str = "") -> Answer:
    return Answer(status, outcome(code, text=text))


def searchset(*resources: Any, following: Any = None, **more: Any) -> Resource:
    """A searchset of these entries; `following` is the url of its next link."""
    links = [] if following is None else [{"relation": "next", "url": following}]
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries, **more}


def metadata(
    *types: str,
    interactions: tuple[str, ...] = INTERACTIONS,
    search: tuple[str, ...] = ("patient", "identifier"),
    conditional: tuple[str, ...] = (),
    includes: tuple[str, ...] = (),
    system: tuple[str, ...] = ("transaction",),
) -> Resource:
    """An R4 CapabilityStatement that offers `interactions` for `types` (all that a chart has, when none is named)."""
    resources = [
        {
            "type": kind,
            "interaction": [{"code": code} for code in interactions],
            "searchParam": [{"name": name, "type": "string"} for name in search],
            "searchInclude": [name for name in includes if name.startswith(f"{kind}:")],
            "conditionalCreate": kind in conditional,
        }
        for kind in types or ALL_TYPES
    ]
    rest = {"mode": "server", "resource": resources, "interaction": [{"code": code} for code in system]}
    return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [rest]}


def _written(resource: Resource, status: int) -> Answer:
    """The answer to a write of one record, with its place and version in the headers alone."""
    place = f"{resource['resourceType']}/{resource['id']}/_history/{resource['meta']['versionId']}"
    return Answer(status, b"", {"Location": f"https://ehr.example/fhir/{place}"})


class ChartServer:
    """The EHR. `replies` maps "GET Task" (method and path) to what is answered there instead, in order; the last stays.

    `lost` is answered to a transaction, or a write of one record, after it was filed: the answer that never arrives.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.metadata: Any = metadata()
        self.held: list[Resource] = [{"resourceType": "Patient", "id": "p1"}]
        self.replies: dict[str, list[Reply]] = {}
        self.lost: Answer | None = None
        self.received: list[Received] = []
        self.released = threading.Event()

    def reply(self, request: str, *replies: Reply) -> None:
        self.replies[request] = list(replies)

    def got(self, request: str) -> list[Received]:
        """The requests of a method and path, in the order in which they came."""
        return [item for item in list(self.received) if f"{item.method} {item.path}".rstrip() == request]

    def answer(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        parts = urlsplit(url)
        got = Received(
            method,
            parts.path.removeprefix(urlsplit(self.base).path).strip("/"),
            tuple(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in headers.items()},
            json.loads(content) if content else None,
        )
        self.received.append(got)
        planned = self.replies.get(f"{method} {got.path}".rstrip())
        if planned:
            reply = planned.pop(0) if len(planned) > 1 else planned[0]
            return reply(got) if callable(reply) else reply
        return self._usual(got)

    def _usual(self, got: Received) -> Answer:
        if got.method == "POST" and got.path == "":
            filed = self.file(got.body)
            return self.lost or filed
        if got.path == "metadata":
            return Answer(body=self.metadata)
        if got.method != "GET":
            filed = self._alone(got)
            return self.lost or filed if filed.status < 300 else filed
        if "/" in got.path:
            kind, identity = got.path.split("/")
            held = [item for item in self.held if (item["resourceType"], item["id"]) == (kind, identity)]
            return Answer(body=held[0]) if held else refusal(404, "not-found")
        return Answer(body=searchset(*self._found(got)))

    def _found(self, got: Received) -> list[Resource]:
        wanted = [value.split("|")[-1] for value in got.values("identifier")]
        return [
            item
            for item in self.held
            if item["resourceType"] == got.path
            and (not wanted or any(each["value"] in wanted for each in item.get("identifier", [])))
        ]

    def file(self, bundle: Resource) -> Answer:
        """Keeps what a transaction brings, as a server does: ids, versions, references."""
        kept = [self._kept(entry, number) for number, entry in enumerate(bundle["entry"])]
        entries = [
            {
                "response": {
                    "status": "201 Created",
                    "location": f"{item['resourceType']}/{item['id']}/_history/{item['meta']['versionId']}",
                    "etag": f'W/"{item["meta"]["versionId"]}"',
                }
            }
            for item in kept
        ]
        return Answer(body={"resourceType": "Bundle", "type": "transaction-response", "entry": entries})

    def _alone(self, got: Received) -> Answer:
        """A create, update or patch of one record, with its conditions kept as a server does."""
        if got.method == "POST":
            wanted = got.headers.get("if-none-exist", "").rpartition("|")[2]
            there = [
                item for item in self.held if wanted and wanted in json.dumps(item.get("identifier", []))
            ]
            return _written(there[0], 200) if there else _written(self._kept({"resource": got.body}, 0), 201)
        kind, identity = got.path.split("/")
        held = next(
            (item for item in self.held if (item["resourceType"], item["id"]) == (kind, identity)), None
        )
        if held is None:
            return refusal(404, "not-found")
        if got.headers["if-match"] != f'W/"{held["meta"]["versionId"]}"':
            return refusal(412, "conflict")
        if got.method == "PUT":
            return _written(self._kept({"resource": got.body}, 0), 200)
        gone = {item["path"][1:] for item in got.body if item["op"] == "remove"}
        values = {item["path"][1:]: item["value"] for item in got.body if item["op"] != "remove"}
        patched = {name: value for name, value in held.items() if name not in gone} | values
        return _written(self._kept({"resource": patched}, 0), 200)

    def _kept(self, entry: Resource, number: int) -> Resource:
        resource = entry["resource"]
        identity = resource.get("id") or f"new-{len(self.held)}-{number}"
        version = str(int(resource.get("meta", {}).get("versionId", "0")) + 1)
        kept = {**resource, "id": identity, "meta": {**resource.get("meta", {}), "versionId": version}}
        same = [
            item
            for item in self.held
            if (item["resourceType"], item["id"]) == (kept["resourceType"], identity)
        ]
        self.held = [item for item in self.held if item not in same] + [kept]
        return kept

    def respond(self, request: Any) -> tuple[int, dict[str, str], bytes]:
        """The front for `responses`: a prepared request in, its answer out."""
        answer = self.answer(request.method, request.url, request.headers, request.body or b"")
        if answer.wire:
            raise ReadTimeout("no answer") if answer.wire == "silence" else ConnectionBroken(answer.wire)
        return answer.status, dict(answer.headers), answer.content


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    ehr: ChartServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up waiting is part of what is tested."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        answer = self.server.ehr.answer(self.command, self.path, dict(self.headers), content)
        if answer.wire == "silence":
            self.server.ehr.released.wait(timeout=30)
        elif answer.wire == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            self._write(answer)

    do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815 - the base class's names

    def _write(self, answer: Answer) -> None:
        content = TRUNCATED.content if answer.wire == "cut" else answer.content
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        # A body that is cut on the way is shorter than the length that was announced.
        self.send_header("Content-Length", str(len(content) + 1000 * (answer.wire == "cut")))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def start(ehr_at: Callable[[str], ChartServer]) -> tuple[ChartServer, Callable[[], None]]:
    """A chart server on a port of this machine, and how to stop it."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.ehr = ehr_at(f"http://127.0.0.1:{server.server_port}/fhir")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()

    def stop() -> None:
        server.ehr.released.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)

    return server.ehr, stop
