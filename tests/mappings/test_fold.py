"""Notes folded into the records of a chart: their order, their doubts, and the references between them."""

from __future__ import annotations

import time
from dataclasses import replace
from uuid import UUID, uuid5

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.filed_answers import filed_answers
from mappings.filed_block import Damage, DamagedBlock, FiledBlock, to_text
from mappings.filed_document import with_attachment
from mappings.fold import (
    CarriedBlock,
    DamagedNote,
    Doubt,
    FoldConflict,
    carried_blocks,
    fold,
    linked_by_identifier,
)
from mappings.identity import identifier_value
from tests.mappings.filed import HERE, course

FORM = UUID("7f6b1f1e-58a7-4c0d-9d92-0f4f0b8f3c11")


def task(slot: str = "a", note: str = "first", **elements) -> dict:
    value = str(uuid5(FORM, slot))
    return {
        "resourceType": "Task",
        "meta": {"tag": []},
        "identifier": [{"system": IDENTIFIER_SYSTEM, "value": value}],
        "for": {"reference": "Patient/7"},
        "note": [{"text": note}],
        **elements,
    }


def as_read(resource: dict, version: str) -> dict:
    """The record as it was when somebody opened it to change it."""
    identity = resource.get("id") or identifier_value(resource)
    return {**resource, "id": identity, "meta": {**resource["meta"], "versionId": version}}


def carried(number: int, *resources: dict, at: int = 0, form: str = "", **facts) -> CarriedBlock:
    form_id = str(uuid5(FORM, form or f"form {number} {at} {facts}"))
    made = f"2026-11-21T09:{at or number:02d}:00-05:00"
    block = FiledBlock(form_id, number, (), resources, made)
    return CarriedBlock(facts.get("carrier", f"DocumentReference/{number}-{at}"), made, block)


def a_note(number: int) -> dict:
    """A note with a new record and a change of the one that every note changes."""
    shared = as_read(task(note=f"{number}"), str(number - 1)) if number > 1 else task()
    block = FiledBlock(
        str(uuid5(FORM, f"{number}")), number, (), (shared, task(f"slot {number}", "words " * 200))
    )
    made = {"resourceType": "DocumentReference", "id": f"{number}", "subject": {"reference": "Patient/7"}}
    return with_attachment(made, to_text(block).encode())


def notes_of(folded) -> dict[str, str]:
    return {each["id"]: each["note"][0]["text"] for each in folded.resources["Task"]}


class TestOrder:
    def test_a_later_note_supersedes_record_by_record(self):
        blocks = [
            carried(2, as_read(task(note="second"), "1")),
            carried(1, task(), task("b")),
        ]
        folded = fold(blocks, {})
        a, b = (str(uuid5(FORM, slot)) for slot in "ab")
        assert notes_of(folded) == {a: "second", b: "first"}
        assert folded.carried_by == {
            f"Task/{a}": "DocumentReference/2-0",
            f"Task/{b}": "DocumentReference/1-0",
        }
        versions = {each["id"]: each["meta"]["versionId"] for each in folded.resources["Task"]}
        assert versions == {a: "2", b: "1"}
        assert folded.conflicts == ()
        assert folded.next_number == 3

    @settings(deadline=None)
    @given(st.permutations(range(8)), st.data())
    def test_in_whatever_order_the_ehr_gives_them(self, order, data):
        numbers = data.draw(st.lists(st.integers(1, 4), min_size=8, max_size=8))
        blocks = [
            carried(number, task("ab"[place % 2], note=f"{place}"), at=place + 1)
            for place, number in enumerate(numbers)
        ]
        assert fold([blocks[place] for place in order], {}) == fold(blocks, {})

    def test_of_one_number_the_later_by_date_then_by_id(self):
        early, late = carried(1, task(note="early"), at=1), carried(1, task(note="late"), at=2)
        assert set(notes_of(fold([late, early], {})).values()) == {"late"}
        same = [carried(1, task(note=name), at=1, carrier=f"DocumentReference/{name}") for name in "ba"]
        assert set(notes_of(fold(same, {})).values()) == {"b"}

    def test_a_form_filed_twice_is_one(self):
        blocks = [carried(1, task(), form="x"), carried(2, task(), form="x")]
        folded = fold(blocks, {})
        assert len(folded.resources["Task"]) == 1
        assert folded.conflicts == ()

    def test_a_note_that_somebody_copied_forward_changes_nothing(self):
        blocks = [
            carried(1, task()),
            carried(2, as_read(task(note="by Dana"), "1")),
            carried(3, as_read(task(note="by Luis"), "1")),
        ]
        copies = [replace(each, carrier=f"DocumentReference/a-copy-{each.carrier[-3:]}") for each in blocks]
        folded = fold([*blocks, *copies], {})
        assert folded.resources == fold(blocks, {}).resources
        assert [each.doubt for each in folded.conflicts] == [Doubt.UNSEEN_CHANGE]
        assert len(folded.conflicts[0].carriers) == 3

    def test_a_thousand_notes_take_no_more_than_their_share(self):
        """The median of three, in CPU time: a fold that looked at every pair of notes would take ten times as long."""
        notes = [a_note(number) for number in range(1, 1001)]

        def seconds(listed) -> float:
            spent = []
            for _ in range(3):
                started = time.process_time()
                folded = fold([each for note in listed for each in carried_blocks(note)], {})
                spent.append(time.process_time() - started)
                assert (folded.next_number, len(folded.in_notes_alone)) == (len(listed) + 1, len(listed) + 1)
            return sorted(spent)[1]

        assert seconds(notes) < 40 * seconds(notes[:100])


