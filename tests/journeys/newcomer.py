"""A patient of her own for one test, so that tests which need a fresh chart can share one running practice."""

from __future__ import annotations

from samples.sandbox import sandbox_of
from tests.running import Practice

PROBLEMS = 20


def newcomer(running: Practice, like: str = "gloria-reyes") -> str:
    """The id of a new Patient in the EHR, who is called like one of the cast and has the same problems."""
    store = sandbox_of(running.ehr.app).store
    patient = store.read("Patient", like)
    assert patient is not None
    made: str = store.create({key: value for key, value in patient.items() if key != "id"})["id"]
    problems = store.search("Condition", [("patient", like), ("_count", str(PROBLEMS))]).resources
    for each in problems:
        subject = {**each["subject"], "reference": f"Patient/{made}"}
        store.create({**{key: value for key, value in each.items() if key != "id"}, "subject": subject})
    return made
