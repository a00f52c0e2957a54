"""The table of docs/medication-reconciliation.md: what is matched, guessed and missed in public data.

`python -m tests.mappings.public_medicines` prints it where ../shared/data is; a test holds the document to it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mappings.ccda.comparison import home_list
from mappings.ccda.document import ClinicalDocument, read_document
from mappings.chart import Chart
from mappings.medication import Medication, medications
from mappings.medication_list import medicine_lists
from mappings.medication_match import Certainty, Made, made_of, made_of_document, paired
from mappings.reading import Reading, ReadStatus
from tests.conftest import SHARED_DATA
from tests.mappings.charts import NOW

Resource = dict[str, Any]
KINDS = ("MedicationStatement", "MedicationRequest", "Medication", "Encounter")
HEADS = ("list", "other list", "same code", "same ingredient", "guessed", "only here", "only there")


def documents(folder: Path = SHARED_DATA) -> Iterator[tuple[str, ClinicalDocument, list[Resource]]]:
    """Each C-CDA document with what another converter made of it: FHIR resources."""
    for file in sorted((folder / "ccda" / "documents").iterdir()):
        read = read_document(file.read_bytes())
        assert isinstance(read, ClinicalDocument), file.name
        bundle = json.loads((folder / "ccda" / "converted_fhir" / f"{file.stem}.json").read_bytes())
        yield file.stem.split("__")[0].replace("_", " "), read, [each["resource"] for each in bundle["entry"]]


def chart_of(resources: Iterable[Resource]) -> Chart:
    """A chart of nobody in particular that holds these resources."""
    held: dict[str, list[Resource]] = {kind: [] for kind in KINDS}
    for each in resources:
        if each["resourceType"] in held:
            held[each["resourceType"]].append(each)
    return Chart(
        {"resourceType": "Patient"},
        {kind: Reading(kind, ReadStatus.READ, tuple(items)) for kind, items in held.items()},
    )


def active(chart: Chart) -> list[Medication]:
    """What the chart's own list says is taken."""
    return [row for row in medications(chart, now=NOW).rows if row.active]


def compared(one: Sequence[Made], other: Sequence[Made]) -> tuple[int, ...]:
    """How many of each: same code, same ingredient, guessed, only here, only there."""
    found = paired(one, other)
    how = Counter(match.certainty for _, match in found.values())
    sure = [how[each] for each in (Certainty.CODE, Certainty.INGREDIENT, Certainty.GUESS)]
    return (*sure, len(one) - len(found), len(other) - len(found))


def uncoded(made: Made) -> Made:
    """The same medicine as a list without codes tells it."""
    return Made(made.names)


def of_documents(folder: Path = SHARED_DATA) -> list[tuple[str, ...]]:
    """Each document's home list beside the second opinion, with its codes and without."""
    rows = []
    for name, document, resources in documents(folder):
        here = [made_of_document(item) for item in home_list(document)]
        there = [made_of(row) for row in medications(chart_of(resources), now=NOW).rows]
        bare = compared([uncoded(made) for made in here], there)
        rows.append(_row(name, here, there, compared(here, there), f"{bare[2]} of {len(here)}"))
    return rows


def clinosim(folder: Path = SHARED_DATA) -> dict[str, list[Resource]]:
    """The orders of each patient, and the stays they were made in."""
    by: dict[str, list[Resource]] = {}
    for kind in ("MedicationRequest", "Encounter"):
        for line in (folder / "clinosim_us" / f"{kind}.ndjson").read_text().splitlines():
            resource = json.loads(line)
            by.setdefault(resource["subject"]["reference"], []).append(resource)
    return {who: held for who, held in sorted(by.items()) if any(_is_order(each) for each in held)}


def _is_order(resource: Mapping[str, Any]) -> bool:
    return resource["resourceType"] == "MedicationRequest"


def at_discharge(resource: Mapping[str, Any]) -> bool:
    """Whether it was ordered for the way home from the hospital."""
    said = {coding["code"] for each in resource.get("category", ()) for coding in each["coding"]}
    return "discharge" in said


def of_clinosim(folder: Path = SHARED_DATA) -> list[tuple[str, ...]]:
    """Each patient's list made of many orders; and the orders of a discharge beside the other orders."""
    rows = []
    for number, held in enumerate(clinosim(folder).values(), 1):
        lists = medicine_lists(chart_of(held), None, now=NOW)
        twice = sum(any(flag.startswith("Listed twice?") for flag in line.flags) for line in lists.lines)
        home = [each for each in held if not at_discharge(each)]
        sent = [each for each in held if at_discharge(each) or not _is_order(each)]
        here, there = ([made_of(row) for row in active(chart_of(each))] for each in (sent, home))
        orders = sum(_is_order(each) for each in held)
        between = compared(here, there) if here else ()
        rows.append(
            (
                f"patient {number}",
                str(orders),
                str(len(lists.lines)),
                str(lists.ingredients),
                str(twice),
                *(map(str, (len(here), *between)) if here else ("no discharge orders", *[""] * 5)),
            )
        )
    return rows


def examples(folder: Path = SHARED_DATA) -> dict[str, list[Resource]]:
    """The statements and the orders of the specification's examples and of US Core's."""
    found: dict[str, list[Resource]] = {"MedicationStatement": [], "MedicationRequest": [], "Medication": []}
    for file in sorted((folder / "ig_examples").glob("*/*.json")):
        resource = json.loads(file.read_bytes())
        if resource["resourceType"] in found:
            found[resource["resourceType"]].append(resource)
    return found


def of_examples(folder: Path = SHARED_DATA) -> list[tuple[str, ...]]:
    """Each statement beside the orders: which order it is, and how that is known."""
    held = examples(folder)
    names = held["Medication"]
    there = list(medications(chart_of([*held["MedicationRequest"], *names]), now=NOW).rows)
    rows = []
    for statement in held["MedicationStatement"]:
        (said,) = medications(chart_of([statement, *names]), now=NOW).rows
        found = paired([made_of(said)], [made_of(row) for row in there])
        place, how = found.get(0, (None, None))
        order = there[place] if place is not None else None
        rows.append(
            (
                statement["id"],
                said.text,
                order.text if order else "none",
                how.certainty.value if how else "",
                how.why if how else "no order of the examples is of this medicine",
            )
        )
    return rows


def _row(
    name: str, here: Sequence[Made], there: Sequence[Made], found: Sequence[int], bare: str
) -> tuple[str, ...]:
    return (name, str(len(here)), str(len(there)), *map(str, found), bare)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def markdown(folder: Path = SHARED_DATA) -> dict[str, str]:
    """The three tables by the name that the document marks them with."""
    return {
        "documents": table(
            (
                "Document",
                "It lists",
                "Second opinion lists",
                *HEADS[2:],
                "Guessed without codes",
            ),
            of_documents(folder),
        ),
        "orders": table(
            (
                "Patient",
                "Orders",
                "Lines",
                "Ingredients",
                "Listed twice",
                "Discharge orders",
                *HEADS[2:],
            ),
            of_clinosim(folder),
        ),
        "statements": table(("Statement", "It says", "Order", "Match", "Because of"), of_examples(folder)),
    }


if __name__ == "__main__":
    sys.stdout.write("\n".join(f"<!-- {title} -->\n\n{text}\n" for title, text in markdown().items()))
