"""A block is read back exactly, through everything that changes its look, and never when its content was changed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import subprocess
from uuid import UUID, uuid5

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.errors import NotForABlock
from mappings.filed_block import (
    LINE_LENGTH,
    MOST_JSON,
    Damage,
    DamagedBlock,
    FiledBlock,
    find_blocks,
    marker,
    to_text,
)
from tests.conftest import ROOT

FORM = "7f6b1f1e-58a7-4c0d-9d92-0f4f0b8f3c11"
hostile = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
"""Any text that JSON can hold."""


def record(slot: str = "contact", **elements):
    value = str(uuid5(UUID(FORM), slot))
    bears = {"identifier": [{"system": IDENTIFIER_SYSTEM, "value": value}]}
    return {"resourceType": "Task", **bears, "for": {"reference": "Patient/7"}, **elements}


def block(*resources, number: int = 3, **facts) -> FiledBlock:
    return FiledBlock(FORM, number, ("DocumentReference/2",), resources or (record(),), **facts)


def enclosed(holds: bytes) -> str:
    """Any bytes in the form of a block, with the right digest."""
    letters = base64.b64encode(holds).decode()
    digest = hashlib.sha256(holds).hexdigest()
    return f"{marker('BEGINS')}\n{letters}\nSHA-256: {digest}\n{marker('ENDS')}"


def packed(holds) -> str:
    return enclosed(gzip.compress(orjson.dumps(holds), mtime=0))


LONG = block(*(record(f"goal-{each}", description=f"{each} ü 🙂 &lt;" * 9) for each in range(20)))


class TestText:
    def test_is_plain_ascii_in_short_lines_between_two_markers(self):
        lines = to_text(LONG).split("\n")
        assert lines[0] == "[CHARTSIDE RECORD 1 BEGINS]"
        assert lines[-1] == "[CHARTSIDE RECORD 1 ENDS]"
        assert lines[-2].startswith("SHA-256: ")
        assert {len(line) for line in lines[1:-3]} == {LINE_LENGTH}
        assert len(lines) > 6
        assert all(line.isascii() and line.isprintable() for line in lines)

    def test_is_the_same_for_the_same_block(self):
        backwards = FiledBlock(
            LONG.form_id,
            LONG.number,
            LONG.replaces,
            tuple(dict(reversed(each.items())) for each in LONG.resources),
        )
        assert to_text(LONG) == to_text(backwards)

    @pytest.mark.parametrize(
        "unfit",
        [
            FiledBlock("form 1", 1, (), (record(),)),
            FiledBlock(FORM, 0, (), (record(),)),
            FiledBlock(FORM, 1, (), ()),
            block({"resourceType": "Task"}),
            block({"resourceType": "Task", "id": "../7"}),
            block({"resourceType": "a", "id": "7"}),
            block(record(identifier=[{"system": IDENTIFIER_SYSTEM, "value": "../../etc"}])),
            block(record(note="\ud800")),
            block(record(when=object())),
            block(record(value=float("nan"))),
            block(record(value=2**70)),
            block(record(note="n" * MOST_JSON)),
        ],
    )
    def test_is_not_made_of_what_could_not_be_read_back(self, unfit):
        with pytest.raises(NotForABlock):
            to_text(unfit)

    def test_of_a_record_without_our_identifier_needs_the_id_that_the_ehr_gave(self):
        known = block({"resourceType": "Consent", "id": "c-7"})
        assert find_blocks(to_text(known)) == (known,)


class TestReadBack:
    @given(note=hostile, words=hostile, number=st.integers(1, 10**9 - 1))
    def test_holds_every_text_beside_every_text(self, note, words, number):
        filed = block(record(note=note), number=number, made="2026-11-21T09:02:00-05:00")
        assert find_blocks(f"{words}\n{to_text(filed)}\n{words}") == (filed,)

    @pytest.mark.parametrize(
        "changed",
        [
            lambda text: text.replace("\n", "\r\n"),
            lambda text: text.replace("\n", "\n      "),
            lambda text: text.replace("\n", "\n> "),
            lambda text: text.replace("\n", " "),
            lambda text: text.replace("\n", "\n\n\n"),
            lambda text: text.replace(" ", "\u00a0"),
            lambda text: text.replace(" ", "&nbsp;").replace("\n", "<br/>"),
            lambda text: "".join(f"<p class='x'><span>{line}</span></p>" for line in text.split("\n")),
            lambda text: "".join(f"<tr><td>{line}</td></tr>" for line in text.split("\n")),
            lambda text: f"<div style='a'><pre>{text}</pre></div>",
            lambda text: "".join(f"&#{ord(letter)};" for letter in text),
            lambda text: "".join(f"&#x{ord(letter):X};" for letter in text),
            lambda text: text.replace("+", "&#43;").replace("/", "&#x2F;").replace("=", "&#61;"),
            lambda text: html.escape(html.escape(f"<p>{text}</p>").replace("\n", "<br>")),
            lambda text: text.replace("=", ""),
            "\u200b".join,
            lambda text: "\ufeff" + text.replace("\n", "\u00ad\n"),
            lambda text: "\n".join(text.replace("\n", " ")[at : at + 60] for at in range(0, len(text), 60)),
        ],
    )
    def test_forgives_what_changes_its_look(self, changed):
        assert find_blocks(changed(to_text(LONG))) == (LONG,)

    @given(width=st.integers(1, 200), indent=st.text(" \t\u00a0", max_size=5))
    def test_forgives_any_wrapping_of_its_letters(self, width, indent):
        first, *lines, digest, last = to_text(LONG).split("\n")
        letters = "".join(lines)
        wrapped = [letters[at : at + width] for at in range(0, len(letters), width)]
        text = "\n".join(indent + line for line in (first, *wrapped, digest, last))
        assert find_blocks(text) == (LONG,)

    def test_is_not_swallowed_by_a_less_than_sign_that_somebody_typed(self):
        assert find_blocks(f"BP <a 140\n{to_text(LONG)}\n> 3 days &lt;b {to_text(block())} >") == (
            LONG,
            block(),
        )

    def test_finds_several_in_their_order(self):
        blocks = tuple(block(number=number) for number in (3, 1, 2))
        assert find_blocks("\nwords\n".join(map(to_text, blocks))) == blocks

    @pytest.mark.parametrize("text", ["", "a note", "CHARTSIDE RECORD", "SHA-256: 00", "-----BEGIN PGP-----"])
    def test_finds_none_in_other_words(self, text):
        assert find_blocks(text) == ()


class TestDamage:
    """What was changed is named, and never taken."""

    @given(st.data())
    def test_no_changed_letter_is_taken(self, data):
        text = to_text(LONG)
        place = data.draw(st.integers(0, len(text) - 1))
        letter = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
        found = find_blocks(text[:place] + letter + text[place + 1 :])
        assert all(each == LONG or isinstance(each, DamagedBlock) for each in found)

    @given(st.data())
    def test_no_flipped_bit_of_the_packed_bytes_is_taken(self, data):
        first, *lines, digest, last = to_text(LONG).split("\n")
        raw = bytearray(base64.b64decode("".join(lines)))
        bit = data.draw(st.integers(0, len(raw) * 8 - 1))
        raw[bit // 8] ^= 1 << bit % 8
        text = "\n".join((first, base64.b64encode(raw).decode(), digest, last))
        assert find_blocks(text) == (DamagedBlock(Damage.ALTERED),)

    @given(st.data())
    def test_no_part_of_one_is_taken(self, data):
        text = to_text(LONG)
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        found = find_blocks(text[:start] + text[end:])
        assert all((each == LONG and start == end) or isinstance(each, DamagedBlock) for each in found)

    @pytest.mark.parametrize(
        ("text", "damage"),
        [
            (to_text(LONG)[:-30], Damage.CUT_OFF),
            (to_text(LONG)[40:], Damage.CUT_OFF),
            (to_text(LONG).replace("SHA-256", "SHA-1"), Damage.CUT_OFF),
            (to_text(LONG).replace("SHA-256:", "SHA-256: SHA-256:"), Damage.ALTERED),
            (to_text(LONG).lower(), Damage.ALTERED),
            (to_text(LONG).replace("RECORD 1", "RECORD 2"), Damage.UNKNOWN_VERSION),
            (to_text(LONG).replace("RECORD 1 E", "RECORD 2 E"), Damage.CUT_OFF),
            (enclosed(b"not gzip"), Damage.UNREADABLE),
            (enclosed(b""), Damage.UNREADABLE),
            (enclosed(gzip.compress(b"{}")[:-4]), Damage.UNREADABLE),
            (enclosed(gzip.compress(b"{}") + b"more"), Damage.UNREADABLE),
            (enclosed(gzip.compress(b"{")), Damage.UNREADABLE),
            (packed([]), Damage.UNREADABLE),
            (packed({"form": FORM}), Damage.UNREADABLE),
            (enclosed(gzip.compress(b"[" * 900 + b"]" * 900)), Damage.UNREADABLE),
            (enclosed(gzip.compress(b"[" * 100_000)), Damage.UNREADABLE),
            (enclosed(gzip.compress(bytes(MOST_JSON * 20))), Damage.TOO_LARGE),
            (to_text(block()) * 21, Damage.TOO_LARGE),
            ("x" * 8_000_000 + to_text(block()), Damage.TOO_LARGE),
        ],
        ids=range(19),
    )
    def test_is_named(self, text, damage):
        assert find_blocks(text)[0] == DamagedBlock(damage)
        assert len(find_blocks(text)) == 1 or damage is Damage.CUT_OFF

    @pytest.mark.parametrize(
        "wrong",
        [
            {"form": "x"},
            {"form": 7},
            {"number": True},
            {"number": 0},
            {"number": 1.5},
            {"replaces": [1]},
            {"replaces": "Task/1"},
            {"made": None},
            {"resources": []},
            {"resources": [[]]},
            {"resources": [{}]},
            {"resources": [{"resourceType": "Task", "id": 7}]},
            {"resources": [record()] * 501},
            {"resources": [record(deep=orjson.loads("[" * 100 + "]" * 100))]},
        ],
    )
    def test_of_content_that_nobody_here_wrote(self, wrong):
        right = {"form": FORM, "made": "", "number": 1, "replaces": [], "resources": [record()]}
        assert find_blocks(packed(right)) == (FiledBlock(FORM, 1, (), (record(),)),)
        assert find_blocks(packed({**right, **wrong})) == (DamagedBlock(Damage.UNREADABLE),)

    @given(st.text("[]<>/&#;CHARTSIDE RECORD 1BEGINS\n\u00a0=:-", max_size=300))
    def test_no_text_makes_it_fail(self, text):
        assert all(isinstance(each, DamagedBlock) for each in find_blocks(text))

    @pytest.mark.parametrize(
        "text",
        [
            "<a" * 2_000_000,
            "[CHARTSIDE " * 400_000,
            "&amp;" * 800_000,
            "[" * 4_000_000,
            "[CHARTSIDE RECORD" + " " * 3_000_000,
            "[CHARTSIDE RECORD 1 BEGINS] " * 100_000,
        ],
        ids=range(6),
    )
    def test_no_text_takes_long(self, text):
        assert len(find_blocks(text)) <= 1

    def test_is_told_in_words(self):
        assert all(DamagedBlock(each).words for each in Damage)


def test_it_is_read_without_chartside_by_the_command_in_the_documentation(tmp_path):
    page = (ROOT / "docs" / "filed-notes.md").read_text()
    command = page.split("```sh\n")[1].split("\n```")[0]
    (tmp_path / "note.txt").write_text(f"Words above.\n\n{to_text(LONG)}\nWords below.\n")
    read = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, check=True)  # noqa: S602  # The command of our own page.
    holds = orjson.loads(read.stdout)
    assert holds["resources"] == list(LONG.resources)
    named = {line.split("`")[1] for line in page.split("\n") if line.startswith("| `")}
    assert named == set(holds)