class TestDoubt:
    """Nothing is overwritten unseen, and nothing vanishes."""

    def test_two_saves_that_did_not_see_each_other(self):
        blocks = [
            carried(1, task()),
            carried(2, as_read(task(note="by Dana"), "1")),
            carried(3, as_read(task(note="by Luis"), "1")),
        ]
        folded = fold(blocks, {})
        reference = f"Task/{uuid5(FORM, 'a')}"
        carriers = tuple(f"DocumentReference/{number}-0" for number in (1, 2, 3))
        assert folded.conflicts == (FoldConflict(reference, Doubt.UNSEEN_CHANGE, carriers),)
        assert set(notes_of(folded).values()) == {"by Luis"}
        settled = fold([*blocks, carried(4, as_read(task(note="both"), "3"))], {})
        assert settled.conflicts == ()

    def test_two_saves_that_took_the_same_number(self):
        blocks = [
            carried(1, task()),
            carried(2, as_read(task(note="by Dana"), "1"), at=2),
            carried(2, as_read(task(note="by Luis"), "1"), at=3),
        ]
        assert [each.doubt for each in fold(blocks, {}).conflicts] == [Doubt.UNSEEN_CHANGE]

    def test_a_change_of_a_native_record_that_the_ehr_did_not_take(self):
        native = as_read({**task(), "id": "n-1"}, "3")
        amended = carried(5, as_read({**native, "note": [{"text": "second"}]}, "3"))
        again = carried(6, as_read({**native, "note": [{"text": "third"}]}, "5"))
        for blocks, text in (([amended], "second"), ([amended, again], "third")):
            folded = fold(blocks, {"Task": [native]})
            assert notes_of(folded) == {"n-1": text}
            assert (folded.conflicts, folded.in_notes_alone) == ((), frozenset())
            assert folded.carried_by == {"Task/n-1": blocks[-1].carrier}

    def test_a_native_record_that_changed_after_a_note_changed_it(self):
        native = as_read({**task(note="in the EHR"), "id": "n-1"}, "4")
        amended = carried(5, as_read({**native, "note": [{"text": "second"}]}, "3"))
        folded = fold([amended], {"Task": [native]})
        assert notes_of(folded) == {"n-1": "in the EHR"}
        assert [each.doubt for each in folded.conflicts] == [Doubt.CHANGED_IN_THE_EHR]
        assert folded.carried_by == {}

    def test_a_record_that_reached_the_ehr_in_both_forms_is_the_native_one(self):
        """A native create that timed out after the server wrote, then filed as a note."""
        said = {"lastModified": "2026-11-21T09:01:00-05:00"}
        native = as_read({**task(**said), "id": "n-1"}, "1")
        native["meta"]["lastUpdated"] = "2026-11-21T08:00:00-05:00"
        for kept in (native, {name: part for name, part in native.items() if name != "for"}):
            folded = fold([carried(1, task(**said))], {"Task": [kept]})
            assert folded.resources["Task"] == (kept,)
            assert (folded.carried_by, folded.conflicts) == ({}, ())

    @pytest.mark.parametrize(
        ("updated", "shown", "doubts"),
        [
            ("2026-11-21T09:30:00-05:00", "native", []),
            ("2026-11-21T14:05:00Z", "native", []),
            ("2026-11-21T08:00:00-05:00", "noted", [Doubt.NEWER_IN_A_NOTE]),
            ("", "noted", [Doubt.NEWER_IN_A_NOTE]),
        ],
    )
    def test_else_the_newer_of_the_two(self, updated, shown, doubts):
        native = as_read({**task(note="native", lastModified="2026-11-20"), "id": "n-1"}, "1")
        native["meta"]["lastUpdated"] = updated
        folded = fold([carried(5, task(note="noted"))], {"Task": [native]})
        assert notes_of(folded) == {"n-1": shown}
        assert [each.doubt for each in folded.conflicts] == doubts

    def test_a_changed_record_that_the_ehr_does_not_give_is_shown_from_its_note(self):
        amended = as_read({**task(note="second"), "id": "n-1"}, "3")
        folded = fold([carried(5, amended)], {"Task": []})
        assert notes_of(folded) == {"n-1": "second"}

    def test_damaged_notes_are_named(self):
        broken = CarriedBlock("DocumentReference/9", "2026-11-21", DamagedBlock(Damage.ALTERED))
        folded = fold([broken, carried(1, task())], {})
        assert folded.damaged == (DamagedNote("DocumentReference/9", "2026-11-21", Damage.ALTERED),)
        assert len(folded.resources["Task"]) == 1

    def test_a_note_entered_in_error_takes_its_version_back(self):
        save = course(HERE[0])[0]
        made = filed_answers(save.resources, author=save.author, form_id=save.form_id, number=1)
        made["id"] = "q-1"
        assert fold(carried_blocks(made), {}).carried_by != {}
        assert fold(carried_blocks({**made, "status": "entered-in-error"}), {}).resources == {}


