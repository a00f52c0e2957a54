"""The table of what each part of a record is called on a receipt."""

from __future__ import annotations

from mappings.kept_names import parts
from tests.mappings.test_kept_rewritten import RECORDS, places


def test_every_row_of_the_table_stands_for_something_that_is_written() -> None:
    """A row for an element that no record of ours has would never be read."""
    elsewhere = {
        ("*", "contained"),
        ("*", "extension"),
        ("*", "note", "authorString"),
        ("CarePlan", "careTeam"),
        ("Task", "encounter"),
    }
    named = (
        "contact",
        "to-do",
        "enrolment-state",
        "assessment",
        "plan-review",
        "plan-shared",
        "transition",
        "needs-card",
        "medication-reconciliation",
        "eligibility",
        "referral",
    )
    kinds = {name: f"Task:{name}" for name in named}
    told = set()
    for sent in RECORDS:
        code = sent.get("code", {}).get("coding", [{}])[0].get("code", "")
        for path in places(sent):
            names = tuple(step for step in path if isinstance(step, str))
            told |= {(kind, *names) for kind in ("*", sent["resourceType"], kinds.get(code, ""))}
    for part in parts():
        plain = tuple(step.partition(":")[0] for step in part.path[1:])
        assert (part.path[0], *plain) in told or part.path in elsewhere, part.path
