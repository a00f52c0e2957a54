"""The sandbox EHR, in a thread of this process, as far away as a practice's is: each request takes a while to arrive,
and each answer as long to come back.

So a moment that is drawn by chance falls as it does in a practice: now before a write has arrived, now after it was
done and before its answer is there. What the EHR holds is asked of its own store, never of the app.
"""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import samples.server
from mappings.filed_block import FiledBlock
from mappings.filed_document import read_document
from mappings.identity import identifier_value, is_ours
from samples.fhir.store import Store
from samples.sandbox import sandbox_of
from samples.settings import SandboxSettings
from tests.ehr_line import Line
from tests.running import Serving
from tests.soak.counting_ehr import patients

WAY_SECONDS = 0.02
"""How long a request is under way, and an answer."""
KINDS = ("CarePlan", "Goal", "Task", "Consent", "DocumentReference", "QuestionnaireResponse")
"""Every type in which Chartside files anything, in whatever form."""
REFUSES_TRANSACTIONS = json.dumps(
    {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "not-supported", "diagnostics": "No transactions here."}],
    }
).encode()

Resource = dict[str, Any]
Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Distance:
    """A WSGI layer: the time that a request for records and its answer are under way."""

    def __init__(self, wsgi: Wsgi) -> None:
        self._wsgi = wsgi
        self._under_way = 0
        self._changed = threading.Condition()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith("/fhir"):
            return self._wsgi(environ, start_response)
        # Read before it waits: what was sent arrives, also where the sender dies meanwhile.
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(sent)
        with self._one_more():
            time.sleep(WAY_SECONDS)
            answer = list(self._wsgi(environ, start_response))
        time.sleep(WAY_SECONDS)
        return answer

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def settle(self) -> None:
        """Returns when nothing that was asked before waits to be done."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._under_way == 0, timeout=30)


class DistantEhr:
    """The running EHR, and what its store holds."""

    def __init__(self, store: Store, url: str, distance: Distance) -> None:
        self._store = store
        self.url = url
        self.settle = distance.settle

    def ours(self, patient: str) -> list[Resource]:
        """All that Chartside filed for the patient, in whatever form."""
        asked = [("patient", patient), ("_count", "200")]
        found = [each for kind in KINDS for each in self._store.search(kind, asked).resources]
        return [each for each in found if is_ours(each) or any(read_document(each))]

    def versions(self, patient: str) -> dict[str, int]:
        """How many versions there are of each, by its place: "Task/7"."""
        places = [(each["resourceType"], each["id"]) for each in self.ours(patient)]
        return {f"{kind}/{id_}": len(self._store.versions(kind, id_)) for kind, id_ in places}

    def holding(self, patient: str, words: str) -> Counter[str]:
        """In how many records of each type these words stand; the text of a note is read, too."""
        return Counter(each["resourceType"] for each in self.ours(patient) if words in text_of(each))

    def double(self, resource: Resource) -> None:
        """Keeps a second copy of a record, as a save that was filed twice would: to see that the counting sees it."""
        self._store.create({name: value for name, value in resource.items() if name != "id"})

    def twice(self, patient: str) -> list[str]:
        """Every identifier of ours, and every form with a note, that more than one record bears."""
        borne = Counter(mark for each in self.ours(patient) for mark in _marks(each))
        return [mark for mark, times in borne.items() if times > 1]


def _marks(resource: Resource) -> list[str]:
    notes = [block.form_id for block in read_document(resource) if isinstance(block, FiledBlock)]
    return [f"{resource['resourceType']} {mark}" for mark in {identifier_value(resource), *notes} - {""}]


def text_of(resource: Resource) -> str:
    """Everything that the record says, with the text of its attachments."""
    attached = [each.get("attachment", {}).get("data", "") for each in resource.get("content", ())]
    notes = [base64.b64decode(data).decode(errors="replace") for data in attached]
    return "\n".join([json.dumps(resource), *notes])


@contextmanager
def distant_ehr(
    folder: Path, *, persona: str, port: int, app_url: str, count: int, transactions: bool = True
) -> Iterator[DistantEhr]:
    """The EHR with so many patients of the soak. Without `transactions` it refuses those that it lists."""
    told = SandboxSettings(
        state_dir=folder,
        port=port,
        persona=persona,
        app_launch_url=f"{app_url}/launch",
        app_redirect_uris=(f"{app_url}/callback",),
    )
    folder.mkdir(parents=True, exist_ok=True)
    app = samples.server.create_app(told)
    store = sandbox_of(app).store
    store.load(patients(count))
    line = Line(app.wsgi_app)
    distance = Distance(line)
    app.wsgi_app = distance  # type: ignore[method-assign]  # Flask's own way to wrap an app
    serving = Serving(app, "localhost", port)
    serving.start()
    try:
        ehr = DistantEhr(store, told.base_url, distance)
        if transactions:
            yield ehr
            return
        with line.answers("/fhir", REFUSES_TRANSACTIONS, method="POST", status="501 Not Implemented"):
            yield ehr
    finally:
        serving.stop()
        store.close()
