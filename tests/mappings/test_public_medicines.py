"""What is matched, guessed and missed in the public data stands in the document, as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.mappings.public_medicines import documents, examples, markdown, of_documents

DOCUMENT = ROOT / "docs" / "medication-reconciliation.md"


@pytest.mark.requirement("domain@97")
def test_the_document_tells_what_is_matched_guessed_and_missed(shared_data: Path) -> None:
    text = DOCUMENT.read_text()
    for name, table in markdown(shared_data).items():
        assert f"<!-- {name} -->\n\n{table}\n" in text


def test_all_eight_documents_are_read_and_no_medicine_is_matched_by_a_guess_where_codes_stand(
    shared_data: Path,
) -> None:
    assert len(list(documents(shared_data))) == 8
    assert {row[5] for row in of_documents(shared_data)} == {"0"}


def test_the_examples_hold_statements_and_orders(shared_data: Path) -> None:
    held = examples(shared_data)
    assert len(held["MedicationStatement"]) == 4
    assert len(held["MedicationRequest"]) >= 20
