"""Drafts: found by exactly one EHR, user, patient and form; unreadable on disk; gone in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet, MultiFernet

from app.ehr.drafts import DraftKey, Drafts
from app.sqlite_store import SqliteStore

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 21, 9, 14, tzinfo=NEW_YORK)
FORM_ID = UUID("00000000-0000-4000-8000-000000000001")
KEY = DraftKey("https://ehr.example/fhir", "Practitioner/nurse", "p1", "contact")
TYPED = {
    "note": ["She checks her fasting glucose daily <b>&amp;</b> \N{GRINNING FACE} Zoë"],
    "answers": ["4", "5"],
    "next_date": [""],
}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_store(tmp_path: Path, clock: Clock) -> Iterator[Callable[[], SqliteStore]]:
    """Opens the one store file, as a restarted app would."""
    fernet = MultiFernet([Fernet(Fernet.generate_key())])
    opened: list[SqliteStore] = []

    def make() -> SqliteStore:
        opened.append(SqliteStore(tmp_path / "state.sqlite", fernet, now=clock))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def drafts(open_store: Callable[[], SqliteStore]) -> Drafts:
    return Drafts(open_store())


def on_disk(folder: Path) -> bytes:
    """Everything that the store's files hold, its journal too."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_what_was_typed_comes_back_just_as_typed(drafts):
    saved = drafts.save(KEY, TYPED, FORM_ID, now=NOW, reason="The EHR is not answering.")
    assert drafts.load(KEY) == saved
    assert saved.values == {name: tuple(items) for name, items in TYPED.items()}
    assert (saved.form_id, saved.saved_at, saved.reason) == (FORM_ID, NOW, "The EHR is not answering.")


def test_a_draft_outlives_a_restart_of_the_app(drafts, open_store):
    drafts.save(KEY, TYPED, FORM_ID, now=NOW)
    kept = Drafts(open_store()).load(KEY)
    assert kept is not None
    assert kept.values["answers"] == ("4", "5")
    assert kept.form_id == FORM_ID


@pytest.mark.parametrize(
    "other",
    [
        DraftKey("https://ehr.example/fhir/", "Practitioner/nurse", "p1", "contact"),
        DraftKey("https://EHR.example/fhir", "Practitioner/nurse", "p1", "contact"),
        DraftKey("https://other.example/fhir", "Practitioner/nurse", "p1", "contact"),
        DraftKey("https://ehr.example/fhir", "Practitioner/physician", "p1", "contact"),
        DraftKey("https://ehr.example/fhir", "Practitioner/nurse2", "p1", "contact"),
        DraftKey("https://ehr.example/fhir", "", "p1", "contact"),
        DraftKey("https://ehr.example/fhir", "Practitioner/nurse", "p10", "contact"),
        DraftKey("https://ehr.example/fhir", "Practitioner/nurse", "P1", "contact"),
        DraftKey("https://ehr.example/fhir", "Practitioner/nurse", "", "contact"),
        DraftKey("https://ehr.example/fhir", "Practitioner/nurse", "p1", "consent"),
        DraftKey("https://ehr.example/fhir", "Practitioner/nurse", "p1", "contact2"),
        # Parts that would make the same text, were they only joined.
        DraftKey("https://ehr.example/fhir", "Practitioner/nurse", 'p1", "contact', ""),
        DraftKey('https://ehr.example/fhir", "Practitioner/nurse', "p1", "contact", ""),
        DraftKey("https://ehr.example/fhir", "Practitioner/nursep1", "", "contact"),
        DraftKey("", "https://ehr.example/fhirPractitioner/nurse", "p1", "contact"),
        DraftKey("contact", "p1", "Practitioner/nurse", "https://ehr.example/fhir"),
    ],
)
def test_a_nearly_equal_key_never_finds_anothers_draft(drafts, other):
    drafts.save(KEY, TYPED, FORM_ID, now=NOW)
    assert drafts.load(other) is None
    drafts.wipe(other)
    assert drafts.load(KEY) is not None


def test_the_later_save_of_a_form_stands(drafts):
    drafts.save(KEY, TYPED, FORM_ID, now=NOW, reason="The EHR is not answering.")
    drafts.save(KEY, {"note": ["shorter"]}, FORM_ID, now=NOW + timedelta(minutes=1))
    kept = drafts.load(KEY)
    assert kept is not None
    assert (kept.values, kept.reason) == ({"note": ("shorter",)}, "")
    assert kept.saved_at == NOW + timedelta(minutes=1)


def test_nothing_typed_and_nobodys_name_can_be_read_on_disk(drafts, tmp_path):
    drafts.save(KEY, TYPED, FORM_ID, now=NOW, reason="The EHR is not answering.")
    stored = on_disk(tmp_path)
    assert len(stored) > 1000
    for words in ("fasting", "glucose", "next_date", "Practitioner/nurse", "ehr.example", "not answering"):
        assert words.encode() not in stored, words


def test_a_draft_is_gone_after_its_hours(drafts, clock, open_store):
    drafts.save(KEY, TYPED, FORM_ID, now=NOW)
    clock.now = NOW + timedelta(hours=72, seconds=-1)
    assert drafts.load(KEY) is not None
    clock.now = NOW + timedelta(hours=72)
    assert drafts.load(KEY) is None
    assert open_store().sweep() == 1


def test_a_practice_may_keep_drafts_for_another_time(open_store, clock):
    short = Drafts(open_store(), hours=1)
    short.save(KEY, TYPED, FORM_ID, now=NOW)
    clock.now = NOW + timedelta(hours=1)
    assert short.load(KEY) is None


def test_saving_again_begins_the_hours_anew(drafts, clock):
    drafts.save(KEY, TYPED, FORM_ID, now=NOW)
    clock.now = NOW + timedelta(hours=71)
    drafts.save(KEY, TYPED, FORM_ID, now=clock.now)
    clock.now = NOW + timedelta(hours=100)
    assert drafts.load(KEY) is not None


def test_a_wiped_draft_leaves_nothing_behind(drafts, open_store, clock):
    drafts.save(KEY, TYPED, FORM_ID, now=NOW)
    drafts.wipe(KEY)
    assert drafts.load(KEY) is None
    clock.now = NOW + timedelta(days=365)
    assert open_store().sweep() == 0
    drafts.wipe(KEY)
