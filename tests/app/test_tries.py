"""Whether two entries of one form are the same is known without keeping what they say."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.sqlite_store import SqliteStore
from app.tries import KIND, Tries

FORM, OTHER = UUID(int=1), UUID(int=2)
SENT = {"note": ("She walks to church.",), "answers": ("1", "2"), "no_next_reason": ("",)}


@pytest.fixture
def tries(settings, clock) -> Tries:
    return Tries(SqliteStore(settings.state_dir / "t.sqlite", settings.fernet, now=clock), clock, hours=72)


def test_a_form_that_was_never_sent_held_no_other_words(tries: Tries) -> None:
    assert not tries.held_other_words(FORM, SENT)
    assert not tries.has_filed(FORM, SENT)


@pytest.mark.parametrize(
    ("entry", "same"),
    [
        (SENT, True),
        ({"answers": ["1", "2"], "note": ["She walks to church."]}, True),
        ({**SENT, "no_next_reason": ()}, True),
        ({**SENT, "note": ("She walks to church. Twice.",)}, False),
        ({**SENT, "answers": ("2", "1")}, False),
        ({**SENT, "minutes": ("5",)}, False),
        ({}, False),
    ],
)
def test_other_words_are_known_by_their_digest(tries: Tries, entry, same) -> None:
    tries.note(FORM, SENT)
    assert tries.held_other_words(FORM, entry) is not same
    assert not tries.has_filed(FORM, entry)
    tries.note(FORM, SENT, filed=True)
    assert tries.has_filed(FORM, entry) is same
    assert not tries.held_other_words(OTHER, entry)


def test_a_try_is_kept_as_long_as_a_draft_and_holds_nothing_that_was_typed(tries: Tries, clock) -> None:
    tries.note(FORM, SENT, filed=True)
    assert b"church" not in (tries._store.get(KIND, str(FORM)) or b"church")
    clock.pass_by(hours=71)
    assert tries.has_filed(FORM, SENT)
    clock.pass_by(hours=1)
    assert not tries.has_filed(FORM, SENT)


def test_what_became_of_a_try_is_unanswered_until_it_is_filed_or_refused(tries: Tries) -> None:
    assert not tries.unanswered(FORM)
    tries.note(FORM, SENT)
    assert tries.unanswered(FORM)
    tries.note(FORM, SENT, refused=True)
    assert not tries.unanswered(FORM)
    tries.note(FORM, SENT, filed=True)
    assert not tries.unanswered(FORM)


def test_the_receipt_is_kept_of_what_was_filed_alone(tries: Tries) -> None:
    assert tries.receipt(FORM) is None
    tries.note(FORM, SENT, refused=True, receipt={"filed": []})
    assert tries.receipt(FORM) is None
    tries.note(FORM, SENT, filed=True, receipt={"filed": []})
    assert tries.receipt(FORM) == {"filed": []}