class TestReferences:
    def test_become_type_and_id_whatever_way_they_were_said(self):
        a, b = (str(uuid5(FORM, slot)) for slot in "ab")
        native = {
            **task("b"),
            "id": "n-2",
            "basedOn": [{"type": "Task", "identifier": task()["identifier"][0]}],
        }
        pointing = task(
            partOf=[
                {"reference": f"urn:uuid:{b}", "display": "b"},
                {"reference": f"Task/{b}"},
                {"identifier": {"system": IDENTIFIER_SYSTEM, "value": b}},
                {"identifier": {"system": "urn:other", "value": b}},
                {"reference": "Task/other"},
            ]
        )
        folded = fold([carried(1, pointing)], {"Task": [native], "Condition": [{"id": "c"}]})
        there, here = folded.resources["Task"]
        assert [each.get("reference") for each in here["partOf"]] == [
            *("Task/n-2", "Task/n-2", "Task/n-2"), None, "Task/other",
        ]  # fmt: skip
        assert here["partOf"][0]["display"] == "b"
        assert there["basedOn"][0]["reference"] == f"Task/{a}"
        assert here["identifier"] == pointing["identifier"]
        assert folded.resources["Condition"] == ({"id": "c"},)

    def test_and_back_into_identifiers_for_the_ehr(self):
        native = {
            **task("b"),
            "id": "n-2",
            "basedOn": [{"type": "Task", "identifier": task()["identifier"][0]}],
        }
        folded = fold([carried(1, task())], {"Task": [native]})
        read = folded.resources["Task"][0]
        alone = {each: each for each in folded.in_notes_alone}
        assert linked_by_identifier(read, alone) == native
        assert linked_by_identifier(native, {}) == native

    def test_nobody_elses_record_is_touched(self):
        other = {
            "resourceType": "Task",
            "id": "o",
            "basedOn": [{"reference": f"urn:uuid:{uuid5(FORM, 'a')}"}],
        }
        assert fold([carried(1, task())], {"Task": [other]}).resources["Task"][0] is other


class TestWhateverAnEhrSends:
    @given(
        st.recursive(
            st.none() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["id", "meta", "identifier", "note", "reference", "tag", "versionId"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        ).filter(lambda made: isinstance(made, dict))
    )
    def test_it_never_fails(self, native):
        for each in ({**native, "resourceType": "Task"}, {**native, **task(), "id": "1"}):
            folded = fold([carried(1, task())], {"Task": [each]})
            assert len(folded.resources["Task"]) in (1, 2)

    def test_nor_on_what_is_nested_deeper_than_python_can_walk(self):
        deep = orjson.loads('{"reference":' * 900 + "1" + "}" * 900)
        native = {**task("b"), "id": "n", "deep": deep}
        assert fold([carried(1, task())], {"Task": [native]}).resources["Task"][0] == native

    def test_other_types_carry_nothing(self):
        assert carried_blocks({"resourceType": "Binary"}) == ()
